"""Who plays: groups of features in segments of time, and static columns."""

from __future__ import annotations

from collections.abc import Hashable
from numbers import Integral
from typing import Any

import numpy as np

from skseq._showing import shown

__all__ = ["Players", "segment_of_steps"]


class Players:
    """The groups of features in each segment, then the static columns.

    Parameters
    ----------
    names, static_names : list of str
        What features and static columns are called.
    groups : dict or None
        Lists of names or positions of features, or a single one, by the name of their
        group. Who is in none is one by itself.
    n_segments : int
        How many segments there are; their players stand one behind the other.

    Attributes
    ----------
    n : int
        How many players there are.
    groups : list of str
        What the groups of features are called.

    Raises
    ------
    ValueError
        If a feature is not there, or in two groups.
    """

    def __init__(
        self, names: list, static_names: list, groups: dict | None, n_segments: int
    ):
        self.n_segments, self.static_names = n_segments, static_names
        self._group, self.groups = _grouped(groups, names)
        self._n_cells = n_segments * len(self.groups)
        self.n = self._n_cells + len(static_names)

    def cells(self, values: np.ndarray) -> np.ndarray:
        """Return what is of the groups in segments, (n, n_segments, n_groups).

        Parameters
        ----------
        values : ndarray of shape (n, n_players)
            Something of every player.
        """
        return values[:, : self._n_cells].reshape(len(values), self.n_segments, -1)

    def static(self, values: np.ndarray) -> np.ndarray:
        """Return what is of static columns, (n, n_static).

        Parameters
        ----------
        values : ndarray of shape (n, n_players)
            Something of every player.
        """
        return values[:, self._n_cells :]

    def at_steps(self, masks: np.ndarray, segment: np.ndarray) -> np.ndarray:
        """Return masks (n, n_steps, n_features) of steps, of those of players.

        Parameters
        ----------
        masks : ndarray of bool of shape (n, n_players)
            Who has passed over.
        segment : ndarray of int of shape (n_steps,)
            The segment of each step.
        """
        return self.cells(masks)[:, segment][:, :, self._group]


def _grouped(groups: dict | None, names: list) -> tuple[np.ndarray, list]:
    """Return which group each feature is of, and what groups are called."""
    member: dict[int, Any] = {}
    for group, features in (groups or {}).items():
        is_list = np.iterable(features) and not isinstance(features, str)
        for feature in features if is_list else [features]:
            is_name = isinstance(feature, Hashable) and feature in names
            i: Any = names.index(feature) if is_name else feature
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
    called: dict[Any, Any] = {}  # of a group, or of a feature by itself
    places = []
    for i, name in enumerate(names):
        key = ("group", member[i]) if i in member else ("feature", i)
        called.setdefault(key, member.get(i, name))
        places.append(list(called).index(key))
    return np.array(places), list(called.values())


def segment_of_steps(n_steps: int, n_segments: int) -> np.ndarray:
    """Return the segment (n_steps,) of each step, of about equal length.

    Parameters
    ----------
    n_steps, n_segments : int
        How many there are.
    """
    return np.arange(n_steps) * n_segments // max(n_steps, 1)
