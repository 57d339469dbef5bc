import copy

import numpy as np
import pytest

from skseq.forecasting._scaling import SeriesScaler
from skseq.forecasting._table import Columns, Table


def table(*series):
    n = len(series)
    edges = np.cumsum([0, *map(len, series)])
    return Table(np.concatenate(series), edges, tuple(range(n)), (None,) * n)


rng = np.random.RandomState(0)
A, B = rng.randn(50, 4) * [1, 2, 3, 4] + 5, rng.randn(30, 4) * 100 - 7
COLUMNS = Columns(1, 1, 1, 1)


def test_each_series_has_its_own_scale_and_the_rest_a_common_one():
    given = table(A, B)
    scaled = SeriesScaler(COLUMNS, True, None).fit(given).transform(given)
    for rows in scaled.series():
        np.testing.assert_allclose(rows[:, :2].mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(rows[:, :2].std(axis=0), 1)
    np.testing.assert_allclose(scaled.values[:, 2:].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.values[:, 2:].std(axis=0), 1)


def test_the_seasonal_scale_is_that_of_the_scaled_error():
    scaler = SeriesScaler(COLUMNS, True, 7).fit(table(A))
    means, scales = scaler.target_scales((0,))
    assert scales.item() == pytest.approx(np.abs(A[7:, 0] - A[:-7, 0]).mean())
    assert means.item() == pytest.approx(A[:, 0].mean())


@pytest.mark.parametrize("seasonality", [None, 3, 20])
def test_a_series_told_in_pieces_has_the_scale_of_it_told_at_once(seasonality):
    """Wherever it is cut, with holes, and from a constant start."""
    rows = B.copy()
    rows[:12] = 3.3
    rows[[2, 15, 16, 29], 0] = np.nan
    whole = SeriesScaler(COLUMNS, True, seasonality).fit(table(A))
    whole.add(table(A, rows))
    for edges in ([12], [1, 2, 13, 29], range(1, 30)):
        parts = np.split(rows, list(edges))
        scaler = SeriesScaler(COLUMNS, True, seasonality).fit(table(A))
        for part in parts:
            scaler = copy.copy(scaler).update(table(A[:0], part))
        np.testing.assert_allclose(scaler.scales[1], whole.scales[1], rtol=1e-12)
        np.testing.assert_array_equal(scaler.scales[0], whole.scales[0])


def test_what_was_constant_in_fit_is_learned_again_and_nothing_else():
    """Column by column."""
    rows = A.copy()
    rows[:, 0] = 0.1
    scaler = SeriesScaler(COLUMNS, True, None).fit(table(rows, A))
    before = scaler.scales[0]
    later = np.arange(8.0).reshape(2, 4) * 1000
    scaler.update(table(later, later))
    own = np.append(rows[:, 0], later[:, 0])
    assert scaler.scales[0][0][0] == pytest.approx(own.mean())
    assert scaler.scales[0][1][0] == pytest.approx(own.std())
    np.testing.assert_array_equal(
        np.array(scaler.scales[0])[:, 1:], np.array(before)[:, 1:]
    )
    fresh = SeriesScaler(COLUMNS, True, None).fit(table(rows, A))
    np.testing.assert_array_equal(scaler.scales[1], fresh.scales[1])


@pytest.mark.parametrize("normalize", [True, False])
def test_what_never_varies_beside_the_targets_says_nothing(normalize):
    rows = A.copy()
    rows[:, 2:] = [0.1, 7.0]
    scaler = SeriesScaler(COLUMNS, normalize, None).fit(table(rows))
    rows[3:, 2:] = [5.0, -8.0]
    assert (scaler.transform(table(rows)).values[:, 2:] == 0).all()


def test_missing_and_constant_columns_are_survived():
    holed = A.copy()
    holed[3:9, 0] = np.nan
    holed[:, 1] = 3.3
    mean, scale = SeriesScaler(COLUMNS, True, None).fit(table(holed)).scales[0]
    there = np.delete(A[:, 0], range(3, 9))
    assert (mean[0], scale[0]) == pytest.approx((there.mean(), there.std()))
    assert (mean[1], scale[1]) == pytest.approx((3.3, 1))


def test_without_normalisation_nothing_changes():
    given = table(A, B)
    scaled = SeriesScaler(COLUMNS, False, 7).fit(given).transform(given)
    np.testing.assert_array_equal(scaled.values, given.values)


def test_what_is_known_of_a_series_stays():
    scaler = SeriesScaler(COLUMNS, True, None).fit(table(A))
    before = scaler.scales[0]
    scaler.add(table(B, A))
    assert scaler.scales[0] is before
    assert set(scaler.scales) == {0, 1}


def test_seasonal_differences_that_are_rounding_are_no_scale():
    exact = np.tile(np.arange(7.0), 10)[:, None] + [[0, 0, 0, 0]]
    scaler = SeriesScaler(COLUMNS, True, 7).fit(table(exact))
    assert scaler.target_scales((0,))[1].item() == pytest.approx(exact[:, 0].std())


def test_values_too_large_for_a_scale_are_refused():
    with pytest.raises(ValueError, match="too large to be standardised"):
        SeriesScaler(COLUMNS, True, None).fit(table(A * 1e300))
    constant = SeriesScaler(COLUMNS, True, None).fit(table(0 * A))
    with pytest.raises(ValueError, match="too large to be standardised"):
        constant.update(table(A * 1e300))
