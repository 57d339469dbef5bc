"""Sequences, tables, labels and texts, good and broken, each by one expression."""

from __future__ import annotations

import tempfile

import numpy as np
import pandas as pd
import torch
from scipy import sparse

from skseq import SequenceArray
from skseq.preprocessing import SlidingWindow

NUMBERS = ("float64", "float32", "float16", ">f8", "int64", "int8", "uint16", "bool")
DTYPES = (
    *NUMBERS,
    *("object", "str", "complex128", "datetime64[ns]", "tokens", "digits"),
)
LAYOUTS = ("C", "F", "reversed", "strided", "readonly", "broadcast", "transposed")
HARMLESS = ("tiny", "constant", "offset")
FLAWS = ("nan", "inf", "-inf", "huge", "None", "text", *HARMLESS)
KINDS = (
    *("array", "table", "list", "ragged", "nested", "ragged_nested", "objects"),
    *("panel", "frame", "SequenceArray", "overlapping", "windows", "torch"),
    *("frames", "tensors", "series_panel", "tuple", "masked", "extension", "mapped"),
)
HOLED = ("holed", "holed_ragged", "timed")  # of numbers, some of which are missing
MIXED = (  # and of categories
    *("mixed_panel", "mixed_frames", "mixed_sequences"),
    *("mixed_objects", "mixed_zeros", "mixed_texts"),
)
WARDS = ("ward",)  # with static columns
INCOMPLETE = (*HOLED, *MIXED, *WARDS)
FLAT = ("table", "frame", "extension")  # rows of numbers: one feature per time step
CUBES = tuple(kind for kind in KINDS if kind not in FLAT)
RECTANGLES = ("array", "list", "nested", "torch", "masked", *FLAT)
BROKEN_KINDS = (
    *("vector", "number", "None", "string", "dict", "set", "generator", "sparse"),
    *("four", "holds_empty", "holds_none", "mixed_dims", "mixed_features"),
    *("interrupted", "three_levels", "unsorted", "twice", "empty_list", "lambda"),
    *("named_panel", "mixed_names", "categories", "nat_index", "number_array"),
    *("mixed_dates", "nobody"),
)


def values(shape, dtype="float64", layout="C", flaw=None, seed=0):
    """An array of any type and memory layout, with a flaw somewhere."""
    rng = np.random.RandomState(seed)
    array = rng.randn(*shape)
    if flaw == "constant":
        array[...] = 1.5
    elif flaw == "offset":
        array += 1e8
    elif flaw == "tiny":
        array *= 1e-300
    if dtype in ("tokens", "digits"):
        array = rng.randint(0, 5, size=shape).astype(float)
    bad = {"nan": np.nan, "inf": np.inf, "-inf": -np.inf, "huge": 1e300}
    bad |= {"None": None, "text": "x"}
    if flaw in ("None", "text"):
        array = array.astype(object)
    if flaw in bad and array.size:
        array.flat[rng.randint(array.size)] = bad[flaw]
    if flaw not in ("None", "text"):
        array = _as_type(array, dtype)
    return _laid_out(array, layout)


def _as_type(array, dtype):
    with np.errstate(all="ignore"):
        if dtype in ("str", "digits"):
            return array.astype("U8" if dtype == "str" else "U3")
        if dtype == "tokens":
            is_whole = np.isfinite(array).all() and (np.abs(array) < 1e9).all()
            return array.astype(np.int64) if is_whole else array
        if dtype.startswith("datetime"):
            return np.zeros(array.shape, dtype)
        return array.astype(dtype)


def _laid_out(array, layout):
    if layout == "F":
        return np.asfortranarray(array)
    if layout == "reversed":
        return array[::-1].copy()[::-1] if array.ndim else array
    if layout == "strided":
        wide = np.repeat(array, 2, axis=-1) if array.ndim else array
        return wide[..., ::2] if array.ndim else array
    if layout == "transposed":
        return np.ascontiguousarray(array.T).T
    if layout == "broadcast" and array.ndim:
        return np.broadcast_to(array[:1], array.shape)
    if layout == "readonly":
        array.flags.writeable = False
    return array


