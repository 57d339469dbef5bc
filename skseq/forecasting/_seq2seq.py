"""Forecasts written step by step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from skseq.forecasting._base import BaseForecaster
from skseq.networks import (
    ATTENTIONS,
    CELLS,
    Decoder,
    RecurrentLayer,
    ValueFeedback,
)
from skseq.parameters import check_teacher_forcing
from skseq.rnn import make_recurrent_encoder

__all__ = ["Seq2SeqForecaster"]


class Seq2SeqForecaster(BaseForecaster):
    """Forecaster of one or many series by an encoder and a decoder.

    Recurrent layers read a window of past rows; others, which start from what these
    remember, write the horizon row by row, each from the row before and from what is
    known ahead of the row itself (Sutskever et al., 2014, "Sequence to Sequence
    Learning with Neural Networks"). Every window is normalised and the forecast
    restored, as by `RNNForecaster`.

    Parameters
    ----------
    window_length : int, default=24
        Number of rows L that a forecast looks back at.
    horizon : int, default=1
        Number of rows H forecast at once; `predict` goes further by feeding forecasts
        back.
    known_future : tuple of str or int, default=()
        Columns of X, by name or position, whose future is known when a forecast is
        made, such as the hour or a price list. The forecast of a row is told of them in
        the row itself and in the three before and behind it, up to `horizon`.
    static : tuple of str or int, default=()
        Columns of X that are constant within a series.
    freq : str, DateOffset or None, default=None
        The step of an index of dates, such as "B" or a pandas offset with holidays of
        your own; None finds the one that makes the whole index. A series too short to
        tell goes on as the others of its panel do, if that step makes it.
    cell : {"rnn", "gru", "lstm", "peephole_lstm"} or class, default="gru"
        Kind of the recurrent layers; a subclass of `skseq.networks.RecurrentLayer`
        brings a kind of your own.
    hidden_size : int or tuple of int, default=64
        Number of units, of every recurrent layer or of each in turn.
    num_layers : int, default=1
        Number of recurrent layers.
    nonlinearity : {"tanh", "relu"}, default="tanh"
        Activation of ``cell="rnn"``.
    recurrent_dropout : float, default=0.0
        Probability of dropping a value of the encoder's recurrent state, with one mask
        for all steps (Gal and Ghahramani, 2016).
    attention : {"dot", "general", "additive"} or None, default=None
        How every row of the horizon chooses among the rows of the window what it takes
        from them (Luong et al., 2015; "additive" is the score of Bahdanau et al.,
        2015). None gives it nothing but the encoder's final state.
    teacher_forcing : float, tuple of two floats or "auto", default="auto"
        How probably, in training, a row is told the true row before instead of its own
        forecast; two probabilities are those of the first and the last epoch, linear in
        between (Bengio et al., 2015). 0.0 trains what `predict` does, which is told
        nothing; 1.0 trains fastest, all rows in one. "auto" stands for (1.0, 0.0), and
        with ``loss="quantile"`` or "gaussian" for 0.0: who is told the row before
        learns how unsure one row is, and its intervals are too narrow further ahead.
    loss : {"mse", "mae", "huber", "quantile", "gaussian"}, default="mae"
        What is minimised, in standardised units: squared or absolute errors, Huber's
        loss between them, pinball losses of `quantiles`, or minus the log-likelihood of
        a normal distribution. The last two allow `predict_quantiles`.
    quantiles : tuple of float, default=(0.1, 0.5, 0.9)
        Increasing quantiles that ``loss="quantile"`` learns.
    channels : {"shared", "joint"}, default="shared"
        Whether one network forecasts every target by itself, beside the same
        covariates, or one forecasts all from all.
    linear_skip : bool, default=False
        Whether a linear map of the window is added to what the network forecasts.
    normalize : {"last", "window", "feature"} or None, default="last"
        Standardise every series by its own mean and standard deviation ("feature"), and
        what a window looks at by subtracting its last value ("last"), or by its own
        mean and deviation ("window"); forecasts are in the units of y. None leaves
        everything as it is.
    seasonality : int or None, default=None
        Scale every series by the mean absolute difference of rows this far apart,
        rather than by its standard deviation; with ``loss="mae"`` the scaled error of
        Hyndman and Koehler (2006) is minimised.
    missing : {"error", "mask"}, default="error"
        Whether NaN among targets and past covariates is an error, or shown to the
        network as the last value seen, and as missing; missing targets cost nothing.
    dropout : float, default=0.0
        Probability of dropping a value between recurrent layers and before the output.
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
        Number of passes over the windows; "auto" makes about 1000 steps, in 2 to 400
        epochs.
    batch_size : int, default=64
        Windows per step of the optimiser.
    l1 : float, default=0.0
        Factor of the sum of absolute weights in the loss.
    l2 : float, default=0.0
        Factor of the sum of squared weights in the loss.
    clip_norm : float or None, default=1.0
        Upper bound of the norm of the gradient.
    clip_value : float or None, default=None
        Upper bound of every value of the gradient.
    early_stopping : bool, default=False
        Whether to hold out the last rows of every series, stop when their loss has not
        improved for `patience` epochs, and keep the best weights. What is learned from
        and what is held out do not overlap.
    validation_fraction : float, default=0.1
        Share of the rows to hold out, `horizon` at least.
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
        CPU threads of torch during `fit` and `predict`; None takes one for small
        networks, which are faster so.
    random_state : int, RandomState or None, default=None
        Decides initial weights, shuffling and dropout.
    verbose : int, default=0
        0 is silent, 1 shows a progress bar, 2 a table of losses.

    Attributes
    ----------
    n_iter_ : int
        Number of epochs trained.
    loss_curve_ : list of float
        Training loss of every epoch.
    validation_scores_ : list of float or None
        Minus the loss of the held-out rows, with ``early_stopping=True``.
    history_ : list of dict
        All that was recorded in every epoch.
    net_ : skorch.NeuralNet
        The trained net.
    module_ : torch.nn.Module
        Its module.
    n_features_in_ : int
        Number of columns of X.
    feature_names_in_ : ndarray of str
        Their names, if X is a DataFrame with names.

    See Also
    --------
    RNNForecaster : All rows of the horizon at once.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Seq2SeqForecaster
    >>> wave = np.sin(np.arange(206) * np.pi / 6)
    >>> forecaster = Seq2SeqForecaster(
    ...     window_length=12, horizon=6, teacher_forcing=1.0, random_state=0
    ... )
    >>> forecast = forecaster.fit(wave[:-6]).predict()
    >>> bool(np.abs(forecast - wave[-6:]).max() < 0.05)
    True
    """

    _parameter_constraints: ClassVar[dict] = {
        **BaseForecaster._parameter_constraints,
        "cell": [StrOptions(set(CELLS)), callable],
        "hidden_size": [Interval(Integral, 1, None, closed="left"), tuple],
        "num_layers": [Interval(Integral, 1, None, closed="left")],
        "nonlinearity": [StrOptions({"tanh", "relu"})],
        "recurrent_dropout": [Interval(Real, 0, 1, closed="left")],
        "attention": [StrOptions(set(ATTENTIONS)), None],
        "teacher_forcing": [
            Interval(Real, 0, 1, closed="both"),
            tuple,
            StrOptions({"auto"}),
        ],
    }
    _is_taught = True

    def __init__(
        self,
        *,
        window_length: int = 24,
        horizon: int = 1,
        known_future: tuple = (),
        static: tuple = (),
        freq: Any = None,
        cell: str | type[RecurrentLayer] = "gru",
        hidden_size: int | tuple[int, ...] = 64,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        recurrent_dropout: float = 0.0,
        attention: str | None = None,
        teacher_forcing: float | tuple[float, float] | str = "auto",
        loss: str = "mae",
        quantiles: tuple[float, ...] = (0.1, 0.5, 0.9),
        channels: str = "shared",
        linear_skip: bool = False,
        normalize: str | None = "last",
        seasonality: int | None = None,
        missing: str = "error",
        dropout: float = 0.0,
        optimizer: str | Callable = "adamw",
        lr: float = 0.005,
        lr_schedule: str | None = "onecycle",
        max_epochs: int | str = "auto",
        batch_size: int = 64,
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
        self.window_length = window_length
        self.horizon = horizon
        self.known_future = known_future
        self.static = static
        self.freq = freq
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.nonlinearity = nonlinearity
        self.recurrent_dropout = recurrent_dropout
        self.attention = attention
        self.teacher_forcing = teacher_forcing
        self.loss = loss
        self.quantiles = quantiles
        self.channels = channels
        self.linear_skip = linear_skip
        self.normalize = normalize
        self.seasonality = seasonality
        self.missing = missing
        self.dropout = dropout
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

    def _make_encoder(self, n_features):
        encoder = make_recurrent_encoder(self, n_features)
        return encoder, encoder.output_size

    def _teacher_forcing(self) -> tuple[float, float]:
        """Return how often the row before is told, in the first and last epoch."""
        if self.teacher_forcing == "auto":
            return (0.0, 0.0) if self._loss.has_spread else (1.0, 0.0)
        return check_teacher_forcing(self.teacher_forcing)

    def _make_decoder(self, encoder, n_values, n_beside):
        n_locations = self._loss.n_locations
        n_outputs = n_locations + self._loss.n_log_scales
        levels = self._loss.quantiles[:n_locations]
        outputs = np.eye(n_outputs, n_locations)
        weights = [np.interp(0.5, levels, one) for one in outputs]  # of the median
        return Decoder(
            encoder,
            ValueFeedback(n_values, weights),
            n_values * n_outputs,
            attention=self.attention,
            n_beside=n_beside,
            teacher_forcing=self._teacher_forcing(),
            dropout=self.dropout,
        )
