"""Windows of scaled tables as batches of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from skseq.data.batching import Batch, window_view
from skseq.forecasting._indicators import Indicators
from skseq.forecasting._table import Table
from skseq.networks import Window

__all__ = ["WindowDataset"]


class WindowDataset:
    """Windows over a table and the targets of the rows that follow each.

    Nothing is laid out: a batch is gathered from the table. It stays in float64 until
    the network has centered the window, so that no digit of a high level is lost. Holes
    show the last value seen in the series, and the network is told where they are.

    Parameters
    ----------
    table : Table
        Scaled series.
    indicators : Indicators
        What is seen of its columns.
    window_length, horizon : int
        Number of rows seen, and of those that follow.
    device : torch.device
        Where the tensors live.
    taught : bool, default=False
        Whether a window comes with its targets, as a decoder in training needs them.
    n_hidden : int, default=0
        In how many of its last rows a window shows holes among the targets, whatever is
        there; less than window_length.
    numbered : bool, default=False
        Whether a window comes with the number of its first row.
    """

    is_stored = False  # whether the table stays where it is
    weights: Tensor | None = None  # (n_rows,), of rows that are forecast
    rows: Tensor  # (n_rows, n_columns), of all series

    def __init__(
        self,
        table: Table,
        indicators: Indicators,
        *,
        window_length: int,
        horizon: int,
        device: torch.device,
        taught: bool = False,
        n_hidden: int = 0,
        numbered: bool = False,
    ):
        self.indicators = indicators
        self.columns = indicators.seen
        self.window_length = window_length
        self.n_timesteps = window_length + horizon
        self.taught = taught
        self.n_hidden = n_hidden
        self.numbered = numbered
        self._device = device
        self._table = table
        self._starts: Any = torch.empty(0, dtype=torch.int64)
        self._ahead = torch.arange(window_length, self.n_timesteps, device=device)
        if numbered:
            shift = table.firsts() - table.edges[:-1]
            self._edges = torch.as_tensor(table.edges, device=device)
            self._shift = torch.as_tensor(shift, device=device)
        self._open()

    def _open(self) -> None:
        """Put the table on the device."""
        table = self._table
        values = np.require(table.filled(), np.float64, ["C", "W"])
        self.rows = torch.as_tensor(values, device=self._device)
        self._windows = window_view(self.rows, self.n_timesteps)
        missing = np.isnan(table.values[:, : self._n_own])
        missing = np.ascontiguousarray(missing)  # a frame may lie column by column
        self._missing = None
        if missing.any() or self.n_hidden:
            missing = torch.as_tensor(missing, device=self._device)
            self._missing = window_view(missing, self.n_timesteps)

    @property
    def _n_own(self) -> int:
        """How many first columns of the table may have missing values."""
        return sum(self.indicators.columns[:2])

    def within(
        self, first: np.ndarray, last: np.ndarray, *, counted: bool = False
    ) -> WindowDataset:
        """Return the windows whose rows are within [first, last) of each series.

        With `counted`, those are left out that forecast no row of a weight. The mean
        weight of what is forecast is 1.
        """
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__)
        weights = self._table.weights
        if weights is None:
            part._starts = self._starts_within(first, last)
        else:
            starts = self._table.starts(self.n_timesteps, first, last)
            n_targets = self.indicators.columns.n_targets
            n_there = np.concatenate(
                [
                    (~np.isnan(rows[:, :n_targets])).sum(axis=1)
                    for _, rows in self._table.pieces()
                ]
            )
            n_all, n_counted, total = (
                self._sums_ahead(starts, values)
                for values in (n_there, n_there * (weights > 0), n_there * weights)
            )
            if counted:
                starts, n_all = starts[n_counted > 0], n_all[n_counted > 0]
            if n_counted.any():
                weights = weights * (n_all.sum() / total.sum())
            part.weights = torch.as_tensor(weights, device=self._device).float()
            part._starts = torch.as_tensor(starts, device=self._device)
        return part

    def _starts_within(self, first: np.ndarray, last: np.ndarray) -> Any:
        """Return the first rows of the windows within [first, last) of each series."""
        starts = self._table.starts(self.n_timesteps, first, last)
        return torch.as_tensor(starts, device=self._device)

    def _sums_ahead(self, starts: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return sums of values of rows over those that each window forecasts."""
        sums = np.append(0, np.cumsum(values))
        return sums[starts + self.n_timesteps] - sums[starts + self.window_length]

    def differentiated(self, values: np.ndarray) -> WindowDataset:
        """Return all windows, of `rows` of their own, which gather gradients."""
        found = self.within(0 * self._table.lengths, self._table.lengths)
        found.rows = torch.tensor(values, device=self.rows.device, requires_grad=True)
        found._windows = window_view(found.rows, self.n_timesteps)
        return found

    def __len__(self) -> int:
        return len(self._starts)

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        starts = self._starts[index]
        rows, missing = self._read(starts)
        n_static = self.indicators.columns.n_static
        rows, static = rows.tensor_split([rows.shape[2] - n_static], dim=2)
        static = self.indicators.show(static[:, self.window_length - 1], rows.shape[2])
        rows = self.indicators.show(rows)
        past, later = rows.tensor_split([self.window_length], dim=1)
        n_targets, n_past, _, _ = self.columns
        n_own = n_targets + n_past
        targets = later[:, :, :n_targets]
        if missing is not None:
            if self.indicators.are_any:
                missing = missing[:, :, self.indicators.source[:n_own]]
            missing, unknown = missing.tensor_split([self.window_length], dim=1)
            targets = targets.masked_fill(unknown[:, :, :n_targets], torch.nan)
        if self.n_hidden and missing is not None:
            past[:, -self.n_hidden :, :n_targets] = past[
                :, -self.n_hidden - 1, None, :n_targets
            ]
            missing[:, -self.n_hidden :, :n_targets] = True
        window = Window(
            past,
            later[:, :, n_own:],
            static,
            targets if self.taught else None,
            missing,
            self._numbers(starts) if self.numbered else None,
        )
        weights = None
        if self.weights is not None:  # (B, H)
            weights = self.weights[starts[:, None] + self._ahead]
        return Batch(window, None, targets, weights)

    def _numbers(self, starts: Tensor) -> Tensor:
        """Return the numbers (B,) of first rows, counted in their series."""
        series = torch.searchsorted(self._edges, starts, right=True) - 1
        return starts + self._shift[series]

    def _read(self, starts: Tensor) -> tuple[Tensor, Tensor | None]:
        """Return windows (B, L + H, n_columns), and where own values are missing.

        None if none is, in any window.
        """
        rows = self._windows.index_select(0, starts)
        if self._missing is None:
            return rows, None
        return rows, self._missing.index_select(0, starts)
