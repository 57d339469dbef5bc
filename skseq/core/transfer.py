"""What one estimator learned of sequences, as the beginning of another one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Self

import numpy as np
import torch
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator

from skseq._showing import naming
from skseq.core.encoders import LearnedEncoder, form_of
from skseq.core.feature_scales import learn_feature_scales
from skseq.core.parameters import TransferParameters
from skseq.core.sequence_network import TORCH_DTYPES, SequenceNetworkEstimator
from skseq.data.compared import check_as_in_fit
from skseq.data.large_batches import parts_of
from skseq.data.samples import Samples
from skseq.data.sequences import SequenceArray
from skseq.data.tokens import check_tokens
from skseq.networks import SequenceNetwork, SequenceNetworks, StepHead
from skseq.networks.filling import Fillable, FillingLoss, FillingNetwork
from skseq.networks.several import mean_of_values
from skseq.networks.statistics import learn_statistics
from skseq.parameters import attribute
from skseq.parameters.checks import instance, optional
from skseq.resources import make_random_state, resolve_device, seeded_torch
from skseq.training import Budget, train

__all__ = ["Start", "TransfersEncoder", "load_by"]

HIDDEN = 0.4  # share of the steps that pretraining hides
FLOAT32 = np.dtype("float32")
NOTHING_FROZEN = (
    "freeze='encoder' keeps what an encoder has learned, but this one has learned "
    "nothing: give init_from, call pretrain before, or go on with warm_start=True or "
    "partial_fit."
)
_LOADERS: list[Callable[[Any], Any]] = []


def load_by(load: Callable[[Any], Any]) -> None:
    """Say how files of estimators are read, which stands on a floor above.

    Parameters
    ----------
    load : callable
        path -> estimator.
    """
    _LOADERS[:] = [load]


@dataclass(frozen=True)
class Start:
    """How the networks of a fit begin.

    Parameters
    ----------
    encoder : LearnedEncoder or None
        What their encoders begin with; None leaves them as they are.
    who : str
        What to call it in errors.
    freezes : bool
        Whether training leaves encoders alone.
    """

    encoder: LearnedEncoder | None
    who: str
    freezes: bool

    def begin(self, module: Any, data: Any, i: int = 0) -> Any:
        """Prepare a network, or several side by side, for training.

        Parameters
        ----------
        module : nn.Module
            Is changed.
        data : SequenceDataset
            What it will be trained on.
        i : int, default=0
            Which encoder of several a single network takes.

        Returns
        -------
        module : nn.Module
        """
        if self.encoder is not None:
            self.encoder.give_to(module, i)
        if self.freezes:
            module.freeze_encoder()
            if self.encoder is not None and isinstance(module, SequenceNetwork):
                learn_feature_scales(module, data)
        return module


class TransfersEncoder(TransferParameters, SequenceNetworkEstimator):
    """Learns an encoder without labels, and starts from what has been learned."""

    pretrained_: LearnedEncoder | None = attribute(
        check=optional(instance(LearnedEncoder)),
        default=None,
        required=False,
        text="""What `pretrain` learned, with its `loss_curve`; None without.""",
        type="object or None",
    )

    def pretrain(self, X: Any) -> Self:
        """Train the encoder without labels: hidden steps are filled in.

        Blocks of steps, two in five of all, are hidden from the network, each time
        others, and a linear map of what the encoder makes of each step fills in what
        they held: numbers, which squared errors judge, categories or tokens, which
        cross entropy does. Padding and missing values do not count. `fit` and
        `partial_fit` then start from the encoder and its scales, as do other estimators
        that are given this one as `init_from`. A clone forgets it.

        Training is as the parameters say: epochs (``max_epochs="auto"``: 1000 steps of
        the optimiser, but 10 to 400 epochs), rates, batches, penalties, `max_seconds`.
        Nothing is held out, and no callback is told.

        Parameters
        ----------
        X : array-like, DataFrame, list of arrays or SequenceArray
            The sequences, as in `fit`, of which there may be many more.

        Returns
        -------
        self : object
            The estimator. If it was fitted, it no longer is.

        Raises
        ------
        ValueError
            If a parameter or X is not as described, or training diverges. The
            estimator then stays as it was.

        Notes
        -----
        After Zerveas et al. (2021), "A Transformer-based Framework for Multivariate
        Time Series Representation Learning", section 3.2.

        Examples
        --------
        >>> import numpy as np
        >>> from skseq import RNNClassifier, RNNRegressor
        >>> X = np.random.default_rng(0).normal(size=(60, 10, 1)).cumsum(axis=1)
        >>> model = RNNClassifier(max_epochs=5, random_state=0).pretrain(X)
        >>> len(model.pretrained_.loss_curve)
        5
        >>> model = model.fit(X[:10], np.arange(10) % 2)
        >>> other = RNNRegressor(init_from=model, freeze="encoder", max_epochs=5)
        >>> other.fit(X[:10], X[:10, -1, 0]).predict(X).shape
        (60,)
        """
        self._validate_params()
        budget = Budget(self.max_seconds)
        reader = type(self)(**self.get_params(deep=False))
        learned = reader._learn_to_fill(X, budget)
        for name in vars(self).keys() & self._attributes.keys():
            delattr(self, name)
        self.pretrained_ = learned
        return self

    def _learn_to_fill(self, X: Any, budget: Budget) -> LearnedEncoder:
        """Return an encoder that learned to fill in steps."""
        device = resolve_device(self.device)
        sequences = self._check_X(X, reset=True)
        no_targets = np.zeros(len(sequences))
        sequences = Samples(sequences, no_targets, None).usable().sequences
        self._normalize = self.normalize
        self._learn_input_scales(sequences, None)
        rng = make_random_state(self.random_state)
        init_seed, train_seed = rng.randint(2**31 - 1, size=2).tolist()
        module = self._draw_filling(init_seed)
        targets = np.zeros(len(sequences), FLOAT32)
        data = self._to_dataset(sequences, FLOAT32, device, targets)
        parameters = self._training_parameters(len(sequences), budget)
        with self._threads(module):
            net = train(
                module,
                FillingLoss,
                data,
                None,
                device=device,
                seed=train_seed,
                **{**parameters, "callbacks": None},
            )
            parts = chain.from_iterable(map(parts_of, net.get_iterator(data)))
            learn_statistics(module.network, ((b.x, b.lengths) for b in parts))
        losses = tuple(row["train_loss"] for row in net.history)
        return LearnedEncoder.of(self, module.network, "this estimator", losses)

    def _draw_filling(self, seed: int) -> FillingNetwork:
        """Return a network that fills in steps, with first weights."""
        n_networks = int(getattr(self, "n_networks", 1))
        seeds = [seed]
        if n_networks > 1:
            rng = np.random.RandomState(seed)
            seeds = rng.randint(2**31 - 1, size=n_networks).tolist()
        networks = []
        for own_seed in seeds:
            with seeded_torch(own_seed):
                encoder, embedding = self._make_body()
                columns = Fillable.of(embedding, self._n_views * self._n_channels)
                stride = getattr(encoder, "stride", 1)
                static_size = getattr(embedding, "static_size", 0)
                head = StepHead(
                    encoder.output_size,
                    (),
                    stride * columns.n_outputs,
                    static_size=static_size,
                )
                network = SequenceNetwork(encoder, head, embedding)
            networks.append(network.to(TORCH_DTYPES[FLOAT32]))
        network = networks[0]
        if n_networks > 1:
            network = SequenceNetworks(networks, mean_of_values)
        return FillingNetwork(network, columns, stride, HIDDEN)

    # Starting from what was learned -----------------------------------------------

    def _start(self, continues: bool) -> Start:
        """Return how the networks of a fit begin, if it does not continue another."""
        freezes = self.freeze == "encoder"
        encoder, who = None, ""
        if not continues:
            encoder, who = self._source()
        if freezes and encoder is None and not continues:
            raise ValueError(NOTHING_FROZEN)
        return Start(encoder, who, freezes)

    def _source(self) -> tuple[LearnedEncoder | None, str]:
        """Return the encoder to start from, and what to call it."""
        given: Any = self.init_from
        if given is None:
            return self.pretrained_, "what pretrain learned"
        if isinstance(given, (str, os.PathLike)):
            given = _loaded(given)
        elif isinstance(given, FrozenEstimator):
            given = given.estimator
        who = f"the {type(given).__name__} of init_from"
        if not isinstance(given, TransfersEncoder):
            raise ValueError(
                f"{who} has no encoder to start from; expected an estimator of "
                "sequences of skseq, such as pipeline[-1] or search.best_estimator_, "
                "or the path of a saved one."
            )
        if hasattr(given, "net_"):
            return LearnedEncoder.of(given, given.module_, who), who
        if given.pretrained_ is not None:
            return given.pretrained_, who
        raise NotFittedError(
            f"{who} has learned nothing yet: fit it, or call its pretrain, before. "
            "Searches clone what their grid holds; FrozenEstimator(...) around it "
            "prevents that."
        )

    def _take_over(self, start: Start, sequences: SequenceArray) -> None:
        """Read sequences as another estimator did, if that makes sense."""
        encoder = start.encoder
        if encoder is None:
            return
        encoder.check_read(self, start.who)
        self._standardizes = start.freezes
        self._columns = encoder.columns
        self._known_tokens = encoder.known_tokens
        self._usual = encoder.usual
        if self._columns is not None:
            check_as_in_fit(self._columns, sequences)
        if self._known_tokens is not None:
            check_tokens(sequences, len(self._known_tokens))
        n_networks = int(getattr(self, "n_networks", 1))
        encoder.check_form(form_of(*self._body()), n_networks, start.who)

    def _body(self) -> tuple[Any, Any]:
        """Return encoder and embedding as `_make_body` does, without weights."""
        with torch.device("meta"):
            return self._make_body()

    def __sklearn_clone__(self):
        # What was learned elsewhere is data: a clone of it would have learned nothing.
        other = super().__sklearn_clone__()
        other.init_from = self.init_from
        return other


def _loaded(path: Any) -> Any:
    """Return the estimator in a file."""
    try:
        with naming("init_from"):
            return _LOADERS[0](path)
    except OSError as error:
        raise ValueError(
            f"init_from={os.fspath(path)!r} names no file that can be read: {error}."
        ) from error
