"""Texts by recurrent networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from skseq.generation._reading import LanguageModel
from skseq.networks import RecurrentLayer

__all__ = ["SequenceGenerator"]


class SequenceGenerator(LanguageModel):
    """Writer of texts like those it was fitted on: a recurrent language model.

    Recurrent layers read a text symbol by symbol, characters or words, and tell after
    each one how probable every symbol is to follow, which cross entropy trains. Drawing
    a symbol, reading it, drawing the next one writes a text.

    It learns from one long text (a str), and then writes on for as long as asked; or
    from a list of texts such as names, and then knows how they begin and end, too. What
    is read in training goes on from window to window: gradients stop at a window's
    beginning, the state of the layers does not (truncated back-propagation through
    time, Williams and Peng, 1990).

    Parameters
    ----------
    level : {"char", "word"}, default="char"
        What is a symbol: a character, or a word or punctuation mark. Capitals and small
        letters differ.
    vocabulary_size : int or None, default=None
        Largest number of tokens, "<pad>", "<unk>", "<start>" and "<end>" included. The
        rarest symbols become "<unk>"; None keeps all.
    embedding_dim : int, default=32
        Number of features of the vector that is learned for each symbol.
    cell : {"rnn", "gru", "lstm", "peephole_lstm"} or class, default="lstm"
        Kind of the recurrent layers; a subclass of `skseq.networks.RecurrentLayer`
        brings a kind of your own.
    hidden_size : int or tuple of int, default=128
        Number of units of every recurrent layer, or of each in turn.
    num_layers : int, default=1
        Number of stacked recurrent layers; implied by a tuple `hidden_size`.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of ``cell="rnn"``; the other cells ignore it.
    dropout : float, default=0.0
        Probability of dropping a value between layers and before the output.
    recurrent_dropout : float, default=0.0
        Probability of dropping a unit's state on its way into the next step, with one
        mask for all steps of a window (Gal and Ghahramani, 2016).
    window_length : int, default=64
        Number of symbols through which gradients go back, at most.
    optimizer : str or callable, default="adamw"
        "adadelta", "adagrad", "adam", "adamax", "adamw", "nadam", "radam", "rmsprop",
        "sgd", a class of `torch.optim` or a partial of one.
    lr : float, default=0.005
        Learning rate, the highest one of a schedule.
    lr_schedule : {"plateau", "cosine", "onecycle"} or None, default="onecycle"
        Halve the rate when `patience` // 2 epochs brought no lower loss, let it fall to
        zero along a cosine, or rise and fall once (Smith, 2018). The last two are left
        out of trainings of fewer than ten steps.
    max_epochs : int or "auto", default="auto"
        Number of passes over the texts; "auto" makes about 1000 steps of the optimiser,
        in 10 to 400 epochs.
    batch_size : int, default=32
        Number of streams that are read side by side: each step of the optimiser sees a
        window of every one.
    l1 : float, default=0.0
        Factor of the sum of absolute weights in the loss.
    l2 : float, default=0.0
        Factor of the sum of squared weights in the loss.
    clip_norm : float or None, default=1.0
        Upper bound of the norm of the gradient.
    clip_value : float or None, default=None
        Upper bound of every value of the gradient.
    early_stopping : bool, default=False
        Whether to hold out the last part of one text, or some of a list's, stop when
        their loss has not fallen for `patience` epochs, and return to the best weights.
    validation_fraction : float, default=0.1
        Share of the symbols, or of the texts, to hold out.
    patience : int, default=10
        Epochs without improvement that are waited for.
    callbacks : list or None, default=None
        Further skorch callbacks.
    device : str, default="auto"
        "cpu", "cuda", or "auto": a GPU where there is one; "accelerate" shares batches
        among the processes of ``accelerate launch``.
    mixed_precision : bool, default=False
        Whether training runs the network in bfloat16 where that is safe
        (`torch.autocast`), which GPUs of recent years do faster. Weights, loss and
        predictions stay in float32; small fits in float64 are left alone.
    n_threads : int or None, default=None
        CPU threads of torch; None takes one for small networks, which are faster so.
    random_state : int, RandomState or None, default=None
        Decides initial weights, shuffling, dropout and the held-out texts.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 a table of losses.

    Attributes
    ----------
    classes_ : ndarray of str
        The symbols that may follow, in the order of the columns of `predict_proba`:
        "<unk>", which stands for all that were not there in `fit` and is never written,
        "<end>" if fitted on a list, and those of the texts, the most frequent first.
    n_iter_ : int
        Number of epochs trained.
    loss_curve_ : list of float
        Training loss of every epoch, in nats per symbol.
    validation_scores_ : list of float or None
        Minus the loss of what was held out, with ``early_stopping=True``.
    history_ : list of dict
        All that was recorded in every epoch.
    net_ : skorch.NeuralNet
        The trained net.
    module_ : torch.nn.Module
        Its module, a `skseq.networks.LanguageNetwork`.

    See Also
    --------
    skseq.metrics.bits_per_character : The score of probabilities of any model.
    skseq.preprocessing.Tokenizer : Makes the symbols.

    Notes
    -----
    `score` is minus the bits per symbol, so that a grid search on a list of texts finds
    what predicts them best. One long text is first cut into pieces, of a thousand
    symbols or so, as scikit-learn splits lists.

    Examples
    --------
    >>> from skseq import SequenceGenerator
    >>> model = SequenceGenerator(hidden_size=32, max_epochs=200, random_state=0)
    >>> model = model.fit("to be or not to be, " * 20)
    >>> model.generate(prefix="to be", temperature=0, max_length=24)
    ['to be or not to be, to be or ']
    >>> str(model.classes_[model.predict_proba(["to b"]).argmax()])
    'e'

    A list of texts, which end:

    >>> names = ["anna", "hanna", "johanna"] * 20
    >>> model.fit(names).generate(3, prefix="jo", random_state=0)
    ['johanna', 'johanna', 'johanna']
    """

    def __init__(
        self,
        *,
        level: str = "char",
        vocabulary_size: int | None = None,
        embedding_dim: int = 32,
        cell: str | type[RecurrentLayer] = "lstm",
        hidden_size: int | tuple[int, ...] = 128,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        window_length: int = 64,
        optimizer: str | Callable = "adamw",
        lr: float = 0.005,
        lr_schedule: str | None = "onecycle",
        max_epochs: int | str = "auto",
        batch_size: int = 32,
        l1: float = 0.0,
        l2: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        patience: int = 10,
        callbacks: Sequence | None = None,
        device: str = "auto",
        mixed_precision: bool = False,
        n_threads: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
    ):
        self.level = level
        self.vocabulary_size = vocabulary_size
        self.embedding_dim = embedding_dim
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.nonlinearity = nonlinearity
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.window_length = window_length
        self.optimizer = optimizer
        self.lr = lr
        self.lr_schedule = lr_schedule
        self.max_epochs = max_epochs
        self.batch_size = batch_size
        self.l1 = l1
        self.l2 = l2
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.callbacks = callbacks
        self.device = device
        self.mixed_precision = mixed_precision
        self.n_threads = n_threads
        self.random_state = random_state
        self.verbose = verbose
