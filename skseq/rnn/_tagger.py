"""Tagger of time steps by a recurrent network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from skseq.core.mixins import SequenceTaggerMixin
from skseq.networks import RecurrentLayer
from skseq.rnn._architecture import BaseRNN

__all__ = ["RNNTagger"]


class RNNTagger(SequenceTaggerMixin, BaseRNN):
    """Tagger of time steps by a recurrent network.

    Recurrent layers read each sequence, and fully connected layers turn what they hold
    after every step into the log-odds of its classes, which cross entropy trains: a
    label per step. Read forwards only, no label depends on a later step; with
    ``bidirectional=True`` every label depends on the whole sequence (Graves, 2012,
    "Supervised Sequence Labelling with Recurrent Neural Networks").

    Parameters
    ----------
    cell : {"rnn", "gru", "lstm", "peephole_lstm"} or class, default="lstm"
        Kind of the recurrent layers; a subclass of
        `skseq.networks.RecurrentLayer` brings a kind of your own.
    hidden_size : int or tuple of int, default=32
        Number of units of every recurrent layer, or of each in turn.
    num_layers : int, default=1
        Number of stacked recurrent layers; implied by a tuple `hidden_size`.
    bidirectional : bool, default=False
        Whether every layer also reads the sequence backwards.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of ``cell="rnn"``; the other cells ignore it.
    dense_size : int or tuple of int, default=()
        Number of units of each fully connected ReLU layer before the output.
    dropout : float, default=0.0
        Probability of dropping a value between layers and before the output.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's state on its way into the next step, with
        one mask per sequence for all its steps (Gal and Ghahramani, 2016).
    normalize : {"feature", "sequence", "both"} or None, default="feature"
        Standardise every feature by its mean and standard deviation in the training
        data, or every feature of each sequence by its own, which looks at later steps,
        too, or show the network both side by side.
    n_channels : int, default=1
        Number of features per time step in the rows of a table (2-D X), time first:
        ``X.reshape(n_samples, -1, n_channels)``. Other layouts ignore it. With 1, a
        table that holds several features is read as long univariate sequences.
    embedding_dim : int or None, default=None
        X holds tokens, one whole number from 0 per time step, each of which is looked
        up in a table of vectors of this size that training learns. The table ends with
        the largest token of `fit`; later ones beyond it are an error. `normalize`
        leaves tokens alone. `preprocessing.Tokenizer` makes them from text.
    embedding_weights : array-like of shape (n_tokens, embedding_dim), default=None
        Vectors of the tokens to start from; `embedding_dim` may then be left out. None
        draws small ones.
    embedding_trainable : bool, default=True
        Whether training changes the vectors.
    optimizer : str or callable, default="adam"
        "adadelta", "adagrad", "adam", "adamax", "adamw", "nadam", "radam",
        "rmsprop", "sgd", a class of `torch.optim` or a partial of one.
    lr : float, default=0.005
        Learning rate, the highest one of a schedule.
    lr_schedule : {"plateau", "cosine", "onecycle"} or None, default="onecycle"
        Halve the rate when `patience` // 2 epochs brought no lower loss, let it
        fall to zero along a cosine, or rise and fall once (Smith, 2018). The last two
        are left out of trainings of fewer than ten steps.
    max_epochs : int or "auto", default="auto"
        Number of passes over the data; "auto" takes as many as make 1000 steps of the
        optimiser, but 10 to 400.
    batch_size : int, default=32
        Sequences per step of the optimiser.
    l1, l2 : float, default=0.0
        Factors of the sum of absolute and of squared weights (not biases) that are
        added to the loss.
    clip_norm : float or None, default=1.0
        Largest norm of the gradient as a whole.
    clip_value : float or None, default=None
        Largest absolute value of each entry of the gradient.
    class_weight : dict, "balanced" or None, default=None
        Weight of the steps of each class in the loss; "balanced" makes all classes
        equally important.
    early_stopping : bool, default=False
        Whether to hold out a part of the sequences, stop when its loss has not
        fallen for `patience` epochs, and return to the best weights.
    validation_fraction : float, default=0.1
        Fraction of the sequences to hold out.
    patience : int, default=10
        Epochs to wait for a lower loss.
    warm_start : bool, default=False
        Whether `fit` continues with the weights of the last fit, on its scale.
    callbacks : list of skorch callbacks or None, default=None
        Called during training as by skorch.
    device : str, default="auto"
        "cpu", "cuda", or "auto": CUDA where there is one; "accelerate" shares batches
        among the processes of ``accelerate launch``.
    mixed_precision : bool, default=False
        Whether training runs the network in bfloat16 where that is safe
        (`torch.autocast`), which GPUs of recent years do faster. Weights, loss and
        predictions stay in float32; small fits in float64 are left alone.
    n_threads : int or None, default=None
        CPU threads of torch; None takes one for small networks, which several make
        slower, and else the present setting, which is restored afterwards.
    random_state : int, RandomState or None, default=None
        Decides initial weights, shuffling, dropout and the held-out part. The
        global generators of NumPy and torch are neither used nor changed.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 a table of the epochs.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        The labels, in the order of the columns of `predict_proba`.
    module_ : torch.nn.Module
        The trained network: (x, lengths) -> outputs (n_samples, n_timesteps,
        n_classes).
    net_ : SequenceNet
        The skorch net that trained it.
    n_features_in_ : int
        Number of features per time step; of columns, if `fit` was given a table.
    feature_names_in_ : ndarray of str
        Names of the columns, if `fit` was given a DataFrame that names them.
    n_iter_ : int
        Number of epochs trained.
    loss_curve_ : list of float
        Training loss of each epoch, penalties included.
    validation_scores_ : list of float or None
        Minus the loss on the held-out part after each epoch, None without one.
    history_ : list of dict
        All that was recorded of each epoch.

    See Also
    --------
    RNNClassifier : Predicts one class per sequence.
    CNNTagger : Looks at a neighbourhood of each step.
    skseq.metrics.step_scorer : Scorers of labels per step.

    Notes
    -----
    Every step counts alike in the loss and in `score`, so a long sequence counts more
    than a short one; steps of padding do not count at all.

    Computations are in float32, but in float64 where X is float64 and small, that is,
    has at most 10 000 time steps and, in `fit`, fits into one batch. Then equal samples
    are merged, too, so that a weight of 2 and a repeated sample are exactly the same.

    A pickle holds weights and history but not the state of the optimiser, with
    which `partial_fit` starts afresh after loading.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNTagger
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=rng.integers(5, 30)) for _ in range(200)]  # any lengths
    >>> y = [np.where(np.cumsum(x) > 0, "above", "below") for x in X]
    >>> model = RNNTagger(max_epochs=30, random_state=0).fit(X[:150], y[:150])
    >>> model.score(X[150:], y[150:]) > 0.9
    True
    >>> model.predict([[1.0, 1.0, -5.0, -1.0]])
    array([['above', 'above', 'below', 'below']], dtype='<U5')
    """

    _parameter_constraints: ClassVar[dict] = {
        **BaseRNN._parameter_constraints,
        **SequenceTaggerMixin._class_parameter_constraints,
    }

    def __init__(
        self,
        *,
        cell: str | type[RecurrentLayer] = "lstm",
        hidden_size: int | tuple[int, ...] = 32,
        num_layers: int = 1,
        bidirectional: bool = False,
        nonlinearity: str = "tanh",
        dense_size: int | tuple[int, ...] = (),
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        normalize: str | None = "feature",
        n_channels: int = 1,
        embedding_dim: int | None = None,
        embedding_weights: Any = None,
        embedding_trainable: bool = True,
        optimizer: str | Callable = "adam",
        lr: float = 5e-3,
        lr_schedule: str | None = "onecycle",
        max_epochs: int | str = "auto",
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        class_weight: dict | str | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        warm_start: bool = False,
        callbacks: Sequence | None = None,
        device: str = "auto",
        mixed_precision: bool = False,
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        super().__init__(
            cell=cell,
            hidden_size=hidden_size,
            num_layers=num_layers,
            bidirectional=bidirectional,
            nonlinearity=nonlinearity,
            dense_size=dense_size,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            normalize=normalize,
            n_channels=n_channels,
            embedding_dim=embedding_dim,
            embedding_weights=embedding_weights,
            embedding_trainable=embedding_trainable,
            optimizer=optimizer,
            lr=lr,
            lr_schedule=lr_schedule,
            max_epochs=max_epochs,
            batch_size=batch_size,
            l1=l1,
            l2=l2,
            clip_norm=clip_norm,
            clip_value=clip_value,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            patience=patience,
            warm_start=warm_start,
            callbacks=callbacks,
            device=device,
            mixed_precision=mixed_precision,
            n_threads=n_threads,
            random_state=random_state,
            verbose=verbose,
        )
        self.class_weight = class_weight
