"""What forecasts are returned as: arrays, Series or DataFrames, as targets came in."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from skseq.forecasting._roles import Roles

__all__ = ["Kind", "kind_of"]


class Kind(NamedTuple):
    """What forecasts are returned as."""

    is_pandas: bool
    columns: Any  # names of a DataFrame, the name of a Series
    is_flat: bool
    index_names: tuple

    def wrap(self, values: np.ndarray, index: pd.Index | None) -> Any:
        """Return forecasts (n_rows, n_targets) like the targets in fit."""
        if self.is_flat:
            values = values[:, 0]
        if not self.is_pandas or index is None:
            return values
        if self.is_flat:
            return pd.Series(values, index, name=self.columns)
        return pd.DataFrame(values, index, self.columns)

    def wrap_several(
        self, values: np.ndarray, levels: tuple, index: pd.Index | None, name: str
    ) -> Any:
        """Return several values of each target (n_rows, n_targets, n), as those in fit.

        What tells one from another, a quantile say, is called `name`.
        """
        if self.is_flat:
            values = values[:, 0]
        if not self.is_pandas or index is None:
            return values
        columns = pd.Index(levels, name=name)
        if not self.is_flat:
            columns = pd.MultiIndex.from_product([self.columns, levels])
        return pd.DataFrame(values.reshape(len(values), -1), index, columns)


def kind_of(given: Any, roles: Roles, *, is_X: bool, is_flat: bool) -> Kind:
    """Return the kind of the targets.

    Parameters
    ----------
    given : array, Series or DataFrame
        What holds them: X or y.
    roles : Roles
        Which columns of X they are.
    is_X : bool
        Whether it is X.
    is_flat : bool
        Whether it has one dimension.

    Returns
    -------
    kind : Kind
    """
    is_pandas = hasattr(given, "iloc")
    columns = None
    if is_pandas:
        columns = given.name if is_flat else given.columns
        if is_X and not is_flat:
            columns = given.columns[roles.targets]
    names = tuple(given.index.names) if is_pandas else ()
    return Kind(is_pandas, columns, is_flat, names)
