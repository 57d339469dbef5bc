"""Plain values: numbers that JSON has not, containers, arrays, random states."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np

from skseq.data.objects import object_array
from skseq.persistence._forms import Form, Reader, Writer, expect

__all__ = ["VALUE_FORMS"]

NUMBERS = "biuf"  # kinds of arrays
DTYPES = re.compile(r"[<>=|][biufUO]\d{0,4}")
KINDS = {
    kind.__name__: kind
    for kind in (np.float64, np.float32, np.int64, np.int32, np.uint8, np.bool_)
}
LAST_CHARACTER = 0x10FFFF

# Texts are kept as an array is in memory, of equal widths: a list of them in JSON could
# make an array of any size out of one long text and many short ones.


def _write_array(writer: Writer, array: np.ndarray, place: str) -> Any:
    if array.dtype.kind in NUMBERS and array.dtype.itemsize <= 8:
        native = array.astype(array.dtype.newbyteorder("="), copy=False)
        return writer.add(native, place)
    if array.dtype.kind == "U":
        native = np.array(array, array.dtype.newbyteorder("="), order="C")
        codes = np.frombuffer(native.tobytes(), np.uint32)
        width = native.itemsize // codes.itemsize
        return {"text": writer.add(codes.reshape(*array.shape, width), place)}
    if array.dtype == object and array.ndim == 1:
        return [writer.write(item, f"{place}.{i}") for i, item in enumerate(array)]
    raise TypeError(
        f"{place} cannot be saved: it is an array of {array.dtype}; a file holds "
        "numbers, truth values and texts."
    )


def _read_array(reader: Reader, part: Any) -> np.ndarray:
    if type(part) is list:
        return object_array([reader.read(item) for item in part])
    if type(part) is not dict:
        array = reader.take(part)
        if array.dtype.kind not in NUMBERS:
            raise ValueError(f"the array {part!r:.80} is of {array.dtype}")
        return array
    codes = reader.take(part["text"])
    is_text = codes.dtype == np.uint32 and codes.ndim > 0 and codes.shape[-1] > 0
    if not is_text or codes.max(initial=0) > LAST_CHARACTER:
        raise ValueError(f"the array {part!r:.80} holds no texts")
    return codes.view(f"U{codes.shape[-1]}")[..., 0]


def _read_scalar(reader: Reader, part: Any) -> Any:
    array = _read_array(reader, part)
    if array.shape != ():
        raise ValueError(f"an array of shape {array.shape} stands for one number")
    return array[()]


def _write_dict(writer: Writer, value: dict, place: str) -> list:
    return [
        [writer.write(key, f"{place} key {i}"), writer.write(item, f"{place}.{key}")]
        for i, (key, item) in enumerate(value.items())
    ]


def _read_dict(reader: Reader, part: Any) -> dict:
    pairs = [(reader.read(key), reader.read(item)) for key, item in expect(part, list)]
    return dict(pairs)


def _read_float(reader: Reader, part: Any) -> float:
    return float(expect(part, str))  # "nan" or "inf", which JSON has not


def _write_random_state(writer: Writer, value: Any, place: str) -> list:
    kind, *state = value.get_state()
    if kind != "MT19937":
        raise TypeError(f"{place} cannot be saved: a RandomState of {kind}.")
    return [writer.write(part, place) for part in state]


def _read_random_state(reader: Reader, part: Any) -> np.random.RandomState:
    key, position, has_gauss, gauss = (reader.read(node) for node in part)
    is_key = isinstance(key, np.ndarray) and key.dtype == np.uint32
    # NumPy checks neither, and would read whatever lies behind the key.
    if not (is_key and key.shape == (624,) and expect(position, int) in range(625)):
        raise ValueError("a random state is not as expected")
    has_gauss, gauss = int(bool(expect(has_gauss, int))), expect(gauss, float)
    state = np.random.RandomState(0)  # not from entropy, which pickles would hold
    state.set_state(("MT19937", key, position, has_gauss, gauss))
    return state


def _write_dtype(writer: Writer, value: np.dtype, place: str) -> str:
    if not DTYPES.fullmatch(value.str):
        raise TypeError(f"{place} cannot be saved: it is {value!r}.")
    return value.str


def _read_dtype(reader: Reader, part: Any) -> np.dtype:
    if not DTYPES.fullmatch(expect(part, str)):
        raise ValueError(f"{part!r:.80} is no type of numbers or texts")
    return np.dtype(part)


def _read_kind(reader: Reader, part: Any) -> type:
    if part not in KINDS:
        raise ValueError(f"{part!r:.80} is no type of numbers")
    return KINDS[part]


def _read_slice(reader: Reader, part: Any) -> slice:
    return slice(*(reader.read(node) for node in expect(part, list)))


def _is(*kinds: type) -> Callable[[Any], bool]:
    return lambda value: type(value) in kinds


VALUE_FORMS = [
    Form("float", _is(float), lambda w, v, place: repr(v), _read_float),
    Form(
        "tuple",
        _is(tuple),
        lambda w, v, place: w.write(list(v), place),
        lambda r, part: tuple(r.read(expect(part, list))),
    ),
    Form("dict", _is(dict), _write_dict, _read_dict),
    Form("array", _is(np.ndarray), _write_array, _read_array),
    Form(
        "slice",
        _is(slice),
        lambda w, v, place: [
            w.write(part, place) for part in (v.start, v.stop, v.step)
        ],
        _read_slice,
    ),
    Form(
        "dtype",
        lambda value: isinstance(value, np.dtype),
        _write_dtype,
        _read_dtype,
    ),
    Form(
        "kind",
        lambda value: isinstance(value, type) and value in KINDS.values(),
        lambda w, v, place: v.__name__,
        _read_kind,
    ),
    Form(
        "scalar",
        lambda value: isinstance(value, np.generic),
        lambda w, v, place: _write_array(w, np.asarray(v), place),
        _read_scalar,
    ),
    Form(
        "random_state",
        _is(np.random.RandomState),
        _write_random_state,
        _read_random_state,
    ),
]
