"""A state that decays says the same in ONNX as in torch."""

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from skseq.networks import GRUDLayer, GRULayer, RecurrentEncoder
from skseq.persistence._onnx.encoders import _add_recurrent, add_encoder
from skseq.persistence._onnx.graph import Graph, Steps

F, E, H = 5, 2, 4


def make(sizes=(H,), n_elapsed=E, layer=GRUDLayer, **options):
    torch.manual_seed(0)
    encoder = RecurrentEncoder(F, layer, sizes, n_elapsed=n_elapsed, **options)
    for name, parameter in encoder.named_parameters():
        nn.init.normal_(parameter, std=0.7)
        if name.endswith("weight_gamma"):
            nn.init.uniform_(parameter, -0.2, 0.8)
    return encoder.eval()


def inputs(n_samples, n_timesteps):
    values = torch.randn(n_samples, n_timesteps, F - E)
    elapsed = torch.randint(5, (n_samples, n_timesteps, E)).float()
    return torch.cat([values, elapsed], dim=2)


def begun(lengths):
    """A graph, and the sequences that it is given."""
    graph = Graph()
    x = graph.input("x", np.float32, ["n_samples", "n_timesteps", F])
    n_steps = graph.input("lengths", np.int64, ["n_samples"]) if lengths else ""
    return graph, Steps(x, n_steps)


def exported(encoder, lengths):
    graph, steps = begun(lengths)
    steps = add_encoder(graph, encoder, steps)
    shape = ["n_samples", "n_timesteps", encoder.output_size]
    graph.output("y", steps.x, np.float32, shape)
    return graph.model("", {})


def run(model, **given):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"]
    )
    return session.run(None, {name: part.numpy() for name, part in given.items()})


def operators(model):
    return {node.op_type for node in onnx.load_from_string(model).graph.node}


def assert_close(found, expected):
    np.testing.assert_allclose(found, expected.detach(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape", [(1, 1), (4, 1), (1, 9), (4, 9), (7, 30)])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", [(H,), (H, 3)])
def test_sequences_of_equal_lengths(sizes, bidirectional, shape):
    encoder = make(sizes, bidirectional=bidirectional)
    model, x = exported(encoder, False), inputs(*shape)
    assert "Scan" in operators(model)
    assert ("GRU" in operators(model)) == (len(sizes) > 1)  # deeper layers are plain
    (found,) = run(model, x=x)
    assert_close(found, encoder(x, None)[0])


@pytest.mark.parametrize(("filler", "first"), [(0, "zeros"), (100, "learned")])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("sizes", [(H,), (H, 3)])
def test_sequences_of_unequal_lengths(sizes, bidirectional, filler, first):
    encoder = make(sizes, bidirectional=bidirectional, initial_state=first)
    model = exported(encoder, True)
    for lengths in ([9, 1, 4, 8], [1], [3, 3]):
        x = inputs(len(lengths), max(lengths))
        lengths = torch.tensor(lengths)
        real = torch.arange(x.shape[1]) < lengths[:, None]
        expected, _ = encoder(x, lengths)
        x[~real] = filler
        (found,) = run(model, x=x, lengths=lengths)
        assert_close(found[real.numpy()], expected[real])


@pytest.mark.parametrize("bidirectional", [False, True])
def test_states_are_handed_over(bidirectional):
    encoder = make((H, 3), bidirectional=bidirectional)
    n_directions = 1 + bidirectional
    graph, steps = begun(True)
    before = [
        (graph.input(f"h{i}", np.float32, [n_directions, "n_samples", size]),)
        for i, size in enumerate((H, 3))
    ]
    steps, after = _add_recurrent(graph, encoder, steps, before)
    shape = ["n_samples", "n_timesteps", encoder.output_size]
    graph.output("y", steps.x, np.float32, shape)
    for i, (state,) in enumerate(after):
        shape = [n_directions, "n_samples", (H, 3)[i]]
        graph.output(f"after{i}", state, np.float32, shape)
    x, lengths = inputs(4, 9), torch.tensor([9, 1, 4, 8])
    given = [torch.randn(n_directions, 4, size) for size in (H, 3)]
    found, *last = run(
        graph.model("", {}), x=x, lengths=lengths, h0=given[0], h1=given[1]
    )
    states = [(torch.cat(list(state), dim=1),) for state in given]
    expected, states = encoder.run(x, lengths, states)
    real = torch.arange(9) < lengths[:, None]
    assert_close(found[real.numpy()], expected[real])
    for one, (other,) in zip(last, states, strict=True):
        assert_close(np.concatenate(list(one), axis=1), other)


def test_without_times_it_is_onnx_s_own_gru():
    encoder = make(n_elapsed=0, bidirectional=True)
    plain = make(n_elapsed=0, bidirectional=True, layer=GRULayer)
    plain.load_state_dict(encoder.state_dict())
    model = exported(encoder, True)
    assert model == exported(plain, True)
    assert "Scan" not in operators(model)


def test_a_layer_of_ones_own_is_refused():
    class Own(GRUDLayer):
        pass

    with pytest.raises(TypeError, match="Own cannot be exported"):
        exported(make(layer=Own), False)
