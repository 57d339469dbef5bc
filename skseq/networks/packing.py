"""Unequal sequences packed into rows, so that little is computed on padding."""

from __future__ import annotations

import torch
from torch import Tensor

from skseq.networks.masking import valid_steps

__all__ = ["Packing"]


class Packing:
    """Sequences one behind the other in rows as long as the longest one.

    Longest first, each goes into the first row with room for it. The places depend on
    the lengths alone.

    Parameters
    ----------
    lengths, n_timesteps : Tensor of int of shape (B,), int
        Real lengths and the padded one, as in `valid_steps`.
    gap : int
        Zeros between neighbours, as many as a kernel reaches beyond a step.

    Attributes
    ----------
    mask : Tensor of bool of shape (R, W)
        Where the rows hold steps.
    """

    def __init__(self, lengths: Tensor, n_timesteps: int, gap: int):
        sizes = lengths.tolist()
        width = max(sizes)
        ends: list[int] = []  # of each row, with a gap
        starts = [0] * len(sizes)
        for i in sorted(range(len(sizes)), key=sizes.__getitem__, reverse=True):
            fits = (row for row, end in enumerate(ends) if end + sizes[i] <= width)
            row = next(fits, len(ends))
            if row == len(ends):
                ends.append(0)
            starts[i] = row * width + ends[row]
            ends[row] += sizes[i] + gap
        device = lengths.device
        self._shape = len(ends), width
        self._real = valid_steps(lengths, n_timesteps)  # (B, T)
        steps = torch.arange(n_timesteps, device=device)
        steps = torch.minimum(steps, lengths.unsqueeze(1) - 1)
        self._places = torch.tensor(starts, device=device).unsqueeze(1) + steps
        mask = torch.zeros(len(ends) * width, dtype=torch.bool, device=device)
        mask[self._places.flatten()] = True
        self.mask = mask.view(self._shape)

    def __len__(self) -> int:
        return len(self.mask)

    def pack(self, x: Tensor) -> Tensor:
        """Return rows (R, W, F) of sequences (B, T, F), zero in between."""
        rows = x.new_zeros(self.mask.numel(), x.shape[2])
        rows[self._places[self._real]] = x[self._real]
        return rows.view(*self._shape, -1)

    def unpack(self, rows: Tensor) -> Tensor:
        """Return sequences (B, T, F) of rows; padding repeats a last step."""
        places = self._places.flatten()
        return rows.flatten(0, 1).index_select(0, places).view(*self._places.shape, -1)
