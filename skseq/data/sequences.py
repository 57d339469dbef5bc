"""SequenceArray: the one container behind every layout of sequences."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from skseq.data.categories import Categories
from skseq.data.extents import check_extents
from skseq.data.foreign import check_container
from skseq.data.in_folders import InFolders
from skseq.data.layouts import joined, parted
from skseq.data.names import as_categories, as_instances, as_names, as_times
from skseq.data.padded import padded
from skseq.data.rows import UsedRows
from skseq.data.static import check_static
from skseq.data.stored import as_floats, fetch, is_stored, place_in_file
from skseq.data.token_arrays import TokenArray

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["SequenceArray"]

BESIDE = (  # what may be known besides values
    "window_length",
    "feature_names",
    "instances",
    "times",
    "categories",
    "static",
)


class SequenceArray(InFolders):
    """Sequences as slices of one table of time steps.

    Sample ``i`` is ``values[starts[i] : starts[i] + lengths[i]]``. Sequences may
    have unequal lengths and may overlap, so sliding windows over a table cost no
    more memory than the table. Indexing selects samples as in a NumPy array and
    copies no time step, which is what scikit-learn's splitters rely on.

    Parameters
    ----------
    values : ndarray of shape (n_steps, n_features)
        The time steps of all sequences.
    starts : array-like of int of shape (n_samples,)
        Row of `values` at which each sequence starts.
    lengths : array-like of int of shape (n_samples,)
        Number of time steps of each sequence, at least 1.
    window_length : int or None, default=None
        Number of steps in a complete window, if the sequences are windows. Then
        shorter ones, even empty ones, are windows of which the first steps are
        unknown.
    feature_names : array-like of str of shape (n_features,) or None, default=None
        Names of the columns of `values`.
    instances : array-like of shape (n_samples,) or None, default=None
        What each sequence is called: labels of patients, machines, days. Several
        sequences may be pieces of one instance.
    times : array-like of shape (n_steps,) or None, default=None
        When each row of `values` was: numbers or dates.
    categories : tuple of Index or None, one per column, default=None
        Of a column whose values say which category it is, the categories that they are
        positions in; None for a column of numbers. Texts that are all numbers are read
        as such, unless they are a CategoricalIndex.
    static : DataFrame or array-like of shape (n_samples, n_columns), default=None
        What is known of each sequence as a whole: numbers or categories. A DataFrame is
        indexed by the instances, if there are any.

    Raises
    ------
    ValueError
        If `values` is not a table, a sequence is empty or longer than a window, or
        reaches outside of `values`, or there are not as many names as columns,
        times as rows, or instances or rows of `static` as sequences.

    See Also
    --------
    SequenceArray.from_array : From an array (n_samples, n_timesteps, n_features).
    SequenceArray.from_list : From sequences of unequal lengths.
    SequenceArray.from_frame : From a long table indexed by (instance, time).
    SequenceArray.from_parts : From more than memory holds, part by part.
    SequenceArray.from_parquet : From files of parquet, a row group at a time.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import SequenceArray
    >>> X = SequenceArray.from_list([[1.0, 2.0, 3.0], [4.0, 5.0]])
    >>> X.shape
    (2, None, 1)
    >>> X[1]
    array([[4.],
           [5.]])
    >>> X[[True, False]]
    SequenceArray(n_samples=1, n_timesteps=3, n_features=1)
    """

    ndim = 3

    def __init__(
        self,
        values: np.ndarray,
        starts: Any,
        lengths: Any,
        window_length: int | None = None,
        *,
        feature_names: Any = None,
        instances: Any = None,
        times: Any = None,
        categories: Categories | None = None,
        static: Any = None,
    ):
        check_container(values, "values")
        if not isinstance(values, TokenArray):
            values = np.asarray(values)
        if values.ndim != 2:
            raise ValueError(
                "values must be a table of shape (n_steps, n_features), "
                f"got an array of shape {values.shape}."
            )
        starts, lengths = check_extents(starts, lengths, window_length, len(values))
        if len(values):  # empty windows start at a row, too
            starts = np.minimum(starts, len(values) - 1)
        self.values = values
        self.starts = starts
        self.lengths = lengths
        self.window_length = window_length
        self.feature_names = as_names(feature_names, values.shape[1])
        self.instances = as_instances(instances, len(starts))
        self.times = as_times(times, len(values))
        self.categories = as_categories(categories, values.shape[1])
        self.static = None
        if static is not None:
            self.static = check_static(static, self.instances, len(starts))

    # Layouts in -----------------------------------------------------------

    @classmethod
    def from_array(cls, X: np.ndarray) -> SequenceArray:
        """View an array of equally long sequences.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_timesteps, n_features)
            The sequences. A C-contiguous array is not copied.

        Returns
        -------
        sequences : SequenceArray
        """
        check_container(X, "X", time_axis=1)
        X = np.asarray(X)
        if X.ndim != 3:
            raise ValueError(
                "X must have the shape (n_samples, n_timesteps, n_features), "
                f"got {X.shape}."
            )
        n_samples, n_timesteps, n_features = X.shape
        values = X.reshape(n_samples * n_timesteps, n_features)
        starts = np.arange(n_samples) * n_timesteps
        lengths = np.full(n_samples, n_timesteps)
        if n_samples and n_timesteps:  # which leaves nothing to be checked
            return cls._of(values=values, starts=starts, lengths=lengths)
        return cls(values, starts, lengths)

    @classmethod
    def from_list(
        cls, sequences: Sequence[Any], *, static: Any = None
    ) -> SequenceArray:
        """Join sequences of unequal lengths.

        Parameters
        ----------
        sequences : sequence of array-likes
            Each of shape (n_timesteps_i,) or (n_timesteps_i, n_features), with the
            same number of features.
        static : DataFrame or array-like of shape (n_samples, n_columns), default=None
            What is known of each sequence as a whole.

        Returns
        -------
        sequences : SequenceArray
            It knows the names of the columns, if the sequences are DataFrames, and the
            times, if all are indexed by dates.

        Raises
        ------
        ValueError
            If there is no sequence, one is empty or has another number of
            dimensions or features, or other columns, or dates in its index do not
            increase.
        TypeError
            If `sequences` is no list of arrays.
        """
        return cls(**joined(sequences), static=static)

    @classmethod
    def from_frame(
        cls, frame: Any, *, index: Any = None, static: Any = None
    ) -> SequenceArray:
        """Convert a long table: one sequence per instance.

        Parameters
        ----------
        frame : DataFrame with a 2-level index (instance, time)
            The columns are the features: numbers, or categories (strings, booleans,
            categoricals). The rows of one instance must stand together, with increasing
            time. Instances keep their order. A frame of polars or pyarrow is read in
            the same way, but needs `index`.
        index : sequence of two str, default=None
            The columns of instances and of times, where these are no index.
        static : DataFrame, default=None
            What is known of each instance as a whole, indexed by the instances, or with
            a column of the same name as that of instances.

        Returns
        -------
        sequences : SequenceArray
            It knows the names of the columns, if all are strings, the instances and the
            times.

        Raises
        ------
        ValueError
            If the index has not two levels, an instance is interrupted by another
            or the time of an instance does not increase, or `index` is not two columns.
        TypeError
            If `frame` is no DataFrame, or one that is still to be computed.
        """
        return cls(**parted(frame, index), static=static)

    # An array of samples --------------------------------------------------

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, tuple) and len(key) == 2 and key[1] is Ellipsis:
            key = key[0]  # how scikit-learn indexes arrays
        if not isinstance(key, slice) and np.ndim(key) == 0:
            start = self.starts[key]
            return self.values[start : start + self.lengths[key]]
        if isinstance(key, pd.Series) and key.dtype == bool:
            key = self._aligned(key)
        if not isinstance(key, slice):
            key = np.asarray(key)
            if key.size == 0:
                key = key.astype(np.intp)
        return self._replace(
            starts=self.starts[key],
            lengths=self.lengths[key],
            instances=None if self.instances is None else self.instances[key],
            static=None if self.static is None else self.static[key],
        )

    def _aligned(self, mask: pd.Series) -> pd.Series:
        """Return a mask in the order of the instances, if it names them, as pandas."""
        names = self.instances
        if names is None or len(mask) != len(names) or not mask.index.is_unique:
            return mask
        return mask.loc[names] if names.isin(mask.index).all() else mask

    def __iter__(self) -> Iterator[np.ndarray]:
        return (self[i] for i in range(len(self)))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("A SequenceArray cannot become an array without a copy.")
        if self.window_length is not None:
            X = self.to_padded(np.nan, length=self.window_length, padding="pre")
        elif self.n_timesteps is not None or len(self) == 0:
            X = self.to_padded()
        else:
            raise ValueError(
                "The sequences have unequal lengths and make no array; "
                "use to_padded() or to_list()."
            )
        return X if dtype is None else X.astype(dtype, copy=False)

    def __repr__(self) -> str:
        lengths: Any = self.n_timesteps
        if lengths is None and len(self):
            lengths = f"{self.lengths.min()}..{self.lengths.max()}"
        return (
            f"SequenceArray(n_samples={len(self)}, n_timesteps={lengths}, "
            f"n_features={self.n_features})"
        )

    def __reduce__(self) -> tuple:
        if is_stored(self.values):
            parts = vars(self)
            place = place_in_file(self.values)
            return _restore, ({**parts, "values": place} if place else parts,)
        compact = self.compact()  # a fold of a large table pickles small
        return _restore, (vars(compact),)

    def __sizeof__(self) -> int:
        # Dask sends what it knows to be large to each worker once, not with each task.
        return self.values.nbytes + self.starts.nbytes + self.lengths.nbytes

    @property
    def n_timesteps(self) -> int | None:
        """The length that all sequences share, None if they differ."""
        if len(self) == 0 or (self.lengths != self.lengths[0]).any():
            return None
        return int(self.lengths[0])

    @property
    def n_features(self) -> int:
        """Number of features per time step."""
        return self.values.shape[1]

    @property
    def shape(self) -> tuple[int, int | None, int]:
        """(n_samples, n_timesteps, n_features), n_timesteps None if unequal."""
        return len(self), self.window_length or self.n_timesteps, self.n_features

    @property
    def complete(self) -> np.ndarray:
        """A mask of the sequences that are not windows with unknown first steps."""
        return self.lengths >= (self.window_length or 0)

    @property
    def dtype(self) -> np.dtype:
        """Data type of the time steps."""
        return self.values.dtype

    # Conversions ----------------------------------------------------------

    def to_list(self) -> list[np.ndarray]:
        """Return one array (n_timesteps_i, n_features) per sequence, as views."""
        return list(self)

    def to_padded(
        self,
        value: float = 0.0,
        *,
        length: int | None = None,
        padding: str = "post",
        truncating: str = "post",
    ) -> np.ndarray:
        """Return one array with shorter sequences filled up and longer ones cut.

        Parameters
        ----------
        value : float, default=0.0
            The filler.
        length : int or None, default=None
            Number of steps in the result; None takes the longest sequence.
        padding : {"post", "pre"}, default="post"
            Whether the filler stands behind or before a sequence.
        truncating : {"post", "pre"}, default="post"
            Whether the last or the first steps are cut.

        Returns
        -------
        X : ndarray of shape (n_samples, length, n_features)

        Raises
        ------
        ValueError
            If an argument is not as described.
        """
        return padded(
            self, value, length=length, padding=padding, truncating=truncating
        )

    def map_values(self, function: Callable[[np.ndarray], np.ndarray]) -> SequenceArray:
        """Apply a function to the table of time steps, once per step.

        Parameters
        ----------
        function : callable
            Takes `values` and returns a table with as many rows.

        Returns
        -------
        sequences : SequenceArray
        """
        values = function(self.values)
        if len(values) != len(self.values):
            raise ValueError(
                f"function returned {len(values)} rows for {len(self.values)} steps."
            )
        if values.shape[1] != self.n_features:  # they are other columns
            return self._replace(values=values, feature_names=None, categories=None)
        return self._replace(values=values)

    def compact(self) -> SequenceArray:
        """Drop the time steps that no sequence uses.

        Returns
        -------
        sequences : SequenceArray
            The same sequences over the smallest table that holds them.
        """
        used = UsedRows(self.starts, self.lengths)
        if len(used) == len(self.values):
            return self
        rows = used.at(np.arange(len(used)))
        starts = used.before(self.starts).clip(max=max(0, len(rows) - 1))
        if not len(rows):
            rows = np.arange(len(self.values))[:1]  # empty windows start somewhere
        times = None if self.times is None else self.times[rows]
        return self._replace(values=self.values[rows], starts=starts, times=times)

    def apart(self) -> SequenceArray:
        """Copy sequences so that no two of them share a time step.

        Returns
        -------
        sequences : SequenceArray
            The same sequences, one behind the other in a table of their own: floats
            if this one lies in a file.
        """
        starts = np.cumsum(self.lengths) - self.lengths
        rows = np.repeat(self.starts - starts, self.lengths)
        rows = rows + np.arange(len(rows))
        if not len(rows):  # empty windows still start somewhere
            rows = np.arange(len(self.values))[:1]
        times = None if self.times is None else self.times[rows]
        values = self.values
        if is_stored(values) and self.lengths.any():
            values = as_floats(fetch(values, self.starts, self.lengths))
        else:
            values = values[rows]
        return self._replace(values=values, starts=starts, times=times)

    @classmethod
    def _of(cls, **parts: Any) -> SequenceArray:
        """Return sequences of which no more is known, of parts that fit."""
        sequences = cls.__new__(cls)
        vars(sequences).update(dict.fromkeys(BESIDE), **parts)
        return sequences

    def _replace(self, **parts: Any) -> SequenceArray:
        """Return a copy with other parts, which are known to fit."""
        sequences = copy.copy(self)
        vars(sequences).update(parts)
        return sequences

    def __copy__(self) -> SequenceArray:
        sequences = SequenceArray.__new__(SequenceArray)
        vars(sequences).update(vars(self))
        return sequences


def _restore(parts: dict[str, Any]) -> SequenceArray:
    """Return the sequences that were pickled, or whose place in a file was."""
    if isinstance(parts["values"], dict):
        parts = {**parts, "values": np.memmap(**parts["values"])}
    return SequenceArray(**parts)
