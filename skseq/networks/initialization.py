"""First weights of linear layers."""

from __future__ import annotations

from torch import nn

__all__ = ["initialize_linear", "zero_linear"]


def initialize_linear(linear: nn.Linear) -> nn.Linear:
    """Draw Glorot-uniform weights and set the bias, if any, to zero."""
    nn.init.xavier_uniform_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
    return linear


def zero_linear(n_inputs: int, n_outputs: int) -> nn.Linear:
    """Return a linear map whose weights are zero, so that training starts plainly."""
    linear = nn.Linear(n_inputs, n_outputs)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    return linear
