"""Asking a language model what follows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.utils._param_validation import validate_parameter_constraints
from sklearn.utils.validation import check_is_fitted
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from skseq.generation._learning import NO_TARGET, LanguageLearner
from skseq.generation._sampling import draw_columns
from skseq.parameters import NOT_NEGATIVE, POSITIVE_INTEGER
from skseq.preprocessing._tokenizer import END, PADDING, UNKNOWN, split_texts
from skseq.resources import make_random_state

__all__ = ["LanguageModel"]

READ_TEXTS, READ_STEPS = 64, 64  # texts, and their symbols, that are read at once


class LanguageModel(LanguageLearner):
    """What tells the probability of the next symbol, and draws it."""

    _generate_constraints: ClassVar[dict] = {
        "n": [POSITIVE_INTEGER],
        "prefix": [str],
        "temperature": [NOT_NEGATIVE],
        "top_k": [POSITIVE_INTEGER, None],
        "max_length": [POSITIVE_INTEGER],
        "random_state": ["random_state"],
    }

    # Probabilities ------------------------------------------------------------

    def predict_proba(self, X: Any) -> np.ndarray:
        """Return how probable each symbol is to follow a text.

        Parameters
        ----------
        X : list, array or Series of str
            What was read so far; an empty text asks for the first symbol.

        Returns
        -------
        probabilities : ndarray of shape (n_texts, n_classes)
            In the order of `classes_`.
        """
        check_is_fitted(self, "net_")
        texts = self._tokenizer.transform(X)
        last = torch.tensor([len(text) - 2 for text in texts])  # before its end
        probabilities = np.empty((len(texts), len(self.classes_)))
        for index, begin, log_odds, _ in self._read(texts):
            step = last[index] - begin
            inside = (step >= 0) & (step < log_odds.shape[1])
            here = log_odds[inside, step[inside]]
            probabilities[index[inside]] = here.double().softmax(dim=1).cpu().numpy()
        return probabilities

    def score(self, X: Any, y: Any = None) -> float:
        """Return minus the bits per symbol that it takes to tell texts.

        Each symbol of a text, and the end of one in a list, costs minus the binary
        logarithm of its probability after those before. A symbol that was not there in
        `fit` costs what "<unk>" does. Times ``log(2)``, it is the mean log-likelihood.

        Parameters
        ----------
        X : str, or list, array or Series of str
            One text without an end, or complete texts, as in `fit`.
        y : object, default=None
            Ignored.

        Returns
        -------
        score : float
            At most 0, the higher the better.

        Raises
        ------
        ValueError
            If X holds no symbol.
        """
        check_is_fitted(self, "net_")
        texts = self._tokenizer.transform([X] if isinstance(X, str) else X)
        if isinstance(X, str):
            texts = [texts[0][:-1]]
        n_symbols = sum((self._columns[text[1:]] != NO_TARGET).sum() for text in texts)
        if not n_symbols:
            raise ValueError("X holds no symbol to tell.")
        loss = 0.0
        for _, _, log_odds, follows in self._read(texts):
            flat = log_odds.double().flatten(0, 1), follows.flatten()
            loss += float(functional.cross_entropy(*flat, reduction="sum"))
        return float(-loss / n_symbols / math.log(2))

    @torch.inference_mode()
    def _read(
        self, texts: Sequence[np.ndarray]
    ) -> Iterator[tuple[Tensor, int, Tensor, Tensor]]:
        """Yield (which texts, first step, log-odds, columns that follow)."""
        module = self.module_
        device = next(module.parameters()).device
        columns = torch.as_tensor(self._columns, device=device)
        order = torch.tensor([len(text) for text in texts]).argsort(stable=True)
        with self._threads(module):
            for index in order.split(READ_TEXTS):
                rows = [torch.as_tensor(texts[i], device=device) for i in index]
                tokens = pad_sequence(rows, batch_first=True)  # by 0, never a target
                follows = columns[tokens[:, 1:]].split(READ_STEPS, dim=1)
                begin, states = 0, None
                for x, y in zip(
                    tokens[:, :-1].split(READ_STEPS, dim=1), follows, strict=True
                ):
                    log_odds, states = module.run(x, states)
                    yield index, begin, log_odds, y
                    begin += READ_STEPS

    # Writing ------------------------------------------------------------------

    def generate(
        self,
        n: int = 1,
        prefix: str = "",
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        max_length: int = 500,
        random_state: Any = None,
    ) -> list[str]:
        """Write texts by drawing symbol after symbol.

        Parameters
        ----------
        n : int, default=1
            Number of texts, which are written side by side.
        prefix : str, default=""
            How every text begins.
        temperature : float, default=1.0
            What log-probabilities are divided by: below 1 the texts become more
            usual, above 1 more unusual; 0 always takes the most probable symbol.
        top_k : int or None, default=None
            Draw among that many symbols only, the most probable ones.
        max_length : int, default=500
            Number of symbols to write after the prefix. A text of a generator fitted
            on a list of texts ends earlier if an end is drawn.
        random_state : int, RandomState or None, default=None
            What is drawn with; None draws something else in every call.

        Returns
        -------
        texts : list of str
            The texts, prefix included. Words are separated by blanks.

        Raises
        ------
        ValueError
            If an argument is not as described, or a symbol of the prefix is not among
            those that `fit` kept.
        """
        check_is_fitted(self, "net_")
        given = {"n": n, "prefix": prefix, "temperature": temperature}
        given |= {"top_k": top_k, "max_length": max_length}
        validate_parameter_constraints(
            self._generate_constraints,
            {**given, "random_state": random_state},
            caller_name="generate",
        )
        rng = make_random_state(random_state)
        (text,) = self._tokenizer.transform([prefix])
        text = text[:-1]
        self._check_prefix(prefix, text)
        with self._threads(self.module_):
            written = self._write(
                text, n, max_length, lambda x: draw_columns(x, temperature, top_k, rng)
            )
        begun = np.tile(text, (n, 1))
        return self._tokenizer.inverse_transform(list(np.hstack([begun, written])))

    def _check_prefix(self, prefix: str, text: np.ndarray) -> None:
        number = self._tokenizer.vocabulary_
        if number[UNKNOWN] in text:
            unknown: list[str] = sorted(
                set(*split_texts(self._tokenizer, [prefix])).difference(number)
            )
            raise ValueError(
                f"prefix={prefix!r} holds symbols that are not among those that fit "
                f"kept: {', '.join(map(repr, unknown))}."
            )

    @torch.inference_mode()
    def _write(
        self,
        text: np.ndarray,
        n: int,
        max_length: int,
        draw: Callable[[np.ndarray], np.ndarray],
    ) -> np.ndarray:
        """Return tokens (n, T) that follow a text, padded after an end."""
        module = self.module_
        device = next(module.parameters()).device
        number = self._tokenizer.vocabulary_
        unknown = self._columns[number[UNKNOWN]]
        log_odds, states = None, None
        for part in torch.as_tensor(text, device=device).split(READ_STEPS):
            log_odds, states = module.run(part.unsqueeze(0), states)
        states = [[part.expand(n, -1).contiguous() for part in s] for s in states]
        log_odds = log_odds.expand(n, -1, -1)
        written, ended = [], np.zeros(n, dtype=bool)
        for _ in range(max_length):
            last = log_odds[:, -1].double().cpu().numpy()
            last[:, unknown] = -np.inf
            drawn = np.where(ended, number[PADDING], self._tokens[draw(last)])
            written.append(drawn)
            ended |= drawn == number[END]
            if ended.all():
                break
            following = torch.as_tensor(drawn, device=device).unsqueeze(1)
            log_odds, states = module.run(following, states)
        return np.stack(written, axis=1)
