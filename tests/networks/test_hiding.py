"""Values that training hides."""

import pytest
import torch

from skseq.data.scaling import sequence_scale
from skseq.data.sequences import SequenceArray
from skseq.networks.hiding import HideValues


def hidden(p=0.3, n=4000, n_steps=20, n_values=3, seed=0):
    hide = HideValues(p)
    hide.generator = torch.Generator().manual_seed(seed)
    return hide(torch.ones(n, n_steps, 2 * n_values), n_values).isnan()


def test_as_many_are_hidden_as_asked_for_in_all_views_alike():
    found = hidden()
    assert found.float().mean() == pytest.approx(0.3, abs=0.01)
    assert torch.equal(found[..., :3], found[..., 3:])


def test_every_step_may_be_hidden_about_as_often():
    shares = hidden().float().mean(dim=(0, 2))
    assert shares.min() > 0.26
    assert shares.max() < 0.34


def test_half_of_the_sequences_lack_stretches_and_half_single_values():
    found = hidden(n_values=1)[..., 0].int()
    starts = (found.diff(dim=1) == 1).sum(dim=1) + found[:, 0]
    some = found.sum(dim=1) > 4
    assert 0.4 < (starts[some] == 1).float().mean() < 0.6
    assert (starts[some] > 3).float().mean() > 0.2


def test_nothing_is_hidden_afterwards_and_draws_are_ones_own():
    x = torch.ones(5, 4, 2)
    assert HideValues(0.3).eval()(x, 2) is x
    assert HideValues(0.0)(x, 2) is x
    before = torch.random.get_rng_state()
    assert torch.equal(hidden(seed=1), hidden(seed=1))
    assert not torch.equal(hidden(seed=1), hidden(seed=2))
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("n_views", [1, 2])
def test_a_scale_of_a_sequences_own_is_that_of_what_is_left(n_views, dtype):
    torch.manual_seed(0)
    x = 3 + 2 * torch.randn(50, 9, 2, dtype=dtype)
    x[3] = 1.7  # constant
    x[torch.rand_like(x) < 0.2] = torch.nan
    lengths = torch.randint(1, 10, (50,))
    hide = HideValues(0.4, own_scale=True)
    hide.generator = torch.Generator().manual_seed(0)
    level = [x] * (n_views - 1)
    found = hide(torch.cat([*level, scaled(x, lengths)], dim=2), 2, lengths)
    left = x.masked_fill(found[..., -2:].isnan(), torch.nan)
    expected = torch.cat([left] * (n_views - 1) + [scaled(left, lengths)], dim=2)
    for one, other, length in zip(found, expected, lengths, strict=True):
        torch.testing.assert_close(
            one[:length], other[:length], equal_nan=True, rtol=1e-4, atol=1e-5
        )


def scaled(x, lengths):
    """Each sequence in the scale that estimators give it."""
    parts = [part[:n].numpy() for part, n in zip(x, lengths, strict=True)]
    mean, std = sequence_scale(SequenceArray.from_list(parts))
    mean, std = (torch.tensor(part, dtype=x.dtype)[:, None] for part in (mean, std))
    return (x - mean) / std
