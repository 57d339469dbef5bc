"""Fitting a forecaster, and letting it know of later rows."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import partial
from itertools import compress
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq._showing import shown
from skseq.core.losses import check_quantiles, make_loss
from skseq.forecasting._categories import UNKNOWN, ColumnCategories
from skseq.forecasting._conformal import Errors, seen_at
from skseq.forecasting._folds import ends_of_training
from skseq.forecasting._indicators import make_indicators
from skseq.forecasting._kind import Kind
from skseq.forecasting._learning import WindowLearner
from skseq.forecasting._reading import read_table
from skseq.forecasting._refusing import check_static
from skseq.forecasting._roles import Roles
from skseq.forecasting._table import Table
from skseq.forecasting._weights import read_weights
from skseq.parameters import attribute
from skseq.parameters.checks import flag, instance
from skseq.resources import make_random_state, resolve_device, unchanged_on_error
from skseq.training import Budget
from skseq.training._caller import warn

__all__ = ["SeriesLearner"]


class SeriesLearner(WindowLearner):
    """What learns from the windows of series, and remembers where they end."""

    _takes_flat: bool = attribute(check=flag)
    _has_own_y: bool = attribute(check=flag)
    _is_panel: bool = attribute(check=flag)
    _roles: Roles = attribute(check=instance(Roles))
    _categories: ColumnCategories = attribute(check=instance(ColumnCategories))
    _kind: Kind = attribute(check=instance(Kind))
    _context: Table = attribute(check=instance(Table))
    _learned_until: dict = attribute(check=instance(dict))

    # Fitting ----------------------------------------------------------------

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Self:
        """Train on one series, or on many.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            Rows in the order of time. Columns named in `known_future` or `static` are
            that, all others covariates of which only the past is known, or without y
            the targets. Columns of strings, booleans or categoricals hold categories,
            but no targets. A 2-level index (series, time) holds several series.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            The targets; None takes them from X.
        sample_weight : array-like of shape (n_rows,), default=None
            What the error of the forecast of each row counts, in training and in what
            is held out; None counts all alike. A Series has the index of the rows. Rows
            of weight zero are looked back at, and count for scales, as all others.

        Returns
        -------
        self : object
            The fitted forecaster.

        Raises
        ------
        ValueError
            If a parameter or the data are not as described, there are too few rows,
            or training diverges. A fitted forecaster then stays as it was.

        Warns
        -----
        UserWarning
            If nothing can be learned from some series of a panel, as they are too
            short. They are forecast as those that `update` adds.
        """
        self._validate_params()
        budget = Budget(self.max_seconds)
        self._check_callbacks()
        check_quantiles(self.quantiles)
        loss = make_loss(self)
        device = resolve_device(self.device)
        if self.seasonality is not None and self.normalize is None:
            raise ValueError(
                f"seasonality={self.seasonality} is about scales, but normalize=None "
                "asks for none."
            )
        if loss.is_rate and self.transformer is not None:
            raise ValueError(
                f"loss={self.loss!r} is about the mean of the targets themselves, and "
                f"not as transformer={shown(self.transformer)} has them; leave one out."
            )
        with unchanged_on_error(self):
            self._cycle = None if self.cycle is None else int(self.cycle)
            table, self._columns, self._kind = read_table(
                self, X, y, in_place="all" if device.type == "cpu" else "files"
            )
            if self._cycle is not None and self._cycle > table.lengths.max():
                raise ValueError(
                    f"cycle={self.cycle} must be the number of rows in a season, but "
                    f"the longest series in X has {table.lengths.max()} rows."
                )
            table = replace(table, weights=read_weights(sample_weight, X, y))
            self._indicators = make_indicators(
                self._categories, self._roles, self._columns
            )
            self._window_length = int(self.window_length)
            self._horizon = int(self.horizon)
            self._loss = loss
            for first, rows in table.pieces() if loss.lowest is not None else ():
                place = partial(table.place, first)
                self._loss.check(rows[:, : self._columns.n_targets], place)
            known, table = table, self._to_learn_from(table)
            n_train = self._n_training_rows(table)
            self._check_targets(table, n_train)
            self._errors = None
            rng = make_random_state(self.random_state)
            seeds = rng.randint(2**31 - 1, size=2).tolist()
            beside, n_beside = None, self._n_rows_beside(table.lengths)
            self._check_held_out(table, np.minimum(n_train, n_beside))
            n_targets = self._columns.n_targets
            if not table.is_told(n_targets, n_beside, table.lengths).any():
                n_beside = table.lengths
            if (n_beside < table.lengths).any():
                n_rows = n_beside.sum() + n_train.sum()
                part = budget.part(n_beside.sum() / n_rows)
                beside = self._trained(
                    table, n_beside, device, seeds, part, beside=True
                )
            if beside is None or not beside.net.interrupted_:
                before = beside if self.shrink_to_naive else None
                found = self._trained(table, n_train, device, seeds, budget, before)
            else:
                n_train, found = n_beside, beside
            self.net_ = found.net
            self.ridge_share_ = found.ridge.share
            self._publish_history()
            if (n_train < table.lengths).any():
                later = table.beyond(n_train)
                self._scaler = copy.copy(self._scaler).update(later)
            self._scaler.add(known)
            self._context = known.tail(self._window_length)
            if self._errors is not None:  # of the series too short to learn from, too
                recent = known.tail(self._window_length + self._horizon - 1)
                self._errors = self._errors.beside(recent)
            self._learned_until = ends_of_training(table)
        return self

    def _to_learn_from(self, table: Table) -> Table:
        """Return the series of a panel that are long enough, if there are such."""
        n_rows, least = table.lengths, self._least_rows()
        enough = n_rows >= least
        if enough.all() or not enough.any():
            return table
        i = int(np.argmin(enough))
        warn(
            f"Series {table.names[i]!r} has {n_rows[i]} rows, too few to learn from: "
            f"{self._named_least()} need {least}. So it is with {(~enough).sum()} of "
            f"{len(enough)} series, which are forecast by what the others tell."
        )
        return table.select(tuple(compress(table.names, enough)))

    def _n_training_rows(self, table: Table) -> np.ndarray:
        """Return how many rows of each series are for training; the rest validates.

        A series of a panel that would have too few left is for training alone.
        """
        n_rows, least = table.lengths, self._least_rows()
        n_held_out = np.zeros_like(n_rows)
        enough = least
        if self.early_stopping:
            n_held_out = np.round(self.validation_fraction * n_rows).astype(int)
            n_held_out = n_held_out.clip(min=self.horizon)
            # so many are left when a share of them is held out
            by_share = (least + 0.5) / (1 - self.validation_fraction)
            enough = max(least + self.horizon, int(np.ceil(by_share)))
        short = n_rows - n_held_out < least
        if short.all():
            i = int(np.argmax(n_rows))
            series = "" if table.names[i] is None else f" of series {table.names[i]!r}"
            held_out = f", {n_held_out[i]} of them held out" if n_held_out[i] else ""
            every = f" Each of {len(short)} series is too short." * (len(short) > 1)
            raise ValueError(
                f"X has {n_rows[i]} rows{series}{held_out} (n_samples = {n_rows[i]}); "
                f"{self._named_least()} need {least} at least to learn from.{every} "
                "Choose smaller ones. With missing='mask', rows of NaN may fill it up "
                f"in front to {enough} rows."
            )
        return n_rows - np.where(short, 0, n_held_out)

    def _named_least(self) -> str:
        """Return which parameters ask for so many rows."""
        named = f"window_length={self.window_length} and horizon={self.horizon}"
        if self._least_rows() > self.window_length + self.horizon:
            named = f"seasonality={self.seasonality}, {named}"
        return named

    def _check_targets(self, table: Table, n_train: np.ndarray) -> None:
        """Refuse targets of which nothing is there."""
        n_targets, n_rows = self._columns.n_targets, table.lengths
        if self._loss.is_rate:
            pieces = table.head(n_train).pieces()
            sums = [np.nansum(rows[:, :n_targets], axis=0) for _, rows in pieces]
            self._loss.check_sum(np.stack(sums))
        for part, first, last in (
            ("learn from", 0 * n_train, n_train),
            ("hold out", n_train, n_rows),
        ):
            told = table.is_told(n_targets, first, last)
            if (last > first).any() and not told.all():
                weighted = "" if table.weights is None else " of a weight above zero"
                raise ValueError(
                    f"Target {int(np.argmin(told))} has no value{weighted} in the "
                    f"{(last - first).sum()} rows to {part}."
                )

    def _check_held_out(self, table: Table, n_learned: np.ndarray) -> None:
        """Refuse to make intervals from the errors of rows that there are not."""
        if not self.conformal:
            return
        told = table.is_told(self._columns.n_targets, n_learned, table.lengths)
        if not told.all():
            needed = self.window_length + 2 * self.horizon
            raise ValueError(
                "conformal=True learns from the errors of held-out rows, but none has "
                f"a value of target {int(np.argmin(told))}; window_length="
                f"{self.window_length} and horizon={self.horizon} need a series of "
                f"{needed} rows at least."
            )

    # Knowing more rows --------------------------------------------------------

    def update(self, X: Any, y: Any = None) -> Self:
        """Take note of rows that followed, without training.

        A scale that was learned of a constant in `fit`, or by `update`, is learned
        again of all rows known; those that the network learned with stay. With
        ``conformal=True`` the errors of forecasts whose whole horizon is known now take
        the place of the oldest ones.

        Parameters
        ----------
        X : array-like or DataFrame of shape (n_rows, n_columns)
            The rows after those known so far, as in `fit`. Of a series that was not
            there in `fit`, all rows, however few: what a window lacks before them is
            missing with ``missing="mask"``, or else the first one again.
        y : array-like of shape (n_rows,) or (n_rows, n_targets), default=None
            Their targets, if `fit` was given y.

        Returns
        -------
        self : object
            The forecaster, whose forecasts now start after these rows.

        Warns
        -----
        UserWarning
            If a new series has fewer rows than a window.
        """
        check_is_fitted(self, "net_")
        with unchanged_on_error(self):
            in_place = "nothing" if self._is_panel else "all"
            later = self._read_later(X, y, in_place=in_place)
            self._check_static_stays(later)
            self._warn_of_short(later)
            self._scaler = copy.copy(self._scaler).update(later)
            for part in later.in_memory():
                self._context = self._context.extended(part).tail(self._window_length)
                if self._errors is not None:
                    self._errors = self._errors_until(part, self._errors)
        return self

    def _warn_of_short(self, later: Table) -> None:
        """Say that forecasts of new series look back at rows that are not there."""
        known = set(self._context.names)
        is_new = np.array([name not in known for name in later.names])
        names, n_rows = list(compress(later.names, is_new)), later.lengths[is_new]
        short = n_rows < self._window_length
        if not short.any():
            return
        i = int(np.argmax(short))
        before = "missing" if self.missing == "mask" else "like its first one"
        warn(
            f"Series {names[i]!r} has {n_rows[i]} rows, fewer than window_length="
            f"{self._window_length}: its forecasts take the rows before for {before}. "
            f"So it is with {short.sum()} of {len(short)} new series."
        )

    def _known(self, names: tuple) -> Table:
        """Return as many last rows of series as a window has.

        What a series lacks before its first row is missing with ``missing="mask"``, or
        else that row again and again.
        """
        context = self._context.select(names)
        n_before = (self._window_length - context.lengths).clip(min=0)
        if not n_before.any():
            return context
        series = []
        n_own, codes = sum(self._columns[:2]), self._scaler.codes
        for rows, n in zip(context.series(), n_before, strict=True):
            before = np.repeat(rows[:1], n, axis=0)
            if self.module_.masked:
                before[:, :n_own] = np.nan
                before[:, codes[codes < n_own]] = UNKNOWN
            series.append(np.concatenate([before, rows]))
        return replace(context.with_series(series), first=context.firsts() - n_before)

    def _errors_until(self, later: Table, errors: Errors) -> Errors:
        """Return errors of forecasts whose whole horizon is known now, too."""
        table = errors.recent.extended(later)
        recent = table.tail(self._window_length + self._horizon - 1)
        table = table.select(later.names)
        n_origins = table.lengths - self._window_length - self._horizon + 1
        n_origins = n_origins.clip(min=0)
        if not n_origins.any():
            return errors.beside(recent)
        module: Any = self.module_
        scaled = self._scaler.transform(table)
        windows = self._to_windows(scaled, next(module.parameters()).device)
        with self._threads(module):
            data = windows.within(0 * n_origins, table.lengths)
            seen = seen_at(module, data, n_origins)
        seen = seen._replace(series=recent.positions(table.names)[seen.series])
        return errors.beside(recent).followed_by(seen, self._loss)

    def _read_later(
        self, X: Any, y: Any, *, follows: bool = True, in_place: str = "nothing"
    ) -> Table:
        table, columns, _ = read_table(
            self, X, y, known=self._context, follows=follows, in_place=in_place
        )
        if columns != self._columns:
            raise ValueError(
                f"y has {columns.n_targets} targets, but fit had "
                f"{self._columns.n_targets}."
            )
        return table

    def _check_static_stays(self, later: Table) -> None:
        """Refuse static values that are not those known so far of a series."""
        names = set(self._context.names)
        known = tuple(name for name in later.names if name in names)
        if not self._columns.n_static or not known:
            return
        context, later = self._static_of(known), later.select(known)
        firsts = later.values[later.edges[:-1]]  # within X they do not change
        static = firsts[:, sum(self._columns[:3]) :]
        check_static(self, context, static, np.arange(len(static) + 1))

    def _static_of(self, names: tuple) -> Table:
        """Return some of the series known so far, with their static columns alone."""
        context = self._context.select(names)
        first = sum(self._columns[:3])
        return replace(context, values=context.values[:, first:])
