"""Forecasts written step by step."""

from __future__ import annotations

from numbers import Real

from skseq.forecasting._base import BaseForecaster
from skseq.networks import ATTENTIONS, Decoder, RecurrentLayer, ValueFeedback
from skseq.parameters import (
    Interval,
    Options,
    amended,
    check_teacher_forcing,
    parameter,
)
from skseq.rnn import make_recurrent_encoder
from skseq.rnn._parameters import ENCODER_DROPOUT, Recurrence

__all__ = ["Seq2SeqForecaster"]


class Seq2SeqForecaster(Recurrence, BaseForecaster):
    """Forecaster of one or many series by an encoder and a decoder.

    Recurrent layers read a window of past rows; others, which start from what these
    remember, write the horizon row by row, each from the row before and from what is
    known ahead of the row itself (Sutskever et al., 2014, "Sequence to Sequence
    Learning with Neural Networks"). Every window is normalised and the forecast
    restored, as by `RNNForecaster`.

    {parameters}

    {attributes}

    See Also
    --------
    RNNForecaster : All rows of the horizon at once.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import Seq2SeqForecaster
    >>> wave = np.sin(np.arange(206) * np.pi / 6)
    >>> forecaster = Seq2SeqForecaster(
    ...     window_length=12, horizon=6, teacher_forcing=1.0, max_epochs=20
    ... )
    >>> forecast = forecaster.fit(wave[:-6]).predict()
    >>> bool(np.abs(forecast - wave[-6:]).max() < 0.05)
    True
    """

    attention: str | None = parameter(
        default=None,
        constraint=[Options(*ATTENTIONS), None],
        text="""How every row of the horizon chooses among the rows of the window what
        it takes from them (Luong et al., 2015; "additive" is the score of Bahdanau et
        al., 2015). None gives it nothing but the encoder's final state.""",
    )
    teacher_forcing: float | tuple[float, float] | str = parameter(
        default="auto",
        constraint=[Interval(Real, 0, 1, closed="both"), tuple, Options("auto")],
        text="""How probably, in training, a row is told the true row before instead of
        its own forecast; two probabilities are those of the first and the last epoch,
        linear in between (Bengio et al., 2015). 0.0 trains what `predict` does, which
        is told nothing; 1.0 trains fastest, all rows in one. "auto" stands for (1.0,
        0.0), and with ``loss="quantile"`` or "gaussian" for 0.0: who is told the row
        before learns how unsure one row is, and its intervals are too narrow further
        ahead.""",
        type='float, tuple of two floats or "auto"',
    )
    cell: str | type[RecurrentLayer] = "gru"
    recurrent_dropout = amended(text=ENCODER_DROPOUT)
    linear_skip: bool = False

    _is_taught = True

    def _make_encoder(self, n_features):
        encoder = make_recurrent_encoder(self, n_features)
        return encoder, encoder.output_size

    def _teacher_forcing(self) -> tuple[float, float]:
        """Return how often the row before is told, in the first and last epoch."""
        if self.teacher_forcing == "auto":
            return (0.0, 0.0) if self._loss.has_spread else (1.0, 0.0)
        return check_teacher_forcing(self.teacher_forcing)

    def _make_decoder(self, encoder, n_values, n_beside):
        loss = self._loss
        weights = [*loss.shares, *[0.0] * loss.n_log_scales]  # of the median
        return Decoder(
            encoder,
            ValueFeedback(n_values, weights, positive=loss.is_rate),
            n_values * loss.n_outputs,
            attention=self.attention,
            n_beside=n_beside,
            teacher_forcing=self._teacher_forcing(),
            dropout=self.dropout,
        )