def sequences(
    kind="array", n=6, t=4, f=2, dtype="float64", layout="C", flaw=None, seed=0
):
    """X of an estimator of sequences."""
    array = values((n, t, f), dtype, layout, flaw, seed)
    rng = np.random.RandomState(seed + 1)
    lengths = rng.randint(1, t + 1, size=n) if t else np.zeros(n, int)
    ragged = [x[:length] for x, length in zip(array, lengths, strict=True)]
    lists = [x.tolist() for x in array]
    make = {
        "array": lambda: array,
        "table": lambda: values((n, t), dtype, layout, flaw, seed),
        "list": lambda: list(array),
        "tuple": lambda: tuple(ragged),
        "ragged": lambda: ragged,
        "nested": lambda: lists,
        "ragged_nested": lambda: [x.tolist() for x in ragged],
        "objects": lambda: _objects(ragged),
        "panel": lambda: _panel(array),
        "frame": lambda: pd.DataFrame(values((n, t), dtype, layout, flaw, seed)),
        "series_panel": lambda: _panel(array[..., :1]).iloc[:, 0],
        "SequenceArray": lambda: SequenceArray.from_list(ragged),
        "overlapping": lambda: _overlapping(array, n, t),
        "windows": lambda: SlidingWindow(max(t, 1)).fit_transform(
            values((n, f), dtype, layout, flaw, seed)
        ),
        "torch": lambda: torch.as_tensor(array.copy()),
        "frames": lambda: [pd.DataFrame(x) for x in ragged],
        "mapped": lambda: _mapped(array),
        "tensors": lambda: [torch.as_tensor(x.copy()) for x in ragged],
        "masked": lambda: np.ma.masked_array(array, array == array.flat[0]),
        "extension": lambda: pd.DataFrame(array[:, :, 0]).convert_dtypes(),
        "vector": lambda: array[:, 0, 0],
        "number": lambda: 3.0,
        "number_array": lambda: np.array(3.0),
        "None": lambda: None,
        "string": lambda: "abc",
        "dict": lambda: {"a": array},
        "set": lambda: {1, 2, 3},
        "lambda": lambda: len,
        "generator": lambda: (x for x in ragged),
        "sparse": lambda: sparse.csr_array(values((n, t), "float64", "C", flaw, seed)),
        "four": lambda: array[..., None],
        "empty_list": lambda: [],
        "holds_empty": lambda: [*ragged, array[0][:0]],
        "holds_none": lambda: [*ragged, None],
        "mixed_dims": lambda: [*ragged, array[0][:, 0]],
        "mixed_features": lambda: [*ragged, np.zeros((2, f + 1))],
        "interrupted": lambda: _panel(array).iloc[::-1].sort_index(level=1),
        "unsorted": lambda: _panel(array).iloc[::-1],
        "twice": lambda: pd.concat([_panel(array)] * 2),
        "three_levels": lambda: pd.concat({"a": _panel(array)}),
        "named_panel": lambda: _panel(array).rename(columns="c{}".format),
        "mixed_names": lambda: _panel(array).rename(columns={0: "a"}),
        "categories": lambda: _panel(array).astype("category"),
        "nat_index": lambda: _with_missing_time(_panel(array)),
        "holed": lambda: _with_holes(array, rng),
        "holed_ragged": lambda: [_with_holes(x, rng) for x in ragged],
        "timed": lambda: SequenceArray.from_frame(_timed(_with_holes(array, rng), rng)),
        "mixed_panel": lambda: _mixed(_timed(array, rng), rng),
        "mixed_sequences": lambda: SequenceArray.from_frame(
            _mixed(_timed(array, rng), rng)
        ),
        "mixed_objects": lambda: _as_objects(_mixed(_timed(array, rng), rng), rng),
        "mixed_zeros": lambda: _mixed(_timed(array, rng), rng).astype({"awake": float}),
        "mixed_texts": lambda: _with_text_times(_mixed(_timed(array, rng), rng)),
        "mixed_dates": lambda: _mixed(_timed(array, rng), rng).assign(
            born=pd.Timestamp("2024")
        ),
        "nobody": lambda: _timed(array, rng).rename(index={0: None}, level=0),
        "mixed_frames": lambda: [
            frame.droplevel(0)
            for _, frame in _mixed(_panel(array), rng).groupby(level=0)
        ],
        "ward": lambda: SequenceArray.from_frame(
            _mixed(_timed(array, rng), rng), static=static_table("frame", n, seed)
        ),
    }
    return make[kind]()


STATIC = ("frame", "array", "vector", "series")
BROKEN_STATIC = (
    *("short", "long", "inf", "dates", "other_index", "twice", "objects", "text"),
    *("no_columns", "three_dims", "number", "None"),
)


def static_table(kind="frame", n=6, seed=0):
    """What is known of sequences as a whole, of which some is missing."""
    rng = np.random.RandomState(seed)
    numbers = rng.randn(n)
    numbers[rng.rand(n) < 0.2] = np.nan
    frame = pd.DataFrame({"age": numbers, "sex": rng.choice(["f", "m"], size=n)})
    make = {
        "frame": lambda: frame,
        "array": lambda: rng.randn(n, 2),
        "vector": lambda: numbers,
        "series": lambda: frame["age"],
        "short": lambda: frame[1:],
        "long": lambda: np.zeros((n + 1, 1)),
        "inf": lambda: frame.assign(age=np.inf),
        "dates": lambda: frame.assign(age=pd.Timestamp("2024")),
        "other_index": lambda: frame.set_axis([f"x{i}" for i in range(n)]),
        "twice": lambda: pd.concat([frame, frame]),
        "objects": lambda: frame.assign(age=[[]] * n),
        "text": lambda: np.full((n, 1), "a"),
        "no_columns": lambda: frame[[]],
        "three_dims": lambda: np.zeros((n, 1, 1)),
        "number": lambda: 3,
        "None": lambda: None,
    }
    return make[kind]()


