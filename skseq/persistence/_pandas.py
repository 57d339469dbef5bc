"""Times, their steps and indices of pandas as JSON, and back."""

from __future__ import annotations

import datetime
import re
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd
from pandas.tseries.offsets import BaseOffset

from skseq.persistence._forms import Form, Reader, Writer, expect
from skseq.persistence._offsets import read_offset, write_offset

__all__ = ["PANDAS_FORMS"]

UNITS = ("s", "ms", "us", "ns")
DTYPES = re.compile(
    r"object|str|bool|u?int(8|16|32|64)|float(32|64)"
    r"|(datetime|timedelta)64\[(s|ms|us|ns)\]|period\[[\w-]+\]"
)
OF_A_ZONE = re.compile(r"datetime64\[(s|ms|us|ns), (.+)\]")
FIXED = re.compile(r"UTC(?:([+-])(\d\d):(\d\d))?")
available_zones = cache(available_timezones)


def _write_timestamp(writer: Writer, value: pd.Timestamp, place: str) -> list:
    zone = value.tz
    name = getattr(zone, "key", getattr(zone, "zone", None))
    if type(zone) is datetime.timezone:
        name = zone.utcoffset(None).total_seconds()
    elif zone is not None and name not in available_zones():
        raise TypeError(
            f"{place}={value!r} cannot be saved: zoneinfo knows no zone of this name."
        )
    return [int(value.asm8.view(np.int64)), value.unit, name]


def _read_timestamp(reader: Reader, part: Any) -> pd.Timestamp:
    number, unit, name = expect(part, list)
    value = pd.Timestamp(np.datetime64(expect(number, int), _unit(unit)))
    if name is None:
        return value
    zone = _zone(name) if type(name) is str else _fixed_zone(expect(name, float))
    return value.tz_localize("UTC").tz_convert(zone)


def _zone(name: str) -> ZoneInfo:
    """Return a zone that is known; pandas and zoneinfo would take paths, too."""
    if name not in available_zones():
        raise ValueError(f"{name!r:.80} is no time zone")
    return ZoneInfo(name)


def _fixed_zone(seconds: float) -> datetime.timezone:
    if seconds == 0:
        return datetime.UTC
    return datetime.timezone(datetime.timedelta(seconds=seconds))


def _read_timedelta(reader: Reader, part: Any) -> pd.Timedelta:
    number, unit = expect(part, list)
    return pd.Timedelta(np.timedelta64(expect(number, int), _unit(unit)))


def _unit(unit: Any) -> Any:
    if unit not in UNITS:
        raise ValueError(f"{unit!r:.80} is no unit of time")
    return unit


def _read_period(reader: Reader, part: Any) -> pd.Period:
    number, name = expect(part, list)
    return pd.Period(ordinal=expect(number, int), freq=expect(name, str))


def _dtype(name: str) -> Any:
    """Return the type of an index that is written as this."""
    if DTYPES.fullmatch(name):
        return name
    found = OF_A_ZONE.fullmatch(name)
    if found is None:
        raise ValueError(f"an index is of {name!r:.80}")
    unit, zone = found.groups()
    fixed = FIXED.fullmatch(zone)
    if fixed is None:
        return pd.DatetimeTZDtype(unit, _zone(zone))
    sign, hours, minutes = fixed.groups(default="0")
    seconds = 3600 * int(hours) + 60 * int(minutes)
    return pd.DatetimeTZDtype(unit, _fixed_zone(-seconds if sign == "-" else seconds))


def _write_intervals(writer: Writer, index: pd.IntervalIndex, place: str) -> list:
    parts = index.left, index.right, index.closed, list(index.names)
    return [writer.write(part, place) for part in parts]


def _read_intervals(reader: Reader, part: Any) -> pd.IntervalIndex:
    left, right, closed, names = reader.read(expect(part, list))
    return pd.IntervalIndex.from_arrays(left, right, closed, name=names[0])


