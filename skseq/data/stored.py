"""Tables in a file, of which no more than a piece is in memory at a time.

Pages of a memory map that were read stay with the process until the system wants them
back. Here they are given back as soon as a piece is done, so that a large file costs no
more memory than a small one.
"""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "PAGES",
    "are_numbers_in_file",
    "as_floats",
    "check_whole",
    "fetch",
    "is_stored",
    "let_go",
    "n_rows_of_piece",
    "pieces",
    "place_in_file",
]

LARGE = 2**25  # bytes up to which a file is read as a whole
ROWS = 2**16  # of a piece of a table of few columns
NUMBERS = 2**18  # in a piece of a table of many
AROUND = 2**16  # bytes of a file that a system maps where one of them is read
PAGES = 2**6  # so many may be mapped before they are given back


def is_stored(values: Any) -> bool:
    """Return whether an array lies in a file and is too large to be read at once.

    Parameters
    ----------
    values : object
        An array, a memory map or a view of one. Changes of a map of ``mode="c"`` are
        not in its file, so it counts as an array in memory.
    """
    return getattr(values, "nbytes", 0) > LARGE and _memory_map(values) is not None


def are_numbers_in_file(values: Any) -> bool:
    """Return whether an array is such, and of numbers that become floats as read."""
    return is_stored(values) and values.dtype.kind in "biuf"


def _memory_map(values: Any) -> np.memmap | None:
    """Return the memory map of a file that an array is a view of."""
    while values is not None and not isinstance(values, np.memmap):
        values = getattr(values, "base", None)
    return None if values is None or values.mode == "c" else values


def _pages(values: np.ndarray) -> mmap.mmap | None:
    """Return the pages of a file that an array is a view of."""
    place: Any = _memory_map(values)
    while place is not None and not isinstance(place, mmap.mmap):
        place = place.base
    return place


def let_go(values: np.ndarray) -> None:
    """Give the pages of a file back that were read; any other array has none."""
    pages = _pages(values)
    if pages is not None and hasattr(pages, "madvise"):  # Windows does it by itself
        pages.madvise(mmap.MADV_DONTNEED)


def check_whole(values: np.ndarray) -> None:
    """Refuse a file that has been cut off since it was opened.

    To read what is not there any more would end the process.

    Parameters
    ----------
    values : ndarray
        Any array; one in memory is whole.

    Raises
    ------
    ValueError
        Names the file.
    """
    mapped, pages = _memory_map(values), _pages(values)
    if mapped is None or pages is None or mapped.filename is None:
        return
    expected = mapped.offset - mapped.offset % mmap.ALLOCATIONGRANULARITY + len(pages)
    path = Path(mapped.filename)
    if path.exists() and path.stat().st_size < expected:
        raise ValueError(
            f"The file {str(path)!r} has {path.stat().st_size} bytes, but had "
            f"{expected} when it was opened; open it again."
        )


def n_rows_of_piece(n_columns: int) -> int:
    """Return how many rows of a table are looked at together."""
    return max(1, min(ROWS, NUMBERS // max(1, n_columns)))


def pieces(values: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the first row and the rows of each piece of a table, as floats.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The table.
    """
    check_whole(values)
    n_rows = n_rows_of_piece(values.shape[1])
    for first in range(0, len(values), n_rows):
        yield first, as_floats(values[first : first + n_rows])
        let_go(values)


def as_floats(values: np.ndarray) -> np.ndarray:
    """Return numbers as scikit-learn reads them: float64, unless they are float32."""
    return values if values.dtype == np.float32 else values.astype(float, copy=False)


def fetch(values: np.ndarray, starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """Return stretches of a table, one behind the other.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        The table.
    starts, lengths : ndarray of int of shape (n_stretches,)
        Where each starts, and its number of rows.
    """
    check_whole(values)
    ends = np.cumsum(lengths)
    found = np.empty((int(lengths.sum()), values.shape[1]), values.dtype)
    n_bytes = 0
    for i in np.argsort(starts, kind="stable").tolist():  # as they lie on the disk
        part = values[starts[i] : starts[i] + lengths[i]]
        found[ends[i] - lengths[i] : ends[i]] = part
        n_bytes += part.nbytes + AROUND
        if n_bytes > PAGES * AROUND:
            let_go(values)
            n_bytes = 0
    let_go(values)
    return found


def place_in_file(values: np.ndarray) -> dict[str, Any] | None:
    """Return arguments by which np.memmap opens a table again.

    Parameters
    ----------
    values : ndarray
        The table.

    Returns
    -------
    place : dict or None
        None of what is no file, or no single block of one.
    """
    mapped, pages = _memory_map(values), _pages(values)
    is_block = values.flags.c_contiguous
    if mapped is None or pages is None or mapped.filename is None or not is_block:
        return None
    first = mapped.offset - mapped.offset % mmap.ALLOCATIONGRANULARITY
    begin = np.frombuffer(pages, np.uint8).ctypes.data
    return {
        "filename": mapped.filename,
        "dtype": values.dtype,
        "mode": "r",
        "offset": first + values.ctypes.data - begin,
        "shape": values.shape,
    }
