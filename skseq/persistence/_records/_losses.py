"""Losses, and what they are told."""

from __future__ import annotations

from skseq.core.losses import LOSSES, LogLoss, check_quantiles
from skseq.core.losses._labels import FocalLoss
from skseq.core.losses._rates import TweedieDeviance
from skseq.core.losses._spreads import QuantileLoss
from skseq.parameters.checks import number, tuple_of
from skseq.persistence._records._record import Record, called

__all__ = ["LOSS_RECORDS"]


def _has_quantiles(loss: QuantileLoss) -> bool:
    return check_quantiles(loss.quantiles) == loss.quantiles


LOSS_RECORDS: dict[type, Record] = {
    **{loss: Record({}, called) for loss in LOSSES.values()},
    QuantileLoss: Record({"quantiles": tuple_of(number)}, called, _has_quantiles),
    TweedieDeviance: Record({"power": number}, called, lambda loss: 1 < loss.power < 2),
    LogLoss: Record({"label_smoothing": number}, called),
    FocalLoss: Record(dict.fromkeys(("gamma", "label_smoothing"), number), called),
}