def _write_categorical(writer: Writer, index: pd.CategoricalIndex, place: str) -> list:
    parts = index.codes.tolist(), index.categories, index.ordered, list(index.names)
    return [writer.write(part, place) for part in parts]


def _read_categorical(reader: Reader, part: Any) -> pd.CategoricalIndex:
    codes, known, ordered, names = reader.read(expect(part, list))
    values = pd.Categorical.from_codes(codes, known, expect(ordered, bool))
    return pd.CategoricalIndex(values, name=names[0])


def _form_of_times(kind: type) -> Form:
    """Return how dates or times of Python are written and read."""

    def write(writer: Writer, value: Any, place: str) -> str:
        zone = getattr(value, "tzinfo", None)
        if not (zone is None or type(zone) is datetime.timezone):
            raise TypeError(
                f"{place}={value!r} cannot be saved: a file holds no {kind.__name__} "
                "of a zone; a Timestamp of pandas can be saved."
            )
        return value.isoformat()

    def read(reader: Reader, part: Any) -> Any:
        return kind.fromisoformat(expect(part, str))  # type: ignore[attr-defined]

    return Form(kind.__name__, lambda value: type(value) is kind, write, read)


def _write_index(writer: Writer, index: pd.Index, place: str) -> dict:
    is_multi = isinstance(index, pd.MultiIndex)
    dtype = "object" if is_multi else str(index.dtype)
    try:
        _dtype(dtype)
    except ValueError as error:
        raise TypeError(f"{place} cannot be saved: {error}.") from error
    names = list(index.names)
    return {
        "values": writer.write(index.tolist(), f"{place}.values"),
        "dtype": "multi" if is_multi else dtype,
        "names": writer.write(names, f"{place}.names"),
    }


def _read_index(reader: Reader, part: Any) -> pd.Index:
    values, names = reader.read(part["values"]), reader.read(part["names"])
    dtype = expect(part["dtype"], str)
    if dtype == "multi":
        return pd.MultiIndex.from_tuples(values, names=names)
    kind = _dtype(dtype)
    (name,) = names
    if dtype.startswith(("datetime64", "period")) and values:
        index = pd.Index(values, name=name)  # which know their zone and frequency
        if isinstance(index, pd.DatetimeIndex):  # of nanoseconds, to pandas 2
            return index.as_unit(dtype.split("[")[1].split(",")[0].rstrip("]"))
        return index
    return pd.Index(values, dtype=kind, name=name, tupleize_cols=False)


PANDAS_FORMS = [
    Form(
        "timestamp",
        lambda value: type(value) is pd.Timestamp,
        _write_timestamp,
        _read_timestamp,
    ),
    Form(
        "timedelta",
        lambda value: type(value) is pd.Timedelta,
        lambda w, v, place: [int(v.asm8.view(np.int64)), v.unit],
        _read_timedelta,
    ),
    Form(
        "period",
        lambda value: type(value) is pd.Period,
        lambda w, v, place: [v.ordinal, v.freqstr],
        _read_period,
    ),
    *map(_form_of_times, (datetime.date, datetime.datetime, datetime.time)),
    Form(
        "offset",
        lambda value: isinstance(value, BaseOffset),
        lambda writer, value, place: write_offset(value, place),
        lambda reader, part: read_offset(part),
    ),
    Form(
        "interval",
        lambda value: type(value) is pd.Interval,
        lambda w, v, place: w.write([v.left, v.right, v.closed], place),
        lambda reader, part: pd.Interval(*reader.read(expect(part, list))),
    ),
    Form(
        "intervals",
        lambda value: isinstance(value, pd.IntervalIndex),
        _write_intervals,
        _read_intervals,
    ),
    Form(
        "categorical",
        lambda value: isinstance(value, pd.CategoricalIndex),
        _write_categorical,
        _read_categorical,
    ),
    Form("index", lambda value: isinstance(value, pd.Index), _write_index, _read_index),
]
