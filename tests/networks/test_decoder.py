import pytest
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from skseq.networks import (
    ATTENTIONS,
    CELLS,
    Attention,
    Decoder,
    Pair,
    RecurrentEncoder,
    Seq2SeqNetwork,
    StepSquaredError,
    TokenFeedback,
    ValueFeedback,
)
from skseq.networks.dropout import seed_dropout
from skseq.networks.feedback import TeacherForcing, set_progress

LENGTHS = torch.tensor([4, 7, 1, 5, 7])
nan = float("nan")


def network(cell="gru", sizes=(6, 5), bidirectional=False, tokens=False, **options):
    torch.manual_seed(0)
    encoder = RecurrentEncoder(3, CELLS[cell], sizes, bidirectional=bidirectional)
    n_outputs = 4 if tokens else 2
    feedback = TokenFeedback(4, 3) if tokens else ValueFeedback(2)
    decoder = Decoder(encoder, feedback, n_outputs, **options)
    return Seq2SeqNetwork(encoder, decoder).double()


def sequences(n=5):
    torch.manual_seed(1)
    return torch.randn(n, 7, 3, dtype=torch.float64)


def numbers(n=5, n_steps=6):
    torch.manual_seed(2)
    return torch.randn(n, n_steps, 2, dtype=torch.float64)


def codes(n=5, n_steps=6):
    torch.manual_seed(2)
    return torch.randint(3, (n, n_steps, 1))


# Attention ----------------------------------------------------------------------


@pytest.mark.parametrize("score", ATTENTIONS)
def test_weights_sum_to_one_and_ignore_padding(score):
    torch.manual_seed(0)
    attention = Attention(score, 5, 5)
    queries, memory = torch.randn(5, 3, 5), torch.randn(5, 7, 5)
    weights = attention.weights(queries, attention.keys(memory), LENGTHS)
    assert weights.shape == (5, 3, 7)
    torch.testing.assert_close(weights.sum(dim=2), torch.ones(5, 3))
    for row, length in zip(weights, LENGTHS, strict=True):
        assert (row[:, :length] > 0).all()
        assert (row[:, length:] == 0).all()
    full = attention.weights(queries, attention.keys(memory), None)
    torch.testing.assert_close(weights[[1, 4]], full[[1, 4]])


def test_a_dot_product_by_hand():
    attention = Attention("dot", 2, 2)
    memory = torch.tensor([[[1.0, 0.0], [0.0, 2.0]]])
    query = torch.tensor([[[0.0, 1.0]]])
    expected = torch.tensor([0.0, 2.0]).softmax(dim=0)
    weights = attention.weights(query, attention.keys(memory), None)[0, 0]
    torch.testing.assert_close(weights, expected)
    found = attention(query, memory, memory, None)[0, 0]
    torch.testing.assert_close(found, torch.stack([expected[0], 2 * expected[1]]))


def test_a_dot_product_needs_equal_sizes():
    with pytest.raises(ValueError, match=r"'dot' .* have 6 features, the decoder's 3"):
        Attention("dot", 3, 6)


# Teacher forcing ------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("attention", [None, *ATTENTIONS])
@pytest.mark.parametrize("tokens", [False, True])
def test_a_told_loop_equals_one_call(cell, attention, tokens, monkeypatch):
    sizes = (6,) if attention == "dot" else (6, 5)
    module = network(cell, sizes, tokens=tokens, attention=attention).train()
    pair = Pair(sequences(), codes() if tokens else numbers(), 6)
    at_once = module(pair, LENGTHS)
    told = torch.ones(5, 6, dtype=torch.bool)
    told[0, 4] = False  # so that the steps are taken one by one

    def draw(self, taught):
        return told

    monkeypatch.setattr(TeacherForcing, "draw", draw)
    stepwise = module(pair, LENGTHS)
    torch.testing.assert_close(stepwise[1:], at_once[1:])
    torch.testing.assert_close(stepwise[0, :5], at_once[0, :5])
    own = module.decoder.feedback.choose(stepwise)[0, 4]
    same = torch.allclose(stepwise[0, 5], at_once[0, 5])
    assert same == own.equal(pair.taught[0, 4])


@pytest.mark.parametrize("tokens", [False, True])
def test_being_told_its_own_outputs_is_running_freely(tokens):
    module = network(tokens=tokens, attention="general").eval()
    free = module(Pair(sequences(), None, 6), LENGTHS)
    own = module.decoder.feedback.choose(free)
    told = module.train()(Pair(sequences(), own, 6), LENGTHS)
    torch.testing.assert_close(told[:, :1], free[:, :1])
    if tokens:  # which may have ended before
        real = (own == 3).long().cumsum(dim=1).squeeze(2) <= 1
        torch.testing.assert_close(told[real], free[real])
    else:
        torch.testing.assert_close(told, free)


def test_nothing_is_told_in_evaluation():
    module = network().eval()
    given = [Pair(sequences(), taught, 6) for taught in (numbers(), None)]
    torch.testing.assert_close(*(module(pair, LENGTHS) for pair in given))


