"""What one step of a recurrent layer computes, read off its own code.

`torch.fx` follows `_step` without numbers. What is left are parts and what they are
made from; sums that go into an activation, and factors that are weights, are no parts
of their own.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from dataclasses import dataclass, field
from typing import Any

from torch import fx, nn

from skseq.networks import RecurrentLayer

__all__ = ["Part", "parts_of"]

STATES = ("h", "c")
SIGNS = {"sigmoid": "σ", "add": "+", "mul": "×", "sub": "−", "rsub": "−"}  # noqa: RUF001
ACTIVATIONS = ("sigmoid", "tanh", "relu")
SAME = ("chunk", "getitem", "split", "unbind")  # of something a part of it


@dataclass(eq=False)
class Part:
    """A value within a step."""

    text: str
    inputs: list[Part] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)  # on the way from each input
    gate: str = ""  # which one it is
    is_end: bool = False  # a state, before or after


def parts_of(layer: RecurrentLayer) -> list[Part]:
    """Return the states after a step; all else are their inputs, and so on.

    Parameters
    ----------
    layer : RecurrentLayer

    Returns
    -------
    states : list of Part
        "h" and, if there are two, "c".

    Raises
    ------
    TypeError
        If layer is none, or its step cannot be followed without numbers.
    """
    if not isinstance(layer, RecurrentLayer):
        raise TypeError(
            f"layer is of {type(layer).__name__}; expected a RecurrentLayer, such as "
            "estimator.module_.encoder.layers[0]."
        )
    try:
        step = (_Step, _StepOfTwo)[layer.n_states - 1](layer)
        nodes = list(fx.Tracer().trace(step).nodes)
    except Exception as error:
        raise TypeError(
            f"A step of {type(layer).__name__} cannot be followed: {error}"
        ) from error
    before = [Part(name, is_end=True) for name in STATES[: layer.n_states]]
    seen = before[0]  # what the step sees of the state
    if getattr(layer, "n_elapsed", 0):
        rate = Part("exp(−max(0, ·))", [Part("d", is_end=True)], ["W"])  # noqa: RUF001
        seen = Part("×", [seen, rate], ["", ""], "h")  # noqa: RUF001
    given = [
        Part("W x + b", [Part("x", is_end=True)], [""]),
        Part("U h + b", [seen], [""]),
        seen,
        *before[1:],
    ]
    names, found = _gates(layer), dict[Any, tuple[Part | None, str]]()
    for node in nodes:
        if node.op == "placeholder":
            found[node] = given.pop(0), ""
        elif node.op == "get_attr":
            found[node] = None, str(node.target).rpartition("_")[0] and "p"
        elif node.op == "output":
            after = [found[state][0] for state in node.args[0]]
        else:
            found[node] = _part(node, found, names)
    ends = zip(STATES, after, strict=False)
    return [Part(name, [part], [""], is_end=True) for name, part in ends if part]


class _Step(nn.Module):
    """A step as something that can be traced."""

    def __init__(self, layer: RecurrentLayer):
        super().__init__()
        self.layer = layer

    def forward(self, gates: Any, recurrent: Any, h: Any) -> Any:
        return self.layer._step(gates, recurrent, (h,))


class _StepOfTwo(_Step):
    def forward(self, gates: Any, recurrent: Any, h: Any, c: Any = None) -> Any:
        return self.layer._step(gates, recurrent, (h, c))


def _part(node: Any, found: dict, names: list[str]) -> tuple[Part | None, str]:
    """Return what a call makes, and which weight or gate leads to it."""
    kind = getattr(node.target, "__name__", str(node.target)).strip("_")
    given = [found[arg] if isinstance(arg, fx.Node) else arg for arg in node.args]
    parts = [pair for pair in given if isinstance(pair, tuple) and pair[0] is not None]
    if kind in SAME:
        part, mark = given[0]
        if (
            kind == "getitem"
            and isinstance(node.args[1], int)
            and node.args[1] < len(names)
        ):
            mark = mark or names[node.args[1]]
        return part, mark
    if not parts:
        return None, "p"
    if kind in ("mul", "truediv") and len(parts) == 1:  # by a weight or a number
        weight = next(g for g in given if g not in parts)
        said = weight[1] if isinstance(weight, tuple) else f"{weight:g}"
        return parts[0][0], f"/ {said}" if kind == "truediv" else said
    sign = SIGNS.get(kind, kind)
    if kind in ("sub", "rsub") and len(parts) == 1:
        sign = f"{next(g for g in given if g not in parts)} −"  # noqa: RUF001
    if kind == "lerp" and len(parts) == 3:
        one, other, weight = (part.gate or part.text for part, _ in parts)
        sign = f"(1 − {weight}) {one} + {weight} {other}"  # noqa: RUF001
    part = Part(sign, [part for part, _ in parts], [mark for _, mark in parts])
    if kind in ACTIVATIONS:
        _absorb(part)
    return part, ""


def _is_sum(part: Part) -> bool:
    """Whether something is added to a product with weights, or to such a sum."""
    products = (one.text[0] in "WU" or _is_sum(one) for one in part.inputs)
    return part.text == "+" and any(products)


def _absorb(part: Part) -> None:
    """Let an activation take what a sum is made of, and name it as its gate is."""
    while sums := [i for i, one in enumerate(part.inputs) if _is_sum(one)]:
        i = sums[0]
        total, mark = part.inputs[i], part.marks[i]
        part.inputs[i : i + 1] = total.inputs
        part.marks[i : i + 1] = [mark or own for own in total.marks]
    pairs = zip(part.inputs, part.marks, strict=True)
    part.gate = next((mark for one, mark in pairs if one.text[0] in "WU"), "")


def _gates(layer: RecurrentLayer) -> list[str]:
    """Return what the code of a step calls its gates, [] if it cannot be read."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(layer._step)))
    except (OSError, TypeError, SyntaxError):
        return []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and "chunk" in ast.dump(node.value):
            names = [n for n in ast.walk(node.targets[0]) if isinstance(n, ast.Name)]
            return [name.id.split("_")[0] for name in names]
    return []
