"""Which of the numbers that a model says is explained."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from skseq._showing import shown

__all__ = ["class_columns", "number_column", "step_shares"]


def class_columns(classes: np.ndarray, target: Any, predicted: np.ndarray) -> Any:
    """Return the positions of the classes that are looked at.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    target : label, array-like of shape (n_samples,) or None
        One for all, or one for each; None stands for what is predicted.
    predicted : ndarray of int of shape (n_samples,) or (n_samples, n_steps)
        The positions of that.

    Raises
    ------
    ValueError
        If a label is unknown, or there are not as many as samples.
    """
    if target is None:
        return predicted
    labels = np.asarray(target)
    if labels.shape not in ((), predicted.shape[:1]):
        raise ValueError(
            f"target has the shape {labels.shape}; expected a label, or one for each "
            f"of the {len(predicted)} sequences."
        )
    unknown = labels[~np.isin(labels, classes)].tolist()
    if unknown:
        raise ValueError(
            f"target={unknown[0]!r} is not among the classes {classes.tolist()}."
        )
    columns = np.searchsorted(classes, labels)
    columns = columns.reshape(columns.shape + (1,) * (predicted.ndim - 1))
    return np.broadcast_to(columns, predicted.shape)


def number_column(target: Any, n_targets: int, names: Any = ()) -> int:
    """Return which of several numbers is looked at.

    Parameters
    ----------
    target : int, str or None
        Its position, or its name. None stands for the only one.
    n_targets : int
        How many there are.
    names : sequence of str, default=()
        What they are called, if that is known.

    Raises
    ------
    ValueError
        If it is none of these.
    """
    if target is None and n_targets == 1:
        return 0
    if isinstance(target, str) and target in names:
        return list(names).index(target)
    is_place = isinstance(target, Integral) and not isinstance(target, bool)
    if not is_place or not 0 <= int(target) < n_targets:
        known = f", or one of {list(names)}" if len(names) else ""
        raise ValueError(
            f"target={shown(target)} must be the number of a column of y, 0 to "
            f"{n_targets - 1}{known}."
        )
    return int(target)


def step_shares(step: Any, lengths: np.ndarray, first: int = 0) -> np.ndarray:
    """Return how much each step of an answer counts: one for all, or all alike.

    Parameters
    ----------
    step : int or None
        Which one, from the last one back if it is negative; None stands for their mean.
    lengths : ndarray of int of shape (n_samples,)
        How many steps each answer has.
    first : int, default=0
        What the first one is called.

    Returns
    -------
    shares : ndarray of shape (n_samples, longest)

    Raises
    ------
    ValueError
        If an answer has no such step.
    """
    places = np.arange(lengths.max(initial=0))
    if step is None:
        return (places < lengths[:, None]) / lengths[:, None].clip(min=1)
    if not isinstance(step, Integral) or isinstance(step, bool):
        raise ValueError(f"step={shown(step)} must be an integer or None.")
    at = np.full(len(lengths), int(step) - first)
    if step < 0:
        at = lengths + int(step)
    outside = (at < 0) | (at >= lengths)
    if outside.any():
        i = int(np.argmax(outside))
        raise ValueError(
            f"step={step} is not among the {lengths[i]} steps of what is said of "
            f"X[{i}], {first} to {lengths[i] - 1 + first}."
        )
    return (places == at[:, None]).astype(float)
