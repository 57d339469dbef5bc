"""Fitting a forecaster, and letting it know of later rows."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted
from torch import nn

from skseq.core.estimator import NetworkEstimator
from skseq.data.reading import RowReader
from skseq.forecasting._folds import ends_of_training
from skseq.forecasting._kind import Kind
from skseq.forecasting._losses import LOSSES, ForecastLoss, check_quantiles
from skseq.forecasting._parameters import (
    LossParameters,
    TableParameters,
    WindowParameters,
)
from skseq.forecasting._reading import check_static, read_table
from skseq.forecasting._roles import Roles
from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table, called
from skseq.forecasting._windows import WindowDataset
from skseq.networks import (
    N_NEAR,
    WINDOW_SCALES,
    Decoder,
    ForecastNetwork,
    InputGate,
    Window,
)
from skseq.parameters import amended, attribute, parameter
from skseq.parameters.checks import count, flag, instance
from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    unchanged_on_error,
)
from skseq.training import train

__all__ = ["SeriesLearner"]

ROUNDING = 1e-9  # below which scaled values are the same


class SeriesLearner(
    WindowParameters, LossParameters, TableParameters, RowReader, NetworkEstimator
):
    """What learns from the windows of series, and remembers where they end.

    An architecture adds its parameters and `_make_encoder`.
    """

    _is_taught: ClassVar[bool] = False  # whether training is told the true last step
    _least_epochs = 2  # as windows overlap, each row is seen many times in one

    max_epochs = amended(
        text="""Number of passes over the windows; "auto" makes about 1000 steps, in 2
        to 400 epochs."""
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

    _takes_flat: bool = attribute(check=flag)
    _has_own_y: bool = attribute(check=flag)
    _is_panel: bool = attribute(check=flag)
    _roles: Roles = attribute(check=instance(Roles))
    _columns: Columns = attribute(check=instance(Columns))
    _kind: Kind = attribute(check=instance(Kind))
    _window_length: int = attribute(check=count)
    _horizon: int = attribute(check=count)
    _loss: ForecastLoss = attribute(check=instance(ForecastLoss))
    _scaler: SeriesScaler = attribute(check=instance(SeriesScaler))
    _context: Table = attribute(check=instance(Table))
    _learned_until: dict = attribute(check=instance(dict))

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

    # Fitting ----------------------------------------------------------------

    def fit(self, X: Any, y: Any = None) -> Self:
        """Train on one series, or on many.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Rows in the order of time. Columns named in `known_future` or `static` are
            that, all others covariates of which only the past is known, or without y
            the targets. A 2-level index (series, time) holds several series.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The targets; None takes them from X.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, there are too few rows,
            or training diverges. A fitted forecaster then stays as it was.
        """
        self._validate_params()
        quantiles = check_quantiles(self.quantiles, self.loss)
        device = resolve_device(self.device)
        if self.seasonality is not None and self.normalize is None:
            raise ValueError(
                f"seasonality={self.seasonality} is about scales, but normalize=None "
                "asks for none."
            )
        with unchanged_on_error(self):
            table, self._roles, self._columns, self._kind = read_table(self, X, y)
            self._window_length = int(self.window_length)
            self._horizon = int(self.horizon)
            self._loss = LOSSES[self.loss](quantiles)
            n_train = self._n_training_rows(table)
            self._check_targets(table, n_train)
            self._scaler = SeriesScaler(
                self._columns, self.normalize is not None, self.seasonality
            ).fit(table.head(n_train))
            scaled = self._scaler.transform(table)
            windows = self._to_windows(scaled, device, taught=self._is_taught)
            data, held_out = windows.within(0 * n_train, n_train), None
            if self.early_stopping:
                held_out = windows.within(n_train - self._window_length, table.lengths)
            rng = make_random_state(self.random_state)
            init_seed, train_seed = rng.randint(2**31 - 1, size=2).tolist()
            module = self._make_network(init_seed)
            self._close_gate(module, scaled.head(n_train))
            with self._threads(module):
                self.net_ = train(
                    module,
                    type(self._loss),
                    data,
                    held_out,
                    device=device,
                    seed=train_seed,
                    criterion__quantiles=quantiles,
                    **self._training_parameters(len(data)),
                )
            self._publish_history()
            if self.early_stopping:
                later = table.beyond(n_train)
                self._scaler = copy.copy(self._scaler).update(later)
            self._context = table.tail(self._window_length)
            self._learned_until = ends_of_training(table)
        return self

    def _close_gate(self, module: ForecastNetwork, table: Table) -> None:
        """Keep from the network what is the same in all rows to learn from."""
        n_targets, n_past, n_future, _ = self._columns
        n_own = n_targets + n_past
        values = table.values[:, : n_own + n_future]
        there = ~np.isnan(values)
        unit = 1.0
        if self.normalize is None:
            unit = np.abs(values).max(axis=0, where=there, initial=0)
        high = values.max(axis=0, where=there, initial=-np.inf)
        low = values.min(axis=0, where=there, initial=np.inf)
        varies = high - low > ROUNDING * unit
        holes = np.zeros(values.shape[1], dtype=bool)
        holes[:n_own] = np.isnan(values[:, :n_own]).any(axis=0)
        parts = [varies, holes] if self.missing == "mask" else [varies]
        if self.channels == "shared":
            parts = [np.append(p[:n_targets].any(), p[n_targets:]) for p in parts]
        is_open = torch.as_tensor(np.concatenate(parts), dtype=torch.float32)
        module.get_buffer("gate.is_open").copy_(is_open)

    def _n_training_rows(self, table: Table) -> np.ndarray:
        """Return how many rows of each series are for training; the rest validates."""
        n_rows = table.lengths
        n_held_out = np.zeros_like(n_rows)
        if self.early_stopping:
            n_held_out = np.round(self.validation_fraction * n_rows).astype(int)
            n_held_out = n_held_out.clip(min=self.horizon)
        needed = enough = self.window_length + self.horizon
        if self.early_stopping:  # so many are left when a share of them is held out
            by_share = (needed + 0.5) / (1 - self.validation_fraction)
            enough = max(needed + self.horizon, int(np.ceil(by_share)))
        short = n_rows - n_held_out < needed
        if short.any():
            i = int(np.argmax(short))
            series = "" if table.names[i] is None else f" of series {table.names[i]!r}"
            held_out = f", {n_held_out[i]} of them held out" if n_held_out[i] else ""
            raise ValueError(
                f"X has {n_rows[i]} rows{series}{held_out} (n_samples = {n_rows[i]}); "
                f"window_length={self.window_length} and horizon={self.horizon} need "
                f"{needed} at least to learn from."
                + _ways_out(short, f"{enough} rows", self._is_panel)
            )
        return n_rows - n_held_out

    def _check_targets(self, table: Table, n_train: np.ndarray) -> None:
        """Refuse targets of which nothing is there to learn from or to validate."""
        for part, rows in (
            ("learn from", table.head(n_train)),
            ("hold out", table.beyond(n_train)),
        ):
            missing = np.isnan(rows.values[:, : self._columns.n_targets]).all(axis=0)
            if len(rows.values) and missing.any():
                raise ValueError(
                    f"Target {int(np.argmax(missing))} has no value in the "
                    f"{len(rows.values)} rows to {part}."
                )

    def _to_windows(
        self, table: Table, device: Any, taught: bool = False, n_hidden: int = 0
    ) -> WindowDataset:
        return WindowDataset(
            table,
            self._columns,
            window_length=self._window_length,
            horizon=self._horizon,
            device=device,
            taught=taught,
            n_hidden=n_hidden,
        )

    def _make_network(self, seed: int) -> ForecastNetwork:
        n_targets, n_past, n_future, n_static = self._columns
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
                window_scale=WINDOW_SCALES[self.normalize],
                dropout=self.dropout,
                decoder=self._make_decoder(
                    encoder, 1 if shared else n_targets, n_beside
                ),
                gate=InputGate(n_features * (1 + masked)),
                **self._head_options(),
            )

    def _example(self):
        n_targets, n_past, n_future, n_static = self._columns
        return Window(
            torch.zeros(1, self._window_length, n_targets + n_past + n_future),
            torch.zeros(1, self._horizon, n_future),
            torch.zeros(1, n_static),
        )

    # Knowing more rows --------------------------------------------------------

    def update(self, X: Any, y: Any = None) -> Self:
        """Take note of rows that followed, without training.

        A scale that was learned of a constant in `fit`, or by `update`, is learned
        again of all rows known; those that the network learned with stay.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows after those known so far, as in `fit`. Of a series that was not
            there in `fit`, all rows.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their targets, if `fit` was given y.

        Returns
        -------
        self : object
            The forecaster, whose forecasts now start after these rows.
        """
        check_is_fitted(self, "net_")
        with unchanged_on_error(self):
            later = self._read_later(X, y)
            self._check_static_stays(later)
            known = self._context.extended(later)
            short = known.lengths < self._window_length
            if short.any():
                i = int(np.argmax(short))
                raise ValueError(
                    f"{called(known.names[i])} has {known.lengths[i]} rows; a "
                    f"forecast needs window_length={self._window_length}."
                    + _ways_out(short, "that many", self._is_panel)
                )
            self._scaler = copy.copy(self._scaler).update(later)
            self._context = known.tail(self._window_length)
        return self

    def _read_later(self, X: Any, y: Any, *, follows: bool = True) -> Table:
        table, _, columns, _ = read_table(
            self, X, y, known=self._context, follows=follows
        )
        if columns != self._columns:
            raise ValueError(
                f"y has {columns.n_targets} targets, but fit had "
                f"{self._columns.n_targets}."
            )
        return table

    def _check_static_stays(self, later: Table) -> None:
        """Refuse static values that are not those known so far of a series."""
        known = tuple(name for name in later.names if name in self._context.names)
        if not self._columns.n_static or not known:
            return
        context, later = self._static_of(known), later.select(known)
        first = sum(self._columns[:3])
        static = later.values[:, first:]
        check_static(self, self._roles, context, static, later.edges)

    def _static_of(self, names: tuple) -> Table:
        """Return some of the series known so far, with their static columns alone."""
        context = self._context.select(names)
        first = sum(self._columns[:3])
        return replace(context, values=context.values[:, first:])


def _ways_out(short: np.ndarray, enough: str, is_panel: bool) -> str:
    """Return what may be done about series that have too few rows."""
    advice = f" With missing='mask', rows of NaN may fill it up in front to {enough}."
    if not is_panel:
        return f" Choose a smaller window_length.{advice}"
    return (
        f" So it is with {short.sum()} of {len(short)} series: leave them out, or "
        f"choose a smaller window_length.{advice}"
    )
