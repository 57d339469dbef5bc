"""Where series end while later rows come in."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from skseq.data.panels import panel_starts
from skseq.data.times import first_wrong, following, plain
from skseq.preprocessing._continuation import continues, ends_of, last_step

__all__ = ["End", "end_after", "ends_alone", "goes_on", "with_common_step"]

End: TypeAlias = tuple[Any, Any] | None  # the last time, and the step to the next one


def goes_on(end: End, index: Any, is_believed: bool) -> bool:
    """Whether rows follow those known.

    Parameters
    ----------
    end : tuple (last, step) or None
        Where the rows known end; the step is None where they show none, and there is no
        end where they had no index.
    index : Index or ()
        That of the later rows, empty where there is none.
    is_believed : bool
        Whether rows follow if no index can tell.

    Returns
    -------
    goes_on : bool
    """
    if len(index) == 0 or end is None:
        return is_believed
    if end[1] is None:
        return is_believed and _is_later(end[0], index[0])
    return continues(end, index)


def end_after(
    end: End, n_known: int, index: Any, n_rows: int, name: str, own: End = None
) -> End:
    """Return where series end after later rows.

    Parameters
    ----------
    end : tuple (last, step) or None
        Where they ended before.
    n_known : int
        Number of rows before, as far as they are remembered.
    index : Index or ()
        That of the later rows, empty where there is none.
    n_rows : int
        Number of later rows.
    name : str
        What to call them in errors.
    own : tuple (last, step) or None, default=None
        Where the index of the later rows ends, if `ends_alone` told.

    Returns
    -------
    end : tuple (last, step) or None

    Raises
    ------
    ValueError
        If the rows do not follow.
    """
    if n_rows == 0:
        return end
    if len(index) == 0:
        if end is None or end[1] is None:
            return None
        last, step = end
        return plain(following(last, step, n_rows)[-1]), step
    if end is None:
        return own or last_step(index) or (plain(index[-1]), None)
    last, step = end
    if step is None:
        if not _is_later(last, index[0]):
            raise ValueError(
                f"The index of {name} has {index[0]!s}, but {last!s} is known already; "
                "expected later rows."
            )
        alone = n_known == 1  # then two rows show a step
        return (alone and last_step(index.insert(0, last))) or (plain(index[-1]), None)
    due = following(last, step, n_rows)
    row = first_wrong(due, index, step)
    if row is not None:
        raise ValueError(
            f"The index of {name} has {index[row]!s} where {due[row]!s} is "
            f"expected: the {n_rows} row(s) must follow {last!s}, the last one known."
        )
    return plain(due[-1]), step


def ends_alone(index: pd.MultiIndex, ends: dict[Any, End]) -> dict[Any, End]:
    """Return where the series of a panel end by themselves.

    Parameters
    ----------
    index : MultiIndex
        Of two levels (series, time).
    ends : dict of (last, step) or None
        Where series ended before; short ones are believed to share their steps.

    Returns
    -------
    ends : dict of (last, step) or None
    """
    edges = np.append(panel_starts(index), len(index))
    known = [end[1] for end in ends.values() if end is not None and end[1] is not None]
    names, times = (index.get_level_values(level) for level in (0, 1))
    found = ends_of(times, edges, list(dict.fromkeys(known)))
    return dict(zip(names[edges[:-1]], found, strict=True))


def with_common_step(ends: dict[Any, End]) -> dict[Any, End]:
    """Return ends in which a series without a step has that of all others.

    Parameters
    ----------
    ends : dict of (last, step) or None
        Where series end.

    Returns
    -------
    ends : dict
    """
    steps = {end[1] for end in ends.values() if end is not None} - {None}
    if len(steps) != 1:
        return ends
    (step,) = steps
    return {
        name: end if end is None or end[1] is not None else (end[0], step)
        for name, end in ends.items()
    }


def _is_later(last: Any, time: Any) -> bool:
    try:
        return bool(time > last)
    except TypeError:
        return False
