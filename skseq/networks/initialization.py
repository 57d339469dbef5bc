"""First weights of linear layers."""

from __future__ import annotations

from torch import nn

__all__ = ["initialize_linear"]


def initialize_linear(linear: nn.Linear) -> nn.Linear:
    """Draw Glorot-uniform weights and set the bias, if any, to zero."""
    nn.init.xavier_uniform_(linear.weight)
    if linear.bias is not None:
        nn.init.zeros_(linear.bias)
    return linear
