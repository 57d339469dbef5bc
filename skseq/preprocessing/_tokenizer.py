"""Texts as sequences of numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from skseq._describing import described
from skseq._showing import naming, shown
from skseq.data.sequences import SequenceArray
from skseq.data.token_arrays import TokenArray
from skseq.data.tokens import as_tokens, check_tokens
from skseq.parameters import (
    POSITIVE_INTEGER,
    Interval,
    Options,
    attribute,
    parameter,
)
from skseq.parameters.checks import instance
from skseq.preprocessing._base import TEXTS, SequenceTransformer
from skseq.preprocessing._words import find_words, lower_characters

__all__ = ["Tokenizer"]

PADDING, UNKNOWN, START, END = SPECIAL = "<pad>", "<unk>", "<start>", "<end>"


@described(**TEXTS)
class Tokenizer(SequenceTransformer, kw_only=False):
    r"""Turn texts into sequences of tokens, words or characters by their number.

    The numbers suit the estimators' `embedding_dim`: 0 is padding, 1 every token that
    is not in the vocabulary, and from 2 on (4 with `mark_ends`) stand the tokens of
    `fit`, the most frequent one first, equally frequent ones in alphabetical order.
    Texts stay of unequal length, and the estimators mask what is missing; padding is
    only what an empty text becomes.

    {parameters}

    {attributes}

    See Also
    --------
    sklearn.feature_extraction.text.CountVectorizer : Counts words, in no order.

    Examples
    --------
    >>> from skseq.preprocessing import Tokenizer
    >>> tokenizer = Tokenizer().fit(["the cat sat", "the mat"])
    >>> list(tokenizer.vocabulary_)
    ['<pad>', '<unk>', 'the', 'cat', 'mat', 'sat']
    >>> tokenizer.transform(["The cat sat on the mat", ""])
    [array([2, 3, 5, 1, 2, 4]), array([0])]
    >>> tokenizer.inverse_transform([[2, 3, 5]])
    ['the cat sat']

    A classifier of raw texts:

    >>> from sklearn.pipeline import make_pipeline
    >>> from skseq import RNNClassifier
    >>> model = make_pipeline(
    ...     Tokenizer(level="char"), RNNClassifier(embedding_dim=8, random_state=0)
    ... )
    >>> names = ["anna", "maria", "olga", "peter", "hans", "frank"]
    >>> model.fit(names, ["f", "f", "f", "m", "m", "m"]).predict(["nina", "ernst"])
    array(['f', 'm'], dtype='<U1')
    """

    level: str = parameter(
        default="word",
        constraint=[Options("word", "char")],
        text="""What is a token.""",
    )
    vocabulary_size: int | None = parameter(
        default=None,
        constraint=[Interval(Integral, 3, None, closed="left"), None],
        text="""Largest number of tokens, padding and unknown ones included, and so of
        vectors in an embedding. The rarest ones become unknown; None keeps all.""",
    )
    min_count: int = parameter(
        default=1,
        constraint=[POSITIVE_INTEGER],
        text="""How often a token must occur in `fit`, else it is unknown. From 2 on,
        training learns what to make of unknown tokens.""",
    )
    lowercase: bool = parameter(
        default=True,
        constraint=["boolean"],
        text="""Whether capital and small letters are the same. At the level of
        characters a text has as many tokens as characters either way.""",
    )
    token_pattern: str | None = parameter(
        default=r"\w+(?:['\u2019]\w+)*|[^\w\s]",
        constraint=[str, None],
        text="""Regular expression of a word; the default takes words with their inner
        apostrophes, straight or typographic, and punctuation marks one by one. A
        combining mark or a joiner counts as the letter that it stands on, so that it
        goes on with the word. None splits at blanks. Ignored at the level of
        characters.""",
    )
    mark_ends: bool = parameter(
        default=False,
        constraint=["boolean"],
        text="""Whether every sequence starts with the token 2, "<start>", and ends with
        3, "<end>".""",
    )

    vocabulary_: dict[str, int] = attribute(
        check=instance(dict),
        text="The number of every token, in the order of the numbers.",
        type="dict of str to int",
    )

    def fit(self, X: Any, y: Any = None) -> Tokenizer:
        """Learn the vocabulary.

        Parameters
        ----------
        X : list, array or Series of str, or of lists of str
            The texts; a list of str is a text that was split before.
        y : object, default=None
            Ignored.

        {fitted}

        Raises
        ------
        ValueError
            If X holds no text, no token occurs `min_count` times, or `token_pattern` is
            no regular expression with at most one group.
        TypeError
            If X is not a list of texts.
        """
        self._check_parameters()
        counts = Counter(chain.from_iterable(split_texts(self, X)))
        special = SPECIAL if self.mark_ends else SPECIAL[:2]
        if self.vocabulary_size is not None and self.vocabulary_size <= len(special):
            raise ValueError(
                f"vocabulary_size={self.vocabulary_size} leaves no room for a token "
                f"beside {', '.join(special)}."
            )
        for token in special:
            counts.pop(token, None)
        kept = [token for token, count in counts.items() if count >= self.min_count]
        if not kept:
            raise ValueError(
                f"None of the {len(counts)} tokens of X occurs "
                f"min_count={self.min_count} times."
            )
        kept.sort(key=lambda token: (-counts[token], token))
        tokens = [*special, *kept][: self.vocabulary_size]
        self.vocabulary_ = {token: i for i, token in enumerate(tokens)}
        return self

    def transform(self, X: Any) -> list[np.ndarray]:
        """Turn texts into numbers.

        Parameters
        ----------
        X : list, array or Series of str, or of lists of str
            The texts.

        Returns
        -------
        X : list of ndarray of int of shape (n_tokens_i,)
            A sequence per text; an empty text is one padding token.
            Estimators take them with `embedding_dim` or `embedding_weights` only,
            as they would be read as quantities without.
        """
        check_is_fitted(self, "vocabulary_")
        self._check_parameters()  # which may have been set since
        number, unknown = self.vocabulary_, self.vocabulary_[UNKNOWN]
        sequences: list[np.ndarray] = []
        for tokens in split_texts(self, X):
            if self.mark_ends:
                tokens = [START, *tokens, END]
            numbers = [number.get(token, unknown) for token in tokens or [PADDING]]
            sequences.append(np.array(numbers, dtype=np.int64).view(TokenArray))
        return sequences

    def inverse_transform(self, X: Any) -> list[str]:
        """Turn numbers into texts.

        Parameters
        ----------
        X : list of sequences of int, or array of shape (n_samples, n_timesteps)
            The tokens, as from `transform`.

        Returns
        -------
        texts : list of str
            Characters one after the other, words with a blank between any two.
            Padding and marks of the ends are left out, and an unknown token is "<unk>".
        """
        check_is_fitted(self, "vocabulary_")
        self._check_parameters()
        tokens = list(self.vocabulary_)
        with naming("X"):
            sequences = SequenceArray.from_list(list(X))
            check_tokens(sequences, len(tokens))
            sequences = as_tokens(sequences)
        separator = " " if self.level == "word" else ""
        left_out = (PADDING, START, END) if self.mark_ends else (PADDING,)
        return [
            separator.join(name for name in names if name not in left_out)
            for names in ([tokens[i] for i in sequence[:, 0]] for sequence in sequences)
        ]

    def _check_parameters(self) -> None:
        self._validate_params()
        if self.level == "word":
            check_pattern(self.token_pattern)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = tags.input_tags.three_d_array = False
        return tags


def split_texts(tokenizer: Tokenizer, X: Any) -> Iterator[list[str]]:
    """Yield the tokens of every text, those that are not in the vocabulary, too.

    Parameters
    ----------
    tokenizer : Tokenizer
        Its parameters tell what is a token.
    X : list, array or Series of str, or of lists of str
        The texts.

    Yields
    ------
    tokens : list of str
    """
    for text in check_texts(X):
        if not isinstance(text, str):
            yield [token.lower() for token in text] if tokenizer.lowercase else text
            continue
        if tokenizer.level == "char":
            yield lower_characters(text) if tokenizer.lowercase else list(text)
            continue
        if tokenizer.lowercase:
            text = text.lower()
        if tokenizer.token_pattern is None:
            yield text.split()
        else:
            yield find_words(tokenizer.token_pattern, text)


def check_pattern(pattern: str | None) -> None:
    """Refuse a regular expression that does not find texts, such as one of groups."""
    try:
        n_groups = re.compile(pattern or "").groups
    except re.error as error:
        raise ValueError(
            f"token_pattern={pattern!r} is no regular expression: {error}."
        ) from error
    if n_groups > 1:
        raise ValueError(
            f"token_pattern={pattern!r} has {n_groups} groups; expected one at most, "
            "(?:...) instead of (...)."
        )


def check_texts(X: Any) -> list[str | list[str]]:
    """Return texts, each a str or a list of str.

    Parameters
    ----------
    X : list, array or Series
        The texts.

    Returns
    -------
    texts : list

    Raises
    ------
    TypeError
        If X is no list, or one of its items no text; an array of numbers, which may lie
        in a file, is not read.
    ValueError
        If X is empty or a table.
    """
    if isinstance(X, (str, bytes, dict, set)) or not hasattr(X, "__len__"):
        raise TypeError(
            f"X must be a list of texts, got {type(X).__name__}: {shown(X)}."
        )
    if getattr(X, "ndim", 1) != 1:
        raise ValueError(
            f"X must be a list of texts, got a table of shape {X.shape}; "
            "choose a column."
        )
    if getattr(getattr(X, "dtype", None), "kind", "O") in "biufc":
        raise TypeError(
            f"X must be a list of texts, got an array of {X.dtype}. Bytes become a "
            "text by decode, codes of symbols by chr."
        )
    if len(X) == 0:
        raise ValueError("X holds no text; at least one is required.")
    texts = [text.tolist() if isinstance(text, np.ndarray) else text for text in X]
    for i, text in enumerate(texts):
        is_split = isinstance(text, (list, tuple)) and all(
            isinstance(token, str) for token in text
        )
        if not isinstance(text, str) and not is_split:
            raise TypeError(
                f"X[{i}] must be a text, a str or a list of str, got "
                f"{type(text).__name__}: {shown(text)}."
            )
    return texts
