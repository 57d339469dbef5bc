"""The file: one safetensors file whose header holds the rest as JSON.

Its library checks that the header describes the bytes that follow, no more and no
less, so that whatever is allocated is there in the file. Lists and objects of JSON take
many times their characters; before it is read, they are counted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from skseq.versioning import STATE_FORMAT, check_format, package_version

__all__ = ["pack", "read_file", "unpack"]

LENGTH = 8  # bytes that say how long the header is

# What JSON takes in memory, in bytes for a character, and how much of that is justified
# by a file's size: vocabularies, histories, panels of short series need up to 9 times.
COSTS = {b"{": 232, b"[": 64, b",": 32}
MOST_PER_BYTE = 12
ALWAYS = 2**20


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError as error:
        raise ImportError(
            "save and load need safetensors: pip install 'skseq[files]'."
        ) from error
    return safetensors.numpy


def pack(model: Any, tensors: dict[str, np.ndarray]) -> bytes:
    """Return the contents of a file.

    Parameters
    ----------
    model : object
        What JSON can hold.
    tensors : dict of str to ndarray
        The arrays.

    Returns
    -------
    data : bytes
    """
    text = json.dumps(model, allow_nan=False, separators=(",", ":"))
    metadata = {
        "skseq_format": str(STATE_FORMAT),
        "skseq_version": package_version(),
        "model": text,
    }
    metadata["sha256"] = _digest(metadata, tensors)
    return _in_order(_safetensors().save(tensors, metadata))


def _in_order(data: bytes) -> bytes:
    """Return a file with the entries of its header in one order, not a random one."""
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    header = json.loads(data[LENGTH:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % LENGTH)
    return b"".join(
        [len(text).to_bytes(LENGTH, "little"), text, memoryview(data)[end:]]
    )


def unpack(data: bytes) -> tuple[Any, dict[str, np.ndarray]]:
    """Return what `pack` was given.

    Parameters
    ----------
    data : bytes
        The contents of a file.

    Returns
    -------
    model : object
    tensors : dict of str to ndarray

    Raises
    ------
    ValueError
        If it is another kind of file, was written in another format, or is damaged.
        Whatever else the library and JSON raise of what is none of theirs.
    """
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    _check_parts(data, LENGTH, end, len(data))
    tensors = _safetensors().load(data)
    metadata = _parse(data[LENGTH:end]).get("__metadata__", {})
    if "skseq_format" not in metadata:
        raise ValueError("it is a safetensors file, but not one of skseq")
    found = metadata["skseq_format"]
    number = int(found) if found.isdecimal() and len(found) < LENGTH else found
    check_format(number, metadata.get("skseq_version"), "it")
    if metadata.pop("sha256") != _digest(metadata, tensors):
        raise ValueError("its checksum is wrong; the file is damaged")
    text = metadata["model"].encode()  # its signs may have been escaped
    _check_parts(text, 0, len(text), len(data))
    return _parse(text), tensors


def _check_parts(text: bytes, start: int, end: int, size: int) -> None:
    """Refuse to read what would take much more memory than a file has bytes."""
    cost = sum(cost * text.count(sign, start, end) for sign, cost in COSTS.items())
    if cost > ALWAYS + MOST_PER_BYTE * size:
        raise ValueError("it is of more parts than its size justifies")


def _parse(text: str | bytes) -> Any:
    """Return what JSON says, if it says everything once."""
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        raise ValueError(f"{counts.most_common(1)[0][0]!r:.80} stands in it twice")
    return found


def _digest(metadata: dict[str, str], tensors: dict[str, np.ndarray]) -> str:
    """Return a checksum, against accidents; whoever means harm can compute it."""
    digest = hashlib.sha256(json.dumps(metadata, sort_keys=True).encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tensor.dtype.str} {tensor.shape}".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def read_file(path: str | os.PathLike) -> bytes:
    """Return the contents of a regular file.

    Parameters
    ----------
    path : str or path-like
        Where it is.

    Returns
    -------
    data : bytes

    Raises
    ------
    ValueError
        If there is something else, such as a directory or a device without an end.
    OSError
        If there is nothing, or it must not be read.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no file.")
    return path.read_bytes()
