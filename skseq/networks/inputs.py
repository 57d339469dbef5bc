"""What a network sees of a step whose values may be missing, or no numbers.

A step comes as one row: measurements, of which NaN is missing; the time since the step
before; codes of categories; and what is known of the sequence as a whole, the same in
all of its steps. Here it becomes what layers can read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks import compiled_seeing
from skseq.networks.hiding import HideValues
from skseq.networks.seeing import Before, Seen, see, see_backwards

__all__ = ["Inputs", "StepColumns", "size_of_vector", "static_of", "steps_of"]

MISSING, UNKNOWN, FIRST = 0, 1, 2  # codes of categories; known ones from FIRST on
MOST_ONE_HOT = 16  # categories beyond which a plain view leaves them out
MOST_SIZE = 32  # of the vector of a category
HIDDEN = 0.45  # share of the values that training hides on average
START = 0.1  # rate at which values fade before training


class StepColumns(NamedTuple):
    """How many columns of a step there are of each kind, in this order."""

    n_values: int  # measurements; in two views side by side twice as many
    n_views: int = 1
    has_gaps: bool = False  # the time since the step before, in one column
    n_categories: tuple[int, ...] = ()  # of each column of codes
    n_static: int = 0  # numbers that are known of the sequence
    n_static_categories: tuple[int, ...] = ()


class Inputs(nn.Module):
    """What layers read of steps (B, T, C) whose columns are of several kinds.

    Of a missing value they see the last one that was measured, before that what is
    usual; whether it was measured; and how long before something was (Che et al., 2018,
    "Recurrent Neural Networks for Multivariate Time Series with Missing Values").
    Training hides some more of them (`HideValues`).
    Categories become vectors that are learned, one table a column, in which missing
    ones have a vector of their own. Unknown ones have none, zero.

    Parameters
    ----------
    columns : StepColumns
        What a step consists of.
    has_holes : bool
        Whether measurements may be missing.
    usual : tuple of float, default=()
        What each measurement of each view usually is; () makes it zero.
    decays : bool, default=False
        Whether values fade to what is usual while they are not measured, each at a rate
        that is learned (equation 11 of the paper). Then the elapsed times themselves
        are the last columns, for a layer whose state fades, too.
    both_ways : bool, default=False
        Whether layers read backwards as well: then all columns come twice, side by
        side, the second time as they are to those who come from the end, to whom the
        last value seen is the next one.
    own_scale : bool, default=False
        Whether each sequence has a scale of its own in the last view.

    Attributes
    ----------
    output_size : int
        Number of features that a layer reads in one direction.
    static_size : int
        Number of features of a sequence as a whole.
    plain_size : int
        Number of features of a step that are not learned.
    n_elapsed : int
        How many of the last columns are elapsed times.
    """

    def __init__(
        self,
        columns: StepColumns,
        has_holes: bool,
        usual: tuple[float, ...] = (),
        decays: bool = False,
        both_ways: bool = False,
        own_scale: bool = False,
    ):
        super().__init__()
        self.columns = columns
        self.has_holes = has_holes = has_holes and columns.n_values > 0
        self.both_ways = has_holes and both_ways
        self.usual = usual
        n_values, n_seen = columns.n_values, columns.n_values * columns.n_views
        self.hide = HideValues(HIDDEN if has_holes else 0.0, own_scale)
        self.decay = Decay(n_values) if has_holes and decays else None
        self.tables = _tables(columns.n_categories)
        self.static_tables = _tables(columns.n_static_categories)
        self.n_elapsed = n_values if self.decay is not None else 0
        self.output_size = n_seen + columns.has_gaps + sum(_sizes(self.tables))
        if has_holes:
            self.output_size += 2 * n_values
        self.static_size = columns.n_static + sum(_sizes(self.static_tables))
        self.plain_size = n_values * (1 + has_holes) + columns.has_gaps
        self.plain_size += columns.n_static + sum(
            FIRST + n
            for n in (*columns.n_categories, *columns.n_static_categories)
            if n <= MOST_ONE_HOT
        )

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.read(x, lengths=lengths)[0]

    def read(
        self, x: Tensor, before: Before | None = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, Before]:
        """Return what layers read, and what is known after it.

        Parameters
        ----------
        x : Tensor of shape (B, T, C)
            The steps.
        before : Before, optional
            What was known before them; of nothing by default.
        lengths : Tensor of int of shape (B,), optional
            How many steps there are of each sequence; T by default.

        Returns
        -------
        found : Tensor of shape (B, T, output_size), or twice this size (both_ways)
        after : Before
            What to go on with, once the gap to the next step is known: here it is one.
        """
        if self.has_holes and compiled_seeing.pays(x):
            return self._read_at_once(x, before, lengths)
        if before is None:
            before = self.start(x)
        n_values = self.columns.n_values
        measured, gaps, codes = self._parts(x, before.gap)
        measured = self.hide(measured, n_values, lengths)
        seen, (values, waited) = self._see(measured, gaps, before, lengths)
        ways = [seen]
        if self.both_ways:
            end = self.start(x)
            ways.append(see_backwards(measured, n_values, gaps, end, lengths))
        beside = [gaps.log1p()] if self.columns.has_gaps else []
        beside += _looked_up(self.tables, codes)
        found = [part for way in ways for part in self._shown(x, way, beside)]
        after = Before(values, waited, torch.ones_like(before.gap))
        return torch.cat(found, dim=2), after

    def _read_at_once(
        self, x: Tensor, before: Before | None, lengths: Tensor | None
    ) -> tuple[Tensor, Before]:
        """Do as `read` by compiled code."""
        columns = self.columns
        n_values = columns.n_values
        n_seen = n_values * columns.n_views
        measured = x[..., :n_seen]
        gaps = x[..., n_seen : n_seen + 1] if columns.has_gaps else None
        found, (values, waited) = compiled_seeing.see(
            compiled_seeing.Measured(
                *(measured, n_values, self._usual(x), gaps),
                *(self.hide.hidden(measured, n_values), lengths, before),
                self.hide.own_scale,
            ),
            *(() if self.decay is None else (self.decay.weight, self.decay.bias)),
            both_ways=self.both_ways,
        )
        after = Before(values, waited, x.new_ones(len(x), 1))
        if not columns.has_gaps and not self.tables:
            return found, after
        gap = x.new_zeros(len(x), 1) if before is None else before.gap
        _, gaps, codes = self._parts(x, gap)
        beside = [gaps.log1p()] if columns.has_gaps else []
        beside += _looked_up(self.tables, codes)
        sizes = n_seen + n_values, n_values
        parts = found.split(sizes * (1 + self.both_ways), dim=2)
        shown = [
            part
            for seen, elapsed in zip(parts[::2], parts[1::2], strict=True)
            for part in (seen, *beside, elapsed)
        ]
        return torch.cat(shown, dim=2), after

    def _shown(self, x: Tensor, seen: Seen, beside: list[Tensor]) -> list[Tensor]:
        """Return the columns that a layer reads in one direction."""
        values, is_there, elapsed = seen
        if is_there is None or elapsed is None:
            return [values, *beside]
        found = [is_there.to(x.dtype), *beside]
        if self.decay is None:
            return [values, *found, elapsed.log1p()]
        kept = torch.where(is_there, 1, self.decay(elapsed))
        kept = kept.repeat(1, 1, self.columns.n_views)
        values = torch.lerp(self._usual(x).expand_as(values), values, kept)
        return [values, *found, elapsed]  # as they are for a state that decays

    def start(self, x: Tensor) -> Before:
        """Return what is known of sequences (B, ...) before their first steps."""
        n_values = self.columns.n_values if self.has_holes else 0
        usual = self._usual(x)[: n_values * self.columns.n_views]
        return Before(
            usual.expand(len(x), -1),
            x.new_zeros(len(x), n_values),
            x.new_zeros(len(x), 1),
        )

    def static(self, x: Tensor) -> Tensor:
        """Return what is known of sequences as a whole, (B, static_size)."""
        numbers, codes = self._static_parts(x)
        return torch.cat([numbers, *_looked_up(self.static_tables, codes)], dim=1)

    def plain(self, x: Tensor) -> Tensor:
        """Return all of this that is not learned, (B, T, D), for a linear model.

        Of categories, if they are few, which one it is.
        """
        start = self.start(x)
        measured, gaps, codes = self._parts(x, start.gap)
        seen, _ = self._see(measured, gaps, start)
        found = [seen.values[..., : self.columns.n_values]]  # of two views the first
        if seen.is_there is not None:
            found.append(seen.is_there.to(x.dtype))
        if self.columns.has_gaps:
            found.append(gaps.log1p())
        found += _one_hot(codes, self.columns.n_categories, x.dtype)
        numbers, codes = self._static_parts(x)
        of_all = [numbers]
        of_all += _one_hot(codes, self.columns.n_static_categories, x.dtype)
        found += [part.unsqueeze(1).expand(-1, x.shape[1], -1) for part in of_all]
        return torch.cat(found, dim=2)

    def _see(
        self,
        measured: Tensor,
        gaps: Tensor,
        before: Before,
        lengths: Tensor | None = None,
    ) -> tuple[Seen, tuple[Tensor, Tensor]]:
        """Return what is known of measurements, all where nothing may be missing."""
        if not self.has_holes:
            return Seen(measured, None, None), (before.values, before.waited)
        return see(measured, self.columns.n_values, gaps, before, lengths)

    def _parts(self, x: Tensor, gap: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return measurements, gaps (B, T, 1) and codes of steps.

        The gap of a first row is that to a row of another sequence, perhaps, so that
        what is known of it stands in its place.
        """
        columns = self.columns
        n_seen = columns.n_values * columns.n_views
        sizes = n_seen, int(columns.has_gaps), len(columns.n_categories)
        measured, gaps, codes = x[..., : sum(sizes)].split(sizes, dim=2)
        if not columns.has_gaps:
            gaps = torch.ones_like(x[..., :1])
        gaps = torch.cat([gap.unsqueeze(1), gaps[:, 1:]], dim=1)
        return measured, gaps, codes.long()

    def _static_parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return numbers and codes of sequences."""
        sizes = self.columns.n_static, len(self.columns.n_static_categories)
        known = x[:, 0, x.shape[2] - sum(sizes) :]
        numbers, codes = known.split(sizes, dim=1)
        return numbers, codes.long()

    def _usual(self, x: Tensor) -> Tensor:
        """Return what measurements usually are, (n_views * n_values,)."""
        n_seen = self.columns.n_values * self.columns.n_views
        return x.new_tensor(self.usual) if self.usual else x.new_zeros(n_seen)


class Decay(nn.Module):
    """How much of what was measured is left after some time.

    Parameters
    ----------
    n_values : int
        Number of measurements F, each of which has a rate of its own.
    """

    def __init__(self, n_values: int):
        super().__init__()
        self.weight = nn.Parameter(torch.full((n_values,), START))
        self.bias = nn.Parameter(torch.full((n_values,), START))

    def forward(self, elapsed: Tensor) -> Tensor:
        """Return factors (B, T, F) of elapsed times."""
        return torch.exp(-functional.relu(self.weight * elapsed + self.bias))


def steps_of(embedding: nn.Module, x: Tensor, lengths: Tensor | None) -> Tensor:
    """Return what layers read of steps.

    Parameters
    ----------
    embedding : nn.Module
        What steps are read by: `Inputs`, which may begin at the end of a sequence, or
        another module, which looks at single steps.
    x : Tensor of shape (B, T, C)
        The steps.
    lengths : Tensor of int of shape (B,) or None
        How many there are of each sequence; None if all are T.
    """
    if isinstance(embedding, Inputs):
        return embedding(x, lengths)
    return embedding(x)


def static_of(embedding: nn.Module, x: Tensor) -> Tensor | None:
    """Return what is known of sequences as a whole, (B, D), or None if nothing is.

    Parameters
    ----------
    embedding : nn.Module
        What steps are read by: `Inputs`, or another module, which knows nothing.
    x : Tensor of shape (B, T, C)
        The steps.
    """
    if not getattr(embedding, "static_size", 0):
        return None
    return embedding.static(x)


def size_of_vector(n_categories: int) -> int:
    """Return how long the vectors of so many categories are."""
    return min(MOST_SIZE, n_categories // 2 + 1)


def _tables(n_categories: Sequence[int]) -> nn.ModuleList:
    """Return a table of vectors for each column of categories."""
    tables = nn.ModuleList()
    for n in n_categories:
        table = nn.Embedding(FIRST + n, size_of_vector(n))
        with torch.no_grad():
            table.weight.mul_(0.1)
            table.weight[UNKNOWN] = 0
        tables.append(table)
    return tables


def _sizes(tables: nn.ModuleList) -> list[int]:
    return [table.weight.shape[-1] for table in tables]


def _looked_up(tables: nn.ModuleList, codes: Tensor) -> list[Tensor]:
    """Return the vectors of codes (..., n_tables)."""
    pairs = zip(tables, codes.unbind(-1), strict=True)
    return [table(column) for table, column in pairs]


def _one_hot(
    codes: Tensor, n_categories: Sequence[int], dtype: torch.dtype
) -> list[Tensor]:
    """Return which category it is, of columns of few."""
    return [
        functional.one_hot(column, FIRST + n).to(dtype)
        for column, n in zip(codes.unbind(-1), n_categories, strict=True)
        if n <= MOST_ONE_HOT
    ]
