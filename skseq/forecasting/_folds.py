"""Whether the rows to forecast are those behind the rows of training."""

from __future__ import annotations

import warnings
from typing import Any

from skseq.forecasting._table import Table, called
from skseq.forecasting._time import BY_TIME

__all__ = ["check_fold", "ends_of_training", "warn_of_no_index"]


def ends_of_training(table: Table) -> dict[Any, Any]:
    """Return the time of the last row of each series of a panel."""
    if table.names == (None,):
        return {}
    return {
        name: span.last
        for name, span in zip(table.names, table.spans, strict=True)
        if span is not None
    }


def check_fold(ends: dict[Any, Any], rows: Table) -> None:
    """Refuse rows of some series that end while others were still learned from.

    Parameters
    ----------
    ends : dict
        What `ends_of_training` said in `fit`.
    rows : Table
        The rows to forecast, which follow those known.

    Raises
    ------
    ValueError
        If rows of a series that is not to be forecast, and that was learned from, are
        as late as the last of the rows.
    """
    others = ends.keys() - set(rows.names)
    lasts = [span.last for span in rows.spans if span is not None]
    if not others or not lasts or not ends.keys() & set(rows.names):
        return
    last, name = max(lasts), max(others, key=lambda name: ends[name])
    if ends[name] >= last:
        raise ValueError(
            f"X holds {len(rows.names)} of the series known and ends at {last!s}, but "
            f"rows of {called(name).removeprefix('X, ').rstrip(',')} up to "
            f"{ends[name]!s} were learned from, so that its future is known to the "
            "forecaster. Forecast all series in one call." + BY_TIME
        )


def warn_of_no_index() -> None:
    """Warn that nothing tells whether rows that are known already follow."""
    warnings.warn(
        "X has no index, so its rows are taken for those right behind the ones known. "
        "With one, pd.DataFrame(X), a fold that starts elsewhere, as of KFold or of a "
        "split with a gap, is refused. Values that are not known ahead may be NaN.",
        UserWarning,
        stacklevel=4,
    )
