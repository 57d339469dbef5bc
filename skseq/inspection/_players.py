"""Who plays: groups of features, and segments of time."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from skseq._showing import shown

__all__ = ["feature_groups", "segment_of_steps"]


def feature_groups(groups: dict | None, names: list) -> tuple[np.ndarray, list]:
    """Return which group each feature is of, and what groups are called.

    Parameters
    ----------
    groups : dict or None
        Lists of names or positions of features by the name of their group. Who is in
        none is one by itself.
    names : list of str
        What features are called.

    Raises
    ------
    ValueError
        If a feature is not there, or in two groups.
    """
    member: dict[int, Any] = {}
    for group, features in (groups or {}).items():
        for feature in [features] if isinstance(features, str) else features:
            i = names.index(feature) if feature in names else feature
            is_place = isinstance(i, Integral) and not isinstance(i, bool)
            if not is_place or not 0 <= int(i) < len(names):
                raise ValueError(
                    f"groups[{group!r}] holds {shown(feature)}; expected features of "
                    f"X, by name or position: {names}."
                )
            if i in member:
                raise ValueError(
                    f"groups holds the feature {shown(feature)} twice, in "
                    f"{member[i]!r} and {group!r}."
                )
            member[int(i)] = group
    called = [member.get(i, name) for i, name in enumerate(names)]
    found = list(dict.fromkeys(called))
    return np.array([found.index(name) for name in called]), found


def segment_of_steps(n_steps: int, n_segments: int) -> np.ndarray:
    """Return the segment (n_steps,) of each step, of about equal length.

    Parameters
    ----------
    n_steps, n_segments : int
        How many there are.
    """
    return np.arange(n_steps) * n_segments // max(n_steps, 1)
