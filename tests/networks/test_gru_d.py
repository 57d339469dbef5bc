"""GRU-D against its equations, and against itself where two ways must agree."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call

from skseq.networks import (
    CELLS,
    GRUDLayer,
    GRULayer,
    LSTMLayer,
    RecurrentEncoder,
    bptt,
)
from skseq.networks.side_by_side import side_by_side, weights_of

pytestmark = pytest.mark.usefixtures("code")

B, T, F, E, H = 3, 7, 4, 2, 5  # E of the F inputs are times
LENGTHS = torch.tensor([7, 1, 4])
K = 3


def make(n_elapsed=E, size=F, units=H, dtype=torch.float64, **options):
    """A layer with generic weights, some of whose maxima are 0 and most are not."""
    layer = GRUDLayer(size, units, n_elapsed=n_elapsed, **options).to(dtype)
    for parameter in layer.parameters():
        nn.init.normal_(parameter, std=0.7)
    if n_elapsed:
        nn.init.uniform_(layer.weight_gamma, -0.2, 0.8)
    return layer


def inputs(n_samples=B, n_timesteps=T, dtype=torch.float64):
    """Values, and times since something was seen: 0, or longer and longer."""
    values = torch.randn(n_samples, n_timesteps, F - E)
    unseen = torch.rand(n_samples, n_timesteps, E) < 0.6
    elapsed, steps = torch.zeros(n_samples, E), []
    for step in unseen.unbind(1):
        elapsed = torch.where(step, elapsed + 1, 0.0)
        steps.append(elapsed)
    return torch.cat([values, torch.stack(steps, dim=1)], dim=2).to(dtype)


@pytest.fixture
def layer():
    torch.manual_seed(0)
    return make()


@pytest.fixture
def x():
    torch.manual_seed(1)
    return inputs()


def unrolled(layer):
    """The same layer, whose steps are taken by autograd."""

    class Unrolled(GRUDLayer):
        pass

    other = Unrolled(F, H, n_elapsed=layer.n_elapsed)
    other = other.to(layer.weight_gamma.dtype)
    other.load_state_dict(layer.state_dict())
    other.recurrent_dropout.p = layer.recurrent_dropout.p
    return other.train(layer.training)


def is_by_hand(outputs):
    """Whether they come from one node of the graph for all steps."""
    node = outputs.grad_fn
    while node is not None and "Steps" not in node.name():
        node = node.next_functions[0][0]
    return node is not None


# The equations ------------------------------------------------------------------


def reference(x, h, p, mask=1.0):
    """Che et al. (2018), eq. 10 and 12 to 16; reset after the recurrent product."""
    outputs = []
    W, U = p["kernel.weight_ih_l0"], p["kernel.weight_hh_l0"]
    b, c = p["kernel.bias_ih_l0"], p["kernel.bias_hh_l0"]

    def sigmoid(a):
        return 1 / (1 + np.exp(-a))

    for step in x:
        read, elapsed = step[:-E], step[-E:]
        gamma = np.exp(-np.maximum(0, p["weight_gamma"] @ elapsed + p["bias_gamma"]))
        decayed = gamma * h
        from_x, from_h = W @ read + b, U @ (mask * decayed) + c
        r = sigmoid(from_x[:H] + from_h[:H])
        z = sigmoid(from_x[H : 2 * H] + from_h[H : 2 * H])
        n = np.tanh(from_x[2 * H :] + r * from_h[2 * H :])
        h = (1 - z) * n + z * decayed
        outputs.append(h)
    return np.array(outputs)


def test_outputs_are_those_of_the_equations(layer, x):
    p = {name: v.detach().numpy() for name, v in layer.named_parameters()}
    h = torch.randn(B, H, dtype=torch.float64)
    expected = [reference(*each, p) for each in zip(x.numpy(), h.numpy(), strict=True)]
    for training in (True, False):
        with torch.set_grad_enabled(training):
            outputs, (last,) = layer.train(training)(x, (h,))
        np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(last, outputs[:, -1])
    outputs, _ = unrolled(layer)(x, (h,))
    np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)


def test_dropout_hides_the_decayed_state_from_the_gates_alone(layer, x):
    layer.recurrent_dropout.p = 0.5
    dropout = layer.recurrent_dropout
    dropout.generator = torch.Generator().manual_seed(3)
    mask = dropout.mask(torch.empty(B, H, dtype=torch.float64)).numpy()
    p = {name: v.detach().numpy() for name, v in layer.named_parameters()}
    expected = [
        reference(each, np.zeros(H), p, own)
        for each, own in zip(x.numpy(), mask, strict=True)
    ]
    dropout.generator.manual_seed(3)
    outputs, _ = layer.train()(x)
    assert is_by_hand(outputs)
    np.testing.assert_allclose(outputs.detach(), expected, rtol=0, atol=1e-12)


HALF = math.log(2)


@pytest.mark.parametrize(
    ("elapsed", "weight", "bias", "expected"),
    [
        # z = r = 1/2, n = tanh(h) of the decayed h: (tanh(h) + h) / 2, from h = 0.8.
        (0, HALF, 0, (math.tanh(0.8) + 0.8) / 2),  # seen now
        (1, HALF, 0, (math.tanh(0.4) + 0.4) / 2),
        (2, HALF, 0, (math.tanh(0.2) + 0.2) / 2),
        (1, HALF, HALF, (math.tanh(0.2) + 0.2) / 2),
        (2, HALF, -HALF, (math.tanh(0.4) + 0.4) / 2),
        (0, HALF, HALF, (math.tanh(0.4) + 0.4) / 2),  # the bias alone
        (1, HALF, -1, (math.tanh(0.8) + 0.8) / 2),  # below the maximum
        (3, -HALF, 0, (math.tanh(0.8) + 0.8) / 2),  # a state never grows
        (3000, HALF, 0, 0),
    ],
)
def test_one_step_by_hand(elapsed, weight, bias, expected):
    layer = GRUDLayer(2, 1, n_elapsed=1).double()
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    with torch.no_grad():
        layer.kernel.weight_hh_l0[2] = 2  # r times that is 1
        layer.weight_gamma.fill_(weight)
        layer.bias_gamma.fill_(bias)
    step = torch.tensor([[[7, elapsed]]], dtype=torch.float64)
    outputs, _ = layer(step, (torch.tensor([[0.8]], dtype=torch.float64),))
    assert outputs.item() == pytest.approx(expected, abs=1e-15)


def test_every_time_has_a_weight_for_every_unit(layer):
    nn.init.zeros_(layer.kernel.weight_ih_l0)
    nn.init.zeros_(layer.kernel.weight_hh_l0)
    nn.init.ones_(layer.bias_gamma)
    _, _, b_n = layer.kernel.bias_ih_l0.data.split(H)
    b_n.fill_(0)
    nn.init.zeros_(layer.kernel.bias_hh_l0)
    z = torch.sigmoid(layer.kernel.bias_ih_l0.data[H : 2 * H])
    state = torch.randn(1, H, dtype=torch.float64)
    jacobian = torch.autograd.functional.jacobian(
        lambda x: layer(x, (state,))[0][0, 0],
        torch.zeros(1, 1, F, dtype=torch.float64),
    )[:, 0, 0]
    # Of z exp(-W d - 1) h where d = 0.
    expected = -(z * state[0]).unsqueeze(1) * layer.weight_gamma.data / math.e
    torch.testing.assert_close(jacobian[:, -E:], expected)
    assert not jacobian[:, :-E].any()


@pytest.mark.parametrize("bias", [0.0, -0.5])
def test_what_is_seen_at_every_step_is_read_as_by_a_gru(layer, x, bias):
    gru = GRULayer(F - E, H).double()
    gru.kernel.load_state_dict(layer.kernel.state_dict())
    nn.init.constant_(layer.bias_gamma, bias)
    x[:, :, -E:] = 0
    found, expected = layer(x)[0], gru(x[:, :, :-E])[0]
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-12)
    x[0, 3, -E:] = 9
    assert not torch.allclose(layer(x)[0], expected)


@pytest.mark.parametrize("by_hand", [True, False])
def test_without_times_it_is_a_gru(by_hand):
    torch.manual_seed(0)
    layer, gru = GRUDLayer(F, H).double(), GRULayer(F, H).double()
    assert dict(layer.named_parameters()).keys() == dict(gru.named_parameters()).keys()
    gru.load_state_dict(layer.state_dict())
    x = torch.randn(B, T, F, dtype=torch.float64)
    with torch.set_grad_enabled(by_hand):
        torch.testing.assert_close(layer(x), gru(x), rtol=0, atol=0)


def test_a_state_not_seen_for_long_is_forgotten(x):
    layer = GRUDLayer(F, H, n_elapsed=E).double()
    x[:, 4, -E:] = 1e5
    outputs, _ = layer(x)
    torch.testing.assert_close(outputs[:, 4:], layer(x[:, 4:])[0])
    x[:, 4, -E:] = 0
    assert not torch.allclose(outputs[:, 4:], layer(x)[0][:, 4:])


# Gradients ----------------------------------------------------------------------


def gradients(layer, x, h, lengths=None):
    """Outputs, last state and the gradients of all that goes in."""
    layer.recurrent_dropout.generator = torch.Generator().manual_seed(0)
    given = [part.clone().requires_grad_() for part in (x, h)]
    outputs, (last,) = layer(given[0], (given[1],), lengths)
    if lengths is not None:
        outputs = outputs[torch.arange(x.shape[1]) < lengths[:, None]]
    factors = torch.linspace(-1, 1, outputs.numel(), dtype=x.dtype).view_as(outputs)
    loss = (factors * outputs).sum() + last.square().sum()
    return [outputs, last, *torch.autograd.grad(loss, [*given, *layer.parameters()])]


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
@pytest.mark.parametrize(("dtype", "error"), [(torch.float64, 1e-10), (None, 1e-5)])
def test_gradients_are_those_of_the_unrolled_steps(dtype, error, dropout, lengths):
    torch.manual_seed(0)
    dtype = dtype or torch.float32
    layer = make(dtype=dtype, recurrent_dropout=dropout).train()
    x, h = inputs(dtype=dtype), torch.randn(B, H, dtype=dtype)
    assert is_by_hand(layer(x)[0])
    found = gradients(layer, x, h, lengths)
    expected = gradients(unrolled(layer), x, h, lengths)
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == dtype
        torch.testing.assert_close(one, other, rtol=error, atol=error)
        assert one.any()  # decays and times have theirs


@pytest.mark.parametrize("asked", ["x", "h", "kernel", "gamma"])
def test_gradients_are_the_same_where_few_are_asked_for(layer, x, asked):
    h = torch.randn(B, H, dtype=torch.float64)
    found = []
    for each in (layer, unrolled(layer)):
        each.requires_grad_(False)
        wanted = {"x": [x.clone()], "h": [h.clone()]}.get(asked)
        if wanted is None:
            wanted = [p for name, p in each.named_parameters() if asked in name]
        for tensor in wanted:
            tensor.requires_grad_()
        read = wanted[0] if asked == "x" else x
        before = wanted[0] if asked == "h" else h
        outputs, _ = each(read, (before,))
        found.append(torch.autograd.grad(outputs.sin().sum(), wanted))
    torch.testing.assert_close(*found, rtol=1e-10, atol=1e-10)


def test_gradients_are_those_of_finite_differences(x):
    torch.manual_seed(0)
    layer = make(units=2)
    with torch.no_grad():  # away from the corner of the maximum, one unit below it
        layer.weight_gamma.abs_()
        layer.bias_gamma.copy_(torch.tensor([0.3, -20]))
    names, weights = zip(*layer.named_parameters(), strict=True)
    h = torch.randn(B, 2, dtype=torch.float64, requires_grad=True)

    def run(x, h, *weights):
        given = dict(zip(names, weights, strict=True))
        return functional_call(layer, given, (x, (h,), LENGTHS))

    for part in (lambda *given: run(*given)[0], lambda *given: run(*given)[1][0]):
        assert torch.autograd.gradcheck(part, (x.requires_grad_(), h, *weights))


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_blocks_of_steps_do_not_matter(x, dropout, monkeypatch):
    torch.manual_seed(0)
    layer = make(recurrent_dropout=dropout).train()
    h = torch.randn(B, H, dtype=torch.float64)
    whole = gradients(layer, x, h)
    monkeypatch.setattr(bptt, "BLOCK", 3 * B * H)  # blocks of 3, 3 and 1 steps
    for one, other in zip(gradients(layer, x, h), whole, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-12)


def test_a_layer_of_ones_own_is_never_replaced(layer, x):
    class Leaky(GRUDLayer):
        def _step(self, gates, recurrent, state):
            return (0.9 * super()._step(gates, recurrent, state)[0],)

    own = Leaky(F, H, n_elapsed=E).double()
    own.load_state_dict(layer.state_dict())
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            outputs, expected = own(x)[0], 0.9 * layer(x)[0]
            torch.testing.assert_close(outputs[:, 0], expected[:, 0])


# States and lengths -------------------------------------------------------------


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("filler", [0, 1e6])
def test_each_sequence_is_read_as_alone(layer, x, filler, by_hand):
    layer = layer if by_hand else unrolled(layer)
    h = torch.randn(B, H, dtype=torch.float64)
    padded = x.clone()
    padded[torch.arange(T) >= LENGTHS[:, None]] = filler
    for enabled in (True, False):
        with torch.set_grad_enabled(enabled):
            outputs, (last,) = layer(padded, (h,), LENGTHS)
            for i, n in enumerate(LENGTHS.tolist()):
                one = slice(i, i + 1)
                expected, (after,) = layer(x[one, :n], (h[one],))
                torch.testing.assert_close(outputs[one, :n], expected)
                torch.testing.assert_close(last[one], after)


def test_a_sequence_may_be_read_in_pieces(layer, x):
    whole, last = layer(x)
    state, pieces = None, []
    for piece in x.split([1, 4, 2], dim=1):
        outputs, state = layer(piece, state)
        pieces.append(outputs)
    torch.testing.assert_close(torch.cat(pieces, dim=1), whole)
    torch.testing.assert_close(state, last)


@pytest.mark.parametrize("bidirectional", [False, True])
def test_an_encoder_tells_its_first_layer_which_inputs_are_times(bidirectional):
    options = {"bidirectional": bidirectional, "n_elapsed": E}
    encoder = RecurrentEncoder(F, GRUDLayer, (H, 3, 3), **options)
    layers = [part for part in encoder.modules() if isinstance(part, GRUDLayer)]
    times = [layer.n_elapsed for layer in layers]
    n_directions = 1 + bidirectional
    assert times == [E] * n_directions + [0] * 2 * n_directions
    others = RecurrentEncoder(F, LSTMLayer, (H,), **options)
    sizes = {m.input_size for m in others.modules() if isinstance(m, nn.LSTM)}
    assert sizes == {F}  # to whom they are features


@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_an_encoder_reads_times_backwards_with_the_rest(x, lengths):
    torch.manual_seed(0)
    options = {"bidirectional": True, "n_elapsed": E}
    encoder = RecurrentEncoder(F, GRUDLayer, (H,), **options).double()
    outputs, _ = encoder(x, lengths)
    forwards, backwards = encoder.layers[0].forwards, encoder.layers[0].backwards
    for i, n in enumerate((T,) * B if lengths is None else LENGTHS.tolist()):
        own = x[i : i + 1, :n]
        expected = [forwards(own)[0], backwards(own.flip(1))[0].flip(1)]
        torch.testing.assert_close(outputs[i : i + 1, :n], torch.cat(expected, dim=2))


# Several networks ---------------------------------------------------------------


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("lengths", [None, LENGTHS])
def test_networks_side_by_side_are_as_each_alone(lengths, training):
    torch.manual_seed(0)
    alone = [make().train(training) for _ in range(K)]
    together = side_by_side(alone).train(training)
    x, h = inputs(K * B), torch.randn(K * B, H, dtype=torch.float64)
    n_steps = torch.full((B,), T) if lengths is None else lengths
    real = torch.arange(T) < n_steps[:, None]

    def run(layer, x, h, lengths):
        """Outputs, last states, and gradients of a loss that is a sum over samples."""
        given = x.clone().requires_grad_(), h.clone().requires_grad_()
        outputs, (last,) = layer(given[0], (given[1],), lengths)
        assert is_by_hand(outputs)
        outputs = outputs * real.repeat(len(x) // B, 1).unsqueeze(2)
        (outputs.sin().sum() + last.cos().sum()).backward()
        return [outputs, last, *(part.grad for part in given)]

    found = run(together, x, h, None if lengths is None else lengths.repeat(K))
    slopes = {name: p.grad for name, p in together.named_parameters()}
    for i, layer in enumerate(alone):
        rows = slice(i * B, (i + 1) * B)
        expected = run(layer, x[rows], h[rows], lengths)
        own = {name: p.grad for name, p in layer.named_parameters()}
        of_all = [part[rows] for part in found], weights_of(slopes, i, own)
        torch.testing.assert_close(of_all, (expected, own), rtol=1e-9, atol=1e-9)


# Beginnings ---------------------------------------------------------------------


def test_every_weight_of_a_new_layer_learns():
    torch.manual_seed(0)
    layer = GRUDLayer(20, 40, n_elapsed=10)
    x = torch.rand(8, 12, 20)
    layer(x)[0].square().sum().backward()
    assert layer.weight_gamma.grad.all()
    assert layer.bias_gamma.grad.all()


def test_units_start_with_memories_of_different_lengths():
    torch.manual_seed(0)
    layer = GRUDLayer(20, 400, n_elapsed=10)
    assert not layer.bias_gamma.any()
    rates = layer.weight_gamma.detach().sum(dim=1)  # where nothing was seen for 1
    assert 1e-3 <= rates.min() < 1.1e-3
    assert 0.09 < rates.max() <= 0.1001
    assert rates.log10().mean() == pytest.approx(-2, abs=0.1)
    before = layer.weight_gamma.detach().clone()
    layer.reset_parameters()
    assert not torch.equal(layer.weight_gamma, before)


def test_gates_start_as_those_of_a_gru():
    layers = []
    for options in ({"n_elapsed": 0}, {"n_elapsed": E}):
        torch.manual_seed(0)
        layers.append(GRUDLayer(3 + options["n_elapsed"], H, **options))
    torch.testing.assert_close(*(layer.kernel.state_dict() for layer in layers))


@pytest.mark.parametrize("n_elapsed", [-1, 4, 5])
def test_some_inputs_are_no_times(n_elapsed):
    with pytest.raises(ValueError, match=f"n_elapsed={n_elapsed}; .*input_size=4"):
        GRUDLayer(4, H, n_elapsed=n_elapsed)


def test_decays_stay_in_float32_in_mixed_precision(x):
    torch.manual_seed(0)
    layer = make(dtype=torch.float32)
    expected = layer(x.float())[0]
    for each in (layer, unrolled(layer)):
        with torch.autocast("cpu", torch.bfloat16):
            outputs, _ = each(x.bfloat16().float())
        assert outputs.dtype == torch.float32
        torch.testing.assert_close(outputs, expected, rtol=0.02, atol=0.02)


def test_it_has_a_name():
    assert CELLS["gru_d"] is GRUDLayer


def test_it_is_laid_out_without_memory():
    with torch.device("meta"):
        layer = GRUDLayer(F, H, n_elapsed=E)
    layer.load_state_dict(GRUDLayer(F, H, n_elapsed=E).state_dict(), assign=True)
    assert layer.weight_gamma.shape == (H, E)
    assert (layer.weight_gamma > 0).all()
