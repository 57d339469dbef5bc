"""What reading X leaves on an estimator."""

from __future__ import annotations

import numpy as np

from skseq.parameters import Declared, attribute
from skseq.parameters.checks import array, count, flag

__all__ = ["RowReader", "SequenceReader"]


class SequenceReader(Declared):
    """What `check_sequences` leaves."""

    n_features_in_: int = attribute(
        check=count,
        text="""Number of features per time step; of columns, if `fit` was given a
        table.""",
    )
    feature_names_in_: np.ndarray = attribute(
        check=array(1, "O"),
        required=False,
        text="Names of the columns, if `fit` was given a DataFrame that names them.",
        type="ndarray of str",
    )
    _fitted_on_table: bool = attribute(check=flag)
    _n_channels: int = attribute(check=count)


class RowReader(Declared):
    """What `check_rows` leaves."""

    n_features_in_: int = attribute(check=count, text="Number of columns of X.")
    feature_names_in_: np.ndarray = attribute(
        check=array(1, "O"),
        required=False,
        text="Their names, if X is a DataFrame with names.",
        type="ndarray of str",
    )