def _mapped(array):
    """The same in a file, which has no name any more."""
    if array.dtype == object or not array.size:
        return array
    with tempfile.TemporaryFile() as file:
        mapped = np.memmap(file, array.dtype, "w+", shape=array.shape)
        mapped[...] = array
        mapped.flush()
        return np.memmap(file, array.dtype, "r", shape=array.shape)


def _with_holes(array, rng):
    holed = array.astype(np.result_type(array, np.float32))
    holed[rng.rand(*array.shape) < 0.4] = np.nan
    return holed


def _timed(array, rng):
    """A panel whose steps are apart by anything."""
    panel = _panel(array).rename(columns="c{}".format)
    n, t, _ = array.shape
    hours = rng.exponential(size=(n, t)).cumsum(axis=1).ravel()
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(hours.round(3), unit="h")
    names = panel.index.get_level_values(0)
    return panel.set_axis(pd.MultiIndex.from_arrays([names, times]))


def _mixed(panel, rng):
    """A panel with categories besides, some of which are missing."""
    n = len(panel)
    letters = rng.choice(["x", "y", None], size=n, p=[0.5, 0.3, 0.2])
    return panel.assign(
        ward=pd.Series(letters, panel.index, dtype="str"),
        awake=rng.rand(n) < 0.5,
        grade=pd.Categorical(rng.choice([*"ab"], size=n), categories=[*"cba"]),
    )


def _as_objects(panel, rng):
    """The same panel as a data base hands it over, some numbers not known."""
    panel = panel.astype(object)
    holes = np.zeros(panel.shape, dtype=bool)
    holes[:, 0] = rng.rand(len(panel)) < 0.3
    return panel.mask(holes, None if rng.rand() < 0.5 else pd.NA)


def _with_text_times(panel):
    names, times = (panel.index.get_level_values(i) for i in range(2))
    return panel.set_axis(pd.MultiIndex.from_arrays([names, times.astype(str)]))


def _objects(items):
    objects = np.empty(len(items), dtype=object)
    for i, item in enumerate(items):
        objects[i] = item
    return objects


def _panel(array):
    n, t, f = array.shape
    index = pd.MultiIndex.from_product([range(n), range(t)])
    return pd.DataFrame(array.reshape(n * t, f), index=index)


def _with_missing_time(panel):
    times = panel.index.get_level_values(1).astype(float).to_numpy().copy()
    times[-1:] = np.nan
    names = panel.index.get_level_values(0)
    return panel.set_axis(pd.MultiIndex.from_arrays([names, times]))


def _overlapping(array, n, t):
    table = array.reshape(-1, array.shape[-1])
    return SequenceArray(table, np.arange(n) % max(1, len(table) - t + 1), [t] * n)


TABLES = ("array", "flat", "list", "frame", "series", "dated", "panel", "torch")
BROKEN_TABLES = (
    *("none", "number", "string", "three", "sparse", "gap", "backwards", "mixed_names"),
    *("same_names", "categories", "mixed", "dict", "empty_frame", "names", "nat"),
    "text_index",
)


def table(
    kind="array", n=24, f=2, dtype="float64", layout="C", flaw=None, seed=0, start=0
):
    """Rows in the order of time."""
    array = values((n, f), dtype, layout, flaw, seed)
    frame = pd.DataFrame(array, index=range(start, start + n))
    dates = pd.date_range("2024-01-01", periods=start + n, freq="h")[start:]
    names = ["a" if i < n // 2 else "b" for i in range(n)]
    times = [*range(start, start + n // 2), *range(start, start + n - n // 2)]
    make = {
        "array": lambda: array,
        "flat": lambda: array[:, 0],
        "list": lambda: array.tolist(),
        "frame": lambda: frame,
        "series": lambda: frame[0],
        "dated": lambda: frame.set_axis(dates),
        "panel": lambda: frame.set_axis(pd.MultiIndex.from_arrays([names, times])),
        "torch": lambda: torch.as_tensor(array.copy()),
        "none": lambda: None,
        "number": lambda: 3,
        "string": lambda: "abc",
        "three": lambda: array[None],
        "sparse": lambda: sparse.csr_array(values((n, f))),
        "gap": lambda: frame.drop(index=start + n // 2),
        "backwards": lambda: frame[::-1],
        "mixed_names": lambda: frame.rename(columns={0: "a"}),
        "same_names": lambda: frame.rename(columns=lambda _: "a"),
        "names": lambda: frame.rename(columns="c{}".format),
        "categories": lambda: frame.astype("category"),
        "mixed": lambda: _mixed(frame.set_axis(dates), np.random.RandomState(seed)),
        "named_mixed": lambda: _mixed(
            frame.rename(columns="c{}".format), np.random.RandomState(seed)
        ),
        "dict": lambda: {"a": array},
        "empty_frame": lambda: frame[:0],
        "text_index": lambda: frame.set_axis([f"t{i:03}" for i in range(n)]),
        "nat": lambda: frame.set_axis(pd.DatetimeIndex([pd.NaT, *dates[1:]])),
    }
    return make[kind]()
