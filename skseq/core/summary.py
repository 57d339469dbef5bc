"""The fitted network as a table: its layers, their shapes and their parameters."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from html import escape
from typing import Any, NamedTuple

import torch
from sklearn.utils.validation import _is_fitted, check_is_fitted
from torch import Tensor, nn

from skseq._showing import shown
from skseq.networks import (
    POOLINGS,
    Attention,
    ConvLayer,
    RecurrentLayer,
    Shortcut,
    TokenEmbedding,
)
from skseq.networks.side_by_side import OneByOne

__all__ = ["Layer", "NetworkReprMixin", "NetworkSummary", "summary"]

# What is one layer to a user, whatever it is made of.
LAYERS = (
    *(RecurrentLayer, ConvLayer, Shortcut, Attention, TokenEmbedding, OneByOne),
    *POOLINGS.values(),
)

HEADS = ("layer", "kind", "input", "output", "parameters")
Shape = tuple[int, ...] | None


class Layer(NamedTuple):
    """A layer of a network, or a parameter that belongs to none."""

    name: str
    kind: str
    input_shape: Shape
    output_shape: Shape
    n_parameters: int


@dataclass(frozen=True)
class NetworkSummary:
    """What a fitted network consists of; `print` and notebooks show it as a table.

    Attributes
    ----------
    estimator : str
        The class of the estimator.
    layers : tuple of Layer
        (name, kind, input_shape, output_shape, n_parameters) of every layer, ready for
        ``pandas.DataFrame(summary.layers)``.
    n_parameters : int
        Number of parameters of the network.
    n_trainable : int
        How many of them training changes.
    """

    estimator: str
    layers: tuple[Layer, ...]
    n_parameters: int
    n_trainable: int

    def __str__(self) -> str:
        rows = [HEADS, *map(_as_text, self.layers), self._total]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(
                cell.rjust(width) if column == "parameters" else cell.ljust(width)
                for cell, width, column in zip(row, widths, HEADS, strict=True)
            )
            for row in rows
        ]
        rule = "-" * len(lines[0])
        table = [lines[0], rule, *lines[1:-1], rule, lines[-1]]
        return "\n".join([self.estimator, *table, *self._frozen])

    def _repr_html_(self) -> str:
        rows = [_html_row("th", HEADS)]
        rows += [_html_row("td", _as_text(layer)) for layer in self.layers]
        rows.append(_html_row("th", self._total))
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._frozen)
        table = "".join(rows)  # in the classes that scikit-learn's style sheet knows
        return f'<table class="parameters-table"><tbody>{table}</tbody></table>{notes}'

    @property
    def _total(self) -> tuple[str, ...]:
        return "total", "", "", "", f"{self.n_parameters:,}"

    @property
    def _frozen(self) -> list[str]:
        if self.n_trainable == self.n_parameters:
            return []
        return [f"{self.n_trainable:,} of the parameters are trained"]


class NetworkReprMixin:
    """Shows the fitted network in notebooks, beside the parameters.

    scikit-learn asks an estimator for its parameters as HTML wherever it draws one, in
    a pipeline or a search, too.
    """

    def _network_and_example(self) -> tuple[nn.Module, Any]:
        """Return the trained module, and a batch of one sample for it on the CPU."""
        raise NotImplementedError

    def _get_params_html(self, deep: bool = True, doc_link: str = "") -> Any:
        params = super()._get_params_html(deep, doc_link)  # type: ignore[misc]
        if _is_fitted(self):
            network = summary(self)
            shown = (
                f"{params._html_repr()}"
                '<div class="estimator-table"><details><summary>'
                f"Network: {network.n_parameters:,} parameters"
                f"</summary>{network._repr_html_()}</details></div>"
            )
            params._html_repr = lambda: shown
        return params


def summary(estimator: Any) -> NetworkSummary:
    """List the layers of a fitted network, in the order in which they are called.

    The network reads one sample, as long as the longest in `fit`; what goes into each
    layer and comes out of it gives the shapes. They are those of one sample, without
    the axis of the batch. Of convolutional layers channels come first, as in torch. A
    layer that is called several times, as in a decoder, shows its first call.

    Parameters
    ----------
    estimator : estimator
        A fitted estimator of this package.

    Returns
    -------
    summary : NetworkSummary
        Its `layers`, `n_parameters` and `n_trainable`; ``str(summary)`` is a table.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.
    TypeError
        If it is none of this package, such as a pipeline.

    Examples
    --------
    >>> import numpy as np
    >>> from skseq import RNNRegressor, summary
    >>> X = np.random.default_rng(0).normal(size=(20, 12, 3))
    >>> model = RNNRegressor(hidden_size=8, dense_size=4, max_epochs=1)
    >>> print(summary(model.fit(X, X.sum(axis=(1, 2)))))
    RNNRegressor
    layer                       kind           input     output   parameters
    ------------------------------------------------------------------------
    encoder.layers.0.forwards   LSTMLayer      (12, 6)   (12, 8)         512
    encoder.layers.0.backwards  LSTMLayer      (12, 6)   (12, 8)         512
    head.pooling                ConcatPooling  (12, 16)  (48,)             0
    head.dense.1                Linear         (48,)     (4,)            196
    head.dense.2                ReLU           (4,)      (4,)              0
    head.dense.4                Linear         (4,)      (1,)              5
    ------------------------------------------------------------------------
    total                                                              1,225
    """
    if not isinstance(estimator, NetworkReprMixin):
        raise TypeError(
            f"estimator is {shown(estimator)}; expected a fitted estimator of skseq "
            "itself, such as pipeline[-1] or search.best_estimator_."
        )
    check_is_fitted(estimator)
    module, example = estimator._network_and_example()
    module = copy.deepcopy(module).cpu().float()  # hooks must not reach the original
    parameters = list(module.parameters())
    return NetworkSummary(
        type(estimator).__name__,
        tuple(_in_order(module, _shapes(module, example))),
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
    )


@torch.inference_mode()
def _shapes(module: nn.Module, example: Any) -> dict[nn.Module, tuple[Shape, Shape]]:
    """Return what goes into and comes out of every part that the network calls."""
    shapes: dict[nn.Module, tuple[Shape, Shape]] = {}

    def note(part: nn.Module, inputs: tuple, outputs: Any) -> None:
        shapes.setdefault(part, (_shape(inputs), _shape(outputs)))

    for part in module.modules():
        part.register_forward_hook(note)
    module(example, None)
    return shapes


def _shape(found: Any) -> Shape:
    """Return the shape of a tensor, or the first of several, for one sample."""
    if isinstance(found, tuple) and found:
        return _shape(found[0])
    return tuple(found.shape[1:]) if isinstance(found, Tensor) else None


def _in_order(module: nn.Module, shapes: dict) -> list[Layer]:
    """Return the layers as they are called; others stay behind their neighbours."""
    layers, parts = _layers(module, shapes), dict(module.named_modules())
    calls: dict[Any, int] = {part: i for i, part in enumerate(shapes)}
    places, place = [], 0
    for layer in layers:
        place = calls.get(parts.get(layer.name), place)
        places.append(place)
    order = sorted(range(len(layers)), key=places.__getitem__)
    return [layers[i] for i in order]


def _layers(module: nn.Module, shapes: dict, name: str = "") -> list[Layer]:
    """Return the layers within a module."""
    children = list(module.named_children())
    if isinstance(module, LAYERS) or not children:
        n_parameters = sum(p.numel() for p in module.parameters())
        is_idle = isinstance(module, nn.Identity) or getattr(module, "p", 1) == 0
        if not n_parameters and (is_idle or module not in shapes):
            return []
        before, after = shapes.get(module, (None, None))
        return [Layer(name, type(module).__name__, before, after, n_parameters)]
    prefix = f"{name}." if name else ""
    layers = [
        Layer(
            prefix + own, "Parameter", None, tuple(parameter.shape), parameter.numel()
        )
        for own, parameter in module.named_parameters(recurse=False)
    ]
    for own, child in children:
        layers += _layers(child, shapes, prefix + own)
    return layers


def _as_text(layer: Layer) -> tuple[str, ...]:
    shapes = ("" if shape is None else str(shape) for shape in layer[2:4])
    return layer.name, layer.kind, *shapes, f"{layer.n_parameters:,}"


def _html_row(tag: str, cells: tuple[str, ...]) -> str:
    row = "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells)
    return f'<tr class="default">{row}</tr>'
