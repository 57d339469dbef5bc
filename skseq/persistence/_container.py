"""The file: one safetensors file whose header holds the rest as JSON.

Its library checks that the header describes the bytes that follow, no more and no
less, so that whatever is allocated is there in the file.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from skseq.versioning import STATE_FORMAT, check_format, package_version

__all__ = ["pack", "read_file", "unpack"]

LENGTH = 8  # bytes that say how long the header is


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
    tensors = _safetensors().load(data)
    end = LENGTH + int.from_bytes(data[:LENGTH], "little")
    metadata = json.loads(data[LENGTH:end]).get("__metadata__", {})
    if "skseq_format" not in metadata:
        raise ValueError("it is a safetensors file, but not one of skseq")
    found = metadata["skseq_format"]
    number = int(found) if found.isdecimal() and len(found) < LENGTH else found
    check_format(number, metadata.get("skseq_version"), "it")
    if metadata.pop("sha256") != _digest(metadata, tensors):
        raise ValueError("its checksum is wrong; the file is damaged")
    return json.loads(metadata["model"]), tensors


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
