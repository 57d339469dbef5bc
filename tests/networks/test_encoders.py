import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from skseq.networks import CELLS, RecurrentEncoder

LENGTHS = torch.tensor([5, 2, 1, 4])


def make(cell, sizes=(4,), **options):
    torch.manual_seed(0)
    return RecurrentEncoder(3, CELLS[cell], sizes, **options).double()


def padded(filler):
    torch.manual_seed(1)
    x = torch.randn(4, 5, 3, dtype=torch.float64)
    x[torch.arange(5) >= LENGTHS[:, None]] = filler
    return x


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_padding_changes_nothing(cell, bidirectional):
    encoder = make(cell, (4, 6), bidirectional=bidirectional)
    x = padded(0)
    one = encoder(padded(0), LENGTHS)[0]
    other = encoder(padded(1e6), LENGTHS)[0]
    for i, n in enumerate(LENGTHS.tolist()):
        alone = encoder(x[i : i + 1, :n], None)[0][0]
        torch.testing.assert_close(one[i, :n], alone)
        torch.testing.assert_close(other[i, :n], alone)


@pytest.mark.parametrize("kernel", ["rnn", "gru", "lstm"])
def test_bidirectional_agrees_with_a_packed_run_of_torch(kernel):
    encoder = make(kernel, bidirectional=True)
    layer = encoder.layers[0]
    other = getattr(torch.nn, kernel.upper())(
        3, 4, batch_first=True, bidirectional=True
    ).double()
    weights = dict(layer.forwards.kernel.state_dict())
    for name, value in layer.backwards.kernel.state_dict().items():
        weights[f"{name}_reverse"] = value
    other.load_state_dict(weights)
    packed = pack_padded_sequence(
        padded(7), LENGTHS, batch_first=True, enforce_sorted=False
    )
    expected = pad_packed_sequence(other(packed)[0], batch_first=True)[0]
    outputs = encoder(padded(7), LENGTHS)[0]
    for i, n in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(outputs[i, :n], expected[i, :n])


def test_sizes():
    encoder = make("gru", (4, 6), bidirectional=True)
    assert (encoder.output_size, encoder.n_backwards) == (12, 6)
    outputs, lengths = encoder(padded(0), LENGTHS)
    assert outputs.shape == (4, 5, 12)
    assert lengths is LENGTHS
    assert (make("gru", (4, 6)).output_size, make("gru").n_backwards) == (6, 0)


def test_only_a_bidirectional_encoder_knows_the_future():
    x = padded(0)[:1]
    changed = x.clone()
    changed[:, -1] += 1
    causal, both = make("lstm"), make("lstm", bidirectional=True)
    torch.testing.assert_close(
        causal(x, None)[0][:, :4], causal(changed, None)[0][:, :4]
    )
    assert not torch.allclose(both(x, None)[0][:, 0], both(changed, None)[0][:, 0])


def test_dropout_acts_between_layers_only():
    x = padded(0)
    one = make("gru", dropout=0.5).train()
    torch.testing.assert_close(one(x, None)[0], one.eval()(x, None)[0])
    two = make("gru", (4, 4), dropout=0.5).train()
    assert not torch.allclose(two(x, None)[0], two.eval()(x, None)[0])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_states_are_those_after_the_last_step_of_each_sequence(cell, bidirectional):
    encoder = make(cell, (4, 6), bidirectional=bidirectional)
    x = padded(9)
    outputs, states = encoder.run(x, LENGTHS)
    for i, n in enumerate(LENGTHS.tolist()):
        expected, alone = encoder.run(x[i : i + 1, :n])
        torch.testing.assert_close(outputs[i, :n], expected[0])
        for layer, other in zip(states, alone, strict=True):
            for part, of_one in zip(layer, other, strict=True):
                torch.testing.assert_close(part[i], of_one[0])


@pytest.mark.parametrize("cell", CELLS)
def test_reading_in_pieces_equals_reading_at_once(cell):
    encoder = make(cell, (4, 6))
    x = padded(9)
    expected, last = encoder.run(x)
    torch.testing.assert_close(expected, encoder(x, None)[0])
    first, states = encoder.run(x[:, :2])
    second, states = encoder.run(x[:, 2:], None, states)
    torch.testing.assert_close(torch.cat([first, second], dim=1), expected)
    torch.testing.assert_close(states, last)


def test_both_directions_of_a_layer_start_from_their_half_of_a_state():
    layer = make("lstm", bidirectional=True).layers[0]
    x = padded(0)
    state = tuple(torch.randn(2, 4, 8, dtype=torch.float64))
    outputs, last = layer.run(x, state, LENGTHS)
    past, _ = layer.forwards(x, tuple(part[:, :4] for part in state), LENGTHS)
    torch.testing.assert_close(outputs[:, :, :4], past)
    for i, n in enumerate(LENGTHS.tolist()):
        start = tuple(part[i : i + 1, 4:] for part in state)
        future, (h, _) = layer.backwards(x[i : i + 1, :n].flip(1), start)
        torch.testing.assert_close(outputs[i, :n, 4:], future[0].flip(0))
        torch.testing.assert_close(last[0][i, 4:], h[0])


@pytest.mark.parametrize("goes_on", [False, True])
def test_directions_may_have_inputs_of_their_own(goes_on):
    encoder = make("gru", (4, 6), bidirectional=True, apart=True)
    first, second = encoder.layers
    x, other = padded(7), padded(7) * 2
    both = torch.cat([x, other], dim=2)
    found = encoder.run(both, LENGTHS) if goes_on else encoder(both, LENGTHS)
    alike = make("gru", bidirectional=True).layers[0]
    alike.load_state_dict(first.state_dict())
    past, future = alike(x, LENGTHS)[..., :4], alike(other, LENGTHS)[..., 4:]
    expected = second(torch.cat([past, future], dim=2), LENGTHS)
    for i, n in enumerate(LENGTHS.tolist()):
        torch.testing.assert_close(found[0][i, :n], expected[i, :n])
