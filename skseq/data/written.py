"""Times that are written out, as files have them."""

from __future__ import annotations

import warnings

import pandas as pd
from pandas.tseries.api import guess_datetime_format

__all__ = ["iso_dates", "readings"]

FORMS = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%b %d, %Y", "%d %b %Y")


def iso_dates(texts: pd.Index) -> pd.Index | None:
    """Return the dates that texts of ISO 8601 say, None if one says none.

    Parameters
    ----------
    texts : Index
        Strings.
    """
    return _dates(texts, "ISO8601")


def readings(index: pd.Index) -> list[pd.Index]:
    """Return what texts may say: numbers, or dates such as 12/31/2024.

    Parameters
    ----------
    index : Index
        Of one level.

    Returns
    -------
    readings : list of Index
        Several where nobody knows whether day or month comes first; none of labels, and
        of what is no text.
    """
    if not len(index) or pd.api.types.infer_dtype(index, skipna=True) != "string":
        return []
    numbers = pd.Index(pd.to_numeric(index, errors="coerce"))
    if numbers.notna().all():
        return [numbers]
    dates = iso_dates(index)
    if dates is not None:
        return [dates]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of which of day and month comes first
        first = str(index[0])
        guesses = [guess_datetime_format(first, dayfirst=one) for one in (False, True)]
    forms = dict.fromkeys(form for form in (*guesses, *FORMS) if form is not None)
    found = (_dates(index, form) for form in forms)
    return [dates for dates in found if dates is not None]


def _dates(texts: pd.Index, form: str) -> pd.Index | None:
    try:
        dates = pd.DatetimeIndex(pd.to_datetime(texts, format=form, utc=True))
    except (ValueError, TypeError):
        return None
    return None if dates.isna().any() else dates
