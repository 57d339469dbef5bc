"""What layers read of steps: holes, gaps, categories, static columns."""

import numpy as np
import pytest
import torch

from skseq.networks import Inputs, StepColumns
from skseq.networks.seeing import Before, see, see_backwards
from skseq.networks.side_by_side import side_by_side

NAN = float("nan")


def column(*values):
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1)


def seen(x, gaps=None, usual=0.0, before=None):
    if before is None:
        before = Before(*torch.tensor([[[usual]], [[0.0]], [[0.0]]]).double())
    if gaps is None:
        gaps = torch.cat([before.gap.unsqueeze(1), torch.ones_like(x[:, 1:])], dim=1)
    found, after = see(x, 1, gaps, before)
    parts = (part.flatten().tolist() for part in found)
    return *parts, after


def test_a_hole_shows_the_last_value_and_how_long_ago_it_was():
    values, is_there, elapsed, _ = seen(column(NAN, 5, NAN, NAN, 7, 8), usual=-1.0)
    assert values == [-1, 5, 5, 5, 7, 8]
    assert is_there == [False, True, False, False, True, True]
    assert elapsed == [0, 1, 1, 2, 3, 1]  # equation 1 of the paper


def test_time_is_counted_in_gaps_where_they_are_known():
    gaps = column(0, 0.5, 2, 4)
    values, _, elapsed, _ = seen(column(3, NAN, NAN, 6), gaps)
    assert values == [3, 3, 3, 6]
    assert elapsed == [0, 0.5, 2.5, 6.5]


def test_nothing_ever_seen_is_what_is_usual():
    values, is_there, elapsed, _ = seen(column(NAN, NAN, NAN), usual=2.5)
    assert values == [2.5] * 3
    assert not any(is_there)
    assert elapsed == [0, 1, 2]


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
@pytest.mark.parametrize("gaps", [None, column(0, 0.5, 3, 1, 2)])
def test_pieces_go_on_where_the_ones_before_ended(cut, gaps):
    x = column(NAN, 5, NAN, NAN, 7)
    parts = (slice(cut), slice(cut, None))
    *whole, last = seen(x, gaps)
    first, second = (None if gaps is None else gaps[:, part] for part in parts)
    *found, after = seen(x[:, parts[0]], first)
    before = Before(*after, torch.ones(1, 1).double())
    *rest, after = seen(x[:, parts[1]], second, before=before)
    assert [a + b for a, b in zip(found, rest, strict=True)] == whole
    torch.testing.assert_close(after, last)


def test_what_comes_behind_the_end_of_a_sequence_is_not_known_after_it():
    x, lengths = column(NAN, 5, NAN, 7, NAN), torch.tensor([3])
    before = Before(*torch.zeros(3, 1, 1).double())
    _, (values, waited) = see(x, 1, torch.ones_like(x), before, lengths)
    assert (values.item(), waited.item()) == (5, 1)


def test_two_views_have_the_same_holes():
    x = torch.tensor([[[1.0, 10.0], [NAN, NAN], [3.0, 30.0]]])
    before = Before(torch.zeros(1, 2), torch.zeros(1, 1), torch.zeros(1, 1))
    found, _ = see(x, 1, torch.ones(1, 3, 1), before)
    assert found.values.tolist() == [[[1, 10], [1, 10], [3, 30]]]
    assert found.is_there.shape == (1, 3, 1)


def test_to_those_who_come_from_the_end_the_last_value_is_the_next_one():
    end = Before(*torch.tensor([[[-1.0]], [[0.0]], [[0.0]]]).double())
    x, gaps = column(NAN, 5, NAN, NAN, 7, NAN), column(0, 0.5, 1, 2, 4, 8)
    values, is_there, elapsed = see_backwards(x, 1, gaps, end)
    assert values.flatten().tolist() == [5, 5, 7, 7, 7, -1]
    assert is_there.flatten().tolist() == [False, True, False, False, True, False]
    # Behind the value at step 4 comes nothing but the end, eight later.
    assert elapsed.flatten().tolist() == [0.5, 1 + 2 + 4, 2 + 4, 4, 8, 0]


