#!/usr/bin/env bash
# onnx's own ReferenceEvaluator ignores half of the recurrent operators.
#
# Lengths (`sequence_lens`), `activations` and `clip` of GRU and LSTM, and the first and
# last of RNN, are accepted by the checker, change what ONNX Runtime answers, and leave
# the reference's answer as it was; nothing is raised. Without them both agree to
# rounding. A reference is what one would take to judge an exporter by.
# Seen with onnx 1.23.2 and onnxruntime 1.31.1.
# In skseq: export_onnx is judged by ONNX Runtime; tests/persistence/test_onnx.py.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet onnx==1.23.2 onnxruntime==1.31.1 numpy==2.4.6
"$folder/venv/bin/python" - > "$folder/seen" <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

N_STEPS, N_SEQUENCES, N_UNITS = 5, 2, 2
rng = np.random.default_rng(0)
x = rng.normal(size=(N_STEPS, N_SEQUENCES, 1)).astype(np.float32)


def answers(operator, n_gates, lengths, **attributes):
    """Return the last states by the runtime and by the reference."""
    rng = np.random.default_rng(1)
    weights = {
        "w": rng.normal(size=(1, n_gates * N_UNITS, 1)),
        "r": rng.normal(size=(1, n_gates * N_UNITS, N_UNITS)),
        "b": np.zeros((1, 2 * n_gates * N_UNITS)),
    }
    node = helper.make_node(
        operator, ["x", *weights, "lengths"], ["y", "h"], hidden_size=N_UNITS,
        **attributes,
    )
    graph = helper.make_graph(
        [node],
        "graph",
        [
            helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape),
            helper.make_tensor_value_info("lengths", TensorProto.INT32, [N_SEQUENCES]),
        ],
        [helper.make_tensor_value_info("h", TensorProto.FLOAT, [1, N_SEQUENCES, 2])],
        [
            helper.make_tensor(name, TensorProto.FLOAT, value.shape, value.ravel())
            for name, value in weights.items()
        ],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8
    )
    given = {"x": x, "lengths": np.array(lengths, dtype=np.int32)}
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(None, given)[0], ReferenceEvaluator(model).run(None, given)[0]


for operator, n_gates, activations in (
    ("RNN", 1, None), ("GRU", 3, ["Sigmoid", "Relu"]), ("LSTM", 4, ["Sigmoid"] + 2 * ["Relu"]),
):
    plain, reference = answers(operator, n_gates, [N_STEPS, N_STEPS])
    print(operator, "plain: agree", np.allclose(plain, reference, atol=1e-6))
    for what, lengths, attributes in (
        ("lengths", [2, N_STEPS], {}),
        ("activations", [N_STEPS, N_STEPS], {"activations": activations}),
        ("clip", [N_STEPS, N_STEPS], {"clip": 0.1}),
    ):
        if what == "activations" and activations is None:
            continue
        runtime, ignored = answers(operator, n_gates, lengths, **attributes)
        print(
            f"{operator} {what}: the runtime's answer changes "
            f"{not np.allclose(runtime, plain, atol=1e-3)}, the reference's "
            f"{not np.array_equal(ignored, reference)}"
        )
PYTHON
diff "$folder/seen" - <<'EXPECTED'
RNN plain: agree True
RNN lengths: the runtime's answer changes True, the reference's False
RNN clip: the runtime's answer changes True, the reference's False
GRU plain: agree True
GRU lengths: the runtime's answer changes True, the reference's False
GRU activations: the runtime's answer changes True, the reference's False
GRU clip: the runtime's answer changes True, the reference's False
LSTM plain: agree True
LSTM lengths: the runtime's answer changes True, the reference's False
LSTM activations: the runtime's answer changes True, the reference's False
LSTM clip: the runtime's answer changes True, the reference's False
EXPECTED
