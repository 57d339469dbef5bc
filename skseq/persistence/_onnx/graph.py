"""An ONNX graph, node by node."""

from __future__ import annotations

from itertools import count
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

__all__ = ["Graph", "Steps", "import_onnx"]

OPSET, IR_VERSION = 17, 8  # of 2022, so that old runtimes read it, too


def import_onnx() -> Any:
    """Return the package onnx.

    Returns
    -------
    onnx : module

    Raises
    ------
    ImportError
        If it is not installed.
    """
    try:
        import onnx
    except ImportError as error:
        raise ImportError(
            "export_onnx needs onnx: pip install 'skseq[onnx]'."
        ) from error
    return onnx


class Steps(NamedTuple):
    """Sequences within a graph."""

    x: str  # (B, T, F)
    lengths: str  # (B,), "" if all are T


class Graph:
    """Nodes, each of which names what it computes.

    An input of a node is the name of another's output, or an array, a tensor or a
    number, which becomes a constant.
    """

    def __init__(self) -> None:
        self.onnx = import_onnx()
        self.nodes: list[Any] = []
        self.constants: list[Any] = []
        self.inputs: list[Any] = []
        self.outputs: list[Any] = []
        self._numbers = count()  # that make names differ

    def within(self) -> Graph:
        """Return a graph for the body of a loop, which may name what this one has."""
        body = Graph()
        body.constants, body._numbers = self.constants, self._numbers
        return body

    def op(self, kind: str, *inputs: Any, **attributes: Any) -> str:
        """Add a node of one output and return the output's name."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, n_outputs: int, *inputs: Any, **attributes: Any) -> list:
        """Add a node and return the names of its outputs."""
        names = [self._name(value) for value in inputs]
        name = self.name(kind)
        outputs = [f"{name}_{i}" for i in range(n_outputs)]
        node = self.onnx.helper.make_node(kind, names, outputs, **attributes)
        self.nodes.append(node)
        return outputs

    def name(self, what: str) -> str:
        """Return a name that nothing else has."""
        return f"{what}_{next(self._numbers)}"

    def _name(self, value: Any) -> str:
        if isinstance(value, str):
            return value
        if isinstance(value, Tensor):
            value = value.detach().cpu().numpy().astype(np.float32)
        array = np.ascontiguousarray(value).reshape(np.shape(value))
        name = f"constant_{len(self.constants)}"
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def input(self, name: str, dtype: type, shape: list) -> str:
        """Declare an input; an axis with a name has any length."""
        self.inputs.append(self._described(name, dtype, shape))
        return name

    def output(self, name: str, value: str, dtype: type, shape: list) -> None:
        """Declare an output."""
        self.nodes.append(self.onnx.helper.make_node("Identity", [value], [name]))
        self.outputs.append(self._described(name, dtype, shape))

    def _described(self, name: str, dtype: type, shape: list) -> Any:
        kind = self._kind(dtype)
        return self.onnx.helper.make_tensor_value_info(name, kind, shape)

    def _kind(self, dtype: type) -> int:
        return self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))

    # What several translations need ---------------------------------------------

    def cast(self, x: str, dtype: type) -> str:
        """Return other numbers of the same values."""
        return self.op("Cast", x, to=self._kind(dtype))

    def size(self, x: str, axis: int) -> str:
        """Return how long an axis is, a vector of one."""
        return self.op("Shape", x, start=axis, end=axis + 1)

    def mask(self, steps: Steps) -> str:
        """Return which steps are real, (B, T, 1)."""
        n_steps = self.op("Squeeze", self.size(steps.x, 1))
        places = self.op("Range", np.int64(0), n_steps, np.int64(1))
        lengths = self.op("Unsqueeze", steps.lengths, np.array([1]))
        return self.op("Unsqueeze", self.op("Less", places, lengths), np.array([2]))

    def slice(self, x: str, axis: int, start: int, end: int = 2**62) -> str:
        """Return a part of an axis."""
        return self.op("Slice", x, *(np.array([i]) for i in (start, end, axis)))

    def model(self, doc: str, properties: dict[str, str]) -> bytes:
        """Return the contents of a file."""
        helper = self.onnx.helper
        graph = helper.make_graph(
            self.nodes, "skseq", self.inputs, self.outputs, self.constants
        )
        model = helper.make_model(
            graph,
            producer_name="skseq",
            doc_string=doc,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, properties)
        self.onnx.checker.check_model(model, full_check=True)
        return model.SerializeToString()
