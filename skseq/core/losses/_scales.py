"""Targets of losses in the units of a network, and back."""

from __future__ import annotations

import numpy as np
from sklearn.preprocessing import StandardScaler

from skseq.core.losses._base import NumberLoss

__all__ = ["in_units", "scale_by_mean"]


def scale_by_mean(scaler: StandardScaler) -> None:
    """Let a fitted scaler divide by means, if it does anything."""
    if scaler.with_mean:
        mean = scaler.mean_
        scaler.scale_ = np.where(mean > 0, mean, 1.0)
        scaler.mean_ = np.zeros_like(mean)


def in_units(
    loss: NumberLoss, scaler: StandardScaler, outputs: np.ndarray
) -> np.ndarray:
    """Return outputs of a network in the units of the targets.

    Parameters
    ----------
    loss : NumberLoss
        What they were trained by.
    scaler : StandardScaler
        What the targets were scaled by.
    outputs : ndarray of shape (..., C * n_outputs)
        What the network says.

    Returns
    -------
    outputs : ndarray of shape (..., C, n_outputs)
    """
    outputs = outputs.reshape(*outputs.shape[:-1], -1, loss.n_outputs)
    n_targets = outputs.shape[-2]
    mean, scale = scaler.mean_, scaler.scale_
    if mean is None or scale is None:  # which changes nothing
        mean, scale = np.zeros(n_targets), np.ones(n_targets)
    return loss.in_units(outputs, mean, scale)
