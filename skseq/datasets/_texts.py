"""Texts to learn a language from, downloaded once."""

from __future__ import annotations

from typing import Unpack

from skseq.datasets._remote import Download, RemoteFile, fetching

__all__ = ["fetch_names", "fetch_tiny_shakespeare"]

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
