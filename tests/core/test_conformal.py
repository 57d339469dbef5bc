"""Quantiles of held-out errors."""

import numpy as np
import pytest

from skseq.core.conformal import Units, quantiles_of_errors, quantiles_of_steps
from skseq.core.losses import LOSSES
from skseq.core.losses._spreads import QuantileLoss


def quantiles(scores, *levels, **options):
    scores = np.reshape(scores, (-1, 1))
    return quantiles_of_errors(scores, np.array(levels), **options)[0].tolist()


def test_the_rank_is_the_level_of_one_more_rounded_away_from_the_median():
    """Of 19 scores -9 .. 9 the k-th is k - 10, with k = 20 level."""
    scores = np.random.RandomState(0).permutation(19) - 9
    levels = (0.05, 0.1, 0.13, 0.25, 0.5, 0.75, 0.77, 0.9, 0.95)
    expected = [-9, -8, -8, -5, 0, 5, 6, 8, 9]
    assert quantiles(scores, *levels) == expected
    assert quantiles([1, 2, 3, 4], 0.5) == [2.5]


def test_beyond_the_largest_score_a_normal_tail_goes_on():
    low, inside, high = quantiles([-1.0, 2.0, 1.0], 0.05, 0.75, 0.95)
    assert inside == 2
    np.testing.assert_allclose(high, 2 * 1.6448536 / 0.6744898, rtol=1e-6)
    assert low == -high


def test_scores_that_depend_on_each_other_reach_further_out():
    """20 that are worth 4: 80 % of 20 * 5 / 4 is the 20th."""
    scores = np.arange(20.0)
    assert quantiles(scores, 0.8, 0.2, n_known=4) == [19, 0]
    assert quantiles(scores, 0.8, 0.2) == [16, 3]
    assert quantiles(scores, 0.8, 0.2, n_known=99) == [16, 3]


def test_unknown_scores_do_not_count_and_quantiles_never_cross():
    rng = np.random.RandomState(0)
    scores = rng.normal(size=(30, 5, 2))
    holes = np.concatenate([scores, np.full((7, 5, 2), np.nan)])
    levels = np.linspace(0.01, 0.99, 50)
    found = quantiles_of_errors(scores, levels, np.full((5, 1), 8.0))
    assert found.shape == (5, 2, 50)
    assert (np.diff(found, axis=2) >= 0).all()
    again = quantiles_of_errors(rng.permutation(holes), levels, np.full((5, 1), 8.0))
    np.testing.assert_array_equal(again, found)


@pytest.mark.parametrize("n", [19, 99])
def test_a_further_score_is_below_with_the_probability_asked_for(n):
    """20 000 samples of exchangeable scores that are far from normal."""
    scores = np.random.RandomState(0).standard_exponential((n + 1, 20_000)) ** 2
    levels = np.array([0.05, 0.1, 0.9, 0.95])
    found = quantiles_of_errors(scores[:n], levels)
    share = (scores[n][:, None] <= found).mean(axis=0)
    np.testing.assert_allclose(share, levels, atol=0.006)


def test_errors_below_and_above_have_units_of_their_own():
    units = Units(np.array([10.0, 0.0]), np.array([1.0, 2.0]), np.array([4.0, 5.0]))
    np.testing.assert_array_equal(units.scores(np.array([8.0, 10.0])), [-2, 2])
    values = units.values(np.array([-2.0, 0.0, 2.0]))
    np.testing.assert_array_equal(values, [[8, 10, 18], [-4, 0, 10]])


def test_the_unit_is_what_a_loss_learned():
    gaussian = LOSSES["gaussian"]().halves(np.array([[3.0, np.log(2.0)]]))
    np.testing.assert_allclose(gaussian, [[2], [2]])
    quantile = QuantileLoss((0.1, 0.5, 0.9))
    np.testing.assert_allclose(quantile.halves(np.array([1.0, 2.0, 5.0])), [1, 3])
    # half of an interval is never next to nothing
    np.testing.assert_allclose(quantile.halves(np.array([2.0, 2.0, 5.0])), [0.3, 3])
    np.testing.assert_allclose(LOSSES["poisson"]().halves(np.array([4.0])), 2)
    np.testing.assert_allclose(LOSSES["gamma"]().halves(np.array([4.0])), 4)
    np.testing.assert_allclose(LOSSES["squared_error"]().halves(np.array([4.0])), 1)


def test_steps_of_few_sequences_take_those_near_by():
    """Of 40 sequences 30 have a second step, 5 a third: 30 + 5 count for that."""
    scores = np.full((40, 3, 1), np.nan)
    scores[:, 0, 0] = np.arange(40)
    scores[:30, 1, 0] = 100 + np.arange(30)
    scores[:5, 2, 0] = 200 + np.arange(5)
    found = quantiles_of_steps(scores, np.array([0.8]))[:, 0, 0]
    # 41 * .8 = 32.8; 31 * .8 = 24.8; of 35 that are worth 30: 35 * .8 * 31 / 30 = 28.9
    assert found.tolist() == [32, 124, 128]
