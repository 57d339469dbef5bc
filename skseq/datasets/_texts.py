"""Texts to learn a language from, downloaded once."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from sklearn.utils._param_validation import StrOptions

from skseq.datasets._remote import Download, RemoteFile, fetching

__all__ = ["fetch_names", "fetch_sst2", "fetch_tiny_shakespeare"]

_TINY_SHAKESPEARE = RemoteFile(
    repository="karpathy/char-rnn",
    commit="6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e",
    path="data/tinyshakespeare/input.txt",
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)
_NAMES = RemoteFile(
    repository="karpathy/makemore",
    commit="988aa59e4d8fefa526d06f3b453ad116258398d4",
    path="names.txt",
    sha256="0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d",
)


def _sst2(part: str, sha256: str) -> RemoteFile:
    return RemoteFile(
        repository="clairett/pytorch-sentiment-classification",
        commit="457ffd83de90a9d6d472d8ffc31bbffe40a8b236",
        path=f"data/SST2/{part}.tsv",
        sha256=sha256,
    )


_SST2 = {
    "train": _sst2(
        "train", "ec192f833a64da08f475488a77b0d0b47db47acd0f458bd18433fc793b569920"
    ),
    "validation": _sst2(
        "dev", "eddea6b39e601dd4e7a672b53cc40fdf6019fa80522f351206c24340ca5d9359"
    ),
    "test": _sst2(
        "test", "831169c7e2e429d6026e1bdbb542f33b636e3e596caad9602ebc953c205928b7"
    ),
}


@fetching()
def fetch_tiny_shakespeare(**how: Unpack[Download]) -> str:
    """Fetch plays by Shakespeare: 1.1 million characters, a megabyte.

    By habit, models learn from the first 90 % and are compared by the last 10 %. The
    text is in the public domain; it comes from the repository karpathy/char-rnn
    (Karpathy, 2015, "The Unreasonable Effectiveness of Recurrent Neural Networks").

    Parameters
    ----------
    {download}

    Returns
    -------
    text : str
        1 115 394 characters, 65 different ones, all of them ASCII.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_tiny_shakespeare
    >>> text = fetch_tiny_shakespeare()  # doctest: +SKIP
    >>> print(text[:60])  # doctest: +SKIP
    First Citizen:
    Before we proceed any further, hear me speak.
    """
    return _TINY_SHAKESPEARE.read_text(**how)


@fetching()
def fetch_names(**how: Unpack[Download]) -> list[str]:
    """Fetch first names: 32 033 short sequences of characters, 230 kB.

    The most common ones of the United States in 2018, as its social security
    administration counted them. From the repository karpathy/makemore (MIT licence).

    Parameters
    ----------
    {download}

    Returns
    -------
    names : list of 32 033 str
        2 to 15 letters from a to z. 29 494 names differ; the others are there twice.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_names
    >>> fetch_names()[:3]  # doctest: +SKIP
    ['emma', 'olivia', 'ava']
    """
    return _NAMES.read_text(**how).splitlines()


@fetching(split=[StrOptions(set(_SST2))])
def fetch_sst2(
    split: str = "train", **how: Unpack[Download]
) -> tuple[list[str], np.ndarray]:
    """Fetch sentences of film reviews, favourable or not: SST-2, a megabyte in all.

    Whole sentences of the Stanford Sentiment Treebank that are not neutral, without its
    labelled phrases (Socher et al., 2013, "Recursive Deep Models for Semantic
    Compositionality Over a Sentiment Treebank", EMNLP). From the repository
    clairett/pytorch-sentiment-classification, which states no licence.

    Parameters
    ----------
    split : {"train", "validation", "test"}, default="train"
        Part of the official split.
    {download}

    Returns
    -------
    X : list of 6920, 872 or 1821 str
        Lower case, with blanks between words and marks.
    y : ndarray of shape (6920,), (872,) or (1821,)
        1 of who is pleased, 0 of who is not.

    Raises
    ------
    {no_download}

    Examples
    --------
    >>> from skseq.datasets import fetch_sst2
    >>> X, y = fetch_sst2(split="train")  # doctest: +SKIP
    >>> X[1], y[1]  # doctest: +SKIP
    ('apparently reassembled from the cutting room floor of any given daytime soap', 0)
    """
    lines = _SST2[split].read_text(**how).splitlines()
    sentences, labels = zip(*(line.split("\t") for line in lines), strict=True)
    return list(sentences), np.array(labels, dtype=int)