def test_padding_is_not_seen_from_the_end():
    end = Before(*torch.tensor([[[-1.0]], [[0.0]], [[0.0]]]).double())
    x, gaps = column(3, NAN, 7), column(0, 1, 2)
    whole = see_backwards(x, 1, gaps, end)
    padded, behind = (torch.cat([part, column(99, 99)], dim=1) for part in (x, gaps))
    found = see_backwards(padded, 1, behind, end, torch.tensor([3]))
    for part, expected in zip(found, whole, strict=True):
        assert torch.equal(part[:, :3], expected)


MIXED = StepColumns(2, 2, True, (3,), 1, (20,))


def mixed(n=4, n_steps=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(n, n_steps, 4, generator=generator)
    holes = torch.rand(n, n_steps, 2, generator=generator) < 0.4
    values[holes.repeat(1, 1, 2)] = NAN
    gaps = torch.rand(n, n_steps, 1, generator=generator)
    codes = torch.randint(5, (n, n_steps, 1), generator=generator)
    static = torch.randn(n, 1, 1, generator=generator)
    wards = torch.randint(22, (n, 1, 1), generator=generator)
    parts = [part.expand(-1, n_steps, -1) for part in (static, wards)]
    return torch.cat([values, gaps, codes, *parts], dim=2)


def test_all_kinds_of_columns_side_by_side():
    inputs, x = Inputs(MIXED, has_holes=True).eval(), mixed()
    found = inputs(x)
    assert found.shape == (4, 5, inputs.output_size)
    assert found.isfinite().all()
    gaps = torch.cat([torch.zeros(4, 1, 1), x[:, 1:, 4:5]], dim=1)
    known, _ = see(x[..., :4], 2, gaps, inputs.start(x))
    n = len(MIXED.n_categories)
    vectors = inputs.tables[0].weight[x[..., 5].long()]
    parts = [known.values, known.is_there, gaps.log1p(), vectors]
    torch.testing.assert_close(found, torch.cat([*parts, known.elapsed.log1p()], 2))
    assert n == 1
    static = inputs.static(x)
    assert static.shape == (4, inputs.static_size)
    torch.testing.assert_close(static[:, 0], x[:, 0, 6])
    of_ward = inputs.static_tables[0].weight[x[:, 0, 7].long()]
    torch.testing.assert_close(static[:, 1:], of_ward)


def test_a_plain_view_has_what_is_not_learned():
    inputs, x = Inputs(MIXED, has_holes=True).eval(), mixed()
    found = inputs.plain(x)
    assert found.shape == (4, 5, inputs.plain_size) == (4, 5, 2 + 2 + 1 + 5 + 1)
    gaps = torch.cat([torch.zeros(4, 1, 1), x[:, 1:, 4:5]], dim=1)
    known, _ = see(x[..., :4], 2, gaps, inputs.start(x))
    torch.testing.assert_close(found[..., :2], known.values[..., :2])
    torch.testing.assert_close(found[..., 5:10].argmax(2).float(), x[..., 5])
    torch.testing.assert_close(found[..., 10], x[..., 6])  # 20 wards are too many


def test_the_gap_before_the_first_step_is_that_to_another_sequence():
    inputs, x = Inputs(MIXED, has_holes=True).eval(), mixed()
    other = x.clone()
    other[:, 0, 4] = 1000
    for read in (inputs, inputs.plain):
        torch.testing.assert_close(read(other), read(x), rtol=0, atol=0)


@pytest.mark.parametrize("has_holes", [False, True])
@pytest.mark.parametrize("has_gaps", [False, True])
def test_steps_read_in_two_parts_are_what_they_are_together(has_holes, has_gaps):
    inputs = Inputs(MIXED._replace(has_gaps=has_gaps), has_holes).eval()
    x = mixed() if has_holes else mixed().nan_to_num(0.5)
    gaps = x[..., 4:5] if has_gaps else torch.ones_like(x[..., :1])
    if not has_gaps:
        x = torch.cat([x[..., :4], x[..., 5:]], dim=2)
    whole, last = inputs.read(x)
    first, before = inputs.read(x[:, :3], lengths=torch.full((4,), 3))
    rest, after = inputs.read(x[:, 3:], before._replace(gap=gaps[:, 3]))
    torch.testing.assert_close(torch.cat([first, rest], dim=1), whole)
    torch.testing.assert_close(after, last)


@pytest.mark.parametrize("decays", [False, True])
def test_both_ways_are_those_of_a_sequence_and_of_its_reverse(decays):
    columns = MIXED._replace(has_gaps=False)
    inputs = Inputs(columns, True, (1.0, 2, 3, 4), decays, both_ways=True).eval()
    x = mixed()
    x = torch.cat([x[..., :4], x[..., 5:]], dim=2)  # steps one apart
    forwards, backwards = inputs(x).chunk(2, dim=2)
    assert forwards.shape[2] == inputs.output_size
    assert not torch.equal(forwards, backwards)
    turned = inputs(x.flip(1)).flip(1)
    torch.testing.assert_close(turned, torch.cat([backwards, forwards], dim=2))


def test_where_all_columns_are_categories_no_value_is_missing():
    inputs = Inputs(StepColumns(0, n_categories=(3,)), has_holes=True)
    assert inputs(torch.tensor([[[0.0], [3.0]]])).shape == (1, 2, inputs.output_size)
    assert inputs.output_size == 2


def test_what_is_behind_a_hole_or_later_changes_nothing():
    inputs, x = Inputs(MIXED, has_holes=True).eval(), mixed()
    later = x.clone()
    later[:, 3:] = mixed(seed=1)[:, 3:]
    later[..., 6:] = x[..., 6:]
    torch.testing.assert_close(inputs(later)[:, :3], inputs(x)[:, :3], rtol=0, atol=0)


def test_values_fade_to_what_is_usual():
    columns = StepColumns(1)
    inputs = Inputs(columns, True, (2.0,), decays=True).double().eval()
    with torch.no_grad():
        inputs.decay.weight.fill_(0.5)
        inputs.decay.bias.fill_(-0.25)
    found = inputs(column(6, NAN, NAN, 4))
    assert inputs.n_elapsed == 1
    kept = np.exp(-np.array([0.5 - 0.25, 1 - 0.25]))
    expected = [6, *(kept * 6 + (1 - kept) * 2), 4]
    np.testing.assert_allclose(found[0, :, 0].detach(), expected)
    assert found[0, :, 1].tolist() == [1, 0, 0, 1]
    assert found[0, :, 2].tolist() == [0, 1, 2, 3]  # not logarithms
    x = column(6, NAN, NAN, 4, NAN).requires_grad_()
    weights = tuple(inputs.decay.parameters())
    assert torch.autograd.gradcheck(lambda *_: inputs(x.detach()), weights)


def test_a_missing_category_has_a_vector_and_an_unknown_one_has_none():
    inputs = Inputs(StepColumns(0, n_categories=(2,)), has_holes=False)
    missing, unknown, known = inputs(torch.tensor([[[0.0], [1.0], [2.0]]]))[0]
    assert not unknown.any()
    assert missing.any()
    assert known.any()


def test_several_side_by_side_read_what_each_does():
    torch.manual_seed(0)
    options = {"decays": True, "both_ways": True}
    one, other = (Inputs(MIXED, True, **options).eval() for _ in range(2))
    both, x = side_by_side([one, other]), mixed()
    twice = torch.cat([x, x])
    torch.testing.assert_close(both(twice), torch.cat([one(x), other(x)]))
    static = torch.cat([one.static(x), other.static(x)])
    torch.testing.assert_close(both.static(twice), static)
    torch.testing.assert_close(both.plain(x), one.plain(x))
