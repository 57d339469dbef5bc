"""What is known ahead of the rows around each row that is forecast."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["NearRows"]


class NearRows(nn.Module):
    """A convolution over what is known, from the window into the horizon.

    The day after a holiday, and its eve, are told by another row than their own. Rows
    behind the horizon are not known: one more channel says so.

    Parameters
    ----------
    n_known : int
        Number of features K that are known ahead.
    n_found : int
        Number of features D of each row's neighbours.
    reach : int
        How many rows before and behind a row it looks at.
    """

    def __init__(self, n_known: int, n_found: int, reach: int):
        super().__init__()
        self.reach = reach
        self.convolution = nn.Conv1d(n_known + 1, n_found, 2 * reach + 1, bias=False)
        nn.init.zeros_(self.convolution.weight)

    def forward(self, before: Tensor, rows: Tensor) -> Tensor:
        """Return features (B, H, D) of rows (B, H, K) behind others (B, L, K)."""
        before = before[:, -self.reach :]
        known = functional.pad(torch.cat([before, rows], dim=1), (0, 1), value=1.0)
        unknown = (0, 0, self.reach - before.shape[1], self.reach)
        known = functional.pad(known, unknown)
        return self.convolution(known.transpose(1, 2)).transpose(1, 2)
