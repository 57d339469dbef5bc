"""Fitting a language model."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Self

import numpy as np
import torch
from torch import nn

from skseq.core.estimator import NetworkEstimator
from skseq.generation._passages import TextDataset
from skseq.networks import LanguageNetwork, Passage, TokenEmbedding
from skseq.parameters import (
    POSITIVE_INTEGER,
    Interval,
    Options,
    amended,
    attribute,
    parameter,
)
from skseq.parameters.checks import array, flag, instance
from skseq.preprocessing import Tokenizer
from skseq.preprocessing._tokenizer import END, PADDING, START, check_texts
from skseq.resources import (
    make_random_state,
    resolve_device,
    seeded_torch,
    unchanged_on_error,
)
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._parameters import WindowRecurrence
from skseq.training import Budget, SequenceNet, train

__all__ = ["NO_TARGET", "LanguageLearner"]

REHEARSAL = 0.1  # share of the texts that show how many epochs are too many
LEAST_SYMBOLS = 500  # of all texts, lest those tell nothing
PATIENCE = 10  # the part of all epochs in which they may be told no better
NO_TARGET = -100  # the column of what never follows; torch's cross entropy ignores it


class LanguageLearner(WindowRecurrence, NetworkEstimator):
    """What learns which symbol follows those before."""

    level: str = parameter(
        default="char",
        constraint=[Options("char", "word")],
        text="""What is a symbol: a character, or a word or punctuation mark. Capitals
        and small letters differ.""",
    )
    vocabulary_size: int | None = parameter(
        default=None,
        constraint=[Interval(Integral, 5, None, closed="left"), None],
        text="""Largest number of tokens, "<pad>", "<unk>", "<start>" and "<end>"
        included. The rarest symbols become "<unk>"; None keeps all.""",
    )
    embedding_dim: int = parameter(
        default=32,
        constraint=[POSITIVE_INTEGER],
        text="""Number of features of the vector that is learned for each symbol.""",
    )
    window_length: int = parameter(
        default=64,
        constraint=[POSITIVE_INTEGER],
        text="""Number of symbols through which gradients go back, at most.""",
    )
    hidden_size: int | tuple[int, ...] = 128
    max_epochs = amended(
        text="""Number of passes over the texts; "auto" makes about 1000 steps of the
        optimiser, in 10 to 400 epochs. Where that is more than 10 passes over 500
        symbols at least, and there is no `early_stopping`, it trains twice: a network
        that does not see a tenth of the texts shows after how many passes it tells
        these best, and another one learns all of them in so many."""
    )
    batch_size = amended(
        text="""Number of streams that are read side by side: each step of the optimiser
        sees a window of every one."""
    )
    early_stopping = amended(
        text="""Whether to hold out the last part of one text, or some of a list's, stop
        when their loss has not fallen for `patience` epochs, and return to the best
        weights."""
    )
    validation_fraction = amended(
        text="Share of the symbols, or of the texts, to hold out."
    )
    random_state = amended(
        text="Decides initial weights, shuffling, dropout and the held-out texts."
    )

    classes_: np.ndarray = attribute(
        check=array(1, "U"),
        text="""The symbols that may follow, in the order of the columns of
        `predict_proba`: "<unk>", which stands for all that were not there in `fit` and
        is never written, "<end>" if fitted on a list, and those of the texts, the most
        frequent first.""",
        type="ndarray of str",
    )
    loss_curve_ = amended(
        text="Training loss of each epoch, in nats per symbol, penalties included."
    )
    _complete: bool = attribute(check=flag)
    _tokenizer: Tokenizer = attribute(check=instance(Tokenizer))
    _tokens: np.ndarray = attribute(check=array(1, "i"))
    _columns: np.ndarray = attribute(check=array(1, "i"))

    @property
    def module_(self) -> torch.nn.Module:
        """The trained network, a `skseq.networks.LanguageNetwork`.

        It takes a `skseq.networks.Passage`.
        """
        return super().module_

    def fit(self, X: Any, y: Any = None) -> Self:
        """Learn from one long text, or from many.

        Parameters
        ----------
        X : str, or list, array or Series of str
            One text, whose beginning and end say nothing, or complete texts, whose
            first symbols and ends are learned, too.
        y : object, default=None
            Ignored.

        Returns
        -------
        self : object
            The fitted generator.

        Raises
        ------
        ValueError
            If a parameter is not as described, there is too little to learn from, or
            training diverges. A fitted generator then stays as it was.
        TypeError
            If X is neither a text nor a list of texts.
        """
        self._validate_params()
        budget = Budget(self.max_seconds)
        self._check_callbacks()
        device = resolve_device(self.device)
        with unchanged_on_error(self):
            texts = self._learn_symbols(X)
            rng = make_random_state(self.random_state)
            share = self.validation_fraction if self.early_stopping else 0
            texts, held_out = self._split(texts, share, rng)
            seeds = rng.randint(2**31 - 1, size=2).tolist()
            data = self._to_dataset(texts, device)
            n_batches = len(data.batches(self.batch_size, None))
            n_streams = n_batches * self.batch_size
            settings = self._training_parameters(n_streams, budget)
            net = None
            if self._may_memorise(texts, settings["max_epochs"]):
                net = self._rehearse(texts, rng, seeds, settings, device)
            if net is None or not net.interrupted_:
                if net is not None:
                    settings["max_epochs"] = net.best_epoch()
                net = self._train(texts, held_out, seeds, settings, device)
            self.net_ = net
            self._publish_history()
        return self

    def _train(
        self,
        texts: list[np.ndarray],
        held_out: list[np.ndarray],
        seeds: list[int],
        settings: dict[str, Any],
        device: torch.device,
    ) -> SequenceNet:
        init_seed, train_seed = seeds
        module = self._make_network(init_seed, np.concatenate(texts))
        with self._threads(module):
            return train(
                module,
                nn.CrossEntropyLoss,
                self._to_dataset(texts, device),
                self._to_dataset(held_out, device) if held_out else None,
                device=device,
                seed=train_seed,
                **settings,
            )

    def _may_memorise(self, texts: list[np.ndarray], n_epochs: int) -> bool:
        """Return whether to ask held-out texts how often the others may be read."""
        return (
            self.max_epochs == "auto"
            and not self.early_stopping
            and n_epochs > self._least_epochs
            and sum(map(len, texts)) >= LEAST_SYMBOLS
            and (not self._complete or len(texts) >= 1 / REHEARSAL)
        )

    def _rehearse(
        self,
        texts: list[np.ndarray],
        rng: np.random.RandomState,
        seeds: list[int],
        settings: dict[str, Any],
        device: torch.device,
    ) -> SequenceNet:
        """Return a net trained without some texts until these are told worse."""
        part, held_out = self._split(texts, REHEARSAL, rng)
        settings = self._beside(settings, PATIENCE)
        settings["budget"] = settings["budget"].part((1 - REHEARSAL) / (2 - REHEARSAL))
        return self._train(part, held_out, seeds, settings, device)

    def _learn_symbols(self, X: Any) -> list[np.ndarray]:
        """Learn the vocabulary and return the tokens of every text."""
        self._complete = not isinstance(X, str)
        texts = check_texts(X if self._complete else [X])
        if not any(map(len, texts)):
            raise ValueError("X holds no symbol to learn from.")
        self._tokenizer = Tokenizer(
            level=self.level,
            vocabulary_size=self.vocabulary_size,
            lowercase=False,
            mark_ends=True,
        ).fit(texts)
        number = self._tokenizer.vocabulary_
        never = {PADDING, START} if self._complete else {PADDING, START, END}
        symbols = [symbol for symbol in number if symbol not in never]
        self.classes_ = np.array(symbols)
        self._tokens = np.array([number[symbol] for symbol in symbols])
        self._columns = np.full(len(number), NO_TARGET)
        self._columns[self._tokens] = np.arange(len(self._tokens))
        # Where texts are joined, an end is told by the start that follows.
        self._columns[number[START]] = self._columns[number[END]]
        return [text[1:-1] for text in self._tokenizer.transform(texts)]

    def _split(
        self, texts: list[np.ndarray], share: float, rng: np.random.RandomState
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Hold out the last part of one text, or some of several."""
        n, kind, least = len(texts), "texts", 1
        if not self._complete:
            n, kind, least = len(texts[0]), "symbols", 2
        n_held_out = 0
        if share:
            n_held_out = max(least, round(share * n))
        n_train = n - n_held_out
        if n_train < least:
            raise ValueError(
                f"X holds {n} {kind}, {n_held_out} of them held out; {least} at least "
                "are needed to learn from."
            )
        if not n_held_out:
            return texts, []
        if not self._complete:
            return [texts[0][:n_train]], [texts[0][n_train:]]
        order = rng.permutation(n)
        return [texts[i] for i in order[:n_train]], [texts[i] for i in order[n_train:]]

    def _to_dataset(self, texts: list[np.ndarray], device: torch.device) -> TextDataset:
        return TextDataset(
            texts,
            self._columns,
            start=self._tokenizer.vocabulary_[START],
            complete=self._complete,
            window_length=int(self.window_length),
            device=device,
        )

    def _make_network(self, seed: int, tokens: np.ndarray) -> LanguageNetwork:
        met = np.bincount(tokens, minlength=len(self._columns)) > 0
        met[self._tokenizer.vocabulary_[START]] = True
        with seeded_torch(seed):
            vectors = TokenEmbedding.draw(torch.from_numpy(met), self.embedding_dim)
            return LanguageNetwork(
                TokenEmbedding(vectors),
                make_recurrent_encoder(self, self.embedding_dim),
                len(self.classes_),
                self.dropout,
            )

    def _example(self):
        tokens = torch.zeros(1, self.window_length, dtype=torch.int64)
        return Passage(tokens, begins=True)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.two_d_array = False
        tags.target_tags.required = False
        return tags
