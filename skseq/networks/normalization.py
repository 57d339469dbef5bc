"""Normalisation of windows that is undone on what is forecast from them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["WINDOW_SCALES", "WindowScale"]

LEAST_VARIANCE = 1e-4  # of a window, in units of the whole series


class WindowScale(NamedTuple):
    """What was subtracted from each window, and what it was divided by."""

    center: Tensor  # (B, 1, C), or 1 where all windows have the same
    scale: Tensor


def last_value(x: Tensor) -> WindowScale:
    """Center on the last value that is there (Zeng et al., 2023, "NLinear").

    Parameters
    ----------
    x : Tensor of shape (B, T, C)
        Windows; NaN is missing.

    Returns
    -------
    scale : WindowScale
    """
    last = x[:, -1:]
    if torch.isnan(last).any():
        steps = torch.arange(x.shape[1], device=x.device)[None, :, None]
        latest = steps.masked_fill(torch.isnan(x), 0).amax(dim=1, keepdim=True)
        last = x.gather(1, latest).nan_to_num(0)
    return WindowScale(last, torch.ones_like(last))


def mean_and_deviation(x: Tensor) -> WindowScale:
    """Center on the mean, divide by the deviation (Kim et al., 2022, "RevIN").

    Parameters
    ----------
    x : Tensor of shape (B, T, C)
        Windows; NaN is missing.

    Returns
    -------
    scale : WindowScale
    """
    mean = x.nanmean(dim=1, keepdim=True).nan_to_num(0)
    variance = (x - mean).square().nanmean(dim=1, keepdim=True).nan_to_num(0)
    return WindowScale(mean, (variance + LEAST_VARIANCE).sqrt())


def nothing(x: Tensor) -> WindowScale:
    """Leave windows as they are.

    Parameters
    ----------
    x : Tensor of shape (B, T, C)
        Windows.

    Returns
    -------
    scale : WindowScale
    """
    return WindowScale(x.new_zeros(1, 1, 1), x.new_ones(1, 1, 1))


WINDOW_SCALES = {
    "last": last_value,
    "window": mean_and_deviation,
    "feature": nothing,
    None: nothing,
}
