"""One sequence whose steps stand where samples are expected."""

from __future__ import annotations

from typing import Any

import numpy as np

from skseq.data.layouts import is_list_of_sequences, is_panel
from skseq.data.sequences import SequenceArray

__all__ = ["how_read", "refuse_one_sample", "refuse_turned_sample"]


def refuse_one_sample(estimator: Any, X: Any, sequences: SequenceArray) -> None:
    """Refuse a column of numbers that is a sequence rather than many of one step."""
    n_timesteps = getattr(estimator, "_n_timesteps", 1)
    is_stream = getattr(estimator, "_is_stateful", False)  # which may read step by step
    if (
        sequences.n_timesteps == 1 < n_timesteps
        and len(sequences) > 1
        and not is_stream
    ):
        raise ValueError(
            f"X has one time step, but {type(estimator).__name__} learned of sequences "
            f"of up to {n_timesteps} in fit.{how_read(estimator, X, sequences)} "
            "Sequences of one step are X[:, None]."
        )


def refuse_turned_sample(estimator: Any, X: Any, sequences: SequenceArray) -> None:
    """Refuse what is one row of the table in fit, laid out as time steps."""
    n_columns, n_features = estimator.n_features_in_, sequences.n_features
    is_column = sequences.n_timesteps == 1 < len(sequences)
    if is_column and len(sequences) * n_features == n_columns:
        raise ValueError(
            f"X has {n_features} features, but {type(estimator).__name__} is expecting "
            f"{n_columns} features as input.{how_read(estimator, X, sequences)}"
        )


def how_read(estimator: Any, X: Any, sequences: SequenceArray) -> str:
    """Return how the rows of what may be one sequence were read, and what that is."""
    if sequences.n_features != estimator.n_channels:
        return ""
    if not is_list_of_sequences(X) and (
        isinstance(X, SequenceArray) or is_panel(X) or np.asarray(X).ndim != 2
    ):
        return ""
    kind = "univariate sequences" if sequences.n_features == 1 else "sequences"
    one = "X[None]" if isinstance(X, np.ndarray) and X.ndim == 2 else "[X]"
    return (
        f" X was read as a table of {len(sequences)} {kind}, one per row; if its rows "
        f"are the time steps of a single sequence, that is {one}."
    )
