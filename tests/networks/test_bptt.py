"""Back-propagation by hand against that through an unrolled graph."""

import pytest
import torch

from skseq.networks import CELLS, bptt
from skseq.networks.recurrent import RecurrentLayer

pytestmark = pytest.mark.usefixtures("no_compiled_code")

B, T, F, H = 3, 6, 2, 4
ALL = [("rnn", "tanh"), ("rnn", "relu"), *((cell, "tanh") for cell in CELLS)]


def gradients(layer, x, state, by_hand, monkeypatch):
    """Outputs, last state and the gradients of all that goes in."""
    monkeypatch.setattr(RecurrentLayer, "pays_by_hand", lambda *args: by_hand)
    monkeypatch.setattr(layer, "has_kernel", False)  # so that the other is unrolled
    layer.recurrent_dropout.generator = torch.Generator().manual_seed(0)
    given = [part.clone().requires_grad_() for part in (x, *state)]
    outputs, last = layer(given[0], tuple(given[1:]))
    factors = torch.linspace(-1, 1, outputs.numel(), dtype=x.dtype).view_as(outputs)
    loss = (factors * outputs).sum() + sum(part.square().sum() for part in last)
    wanted = [*given, *layer.parameters()]
    return [outputs, *last, *torch.autograd.grad(loss, wanted)]


@pytest.mark.parametrize("n_timesteps", [1, T])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(("cell", "nonlinearity"), ALL)
def test_gradients_are_those_of_the_unrolled_steps(
    cell, nonlinearity, dropout, n_timesteps, monkeypatch
):
    torch.manual_seed(0)
    layer = CELLS[cell](F, H, nonlinearity, dropout).double().train()
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    x = torch.randn(B, n_timesteps, F, dtype=torch.float64)
    state = torch.randn(layer.n_states, B, H, dtype=torch.float64)
    found = gradients(layer, x, state, True, monkeypatch)
    expected = gradients(layer, x, state, False, monkeypatch)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_one_output_alone_are_those_of_differences(cell, monkeypatch):
    monkeypatch.setattr(RecurrentLayer, "pays_by_hand", lambda *args: True)
    torch.manual_seed(0)
    layer = CELLS[cell](F, 1).double()
    names, weights = zip(*layer.named_parameters(), strict=True)
    x = torch.randn(T, 2, F, dtype=torch.float64).transpose(0, 1).requires_grad_()
    state = torch.randn(layer.n_states, 2, 1, dtype=torch.float64, requires_grad=True)

    def run(x, state, *weights):
        given = dict(zip(names, weights, strict=True))
        outputs, last = torch.func.functional_call(layer, given, (x, (*state,)))
        return outputs, *last

    for i in range(1 + layer.n_states):
        assert torch.autograd.gradcheck(
            lambda *given: run(*given)[i],  # noqa: B023
            (x, state, *weights),
        )


@pytest.mark.parametrize("cell", ["rnn", "gru"])
def test_small_layers_go_by_hand_and_agree_with_torch(cell):
    torch.manual_seed(0)
    layer = CELLS[cell](F, H).double()
    x = torch.randn(B, T, F, dtype=torch.float64)
    outputs, (last,) = layer(x)
    assert "Steps" in outputs.grad_fn.next_functions[0][0].name()
    expected, h = layer.kernel(x)
    torch.testing.assert_close(outputs, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(last, h[0], rtol=1e-10, atol=1e-10)


def test_a_narrow_batch_of_a_wide_layer_goes_by_torch():
    layer = CELLS["gru"](F, 65)
    assert "Steps" not in repr(layer(torch.zeros(15, T, F))[0].grad_fn.next_functions)
    assert "Steps" in repr(layer(torch.zeros(16, T, F))[0].grad_fn.next_functions)


@pytest.mark.parametrize("cell", CELLS)
def test_unequal_lengths_by_hand_are_those_of_the_unrolled_steps(cell, monkeypatch):
    torch.manual_seed(0)
    layer = CELLS[cell](F, H, recurrent_dropout=0.3).double().train()
    x = torch.randn(B, T, F, dtype=torch.float64)
    lengths = torch.tensor([T, 1, 3])
    real = torch.arange(T) < lengths[:, None]
    found = []
    for by_hand in (True, False):
        monkeypatch.setattr(RecurrentLayer, "pays_by_hand", lambda *args: by_hand)  # noqa: B023
        layer.recurrent_dropout.generator = torch.Generator().manual_seed(0)
        outputs, last = layer(x, None, lengths)
        loss = outputs[real].sum() + sum(part.square().sum() for part in last)
        gradients = torch.autograd.grad(loss, layer.parameters())
        found.append([outputs[real], *last, *gradients])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("cell", CELLS)
def test_blocks_of_steps_do_not_matter(cell, monkeypatch):
    torch.manual_seed(0)
    layer = CELLS[cell](F, H, recurrent_dropout=0.3).double().train()
    x = torch.randn(B, T, F, dtype=torch.float64)
    state = torch.randn(layer.n_states, B, H, dtype=torch.float64)
    whole = gradients(layer, x, state, True, monkeypatch)
    monkeypatch.setattr(bptt, "BLOCK", 4 * B * H)  # blocks of 4 and 2 steps
    for one, other in zip(
        gradients(layer, x, state, True, monkeypatch), whole, strict=True
    ):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_a_cell_of_ones_own_is_never_replaced():
    class Leaky(CELLS["lstm"]):
        def _step(self, gates, recurrent, state):
            h, c = super()._step(gates, recurrent, state)
            return 0.9 * h, c

    torch.manual_seed(0)
    layer = Leaky(F, H, recurrent_dropout=0.5).train()
    layer.recurrent_dropout.p = 1e-9  # active, and drops nothing
    x = torch.randn(1, 1, F)
    torch.testing.assert_close(layer(x)[0], 0.9 * layer.kernel(x)[0])
