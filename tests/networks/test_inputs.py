"""What layers read of steps: holes, gaps, categories, static columns."""

import numpy as np
import pytest
import torch

from skseq.networks import Inputs, StepColumns
from skseq.networks.inputs import see
from skseq.networks.side_by_side import side_by_side

NAN = float("nan")


def column(*values):
    return torch.tensor(values, dtype=torch.float64).view(1, -1, 1)


def seen(x, gaps=None, usual=0.0, before=None):
    usual = torch.tensor([usual], dtype=torch.float64)
    found, after = see(x, 1, gaps, usual, before)
    parts = (part.flatten().tolist() for part in found)
    return *parts, after


def test_a_hole_shows_the_last_value_and_how_long_ago_it_was():
    values, is_there, elapsed, _ = seen(column(NAN, 5, NAN, NAN, 7, 8), usual=-1.0)
    assert values == [-1, 5, 5, 5, 7, 8]
    assert is_there == [False, True, False, False, True, True]
    assert elapsed == [0, 1, 1, 2, 3, 1]  # equation 1 of the paper


def test_time_is_counted_in_gaps_where_they_are_known():
    gaps = column(9, 0.5, 2, 4)  # the first says nothing
    values, _, elapsed, _ = seen(column(3, NAN, NAN, 6), gaps)
    assert values == [3, 3, 3, 6]
    assert elapsed == [0, 0.5, 2.5, 6.5]


def test_nothing_ever_seen_is_what_is_usual():
    values, is_there, elapsed, _ = seen(column(NAN, NAN, NAN), usual=2.5)
    assert values == [2.5] * 3
    assert not any(is_there)
    assert elapsed == [0, 1, 2]


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
@pytest.mark.parametrize("gaps", [None, column(1, 0.5, 3, 1, 2)])
def test_pieces_go_on_where_the_ones_before_ended(cut, gaps):
    x = column(NAN, 5, NAN, NAN, 7)
    parts = (slice(cut), slice(cut, None))
    *whole, last = seen(x, gaps)
    first, second = (None if gaps is None else gaps[:, part] for part in parts)
    *found, after = seen(x[:, parts[0]], first)
    *rest, after = seen(x[:, parts[1]], second, before=after)
    assert [a + b for a, b in zip(found, rest, strict=True)] == whole
    torch.testing.assert_close(after, last)


def test_two_views_have_the_same_holes():
    x = torch.tensor([[[1.0, 10.0], [NAN, NAN], [3.0, 30.0]]])
    found, _ = see(x, 1, None, torch.zeros(2))
    assert found.values.tolist() == [[[1, 10], [1, 10], [3, 30]]]
    assert found.is_there.shape == (1, 3, 1)


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
    inputs, x = Inputs(MIXED, has_holes=True), mixed()
    found = inputs(x)
    assert found.shape == (4, 5, inputs.output_size)
    assert found.isfinite().all()
    known, _ = see(x[..., :4], 2, x[..., 4:5], torch.zeros(4))
    n = len(MIXED.n_categories)
    vectors = inputs.tables[0].weight[x[..., 5].long()]
    parts = [known.values, known.is_there, x[..., 4:5].log1p(), vectors]
    torch.testing.assert_close(found, torch.cat([*parts, known.elapsed.log1p()], 2))
    assert n == 1
    static = inputs.static(x)
    assert static.shape == (4, inputs.static_size)
    torch.testing.assert_close(static[:, 0], x[:, 0, 6])
    of_ward = inputs.static_tables[0].weight[x[:, 0, 7].long()]
    torch.testing.assert_close(static[:, 1:], of_ward)


def test_a_plain_view_has_what_is_not_learned():
    inputs, x = Inputs(MIXED, has_holes=True), mixed()
    found = inputs.plain(x)
    assert found.shape == (4, 5, inputs.plain_size) == (4, 5, 2 + 2 + 1 + 5 + 1)
    known, _ = see(x[..., :4], 2, x[..., 4:5], torch.zeros(4))
    torch.testing.assert_close(found[..., :2], known.values[..., :2])
    torch.testing.assert_close(found[..., 5:10].argmax(2).float(), x[..., 5])
    torch.testing.assert_close(found[..., 10], x[..., 6])  # 20 wards are too many


def test_what_is_behind_a_hole_or_later_changes_nothing():
    inputs, x = Inputs(MIXED, has_holes=True), mixed()
    later = x.clone()
    later[:, 3:] = mixed(seed=1)[:, 3:]
    later[..., 6:] = x[..., 6:]
    torch.testing.assert_close(inputs(later)[:, :3], inputs(x)[:, :3], rtol=0, atol=0)


def test_values_fade_to_what_is_usual():
    columns = StepColumns(1)
    inputs = Inputs(columns, True, (2.0,), decays=True).double()
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
    one, other = (Inputs(MIXED, True, decays=True) for _ in range(2))
    both, x = side_by_side([one, other]), mixed()
    twice = torch.cat([x, x])
    torch.testing.assert_close(both(twice), torch.cat([one(x), other(x)]))
    static = torch.cat([one.static(x), other.static(x)])
    torch.testing.assert_close(both.static(twice), static)
    torch.testing.assert_close(both.plain(x), one.plain(x))
