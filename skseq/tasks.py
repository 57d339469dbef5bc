"""Tasks: what to learn.

A task turns y into targets of a network, names the loss, and turns the network's
outputs back into what a user expects. It knows nothing of networks or estimators.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from scipy.special import expit, softmax
from torch import nn

from skseq.scaling import standard_scaler

__all__ = ["Classification", "MultilabelClassification", "Regression", "Task"]


class Task:
    """Base of the tasks.

    Attributes
    ----------
    n_outputs : int
        How many outputs the network needs.
    criterion : type of nn.Module
        The loss, which takes ``reduction="none"``.
    stratifies : bool
        Whether a held-out part shall have the same share of every target.
    """

    n_outputs: int
    criterion: ClassVar[type[nn.Module]]
    stratifies: ClassVar[bool] = False

    def learn_scale(self, y: np.ndarray, weights: np.ndarray | None) -> None:
        """Learn the scale of the targets from the training part."""

    def encode(self, y: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return targets for the loss, (n_samples,) or (n_samples, n_outputs)."""
        raise NotImplementedError

    def decode(self, outputs: np.ndarray) -> np.ndarray:
        """Return probabilities or values for outputs (n_samples, n_outputs)."""
        raise NotImplementedError


class Classification(Task):
    """One class per sequence.

    Parameters
    ----------
    classes : ndarray of shape (n_classes,)
        The sorted labels.
    """

    criterion = nn.CrossEntropyLoss
    stratifies = True

    def __init__(self, classes: np.ndarray):
        self.classes = classes
        self.n_outputs = len(classes)

    def encode(self, y, dtype):
        """Return the position of each label; an unknown one is an error."""
        if y.ndim != 1:
            raise ValueError(
                f"y has the shape {y.shape}; expected one label per sequence, as in "
                "the first fit."
            )
        unknown = np.setdiff1d(y, self.classes).tolist()
        if unknown:
            raise ValueError(
                f"y contains the label {unknown[0]!r}, which is not among the classes "
                f"{self.classes.tolist()}."
            )
        return np.searchsorted(self.classes, y)

    def decode(self, outputs):
        """Return the probability of every class; rows sum to one."""
        return softmax(outputs, axis=1)

    def to_scores(self, outputs: np.ndarray) -> np.ndarray:
        """Return log-odds (n_samples,) of two classes, else the outputs."""
        return outputs[:, 1] - outputs[:, 0] if self.n_outputs == 2 else outputs


class MultilabelClassification(Task):
    """Any number of labels per sequence.

    Parameters
    ----------
    n_labels : int
        Number of columns of the indicator matrix.
    """

    criterion = nn.BCEWithLogitsLoss

    def __init__(self, n_labels: int):
        self.classes = np.arange(n_labels)
        self.n_outputs = n_labels

    def encode(self, y, dtype):
        """Return the indicators as floats."""
        if y.ndim != 2 or y.shape[1] != self.n_outputs:
            raise ValueError(
                f"y has the shape {y.shape}; expected indicators (n_samples, "
                f"{self.n_outputs})."
            )
        return y.astype(dtype)

    def decode(self, outputs):
        """Return the probability of every label, each on its own."""
        return expit(outputs)

    def to_scores(self, outputs: np.ndarray) -> np.ndarray:
        """Return the log-odds of every label."""
        return outputs


class Regression(Task):
    """One or several numbers per sequence.

    Parameters
    ----------
    shape : tuple of int
        Shape of one target: () or (n_outputs,).
    normalize : bool
        Whether the network learns standardised targets.
    """

    criterion = nn.MSELoss

    def __init__(self, shape: tuple[int, ...], normalize: bool):
        self.shape = shape
        self.n_outputs = shape[0] if shape else 1
        self.scaler = standard_scaler(normalize)

    def learn_scale(self, y, weights):
        """Learn mean and standard deviation of each output."""
        self.scaler.fit(y.reshape(len(y), -1), sample_weight=weights)

    def encode(self, y, dtype):
        """Return standardised targets (n_samples, n_outputs)."""
        if y.shape[1:] != self.shape:
            raise ValueError(
                f"y has the shape {y.shape}; expected {(len(y), *self.shape)}, "
                "as in the first fit."
            )
        return self.scaler.transform(y.reshape(len(y), -1)).astype(dtype)

    def decode(self, outputs):
        """Return values in the units of y, (n_samples,) or (n_samples, n_outputs)."""
        values = self.scaler.inverse_transform(outputs)
        return values.reshape(len(values), *self.shape)
