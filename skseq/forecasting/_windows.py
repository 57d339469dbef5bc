"""Windows of scaled tables as batches of tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from skseq.batching import Batch
from skseq.forecasting._table import Columns, Table
from skseq.networks import Window

__all__ = ["WindowDataset"]


class WindowDataset:
    """Windows over a table and the targets of the rows that follow each.

    Nothing is laid out: a batch is gathered from the table.

    Parameters
    ----------
    table : Table
        Scaled series.
    columns : Columns
        The parts of its columns.
    starts : ndarray of int of shape (n_samples,)
        First row of each window.
    window_length, horizon : int
        Number of rows seen, and of those that follow.
    device : torch.device
        Where the tensors live.
    """

    weights = None

    def __init__(
        self,
        table: Table,
        columns: Columns,
        starts: np.ndarray,
        *,
        window_length: int,
        horizon: int,
        device: torch.device,
    ):
        n_steps = window_length + horizon
        self.columns = columns
        self.window_length = window_length
        self.n_timesteps = n_steps
        values = torch.as_tensor(table.values.astype(np.float32), device=device)
        n_columns = values.shape[1]
        self._windows = values.as_strided(
            (len(values) - n_steps + 1, n_steps, n_columns), (n_columns, n_columns, 1)
        )
        self._starts = torch.as_tensor(starts, device=device)

    def __len__(self) -> int:
        return len(self._starts)

    def gather(self, index: Tensor) -> Batch:
        """Return the samples at an index tensor (B,)."""
        rows = self._windows.index_select(0, self._starts[index])
        past, later = rows.tensor_split([self.window_length], dim=1)
        n_targets, n_past, n_future, _ = self.columns
        n_own = n_targets + n_past
        window = Window(
            past[:, :, : n_own + n_future],
            later[:, :, n_own : n_own + n_future],
            past[:, -1, n_own + n_future :],
        )
        return Batch(window, None, later[:, :, :n_targets], None)
