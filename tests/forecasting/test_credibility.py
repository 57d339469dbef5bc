"""What the errors of a series are in units of those of all."""

import numpy as np
import pytest

from skseq.forecasting._credibility import Factors, _stretches, _variances


def simulated(n_series, n_origins, seed=0, spread=0.35, horizon=1):
    """Return errors whose sizes differ from series to series, and these sizes."""
    rng = np.random.RandomState(seed)
    sizes = np.exp(spread * rng.randn(n_series))
    series = np.repeat(np.arange(n_series), n_origins)
    errors = rng.randn(len(series), horizon, 1) * sizes[series, None, None]
    return errors, series, sizes


def test_variances_are_those_of_one_way_analysis():
    """Of means 2, 6 and 10 the variance is 16, of which a half of 2 is chance.

    Then each has a credibility of 2 / (2 + 2 / 15), and the level is 6.
    """
    told = np.array([[1.0, 3, np.nan], [5, 7, np.nan], [11, np.nan, 9]])
    np.testing.assert_allclose(_variances(told), (15, 2, 6))
    assert _variances(np.array([[1.0, 9], [4, 6]]))[0] == 0  # within is all there is
    for few in (told[:1], told[:, :1], told[:0]):
        assert _variances(few) == (0, 0, 0)


def test_stretches_of_rows_are_a_horizon_long():
    """Nine origins of two steps reach ten rows, five stretches; one reaches two."""
    series = np.array([0] * 5 + [2] + [0] * 4)
    found = _stretches(series, 3, 2)
    assert found[series == 0].tolist() == [
        *[[0, 0], [0, 1], [1, 1], [1, 2], [2, 2], [2, 3], [3, 3], [3, 4], [4, 4]]
    ]
    assert found[5].tolist() == [0, 0]
    assert _stretches(np.zeros(100, int), 1, 1).max() == 9


@pytest.mark.parametrize(
    ("n_origins", "than_own", "than_none"), [(3, 0.5, 0.75), (30, 1.2, 0.25)]
)
def test_factors_are_near_the_truth(n_origins, than_own, than_none):
    """Of few origins nearer than a mean error, and always nearer than one for all."""
    errors, series, sizes = simulated(400, n_origins)
    found = Factors.learned(errors, series, 400).of_series[:, 0]
    own = np.abs(errors[:, 0, 0]).reshape(400, n_origins).mean(axis=1)

    def missed(factors):
        return np.var(np.log(factors / sizes))

    assert missed(found) < than_own * missed(own)
    assert missed(found) < than_none * missed(np.ones(400))


def test_intervals_of_quotients_hold_later_errors():
    """Within what the other stretches made, and not what those themselves did."""
    errors, series, sizes = simulated(1000, 4)
    found = Factors.learned(errors, series, 1000)
    later = np.random.RandomState(1).randn(1000) * sizes / found.of_series[:, 0]
    end = np.quantile(np.abs(errors / found.of_errors), 0.8)
    assert abs(np.mean(np.abs(later) < end) - 0.8) < 0.03
    own = np.quantile(np.abs(errors[:, 0, 0] / found.of_series[series, 0]), 0.8)
    assert np.mean(np.abs(later) < own) < np.mean(np.abs(later) < end) - 0.02


def test_nothing_tells_series_apart():
    errors, series, _ = simulated(1, 50, horizon=3)
    for found in (
        Factors.learned(errors, series, 1),  # there is one
        Factors.learned(errors, 2 + series, 4),  # of one, something is known
        Factors.learned(errors[:4], np.arange(4), 4),  # each has one stretch
        Factors.learned(0 * errors, series % 2, 2),
        Factors.learned(np.full_like(errors, np.nan), series, 1),
    ):
        assert (found.of_series == 1).all()
        assert (found.of_errors == 1).all()


def test_what_one_stretch_tells_is_not_enough():
    """Series 2 has none, series 1 one; its error counts as it is."""
    errors, series, _ = simulated(20, 8)
    rows = (series != 2) & ((series != 1) | (np.arange(len(series)) % 8 == 0))
    found = Factors.learned(errors[rows], series[rows], 20)
    assert np.flatnonzero(~found.are_known).tolist() == [1, 2]
    assert (found.of_series[1:3] == 1).all()
    assert (found.of_errors[series[rows] == 1] == 1).all()
    assert len(np.unique(found.of_series)) == 19


def test_each_target_has_its_own_and_units_do_not_matter():
    one, series, _ = simulated(30, 12, horizon=2)
    other, _, _ = simulated(30, 12, seed=1, horizon=2)
    other[::7] = np.nan
    both = Factors.learned(np.concatenate([1e6 * one, other], axis=2), series, 31)
    for i, errors in enumerate((one, other)):
        alone = Factors.learned(errors, series, 31)
        np.testing.assert_allclose(both.of_series[:, [i]], alone.of_series)
        np.testing.assert_allclose(both.of_errors[:, :, [i]], alone.of_errors)
    assert (both.of_series[30] == 1).all()
