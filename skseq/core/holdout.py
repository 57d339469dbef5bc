"""The part of the samples that training does not see, and that tells when to stop."""

from __future__ import annotations

import warnings
from itertools import pairwise

import numpy as np
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from skseq.data.rows import UsedRows
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray

__all__ = ["depend_on_each_other", "split_for_validation", "split_into_folds"]

N_FOLDS = 5
ENOUGH = 200  # held-out samples that tell how long to train
FEWEST = 20  # samples of which a fold tells anything


def depend_on_each_other(samples: Samples) -> bool:
    """Whether a random part of the samples would be told by the others.

    Parameters
    ----------
    samples : Samples
        Those to be split.

    Returns
    -------
    depend : bool
        True of groups, of pieces of one sequence and of windows that overlap.
    """
    return _groups_of(samples) is not None or _share_rows(samples.sequences)


def split_for_validation(
    samples: Samples,
    fraction: float,
    random_state: np.random.RandomState,
    *,
    stratify: bool,
) -> tuple[Samples, Samples]:
    """Hold out some samples.

    Groups are held out as a whole, and so are the pieces of one sequence (equal
    `instances`). Windows that overlap are held out in the order of time: the last ones
    of each series, or whole series where these are short. No training sample shares a
    time step with a held-out one; those between are dropped. All else is drawn.

    Parameters
    ----------
    samples : Samples
        What to split.
    fraction : float
        How many to hold out, at least one.
    random_state : RandomState
        Decides which.
    stratify : bool
        Whether both parts shall have the same share of every class; without
        enough samples of a class the split is a plain one.

    Returns
    -------
    train, valid : Samples
        Both parts.

    Raises
    ------
    ValueError
        If there is only one sample, or one group.
    """
    n_samples = len(samples)
    if n_samples < 2:
        raise ValueError(
            "early_stopping=True holds out a part of the samples and needs at least "
            f"2 distinct ones; got n_samples={n_samples}."
        )
    groups = _groups_of(samples)
    y = samples.y if stratify else None
    if groups is not None:
        train, valid = _split_groups(groups, y, fraction, random_state)
    elif _share_rows(samples.sequences):
        train, valid = _split_blocks(samples.sequences, fraction, random_state)
    else:
        train, valid = _draw(n_samples, y, fraction, random_state)
        return samples[train], samples[valid]
    train = _without_shared_rows(samples.sequences, train, valid)
    return samples[train], samples[valid]


