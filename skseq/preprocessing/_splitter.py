"""Long sequences in pieces, and back."""

from __future__ import annotations

from collections.abc import Sized
from typing import Any

import numpy as np
import pandas as pd
from sklearn.exceptions import NotFittedError
from sklearn.utils import _safe_indexing, check_consistent_length

from skseq._showing import naming, shown
from skseq._sklearn import BaseEstimator
from skseq.data.foreign import check_container
from skseq.data.instances import check_instances
from skseq.data.layouts import is_list_of_sequences
from skseq.data.reading import SequenceReader
from skseq.data.sequences import SequenceArray
from skseq.data.token_arrays import TokenArray, holds_tokens
from skseq.data.validation import check_sequences
from skseq.parameters import POSITIVE_INTEGER, amended, attribute, parameter
from skseq.parameters.checks import array
from skseq.resources import unchanged_on_error
from skseq.versioning import VersionedState

__all__ = ["SequenceSplitter"]


class SequenceSplitter(SequenceReader, VersionedState, BaseEstimator, kw_only=False):
    """Cut long sequences into pieces and join the predictions of the pieces.

    Recurrent networks learn long sequences slowly; pieces of them make more samples
    and shorter ways back. The number of samples changes, so this is no transformer:
    `split` comes before cross-validation, whose folds should keep the pieces of one
    sequence together by the groups it returns.

    {parameters}

    {attributes}

    Examples
    --------
    >>> import numpy as np
    >>> from skseq.preprocessing import SequenceSplitter
    >>> splitter = SequenceSplitter(length=2)
    >>> X = [np.array([1.0, 2, 3]), np.array([4.0, 5])]
    >>> pieces, y, groups = splitter.split(X, ["a", "b"])
    >>> [piece[:, 0].tolist() for piece in pieces]
    [[1.0, 2.0], [3.0], [4.0, 5.0]]
    >>> y, groups
    (['a', 'a', 'b'], array([0, 0, 1]))
    >>> splitter.join(np.array([0.2, 0.4, 0.9]))  # one prediction per piece
    array([0.3, 0.9])
    """

    n_channels = 1  # a row of a table is one univariate sequence
    _passes_holes = _passes_categories = True

    length: int = parameter(
        default=100,
        constraint=[POSITIVE_INTEGER],
        text="""Number of steps per piece; the last piece of a sequence may be
        shorter.""",
    )
    stride: int | None = parameter(
        default=None,
        constraint=[POSITIVE_INTEGER, None],
        text="""Number of steps from one piece to the next; None takes `length`, so that
        pieces do not overlap.""",
    )

    origins_: np.ndarray = attribute(
        check=array(1, "i"),
        text="Position of the sequence that each piece was cut from.",
        type="ndarray of int of shape (n_pieces,)",
    )
    offsets_: np.ndarray = attribute(
        check=array(1, "i"),
        text="Its step at which the piece starts.",
        type="ndarray of int of shape (n_pieces,)",
    )
    piece_lengths_: np.ndarray = attribute(
        check=array(1, "i"),
        text="Its number of steps.",
        type="ndarray of int of shape (n_pieces,)",
    )
    lengths_: np.ndarray = attribute(
        check=array(1, "i"),
        text="Lengths of the sequences.",
        type="ndarray of int of shape (n_sequences,)",
    )

    n_features_in_ = amended(
        text="Number of features per time step; of columns, if X was a table."
    )
    feature_names_in_ = amended(
        text="Names of the columns, if X was a DataFrame that names them."
    )

    def split(
        self, X: Any, y: Any = None, groups: Any = None
    ) -> tuple[SequenceArray, Any, np.ndarray]:
        """Cut sequences into pieces.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, in any layout of the estimators.
        y : array-like of n_sequences, default=None
            One label (or row of labels) per sequence, which all its pieces get; or a
            list of arrays with one label per step, which are cut alike.
        groups : array-like of n_sequences, default=None
            Groups to carry along; None makes each sequence a group.

        Returns
        -------
        pieces : SequenceArray
            Views of the sequences, not copies; with their names, times, categories and
            what is known of them as a whole; values may be missing. Their `instances`
            say which sequence each is a piece of, so that early stopping holds out all
            of it or nothing.
        y : like y
            The labels of the pieces, None without labels.
        groups : ndarray of shape (n_pieces,)
            The groups of the pieces.

        Raises
        ------
        ValueError
            If `stride` leaves steps out, labels per step do not match the steps, or y
            or groups are indexed by the instances in another order.
        """
        self._validate_params()
        stride = self.stride or self.length
        if stride > self.length:
            raise ValueError(
                f"stride={stride} leaves out steps between pieces of "
                f"length={self.length}."
            )
        with unchanged_on_error(self):
            sequences = check_sequences(self, X, reset=True)
            for name, values in (("y", y), ("groups", groups)):
                check_container(values, name)
                check_instances(X, values, name)
            groups = np.arange(len(sequences)) if groups is None else np.asarray(groups)
            with naming("groups"):
                check_consistent_length(sequences.starts, groups)
            self.lengths_ = sequences.lengths
            # The last piece starts where the steps left fit into one piece.
            counts = 1 + -(-np.maximum(self.lengths_ - self.length, 0) // stride)
            self.origins_ = np.repeat(np.arange(len(sequences)), counts)
            first = np.repeat(np.cumsum(counts) - counts, counts)
            self.offsets_ = (np.arange(len(first)) - first) * stride
            rest = self.lengths_[self.origins_] - self.offsets_
            self.piece_lengths_ = np.minimum(rest, self.length)
            starts = sequences.starts[self.origins_] + self.offsets_
            names = sequences.instances
            if names is None:
                names = pd.RangeIndex(len(sequences))
            values = sequences.values
            if holds_tokens(X):
                values = values.view(TokenArray)
            static = sequences.static
            pieces = sequences._replace(
                values=values,
                starts=starts,
                lengths=self.piece_lengths_,
                window_length=None,
                instances=names[self.origins_],
                static=None if static is None else static[self.origins_],
            )
            return pieces, self._carry(y), groups[self.origins_]

    def _carry(self, y: Any) -> Any:
        """Return the labels of the pieces."""
        if y is None:
            return None
        check_consistent_length(self.lengths_, y)
        is_row_each = getattr(y, "ndim", 1) > 1 or np.ndim(_safe_indexing(y, 0)) == 0
        if is_row_each:
            return _safe_indexing(y, self.origins_)
        y = list(y)
        for i, (labels, length) in enumerate(zip(y, self.lengths_, strict=True)):
            if len(labels) != length:
                raise ValueError(
                    f"y[{i}] has {len(labels)} labels for a sequence of {length} steps."
                )
        return [
            np.asarray(y[origin])[offset : offset + length]
            for origin, offset, length in zip(
                self.origins_, self.offsets_, self.piece_lengths_, strict=True
            )
        ]

    def join(self, predictions: Any) -> Any:
        """Average the predictions of pieces back to those of the sequences.

        Parameters
        ----------
        predictions : array-like of shape (n_pieces,) or (n_pieces, n_outputs), or list
            Numbers or probabilities, one row per piece; or a list with one array per
            piece, of shape (length,) or (length, n_outputs), for one row per step.

        Returns
        -------
        joined : ndarray or list of ndarray
            The mean over the pieces of each sequence; of each step, over the pieces
            that hold it.

        Raises
        ------
        ValueError
            If there are not as many predictions as `split` made pieces.
        TypeError
            If predictions are no list or array.
        NotFittedError
            If `split` was not called before.
        """
        if not hasattr(self, "origins_"):
            raise NotFittedError("join needs the pieces that split made before.")
        if not (np.iterable(predictions) and isinstance(predictions, Sized)):
            raise TypeError(
                f"predictions must be a list or array, got {shown(predictions)}."
            )
        if len(predictions) != len(self.origins_):
            raise ValueError(
                f"predictions has {len(predictions)} entries for {len(self.origins_)} "
                "pieces."
            )
        if not is_list_of_sequences(predictions):
            values = np.asarray(predictions, dtype=float)
            return _mean_at(self.origins_, values, len(self.lengths_))
        starts = np.cumsum(self.lengths_) - self.lengths_
        rows = [np.asarray(piece, dtype=float) for piece in predictions]
        for i, length in enumerate(self.piece_lengths_):
            n = len(rows[i])
            if n != length:
                raise ValueError(
                    f"predictions[{i}] has {n} steps for a piece of {length}."
                )
        places = np.concatenate(
            [
                starts[origin] + offset + np.arange(len(piece))
                for origin, offset, piece in zip(
                    self.origins_, self.offsets_, rows, strict=True
                )
            ]
        )
        steps = _mean_at(places, np.concatenate(rows), int(self.lengths_.sum()))
        return np.split(steps, starts[1:])


def _mean_at(places: np.ndarray, rows: np.ndarray, n_places: int) -> np.ndarray:
    """Return the mean of the rows that belong to each place."""
    total = np.zeros((n_places, *rows.shape[1:]))
    np.add.at(total, places, rows)
    count = np.bincount(places, minlength=n_places)
    return total / count.reshape(-1, *[1] * (rows.ndim - 1))
