"""scikit-learn's transformers, applied to columns of sequences by name."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
import sklearn
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq._showing import naming, shown
from skseq._sklearn import BaseComposition
from skseq.data.instances import check_instances
from skseq.data.names import names_of_columns
from skseq.data.sequences import SequenceArray
from skseq.data.static import check_static
from skseq.parameters import Options, attribute, parameter
from skseq.parameters.checks import array, count
from skseq.preprocessing._base import TEXTS, SequenceTransformer
from skseq.preprocessing._column_errors import check_columns_of, naming_columns
from skseq.preprocessing._step_frames import (
    StepFrame,
    frame_of_steps,
    sequences_like,
)
from skseq.resources import unchanged_on_error

__all__ = ["SequenceColumnTransformer"]

KEPT = "passthrough"


@described(**TEXTS)
class SequenceColumnTransformer(
    SequenceTransformer,
    BaseComposition,
    kw_only=False,
    auto_wrap_output_keys=None,
):
    """Apply transformers of scikit-learn to columns of sequences by name.

    Each transformer learns from all steps of the sequences of `fit`, as if these stood
    one below the other in a table: in cross-validation, from the training part alone.
    Or, with ``level="static"``, from what is known of sequences as a whole. It is a
    `sklearn.compose.ColumnTransformer` that reads sequences and gives sequences.

    {parameters}

    {attributes}

    See Also
    --------
    SequenceScaler : One scaler for all features, or a scale for each sequence.

    Notes
    -----
    Steps that several sequences share, as windows do, count once. Transformers are
    given missing values, which is what imputers are for, and strings, categories and
    dates as a DataFrame has them. Columns that pass through keep their type, so that
    categories become vectors in a network behind. Transformers of steps know no
    targets; those of static columns are given the targets of the sequences.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn.impute import SimpleImputer
    >>> from sklearn.preprocessing import OneHotEncoder
    >>> from skseq.preprocessing import SequenceColumnTransformer
    >>> index = pd.MultiIndex.from_product([["ann", "bob"], [0, 1]])
    >>> X = pd.DataFrame(
    ...     {"pulse": [80, np.nan, 70, 90], "ward": ["a", "a", "b", "b"]}, index
    ... )
    >>> columns = SequenceColumnTransformer(
    ...     [("fill", SimpleImputer(), ["pulse"]), ("which", OneHotEncoder(), ["ward"])]
    ... )
    >>> columns.fit_transform(X).to_list()
    [array([[80.,  1.,  0.],
           [80.,  1.,  0.]]), array([[70.,  0.,  1.],
           [90.,  0.,  1.]])]
    >>> columns.get_feature_names_out()
    array(['fill__pulse', 'which__ward_a', 'which__ward_b'], dtype=object)
    """

    transformers: Any = parameter(
        default=(),
        constraint=[list, tuple],
        text="""(name, transformer, columns) for each transformer, as scikit-learn's
        ColumnTransformer takes them: columns by name, position, mask, slice or a
        callable; "drop" and "passthrough" stand for transformers.""",
        type="list of tuples",
    )
    remainder: str = parameter(
        default="drop",
        constraint=[Options("drop", KEPT)],
        text="""What becomes of columns that no transformer takes.""",
    )
    level: str = parameter(
        default="step",
        constraint=[Options("step", "static")],
        text="""What the rows are that transformers are given: all steps of all
        sequences, or what is known of each sequence as a whole, a row for each. The
        other of the two stays as it is.""",
    )
    verbose_feature_names_out: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether the names of the columns that a transformer makes begin with its
        own.""",
    )

    n_features_in_: int = attribute(
        check=count,
        text="""Number of columns, of static ones with
        ``level="static"``.""",
    )
    feature_names_in_: np.ndarray = attribute(
        check=array(1, "O"),
        required=False,
        text="Their names, if they have some.",
        type="ndarray of str",
    )
    transformer_: Any = attribute(
        check=lambda value: type(value).__name__ == "ColumnTransformer",
        text="The fitted transformers.",
        type="ColumnTransformer",
    )

    def fit(self, X: Any, y: Any = None) -> SequenceColumnTransformer:
        """Fit all transformers.

        Parameters
        ----------
        X : DataFrame, list of DataFrames, SequenceArray or array-like
            The sequences, in any layout of the estimators.
        y : array-like of shape (n_samples,), default=None
            The targets of sequences, which transformers of static columns are given.

        {fitted}

        Raises
        ------
        ValueError
            If a transformer refuses its columns, or there is no such column.
        """
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any = None, **params: Any) -> SequenceArray:
        """Fit all transformers and transform the same sequences.

        Parameters
        ----------
        X : DataFrame, list of DataFrames, SequenceArray or array-like
            The sequences.
        y : array-like of shape (n_samples,), default=None
            Their targets, as in `fit`.
        **params : dict
            None is known.

        Returns
        -------
        sequences : SequenceArray
            The transformed sequences, as of `transform`.
        """
        from sklearn.compose import ColumnTransformer  # which takes long to import

        if params:
            raise TypeError(f"fit_transform takes X and y, got {', '.join(params)}.")
        self._validate_params()
        with unchanged_on_error(self):
            table = self._read(X)
            check_columns_of(self.transformers, table.frame)
            check_instances(X, y, "y")
            goal = y if self.level == "static" else None
            composition = ColumnTransformer(
                clone(list(self.transformers), safe=False),
                remainder=self.remainder,
                sparse_threshold=0,
                verbose_feature_names_out=self.verbose_feature_names_out,
            )
            with (
                sklearn.config_context(transform_output="default"),
                naming("transformers"),
                naming_columns(self.transformers, table.frame, goal, to_fit=True),
            ):
                found = composition.fit_transform(table.frame, goal)
            for name in ("feature_names_in_", "n_features_in_"):
                vars(self).pop(name, None)
                if hasattr(composition, name):
                    setattr(self, name, getattr(composition, name))
            self.transformer_ = composition
            return self._written(table, found)

    def transform(self, X: Any) -> SequenceArray:
        """Transform sequences.

        Parameters
        ----------
        X : DataFrame, list of DataFrames, SequenceArray or array-like
            Sequences with the columns of `fit`, which are found by their names.

        Returns
        -------
        sequences : SequenceArray
            With the names of `get_feature_names_out`. Instances, times and whatever
            else is known of sequences are those of X.
        """
        check_is_fitted(self, "transformer_")
        table, fitted = self._read(X), self.transformer_
        if hasattr(self, "feature_names_in_") and names_of_columns(table.frame) is None:
            raise ValueError(
                "X does not name its columns; those of fit are "
                f"{list(self.feature_names_in_)!r:.300}."
            )
        with (
            sklearn.config_context(transform_output="default"),
            naming("X"),
            naming_columns(fitted.transformers_, table.frame, None, to_fit=False),
        ):
            found = fitted.transform(table.frame)
        return self._written(table, found)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return the names of the columns that `transform` makes.

        Parameters
        ----------
        input_features : array-like of str, default=None
            Names of the columns, for those that had none in `fit`.

        Returns
        -------
        names : ndarray of str
        """
        check_is_fitted(self, "transformer_")
        return self.transformer_.get_feature_names_out(input_features)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters.

        Parameters
        ----------
        deep : bool, default=True
            Whether to return the transformers by their names, and their parameters,
            too.

        Returns
        -------
        params : dict
        """
        return self._get_params("_transformers", deep=deep)

    def set_params(self, **params: Any) -> Self:
        """Set parameters, those of transformers as ``name__parameter``.

        Parameters
        ----------
        **params : dict
            The parameters; ``name=transformer`` takes another transformer.

        Returns
        -------
        self : object
            The transformer.
        """
        self._set_params("_transformers", **params)
        return self

    @property
    def _transformers(self) -> Any:
        """The transformers with their names alone, as scikit-learn sets parameters."""
        try:
            return [(name, one) for name, one, _ in self.transformers]
        except (TypeError, ValueError):  # which `fit` refuses
            return []

    @_transformers.setter
    def _transformers(self, pairs: Any) -> None:
        columns = [columns for _, _, columns in self.transformers]
        self.transformers = [
            (*pair, chosen) for pair, chosen in zip(pairs, columns, strict=True)
        ]

    def _read(self, X: Any) -> StepFrame:
        """Return the table whose rows transformers are given, and the sequences."""
        if self.level == "step":
            return frame_of_steps(X)
        if not isinstance(X, SequenceArray) or X.static is None:
            raise ValueError(
                "level='static' needs sequences with static columns, such as "
                f"SequenceArray.from_frame(X, static=table); got {shown(X)}."
            )
        return StepFrame(X.static.to_frame(X.instances), X)

    def _written(self, table: StepFrame, found: np.ndarray) -> SequenceArray:
        """Return sequences with what the transformers made of a table."""
        frame = self._as_frame(np.asarray(found), table.frame)
        if self.level == "step":
            return sequences_like(table, frame)
        return table.sequences._replace(static=check_static(frame, None, len(frame)))

    def _as_frame(self, found: np.ndarray, given: pd.DataFrame) -> pd.DataFrame:
        """Return what was made, and columns that passed through as they were."""
        fitted = self.transformer_
        if not found.shape[1]:
            raise ValueError(
                f"transformers={shown(self.transformers)} leave no column; expected "
                "one at least, or remainder='passthrough'."
            )
        if found.dtype.kind == "b":
            found = found.astype(float)
        frame = pd.DataFrame(found).infer_objects()
        columns = [frame[i].set_axis(given.index) for i in range(frame.shape[1])]
        kept = {name for name, kind, _ in fitted.transformers if kind == KEPT}
        kept |= {"remainder"} if fitted.remainder == KEPT else set()
        for name in kept & fitted.output_indices_.keys():
            of_input: Any = fitted._transformer_to_input_indices[name]
            if hasattr(fitted, "feature_names_in_"):
                of_input = given.columns.get_indexer(fitted.feature_names_in_[of_input])
            places = range(len(columns))[fitted.output_indices_[name]]
            for place, i in zip(places, of_input, strict=True):
                columns[place] = given.iloc[:, i]
        names = self._names(len(columns))
        return pd.concat(columns, axis=1).set_axis(names, axis=1)

    def _names(self, n: int) -> list:
        try:
            return list(self.get_feature_names_out())
        except AttributeError:  # a transformer does not know them
            return list(range(n))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        input_tags = tags.input_tags
        input_tags.allow_nan = input_tags.categorical = input_tags.string = True
        return tags
