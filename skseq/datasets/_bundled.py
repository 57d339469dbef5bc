"""Real data sets of sequences, from the files that sktime's wheel carries."""

from __future__ import annotations

import numpy as np

from skseq._describing import described

__all__ = ["load_basic_motions", "load_italy_power_demand", "load_japanese_vowels"]

_SPLITS = ("train", "test")
with_split = described(
    parameters="""
    Parameters
    ----------
    split : {"train", "test"} or None, default=None
        Part of the archive's split; None joins both.
    """
)


@with_split
def load_italy_power_demand(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load electrical power demand of Italy: one day per sequence, two classes.

    Days from October to March are told from days from April to September by their
    24 hourly values (Keogh et al., 2006; UCR archive).

    {parameters}

    Returns
    -------
    X : ndarray of shape (1096, 24, 1)
        The sequences; 67 in the training part, 1029 in the test part.
    y : ndarray of shape (1096,)
        "1" or "2".

    Examples
    --------
    >>> from skseq.datasets import load_italy_power_demand
    >>> X, y = load_italy_power_demand(split="train")
    >>> X.shape, y[:3]
    ((67, 24, 1), array(['1', '1', '2'], dtype='<U1'))
    """
    return _load_equal("load_italy_power_demand", split)


@with_split
def load_basic_motions(split: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Load motions recorded by a smart watch: six channels, four classes.

    Standing, walking, running and badminton, from a 3-D accelerometer and a 3-D
    gyroscope at 10 Hz (UEA archive, Bagnall et al., 2018).

    {parameters}

    Returns
    -------
    X : ndarray of shape (80, 100, 6)
        The sequences; 40 in each part.
    y : ndarray of shape (80,)
        "standing", "walking", "running" or "badminton".

    Examples
    --------
    >>> from skseq.datasets import load_basic_motions
    >>> X, y = load_basic_motions(split="train")
    >>> X.shape, sorted(set(y.tolist()))
    ((40, 100, 6), ['badminton', 'running', 'standing', 'walking'])
    """
    return _load_equal("load_basic_motions", split)


@with_split
def load_japanese_vowels(
    split: str | None = None,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Load utterances of two vowels: unequal lengths, nine speakers.

    Each step holds 12 cepstrum coefficients (Kudo et al., 1999; UEA archive).

    {parameters}

    Returns
    -------
    X : list of 640 ndarrays of shape (7 to 29, 12)
        The sequences; 270 in the training part, 370 in the test part.
    y : ndarray of shape (640,)
        The speaker, "1" to "9".

    Examples
    --------
    >>> from skseq.datasets import load_japanese_vowels
    >>> X, y = load_japanese_vowels(split="test")
    >>> len(X), X[0].shape, X[1].shape
    (370, (19, 12), (17, 12))
    """
    _check_split(split)
    import sktime.datasets

    X, y = sktime.datasets.load_japanese_vowels(
        split=split, return_X_y=True, return_type="df-list"
    )
    return [frame.to_numpy() for frame in X], np.asarray(y)


def _load_equal(loader: str, split: str | None) -> tuple[np.ndarray, np.ndarray]:
    """Call a loader of sktime and put time before channels."""
    _check_split(split)
    import sktime.datasets

    X, y = getattr(sktime.datasets, loader)(
        split=split, return_X_y=True, return_type="numpy3D"
    )
    return np.ascontiguousarray(X.transpose(0, 2, 1)), np.asarray(y)


def _check_split(split: str | None) -> None:
    if split is not None and not (isinstance(split, str) and split in _SPLITS):
        raise ValueError(f"split must be one of {_SPLITS} or None, got {split!r}.")
