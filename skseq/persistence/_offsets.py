"""Frequencies as JSON: those that pandas has a name for, and calendars of one's own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries import offsets
from pandas.tseries.frequencies import to_offset
from pandas.tseries.offsets import BaseOffset

from skseq.persistence._forms import expect

__all__ = ["read_offset", "write_offset"]

CALENDARS = {
    cls.__name__: cls
    for cls in (
        offsets.BusinessHour,
        offsets.CustomBusinessDay,
        offsets.CustomBusinessHour,
        offsets.CustomBusinessMonthBegin,
        offsets.CustomBusinessMonthEnd,
    )
}
SHIFTS = {
    name + "s" for name in ("year", "month", "week", "day", "hour", "minute", "second")
}
KINDS = {
    "normalize": (bool,),
    "weekmask": (str,),
    "holidays": (list,),
    "start": (list,),
    "end": (list,),
}


def write_offset(value: BaseOffset, place: str) -> str | list:
    """Return an offset as JSON.

    Parameters
    ----------
    value : DateOffset
        The offset.
    place : str
        Where it stands, for errors.

    Returns
    -------
    part : str or list
        Its name, or that of its class and what its calendar says.

    Raises
    ------
    TypeError
        If neither says all of it.
    """
    try:
        found = to_offset(value.freqstr)
    except ValueError:
        found = None
    if found is not None and type(found) is type(value) and found == value:
        return value.freqstr
    part = _write(value)
    if part is None or read_offset(part) != value:
        raise TypeError(
            f"{place}={value!r} cannot be saved: a file holds no offset that says all "
            "of it. Give the data an index of another one, such as 'MS', or pickle the "
            "estimator."
        )
    return part


def read_offset(part: Any) -> BaseOffset:
    """Return the offset that JSON stands for.

    Parameters
    ----------
    part : object
        What `write_offset` returned.

    Returns
    -------
    offset : DateOffset
    """
    if type(part) is str:
        return to_offset(part)
    name, n, said = expect(part, list)
    if name == "DateOffset":
        shifts = expect(said, dict)
        if not shifts or not shifts.keys() <= SHIFTS:
            raise ValueError(f"{said!r:.80} is no shift of dates")
        return pd.DateOffset(
            expect(n, int), **{k: expect(v, int) for k, v in shifts.items()}
        )
    if name not in CALENDARS:
        raise ValueError(f"there is no calendar {name!r:.80}")
    expect(said, dict)
    options = {
        key: expect(said[key], *kinds) for key, kinds in KINDS.items() if key in said
    }
    for key in ("holidays", "start", "end"):
        for text in options.get(key, ()):
            expect(text, str)
    return CALENDARS[name](expect(n, int), **options)


def _write(value: BaseOffset) -> list | None:
    name = type(value).__name__
    if type(value) is pd.DateOffset:
        shifts = {key: int(number) for key, number in value.kwds.items()}
        return [name, value.n, shifts] if set() < shifts.keys() <= SHIFTS else None
    if CALENDARS.get(name) is not type(value):
        return None
    said: dict[str, Any] = {"normalize": bool(value.normalize)}
    if name.startswith("Custom"):
        mask = value.weekmask
        if type(mask) is not str:
            mask = "".join("01"[int(day)] for day in np.busdaycalendar(mask).weekmask)
        said["weekmask"] = mask
        said["holidays"] = [str(day)[:10] for day in value.holidays or ()]
    for key in ("start", "end"):
        if hasattr(value, key):
            said[key] = [f"{time:%H:%M}" for time in getattr(value, key)]
    return [name, value.n, said]
