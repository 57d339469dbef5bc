"""What a forecaster learns from the windows of scaled series."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skseq.core.estimator import NetworkEstimator
from skseq.core.losses import ForecastCriterion, NumberLoss
from skseq.data.reading import RowReader
from skseq.forecasting._conformal import Errors, seen_at
from skseq.forecasting._indicators import Indicators
from skseq.forecasting._longer import trained_longer
from skseq.forecasting._naive import naive_lags
from skseq.forecasting._parameters import (
    LossParameters,
    TableParameters,
    WindowParameters,
)
from skseq.forecasting._ridge import (
    NO_RIDGE,
    RidgeShare,
    add_ridge,
    has_place,
    learn_share,
)
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._season import season_of
from skseq.forecasting._shrinking import forecasts_at_origins, learn_shrinkage
from skseq.forecasting._stored import StoredRows
from skseq.forecasting._stored_windows import StoredWindowDataset
from skseq.forecasting._table import Columns, Table
from skseq.forecasting._windows import WindowDataset
from skseq.networks import (
    N_NEAR,
    WINDOW_SCALES,
    Cycle,
    Decoder,
    ForecastNetwork,
    InputGate,
    NaiveShrinkage,
    Window,
)
from skseq.networks.normalization import mean_level
from skseq.parameters import amended, attribute, parameter
from skseq.parameters.checks import count, instance, number, optional
from skseq.resources import seeded_torch
from skseq.training import Budget, SequenceNet, train

__all__ = ["WindowLearner"]

SHARE_BESIDE = 0.2  # of the rows, held out to learn how far to shrink
LEAST_OF_ALL = 4  # epochs in so many of which the held-out loss need not fall
ROUNDING = 1e-9  # below which scaled values are the same


class Trained(NamedTuple):
    """A net, and how much a ridge regression says in it."""

    net: SequenceNet
    ridge: RidgeShare


class WindowLearner(
    WindowParameters, LossParameters, TableParameters, RowReader, NetworkEstimator
):
    """What learns from the windows of series.

    An architecture adds its parameters and `_make_encoder`.
    """

    _is_taught: ClassVar[bool] = False  # whether training is told the true last step
    _needs_median: ClassVar[bool] = True  # which is fed back, and shrunk
    _pickle_format = 5  # losses were in another module before
    _least_epochs = 2  # as windows overlap, each row is seen many times in one

    max_epochs = amended(
        text="""Number of passes over the windows; "auto" makes about 1000 steps, in 2
        to 400 epochs, or as many fewer as `shrink_to_naive` finds best; where these
        are 4 at most, up to 8, twice as many as long as that lowers the loss of the
        rows that it holds out."""
    )
    batch_size: int = parameter(default=64, text="Windows per step of the optimiser.")
    early_stopping = amended(
        text="""Whether to hold out the last rows of every series, stop when their loss
        has not fallen for `patience` epochs, and return to the best weights. What is
        learned from and what is held out do not overlap."""
    )
    validation_fraction = amended(
        text="Share of the rows to hold out, `horizon` at least."
    )
    random_state = amended(text="Decides initial weights, shuffling and dropout.")

    ridge_share_: float = attribute(
        text="""Share of a ridge regression of the window in forecasts, from 0 to 1,
        that held-out origins ask for (`linear_skip`).""",
        check=number,
        required=False,
        default=0.0,
    )
    _columns: Columns = attribute(check=instance(Columns))
    _indicators: Indicators = attribute(check=instance(Indicators))
    _window_length: int = attribute(check=count)
    _horizon: int = attribute(check=count)
    _cycle: int | None = attribute(check=optional(count), required=False, default=None)
    _loss: NumberLoss = attribute(check=instance(NumberLoss))
    _scaler: SeriesScaler = attribute(check=instance(SeriesScaler))
    _errors: Errors | None = attribute(
        check=optional(instance(Errors)), required=False, default=None
    )

    def _make_encoder(self, n_features: int) -> tuple[nn.Module, int]:
        """Return a module (B, L, F), None -> (B, T', D), None, and D."""
        raise NotImplementedError

    def _head_options(self) -> dict[str, Any]:
        """Return how ForecastNetwork is to divide the horizon, if it is."""
        return {}

    def _make_decoder(
        self, encoder: nn.Module, n_values: int, n_beside: int
    ) -> Decoder | None:
        """Return what writes the horizon step by step, of values beside features."""
        return None

    @property
    def module_(self) -> torch.nn.Module:
        """The trained network, which takes a `skseq.networks.Window`."""
        return super().module_

    @property
    def naive_weight_(self) -> np.ndarray:
        """Weight of the naive forecast in each step, (horizon, n_targets)."""
        check_is_fitted(self, "net_")
        module: Any = self.module_
        if module.shrinkage is None:
            return np.zeros((self._horizon, self._columns.n_targets))
        return 1 - module.shrinkage.weight.cpu().numpy()

    # Learning ---------------------------------------------------------------

    def _trained(
        self,
        table: Table,
        n_train: np.ndarray,
        device: torch.device,
        seeds: list[int],
        budget: Budget,
        before: Trained | None = None,
        *,
        beside: bool = False,
    ) -> Trained:
        """Return a net that learned from so many first rows of each series.

        One that was trained beside tells how far to shrink, and after how many epochs
        to stop.
        """
        known, normalize = table.head(n_train), self.normalize is not None
        self._indicators = self._indicators.learned(known, normalize)
        self._scaler = SeriesScaler(
            self._columns,
            normalize,
            self.seasonality,
            self._indicators.codes,
            centers=not self._loss.is_rate,
            mapping=clone(self.transformer, safe=False),
        ).fit(known)
        scaled = self._scaler.transform(table)
        windows = self._to_windows(scaled, device, taught=self._is_taught)
        data, held_out = windows.within(0 * n_train, n_train, counted=True), None
        if not len(data):
            raise ValueError(
                "sample_weight is zero for every row that has a whole window before it."
            )
        n_origins = (table.lengths - n_train - self._horizon + 1).clip(min=0)
        if n_origins.any():
            first = np.where(n_origins, n_train - self._window_length, table.lengths)
            held_out = windows.within(first, table.lengths)
        module = self._make_network(seeds[0])
        self._close_gate(module, scaled.head(n_train))
        if module.cycle is not None:
            self._start_cycle(module.cycle, scaled.head(n_train))
        shrinkage = module.shrinkage
        if shrinkage is not None:
            shrinkage.row.copy_(self._naive_rows(scaled.head(n_train)))
        options = self._training_parameters(len(data), budget)
        if beside:
            options = self._beside(options, LEAST_OF_ALL)
        elif before is not None and self.max_epochs == "auto":
            options["max_epochs"] = before.net.best_epoch()
        if before is not None:  # which has warned, if it had to
            options["mixed_precision"] = before.net.mixed_precision
        learns_epochs = self.max_epochs == "auto" and self.shrink_to_naive
        stops = self.early_stopping or learns_epochs
        with self._threads(module):
            train_on = partial(
                train,
                module,
                partial(ForecastCriterion, loss=self._loss),
                data,
                held_out if stops else None,
                device=device,
                seed=seeds[1],
            )
            net = train_on(**options)
            if beside and learns_epochs and held_out is not None:
                net = trained_longer(net, train_on, options)
            ridge, said = NO_RIDGE, None
            if shrinkage is not None and before is not None:
                ridge = before.ridge
                shrinkage.load_state_dict(before.net.module_.shrinkage.state_dict())
            elif shrinkage is not None:
                if held_out is not None:
                    said = forecasts_at_origins(module, shrinkage, held_out, n_origins)
                    if len(table.names) == 1 and has_place(module):
                        ridge, said = learn_share(module, data, held_out, said)
                learn_shrinkage(shrinkage, said, self._loss)
            add_ridge(module, data, ridge)
            if self.conformal and held_out is not None:
                recent = table.tail(self._window_length + self._horizon - 1)
                seen = seen_at(module, held_out, n_origins)
                n_series = int((n_origins > 0).sum())
                self._errors = Errors.of(seen, self._loss, n_series, recent)
        return Trained(net, ridge)

    def _naive_rows(self, table: Table) -> torch.Tensor:
        """Return which row of a window the naive forecast is, (horizon, n_targets)."""
        lags = naive_lags(
            table,
            self._columns.n_targets,
            self._window_length,
            self._horizon,
            self.seasonality,
        )
        ahead = np.arange(self._horizon)[:, None]
        return torch.as_tensor(self._window_length + ahead - lags)

    def _n_rows_beside(self, n_rows: np.ndarray) -> np.ndarray:
        """Return from how many rows of each series to learn beside; all if none."""
        if self.early_stopping or not (self.shrink_to_naive or self.conformal):
            return n_rows
        n_held_out = np.round(SHARE_BESIDE * n_rows).clip(min=3 * self.horizon)
        most = (n_rows // 3).clip(min=self.horizon)
        most = np.minimum(most, n_rows - self._least_rows())
        n_held_out = np.minimum(n_held_out, most)
        return n_rows - np.where(n_held_out < self.horizon, 0, n_held_out).astype(int)

    def _least_rows(self) -> int:
        """Return from how many rows of a series on something is learned of it."""
        return max(self.window_length + self.horizon, (self.seasonality or 0) + 1)

    def _close_gate(self, module: ForecastNetwork, table: Table) -> None:
        """Keep from the network what is the same in all rows to learn from."""
        n_targets, n_past, n_future, _ = self._columns
        n_own = n_targets + n_past
        low, high, n_there = _extents(table, n_own + n_future)
        unit: Any = 1.0
        if self.normalize is None:
            unit = np.maximum(np.abs(low), np.abs(high))
            unit[n_there == 0] = 0
        varies = high - low > ROUNDING * unit
        holes = np.zeros(len(low), dtype=bool)
        holes[:n_own] = ((n_there > 0) & (n_there < len(table.values)))[:n_own]
        seen = self._indicators
        n_seen = sum(seen.seen[:3])
        varies, holes = (part[seen.source[:n_seen]] for part in (varies, holes))
        is_open = np.isfinite(seen.scale[:n_seen])
        varies = np.where(seen.is_one[:n_seen], is_open, varies)
        parts = [varies, holes] if self.missing == "mask" else [varies]
        if self.channels == "shared":
            parts = [np.append(p[:n_targets].any(), p[n_targets:]) for p in parts]
        is_open = torch.as_tensor(np.concatenate(parts), dtype=torch.float32)
        module.get_buffer("gate.is_open").copy_(is_open)

    def _start_cycle(self, cycle: Cycle, table: Table) -> None:
        """Let a season start as that of the rows to learn from."""
        length, n_targets = cycle.values.shape
        season = season_of(table, n_targets, length, is_rate=self._loss.is_rate)
        with torch.no_grad():
            cycle.values.copy_(torch.as_tensor(season))

    def _to_windows(
        self, table: Table, device: Any, taught: bool = False, n_hidden: int = 0
    ) -> WindowDataset:
        is_stored = isinstance(table.values, StoredRows)
        dataset = StoredWindowDataset if is_stored else WindowDataset
        return dataset(
            table,
            self._indicators,
            window_length=self._window_length,
            horizon=self._horizon,
            device=device,
            taught=taught,
            n_hidden=n_hidden,
            numbered=self._cycle is not None,
        )

    def _make_network(self, seed: int) -> ForecastNetwork:
        n_targets, n_past, n_future, n_static = self._indicators.seen
        shared = self.channels == "shared"
        masked = self.missing == "mask"
        n_features = (1 if shared else n_targets) + n_past + n_future
        n_beside = n_static + n_future + (N_NEAR if n_future else 0)
        with seeded_torch(seed):
            encoder, size = self._make_encoder(n_features * (1 + masked))
            return ForecastNetwork(
                encoder,
                size,
                window_length=self.window_length,
                horizon=self.horizon,
                n_targets=n_targets,
                n_future=n_future,
                n_static=n_static,
                n_locations=self._loss.n_locations,
                n_log_scales=self._loss.n_log_scales,
                shared=shared,
                skip=self.linear_skip,
                masked=masked,
                window_scale=self._window_scale(),
                positive=self._loss.is_rate,
                dropout=self.dropout,
                decoder=self._make_decoder(
                    encoder, 1 if shared else n_targets, n_beside
                ),
                gate=InputGate(n_features * (1 + masked)),
                shrinkage=self._make_shrinkage(n_targets),
                cycle=self._make_cycle(n_targets),
                **self._head_options(),
            )

    def _make_shrinkage(self, n_targets: int) -> NaiveShrinkage | None:
        if not self.shrink_to_naive:
            return None
        return NaiveShrinkage(
            self._loss.shares, self.window_length, self.horizon, n_targets
        )

    def _make_cycle(self, n_targets: int) -> Cycle | None:
        return None if self._cycle is None else Cycle(self._cycle, n_targets)

    def _window_scale(self) -> Callable:
        """Return how windows are normalised; those of rates have a level only."""
        if self._loss.is_rate and self.normalize in ("last", "window"):
            return mean_level
        return WINDOW_SCALES[self.normalize]

    def _example(self):
        n_targets, n_past, n_future, n_static = self._indicators.seen
        return Window(
            torch.zeros(1, self._window_length, n_targets + n_past + n_future),
            torch.zeros(1, self._horizon, n_future),
            torch.zeros(1, n_static),
            phase=torch.zeros(1, dtype=torch.int64),
        )


def _extents(table: Table, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return least and largest values of n first columns, and how many there are."""
    low, high, n_there = np.full(n, np.inf), np.full(n, -np.inf), np.zeros(n, int)
    for _, rows in table.pieces():
        values, there = rows[:, :n], ~np.isnan(rows[:, :n])
        low = np.minimum(low, values.min(axis=0, where=there, initial=np.inf))
        high = np.maximum(high, values.max(axis=0, where=there, initial=-np.inf))
        n_there += there.sum(axis=0)
    return low, high, n_there