def test_a_step_is_told_what_came_before_it_alone():
    module = network(attention="additive").train()
    before = module(Pair(sequences(), numbers(), 6), LENGTHS)
    changed = numbers()
    changed[:, 3] += 1
    after = module(Pair(sequences(), changed, 6), LENGTHS)
    torch.testing.assert_close(after[:, :4], before[:, :4])
    assert (after[:, 4:] != before[:, 4:]).all()


def test_a_missing_step_is_written_instead_of_told():
    module = network(sizes=(6,)).train()
    taught = numbers()
    taught[:, 2] = nan
    outputs = module(Pair(sequences(), taught, 6), LENGTHS)
    filled = taught.clone()
    filled[:, 2] = outputs[:, 2]
    torch.testing.assert_close(outputs, module(Pair(sequences(), filled, 6), LENGTHS))


def test_steps_are_told_as_often_as_scheduled():
    forcing = TeacherForcing(1.0, 0.5).train()
    seed_dropout(forcing, torch.Generator().manual_seed(0))
    taught = torch.zeros(100, 100, 1)
    for share, expected in ((0, 1.0), (0.5, 0.75), (1, 0.5)):
        set_progress(forcing, share)
        told = forcing.draw(taught).double().mean().item()
        assert told == pytest.approx(expected, abs=0.02)
    set_progress(forcing, 0)
    assert forcing.draw(taught).all()
    assert not forcing.never
    assert forcing.eval().never


# The whole ------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("attention", [None, "general"])
def test_padding_and_batch_mates_do_not_matter(cell, bidirectional, attention):
    module = network(cell, bidirectional=bidirectional, attention=attention).eval()
    x = sequences()
    together = module(Pair(x, None, 6), LENGTHS)
    for i, length in enumerate(LENGTHS):
        alone = module(Pair(x[i : i + 1, :length], None, 6))
        torch.testing.assert_close(together[i : i + 1], alone)
    x[0, 4:] = 1e3
    torch.testing.assert_close(module(Pair(x, None, 6), LENGTHS), together)


def test_more_steps_do_not_change_the_first():
    module = network(attention="dot", sizes=(6,)).eval()
    few, many = (module(Pair(sequences(), None, n), LENGTHS) for n in (3, 20))
    torch.testing.assert_close(many[:, :3], few)


def test_a_decoder_without_extras_is_torchs_own():
    """Encoder and decoder as written with torch.nn alone, teacher forced."""
    module = network("lstm", sizes=(6,)).train()
    encoder = module.encoder.layers[0].kernel
    decoder = module.decoder
    packed = pack_padded_sequence(
        sequences(), LENGTHS, batch_first=True, enforce_sorted=False
    )
    _, state = encoder(packed)
    start = decoder.start.expand(5, 1, 2)
    before = torch.cat([start, numbers()[:, :-1]], dim=1)
    hidden, _ = decoder.recurrence.layers[0].kernel(before, state)
    torch.testing.assert_close(
        module(Pair(sequences(), numbers(), 6), LENGTHS), decoder.output(hidden)
    )


def test_writing_stops_when_all_sequences_have_ended():
    module = network(tokens=True).eval()
    torch.nn.init.zeros_(module.decoder.output.weight)
    module.decoder.output.bias.data = torch.tensor([0.0, 0, 0, 1]).double()
    calls = []
    run = module.decoder.recurrence.run
    module.decoder.recurrence.run = lambda *a: calls.append(1) or run(*a)
    outputs = module(Pair(sequences(), None, 50), LENGTHS)
    assert outputs.shape == (5, 50, 4)
    assert len(calls) == 1


def test_what_is_known_beside_acts_from_its_step_on():
    encoder = RecurrentEncoder(3, CELLS["gru"], (6,))
    decoder = Decoder(encoder, ValueFeedback(2), 2, n_beside=1).eval()
    _, states = encoder.run(sequences().float())
    beside = torch.zeros(5, 6, 1)
    line = torch.zeros(5, 6, 2)

    def write():
        return decoder(states, torch.empty(5, 0), None, 6, beside=beside, line=line)

    before = write()
    beside[:, 3] = 1
    torch.testing.assert_close(write()[:, :3], before[:, :3])
    assert (write()[:, 3:] != before[:, 3:]).all()
    beside[:, 3] = 0
    line[:, 3] = 1
    torch.testing.assert_close(write()[:, 3], before[:, 3] + 1)
    assert (write()[:, 4:] != before[:, 4:]).all()  # as what is fed back has it


def test_feedback_weighs_the_outputs_of_each_value():
    outputs = torch.tensor([[[1.0, 2, 3, 10, 20, 30]]])
    assert ValueFeedback(6).choose(outputs) is outputs
    chosen = ValueFeedback(2, (0.5, 0.5, 0)).choose(outputs)
    assert chosen.tolist() == [[[1.5, 15]]]


def test_the_loss_counts_every_real_step_alike():
    outputs = torch.zeros(2, 3, 2)
    y = torch.tensor([[[1.0, 1], [2, 2], [0, 0]], [[3, 3], [nan, nan], [nan, nan]]])
    squares = [1.0, 4, 0, 9]
    assert StepSquaredError(typical=2)(outputs, y).item() == sum(squares) / 4
    each = StepSquaredError(typical=2, reduction="none")(outputs, y)
    assert each.tolist() == [2.5, 4.5]
