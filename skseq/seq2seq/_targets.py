"""Targets that are sequences: from any layout, and back."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import assert_all_finite, check_array
from sklearn.utils.multiclass import check_classification_targets

from skseq._showing import naming, shown
from skseq.data.doubts import refuse_missing
from skseq.data.foreign import check_container
from skseq.data.instances import check_instances
from skseq.data.layouts import is_list_of_sequences
from skseq.data.objects import object_array
from skseq.data.places import check_columns, finding_text
from skseq.data.sequences import SequenceArray
from skseq.data.token_arrays import refuse_tokens

__all__ = ["Layout", "check_n_steps", "read_label_sequences", "read_number_sequences"]


@dataclass(frozen=True)
class Layout:
    """How sequences of numbers are laid out.

    Parameters
    ----------
    is_list : bool
        Whether they are a list of arrays, not one array.
    ndim : int
        Dimensions of the array, or one more than those of the arrays in the list: 3
        with an axis for the values of a step, 2 without, 1 for a number per sequence.
    """

    is_list: bool
    ndim: int

    def lay_out(self, values: np.ndarray, n_steps: Any) -> Any:
        """Return values (n_samples, n_steps, n_targets) in this layout.

        Parameters
        ----------
        values : ndarray of shape (n_samples, n_steps, n_targets)
            The values; those beyond the end of a sequence are left out.
        n_steps : int, ndarray of shape (n_samples,) or None
            How many steps were asked for; None if it was left open.
        """
        if self.ndim == 1 and n_steps is None:
            return values[:, 0, 0]
        if self.ndim < 3:
            values = values[:, :, 0]
        if not self.is_list and np.ndim(n_steps) == 0:
            return values
        lengths = np.full(len(values), values.shape[1])
        if n_steps is not None:
            lengths[:] = n_steps
        return [row[:length] for row, length in zip(values, lengths, strict=True)]


@naming("y")
def read_number_sequences(X: Any, y: Any) -> tuple[SequenceArray, Layout]:
    """Read sequences of numbers.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        What they belong to.
    y : array-like, list of arrays or SequenceArray
        The numbers: (n_samples,), (n_samples, n_steps), (n_samples, n_steps, n_targets)
        or a list of arrays (n_steps_i,) or (n_steps_i, n_targets).

    Returns
    -------
    sequences : SequenceArray of float64
    layout : Layout

    Raises
    ------
    ValueError
        If y holds anything else.
    """
    check_container(y, "y")
    check_instances(X, y, "y")
    refuse_tokens(y, "y", "Seq2SeqClassifier writes tokens.")
    if isinstance(y, SequenceArray) or is_list_of_sequences(y):
        items = [_numbers(item, f"y[{i}]") for i, item in enumerate(y)]
        return SequenceArray.from_list(items), Layout(True, items[0].ndim + 1)
    array = _numbers(y, "y")
    if array.ndim > 3:
        raise ValueError(
            f"y has the shape {array.shape}; expected (n_samples, n_steps) or "
            "(n_samples, n_steps, n_targets)."
        )
    steps = array.reshape(*array.shape, *(1,) * (3 - array.ndim))
    return SequenceArray.from_array(steps), Layout(False, array.ndim)


def _numbers(y: Any, name: str) -> np.ndarray:
    if hasattr(y, "iloc"):
        check_columns(y, name)
    with finding_text(y, name, lambda at: f"{name}{list(at)}"):
        array = check_array(
            y,
            ensure_2d=False,
            allow_nd=True,
            dtype=np.float64,
            ensure_all_finite=False,
            input_name=name,
        )
    wrong = np.argwhere(~np.isfinite(array))
    if len(wrong):
        at = wrong[0].tolist()
        what = "NaN" if np.isnan(array[tuple(at)]) else "infinity"
        raise ValueError(f"Input {name} contains {what}: {name}{at}.")
    return array


@naming("y")
def read_label_sequences(X: Any, y: Any) -> np.ndarray:
    """Read sequences of labels.

    Parameters
    ----------
    X : array-like, DataFrame, list of arrays or SequenceArray
        What they belong to.
    y : list of array-likes or array of shape (n_samples, n_steps)
        The labels; a sequence may be empty.

    Returns
    -------
    sequences : ndarray of object of shape (n_samples,)
        Arrays of one type, each of shape (n_steps_i,).

    Raises
    ------
    TypeError
        If y is a dictionary or a set.
    ValueError
        If y holds anything else, or no label at all.
    """
    check_container(y, "y")
    check_instances(X, y, "y")
    if isinstance(y, (dict, set)):
        raise TypeError(f"y must be a list of sequences, got {type(y).__name__}.")
    refuse_missing(y)
    if hasattr(y, "iloc"):
        y = y.to_numpy()
    items = [np.asarray(item) for item in y]
    for i, item in enumerate(items):
        if item.ndim == 2 and item.shape[1] == 1:
            items[i] = item[:, 0]
        elif item.ndim != 1:
            hint = ", such as list('abc')" if isinstance(y[i], str) else ""
            raise ValueError(
                f"y[{i}] is {shown(y[i])}; expected a sequence of labels{hint}."
            )
    filled = [item for item in items if len(item)]
    if not filled:
        raise ValueError(f"y holds no label in {len(items)} sequences.")
    if len({item.dtype.kind in "US" for item in filled}) > 1:
        raise ValueError("y holds both strings and numbers; labels are of one kind.")
    labels = np.concatenate(filled)
    assert_all_finite(labels, input_name="y")
    check_classification_targets(labels)
    lengths = np.array([len(item) for item in items])
    return object_array(np.split(labels, np.cumsum(lengths)[:-1]))


def check_n_steps(
    n_steps: Any, n_samples: int, longest: int
) -> tuple[int, int | np.ndarray | None]:
    """Return how many steps to write, and how many of these for each sequence.

    Parameters
    ----------
    n_steps : int, array-like of int of shape (n_samples,) or None
        What was asked for.
    n_samples : int
        Number of sequences.
    longest : int
        What None stands for.

    Returns
    -------
    most : int
    n_steps : int, ndarray of shape (n_samples,) or None

    Raises
    ------
    ValueError
        If n_steps is anything else, or below one.
    """
    if n_steps is None:
        return longest, None
    steps = np.asarray(n_steps)
    if (
        steps.dtype.kind not in "iu"
        or steps.shape not in ((), (n_samples,))
        or (steps < 1).any()
    ):
        raise ValueError(
            f"n_steps={shown(n_steps)} must be a positive integer, or one for each of "
            f"the {n_samples} sequences."
        )
    return int(steps.max()), int(n_steps) if isinstance(n_steps, Integral) else steps