def split_into_folds(
    samples: Samples, random_state: np.random.RandomState, *, stratify: bool
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Hold out fifths of the samples, one after the other, until it is enough.

    As in `split_for_validation`, groups and pieces stay together; windows that overlap
    are held out once, the last ones.

    Parameters
    ----------
    samples, random_state, stratify
        As in `split_for_validation`.

    Returns
    -------
    folds : list of tuple of two ndarrays of int
        Which samples to learn from, and which to hold out; no folds if there are fewer
        than 20 samples, or as good as no groups.
    """
    n_samples = len(samples)
    groups = _groups_of(samples)
    n_units = n_samples if groups is None else len(np.unique(groups))
    if n_samples < FEWEST or n_units < 2 * N_FOLDS:
        return []
    if groups is None and _share_rows(samples.sequences):
        train, valid = _split_blocks(samples.sequences, 1 / N_FOLDS, random_state)
        train = train[_n_shared(samples.sequences, train, valid) == 0]
        return [(train, valid)] if len(train) >= FEWEST else []
    y = samples.y if stratify and samples.y.ndim == 1 else None
    if y is not None and np.unique(y, return_counts=True)[1].min() < N_FOLDS:
        y = None
    options = {"shuffle": True, "random_state": random_state}
    if groups is None:
        folds = (KFold if y is None else StratifiedKFold)(N_FOLDS, **options)
    else:
        folds = (GroupKFold if y is None else StratifiedGroupKFold)(N_FOLDS, **options)
    n_needed = int(np.clip(-(-ENOUGH * N_FOLDS // n_samples), 1, N_FOLDS))
    found = list(folds.split(np.zeros(n_samples), y, groups))[:n_needed]
    if groups is None or not _share_rows(samples.sequences):
        return found
    apart = [
        (train[_n_shared(samples.sequences, train, valid) == 0], valid)
        for train, valid in found
    ]
    return [(train, valid) for train, valid in apart if len(train) >= FEWEST]


def _draw(n_samples, y, fraction, random_state):
    """Draw single samples."""
    n_valid = _at_least_one(fraction, n_samples)
    if y is not None:
        counts = np.unique(y, return_counts=True)[1]
        n_least = min(n_valid, n_samples - n_valid)
        if counts.min() < 2 or n_least < len(counts):
            y = None
    return train_test_split(
        np.arange(n_samples), test_size=n_valid, stratify=y, random_state=random_state
    )


def _groups_of(samples: Samples) -> np.ndarray | None:
    """Return the groups that were given, or which sequence each is a piece of."""
    sequences = samples.sequences
    if samples.groups is not None:
        return samples.groups
    if sequences.instances is None or sequences.window_length is not None:
        return None
    codes = sequences.instances.factorize(use_na_sentinel=False)[0]
    return codes if 0 < codes.max(initial=0) < len(codes) - 1 else None


def _split_groups(groups, y, fraction, random_state):
    """Hold out whole groups, with about the same share of every class if possible."""
    n_groups = len(np.unique(groups))
    if n_groups < 2:
        raise ValueError(
            "early_stopping=True holds out whole groups and needs at least 2, but all "
            "samples are of one; give X_val and y_val."
        )
    n_splits = max(2, round(1 / fraction))
    n_least = 0 if y is None else np.unique(y, return_counts=True)[1].min()
    if fraction <= 0.5 and min(n_groups, n_least) >= n_splits:
        folds = StratifiedGroupKFold(n_splits, shuffle=True, random_state=random_state)
        train, valid = next(folds.split(y, y, groups))
        if len(valid):
            return train, valid
    n_valid = _at_least_one(fraction, n_groups)
    split = GroupShuffleSplit(1, test_size=n_valid, random_state=random_state)
    return next(split.split(groups, groups=groups))


def _share_rows(sequences: SequenceArray) -> bool:
    """Whether sequences overlap; copies of one are no windows."""
    starts, stops = _in_order(sequences)[1:]
    same = (starts[1:] == starts[:-1]) & (stops[1:] == stops[:-1])
    overlap = starts[1:] < np.maximum.accumulate(stops)[:-1]
    return bool((overlap & ~same).any())


def _in_order(sequences: SequenceArray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sequences in the order of their table, and where they start and end."""
    stops = sequences.starts + sequences.lengths
    order = np.lexsort((stops, sequences.starts))
    return order, sequences.starts[order], stops[order]


def _split_blocks(sequences, fraction, random_state):
    """Hold out the last windows of each series, or whole series if they are short."""
    order, starts, stops = _in_order(sequences)
    breaks = np.flatnonzero(starts[1:] >= np.maximum.accumulate(stops)[:-1]) + 1
    valid, whole = [], []  # positions in order; series
    for first, last in pairwise([0, *breaks, len(order)]):
        n_valid = _at_least_one(fraction, last - first) if last - first > 1 else 0
        cut = last - n_valid
        n_train = int((stops[first:cut] <= starts[min(cut, last - 1)]).sum())
        if 2 * n_train >= last - first and n_valid:
            valid.append(np.arange(cut, last))
        else:
            whole.append(np.arange(first, last))
    if len(whole) > 1 or (whole and valid):
        n_chosen = round(fraction * len(whole))
        if not valid:
            n_chosen = _at_least_one(fraction, len(whole))
        chosen = random_state.permutation(len(whole))[:n_chosen]
        valid += [whole[i] for i in chosen]
    elif whole:
        (only,) = whole
        valid.append(only[len(only) - _at_least_one(fraction, len(only)) :])
    held_out = np.sort(np.concatenate(valid))
    return np.delete(order, held_out), order[held_out]


def _n_shared(sequences, train, valid):
    """Return how many time steps each training sample shares with those held out."""
    starts, lengths = sequences.starts, sequences.lengths
    held_out = UsedRows(starts[valid], lengths[valid])
    ends = held_out.before((starts + lengths)[train])
    return ends - held_out.before(starts[train])


def _without_shared_rows(sequences, train, valid):
    """Drop training samples that share a time step with one held out."""
    shared = _n_shared(sequences, train, valid)
    if (shared == 0).any():
        return train[shared == 0]
    warnings.warn(
        f"early_stopping=True holds out {len(valid)} of {len(train) + len(valid)} "
        "windows, but every other one shares rows with them, so that the held-out loss "
        "says little about later rows; give more rows, or X_val and y_val.",
        stacklevel=2,
    )
    return train[shared <= np.median(shared)]


def _at_least_one(fraction: float, n: int) -> int:
    """Return how many of n are held out: one at least, and not all."""
    return min(max(1, round(fraction * n)), n - 1)
