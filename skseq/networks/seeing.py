"""What is known of measurements at each step: the last ones seen, from either end."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from skseq.networks.masking import reverse_sequences

__all__ = ["Before", "Seen", "see", "see_backwards"]


class Seen(NamedTuple):
    """What is known of measurements, (B, T, F) each."""

    values: Tensor  # the last ones seen; both views
    is_there: Tensor | None  # None: all of them
    elapsed: Tensor | None  # since the measurement before


class Before(NamedTuple):
    """What is known of sequences when further steps come."""

    values: Tensor  # (B, V F), the last ones seen
    waited: Tensor  # (B, F), the time since they were
    gap: Tensor  # (B, 1), from the step before to the first one; 0: there is none


def see(
    x: Tensor,
    n_values: int,
    gaps: Tensor,
    before: Before,
    lengths: Tensor | None = None,
) -> tuple[Seen, tuple[Tensor, Tensor]]:
    """Return what is known of measurements after each step.

    Parameters
    ----------
    x : Tensor of shape (B, T, V F)
        Measurements, NaN where they are missing, in V views side by side.
    n_values : int
        How many there are, F.
    gaps : Tensor of shape (B, T, 1)
        Time since the step before; zero at a step before which there is none.
    before : Before
        What they are taken for before the first one, and how long before it they were
        seen.
    lengths : Tensor of int of shape (B,), optional
        How many steps there are of each sequence; T by default.

    Returns
    -------
    seen : Seen
    after : tuple of two Tensors
        The last values seen (B, V F), and the time since they were (B, F).
    """
    n_steps = x.shape[1]
    is_there = ~x[..., :n_values].isnan()
    # A step in front of all others, so that there always is one that was seen.
    times = torch.cat([torch.zeros_like(gaps[:, :1]), gaps.cumsum(dim=1)], dim=1)
    first = torch.zeros_like(is_there[:, :1])
    steps = torch.arange(n_steps + 1, device=x.device).view(1, -1, 1)
    last = torch.where(torch.cat([first, is_there], dim=1), steps, 0).cummax(dim=1)[0]
    n_views = x.shape[2] // n_values
    known = torch.cat([before.values.to(x.dtype).unsqueeze(1), x], dim=1)
    known = known.gather(1, last.repeat(1, 1, n_views))
    when = times.expand(-1, -1, n_values).gather(1, last)
    when = torch.where(last == 0, -before.waited.unsqueeze(1), when)
    elapsed = times[:, 1:] - when[:, :-1]
    waited = times - when
    if lengths is None:
        after = known[:, -1], waited[:, -1]
    else:
        rows = torch.arange(len(x), device=x.device)
        after = known[rows, lengths], waited[rows, lengths]
    return Seen(known[:, 1:], is_there, elapsed), after


def see_backwards(
    x: Tensor,
    n_values: int,
    gaps: Tensor,
    before: Before,
    lengths: Tensor | None = None,
) -> Seen:
    """Return what is known at each step to those who read from the end on.

    Parameters
    ----------
    x, n_values, gaps, lengths
        As in `see`.
    before : Before
        What measurements are taken for behind the last one.

    Returns
    -------
    seen : Seen
        The next values, and how long after each step the next one is.
    """
    behind = torch.cat([gaps[:, 1:], gaps[:, :1]], dim=1)
    x, behind = (reverse_sequences(part, lengths) for part in (x, behind))
    gaps = torch.cat([before.gap.unsqueeze(1), behind[:, 1:]], dim=1)
    seen, _ = see(x, n_values, gaps, before)
    return Seen(
        *(reverse_sequences(part, lengths) for part in seen if part is not None)
    )
