"""Windows of scaled tables that are not in memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from skseq.forecasting._windows import WindowDataset

__all__ = ["StoredWindowDataset"]


class StoredWindowDataset(WindowDataset):
    """Windows over rows in a file, each read when it is asked for.

    Batches hold the same numbers as those of the same rows in memory.
    """

    is_stored = True

    def _open(self) -> None:
        self._holes = self._table.values.seen is not None or self.n_hidden > 0

    def sampled(self) -> list[Any]:
        """Return what tells these windows from others, without reading them all."""
        sizes = self.window_length, self.n_timesteps, self.taught, self.n_hidden
        return [*self._table.values.sampled(), self.weights, sizes, len(self)]

    def _starts_within(self, first: np.ndarray, last: np.ndarray) -> WindowStarts:
        return WindowStarts(self._table.edges, first, last, self.n_timesteps)

    def _read(self, starts: Tensor) -> tuple[Tensor, Tensor | None]:
        values, missing = self._table.values.windows(
            starts.cpu().numpy(), self.n_timesteps
        )
        rows = torch.as_tensor(values, device=self._device)
        if not self._holes:
            return rows, None
        missing = np.ascontiguousarray(missing[:, :, : self._n_own])
        return rows, torch.as_tensor(missing, device=self._device)


class WindowStarts:
    """The first rows of windows, computed when they are asked for.

    Parameters
    ----------
    edges : ndarray of int of shape (n_series + 1,)
        Where each series starts.
    first, last : ndarray of int of shape (n_series,)
        The windows lie within [first, last) of each.
    length : int
        Number of rows of a window.
    """

    def __init__(
        self, edges: np.ndarray, first: np.ndarray, last: np.ndarray, length: int
    ):
        n_windows = (last - first - length + 1).clip(min=0)
        ends = np.cumsum(n_windows)
        self._ends = torch.as_tensor(ends)
        self._before = torch.as_tensor(edges[:-1] + first + n_windows - ends)

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: Tensor) -> Tensor:
        index = index.cpu()
        series = torch.searchsorted(self._ends, index, right=True)
        return self._before[series] + index
