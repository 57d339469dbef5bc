"""Writing a file as a whole, or not at all."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

__all__ = ["write_file"]


def write_file(path: str | os.PathLike, data: bytes | memoryview) -> None:
    """Write a file as a whole, or leave what was there.

    Parameters
    ----------
    path : str or path-like
        Where to write; a file that is there is replaced, and keeps its permissions. Of
        a link, what it points to is written.
    data : bytes or memoryview
        The contents.

    Raises
    ------
    ValueError
        If there is something else, such as a directory or a device.
    OSError
        If it cannot be written.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise ValueError(f"{path} is no file, and cannot be replaced by one.")
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, part)
        os.replace(part, path)
    except OSError as error:
        if error.errno is None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):
            part.unlink()
