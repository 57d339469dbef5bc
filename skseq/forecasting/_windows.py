"""Windows of scaled tables as batches of tensors."""

from __future__ import annotations

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
    """

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
    ):
        self.indicators = indicators
        self.columns = indicators.seen
        self.window_length = window_length
        self.n_timesteps = window_length + horizon
        self.taught = taught
        self.n_hidden = n_hidden
        values = np.require(table.filled(), np.float64, ["C", "W"])
        self.rows = torch.as_tensor(values, device=device)
        self._windows = window_view(self.rows, self.n_timesteps)
        missing = np.isnan(table.values[:, : sum(indicators.columns[:2])])
        missing = np.ascontiguousarray(missing)  # a frame may lie column by column
        self._missing = None
        if missing.any() or n_hidden:
            missing = torch.as_tensor(missing, device=device)
            self._missing = window_view(missing, self.n_timesteps)
        self._table = table
        self._starts = torch.empty(0, dtype=torch.int64)
        self._ahead = torch.arange(window_length, self.n_timesteps, device=device)

    def within(
        self, first: np.ndarray, last: np.ndarray, *, counted: bool = False
    ) -> WindowDataset:
        """Return the windows whose rows are within [first, last) of each series.

        With `counted`, those are left out that forecast no row of a weight. The mean
        weight of what is forecast is 1.
        """
        part = object.__new__(type(self))
        part.__dict__.update(self.__dict__)
        starts = self._table.starts(self.n_timesteps, first, last)
        weights = self._table.weights
        if weights is not None:
            n_targets = self.indicators.columns.n_targets
            n_there = (~np.isnan(self._table.values[:, :n_targets])).sum(axis=1)
            n_all, n_counted, total = (
                self._sums_ahead(starts, values)
                for values in (n_there, n_there * (weights > 0), n_there * weights)
            )
            if counted:
                starts, n_all = starts[n_counted > 0], n_all[n_counted > 0]
            if n_counted.any():
                weights = weights * (n_all.sum() / total.sum())
            part.weights = torch.as_tensor(weights, device=self.rows.device).float()
        part._starts = torch.as_tensor(starts, device=self._windows.device)
        return part

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
        rows = self._windows.index_select(0, self._starts[index])
        n_static = self.indicators.columns.n_static
        rows, static = rows.tensor_split([rows.shape[2] - n_static], dim=2)
        static = self.indicators.show(static[:, self.window_length - 1], rows.shape[2])
        rows = self.indicators.show(rows)
        past, later = rows.tensor_split([self.window_length], dim=1)
        n_targets, n_past, _, _ = self.columns
        n_own = n_targets + n_past
        targets, missing = later[:, :, :n_targets], None
        if self._missing is not None:
            missing = self._missing.index_select(0, self._starts[index])
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
        )
        weights = None
        if self.weights is not None:  # (B, H)
            weights = self.weights[self._starts[index][:, None] + self._ahead]
        return Batch(window, None, targets, weights)
