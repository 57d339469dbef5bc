"""Words and small letters as Unicode has them, where Python's own tear them."""

from __future__ import annotations

import functools
import re
import sys
import unicodedata

__all__ = ["find_words", "lower_characters"]

JOINERS = "\u200c\u200d\u2060\u00ad"  # the last: where a word may be hyphenated


def find_words(pattern: str, text: str) -> list[str]:
    r"""Find words, as `re.findall` does, whose marks and joiners are letters, too.

    For Unicode (technical standard 18) a combining mark or a joiner after a letter is a
    part of the word, for Python's ``\w`` and ``\b`` it is none. So the pattern is
    looked for where each of them is replaced by the letter that it stands on.

    Parameters
    ----------
    pattern : str
        A regular expression of one group at most.
    text : str
        Where to look.

    Returns
    -------
    words : list of str
        As they stand in the text.
    """
    expression = re.compile(pattern)
    letters = text
    if not text.isascii():
        letters = _marked_letter().sub(lambda found: found[1] * len(found[0]), text)
    spans = (word.span(expression.groups) for word in expression.finditer(letters))
    return [text[start:end] for start, end in spans]


def lower_characters(text: str) -> list[str]:
    """Return the characters of a text in small letters, one str for each of them.

    Parameters
    ----------
    text : str
        The text.

    Returns
    -------
    characters : list of str
        Of the capital dotted I, whose small letter is i and a dot, a str of the two.
    """
    lower = text.lower()
    if len(lower) == len(text):
        return list(lower)
    characters, end = [], 0
    for character in text:
        start, end = end, end + len(character.lower())
        characters.append(lower[start:end])
    return characters


@functools.cache
def _marked_letter() -> re.Pattern[str]:
    """Return an expression of a letter with the marks and joiners that follow it."""
    every = map(chr, range(sys.maxunicode + 1))
    marks = "".join(c for c in every if unicodedata.category(c).startswith("M"))
    return re.compile(rf"(\w)[{marks}{JOINERS}]+")
