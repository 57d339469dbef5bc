"""Parameters and fitted attributes: how a class declares them, what they may be."""

from skseq.parameters._constraints import (
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_INTEGER,
    PROBABILITY,
    Interval,
    Options,
    check_teacher_forcing,
    is_positive_integer,
    layer_sizes,
)
from skseq.parameters._declared import Declared, amended, attribute, parameter
from skseq.parameters._renamed import Renamed
from skseq.parameters._retold import retold

__all__ = [
    "NOT_NEGATIVE",
    "POSITIVE",
    "POSITIVE_INTEGER",
    "PROBABILITY",
    "Declared",
    "Interval",
    "Options",
    "Renamed",
    "amended",
    "attribute",
    "check_teacher_forcing",
    "is_positive_integer",
    "layer_sizes",
    "parameter",
    "retold",
]
