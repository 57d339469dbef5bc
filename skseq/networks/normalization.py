"""Normalisation of windows that is undone on what is forecast from them."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

__all__ = ["LEAST_LEVEL", "WINDOW_SCALES", "WindowScale", "mean_level"]

# Variance added to a window's, in units of the whole series: from rows of the same
# value, such as zeros between sales, a forecast must be able to come off.
LEAST_VARIANCE = 0.09


# Added to the level of a window, in units of the mean of the series, for the same end.
LEAST_LEVEL = 0.1


class WindowScale(NamedTuple):
    """What was subtracted from each window, and what it was divided by."""

    center: Tensor  # (B, 1, C), or 1 where all windows have the same
    scale: Tensor


def last_value(x: Tensor, missing: Tensor | None = None) -> WindowScale:
    """Center on the last value seen (Zeng et al., 2023, "NLinear").

    Parameters
    ----------
    x : Tensor of shape (B, T, C)
        Windows, where holes have the last value seen.
    missing : Tensor of bool of shape (B, T, C), optional
        Where they are; None if there is none.

    Returns
    -------
    scale : WindowScale
    """
    last = x[:, -1:]
    return WindowScale(last, torch.ones_like(last))


def mean_and_deviation(x: Tensor, missing: Tensor | None = None) -> WindowScale:
    """Center on the mean, divide by the deviation (Kim et al., 2022, "RevIN").

    Parameters
    ----------
    x, missing
        As in `last_value`; holes do not count. A window of nothing else has the last
        value seen before as its mean.

    Returns
    -------
    scale : WindowScale
    """
    if missing is None:
        mean = x.mean(dim=1, keepdim=True)
        variance = (x - mean).square().mean(dim=1, keepdim=True)
        return WindowScale(mean, (variance + LEAST_VARIANCE).sqrt())
    last, x = x[:, -1:], x.masked_fill(missing, torch.nan)
    mean = x.nanmean(dim=1, keepdim=True)
    mean = torch.where(torch.isnan(mean), last, mean)
    variance = (x - mean).square().nanmean(dim=1, keepdim=True).nan_to_num(0)
    return WindowScale(mean, (variance + LEAST_VARIANCE).sqrt())


def mean_level(x: Tensor, missing: Tensor | None = None) -> WindowScale:
    """Divide by the mean and subtract nothing (Salinas et al., 2020, "DeepAR").

    So what is not negative stays so, and zero stays zero.

    Parameters
    ----------
    x, missing
        As in `mean_and_deviation`.

    Returns
    -------
    scale : WindowScale
    """
    level = mean_and_deviation(x, missing).center.clamp_min(0) + LEAST_LEVEL
    return WindowScale(torch.zeros_like(level), level)


def nothing(x: Tensor, missing: Tensor | None = None) -> WindowScale:
    """Leave windows as they are.

    Parameters
    ----------
    x, missing
        As in `last_value`.

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
