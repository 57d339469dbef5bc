"""Parameters: what they may be."""

from skseq.parameters._constraints import (
    check_teacher_forcing,
    is_positive_integer,
    layer_sizes,
)

__all__ = ["check_teacher_forcing", "is_positive_integer", "layer_sizes"]
