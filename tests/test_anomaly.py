import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.metrics import roc_auc_score
from sklearn.utils.estimator_checks import parametrize_with_checks

from skseq import CNNLSTMForecaster, RNNForecaster, SequenceAnomalyDetector
from skseq.anomaly._before import gap_lengths, unmoved_errors
from skseq.anomaly._surprise import ErrorScale, relative_surprise
from skseq.anomaly._windows import SeasonWindows, season_length

nan = np.nan
N_TRAIN = 400
DAYS = pd.date_range("2020-01-01", periods=500, freq="D")
rng = np.random.RandomState(0)
NOISE = 0.05 * rng.randn(500)
WAVE = pd.Series(np.sin(np.arange(500) * np.pi / 6) + NOISE, DAYS, name="wave")
TRAIN, LATER = WAVE[:N_TRAIN], WAVE[N_TRAIN:]
SMALL = {"window_length": 12, "hidden_size": 16, "random_state": 0}
FORECASTER = RNNForecaster(max_epochs=30, **SMALL)
QUICK = RNNForecaster(max_epochs=1, **SMALL)
BY_FEATURE = clone(QUICK).set_params(normalize="feature")
BY_TRAINING = {"memory": None, "seasonality": None}  # distances as they are
MODES = (
    {},
    {"smoothing": 5, **BY_TRAINING},
    {"smoothing": 3, "memory": 50},
    {"smoothing": 2, "memory": None, "seasonality": 24},
)
every_mode = pytest.mark.parametrize("mode", MODES, ids=str)


@pytest.fixture(scope="module")
def trained():
    return SequenceAnomalyDetector(FORECASTER, contamination=0.02).fit(TRAIN)


# scikit-learn's own checks ---------------------------------------------------

EXPECTED = {
    "check_methods_sample_order_invariance": "rows are in the order of time",
    "check_methods_subset_invariance": "a row is judged after those before it",
    "check_fit1d": "a single series may be flat, as in the forecasters",
}
NOTHING_FAR = "'auto' finds nothing where nothing lies far from the rest"
FEW = {"check_outliers_train": NOTHING_FAR, "check_outliers_fit_predict": NOTHING_FAR}
TINY = RNNForecaster(window_length=2, hidden_size=8, max_epochs=3)


@parametrize_with_checks(
    [
        SequenceAnomalyDetector(TINY),
        SequenceAnomalyDetector(TINY, contamination=0.1, smoothing=3, memory=20),
    ],
    expected_failed_checks=lambda estimator: (
        EXPECTED | (FEW if estimator.contamination == "auto" else {})
    ),
)
def test_sklearn_checks(estimator, check):
    check(estimator)


# From errors to surprise -------------------------------------------------------


def test_one_column_is_measured_in_median_deviations():
    errors = np.array([[1.0], [2.0], [3.0], [4.0], [1000.0]])
    scale = ErrorScale(errors, size=np.array([1.0]))  # median 3, MAD 1
    expected = 0.6745 * np.array([0.0, 1.0, 1.0, 7.0])
    distance = scale.distance(np.array([[3.0], [2.0], [4.0], [10.0]]))
    np.testing.assert_allclose(distance, expected)


def test_columns_are_put_together_as_mahalanobis_does():
    """Of normal errors, with their true covariance."""
    covariance = np.array([[4.0, 1.8], [1.8, 1.0]])
    errors = rng.multivariate_normal([0, 0], covariance, size=100_000)
    scale = ErrorScale(errors, size=np.ones(2))
    probes = np.array([[2.0, 1.0], [2.0, -1.0], [0.0, 0.0]])
    squares = np.einsum("ij,jk,ik->i", probes, np.linalg.inv(covariance), probes)
    np.testing.assert_allclose(
        scale.distance(probes), np.sqrt(squares / 2), rtol=0.03, atol=0.02
    )
    # and a share of outliers does not move it much
    errors[:3000] = [1e4, -1e4]
    robust = ErrorScale(errors, size=np.ones(2)).distance(probes)
    np.testing.assert_allclose(robust[:2], np.sqrt(squares / 2)[:2], rtol=0.35)
    assert robust[1] > 2 * robust[0]


def test_errors_of_a_constant_column_or_equal_ones_have_a_scale():
    scale = ErrorScale(np.zeros((10, 2)), size=np.array([5.0, 0.0]))
    distance = scale.distance(np.array([[0.0, 0.0], [1.0, 0.0], [np.nan, np.inf]]))
    assert distance[0] == 0
    assert (distance[1:] > 1e5).all()
    rare = ErrorScale(np.eye(10)[:, :1], size=np.ones(1))  # the median deviation is 0
    assert rare.distance(np.array([[0.3]])) == pytest.approx(1)


def test_a_missing_value_is_no_surprise():
    scale = ErrorScale(rng.randn(100, 2), size=np.ones(2))
    distance = scale.distance(np.array([[np.nan, np.nan], [np.nan, 3.0]]))
    assert distance[0] == 0
    assert distance[1] > 1


def test_behind_a_gap_errors_may_be_larger():
    """In between as on a line; never smaller than behind a shorter gap."""
    errors = np.array([[-1.0], [0.0], [1.0]])  # median deviation 1, and so on
    holed = np.array([[2.0], [np.nan], [4.0]])  # around 3
    behind = {2: 5 * errors, 4: holed, 8: np.full((3, 1), np.nan)}
    scale = ErrorScale(errors, np.ones(1), behind)
    gaps = np.array([0, 1, 2, 3, 4, 20])[:, None]
    distance = scale.distance(np.full((6, 1), 6.0), gaps)
    expected = np.array([6, 6 / 3, 6 / 5, 4.5 / 5, 3 / 5, 3 / 5])
    np.testing.assert_allclose(distance, 0.6745 * expected)
    np.testing.assert_allclose(scale.distance(errors), 0.6745 * np.abs(errors[:, 0]))


def test_gaps_are_counted_column_by_column():
    values = np.array([[nan, 1], [2, nan], [nan, nan], [nan, 3], [5, 4]])
    expected = [[0, 0], [1, 0], [0, 1], [1, 2], [2, 0]]
    np.testing.assert_array_equal(gap_lengths(values), expected)
    errors = unmoved_errors(values, np.array([2.0, 1.0]), np.full(2, nan))
    expected = [[nan, 0], [0, nan], [nan, nan], [nan, 2], [3, 1]]
    np.testing.assert_array_equal(errors, expected)


def test_surprise_is_an_average_beside_a_longer_past():
    before, rows = np.array([[1.0], [2.0], [3.0]]), np.array([[4.0], [8.0]])
    np.testing.assert_allclose(relative_surprise(before, rows, 1, None), [4, 8])
    np.testing.assert_allclose(relative_surprise(before, rows, 2, None), [3.5, 6.0])
    past = [before, np.array([2.0, 3.0, 4.0]), np.array([3.0, 4.0, 8.0])]
    expected = [
        (3.5 - past[1].mean()) / past[1].std(),
        (6.0 - past[2].mean()) / past[2].std(),
    ]
    np.testing.assert_allclose(relative_surprise(before, rows, 2, 3), expected)
    still = relative_surprise(np.ones((5, 1)), np.ones((3, 1)), 2, 5)
    np.testing.assert_array_equal(still, [0, 0, 0])


def test_of_two_opinions_the_odder_one_counts():
    """Each beside its own past, whatever its unit."""
    before, rows = rng.rand(20, 2), rng.rand(10, 2)
    for memory in (None, 15):
        parts = [
            relative_surprise(before[:, [i]], rows[:, [i]], 2, memory) for i in range(2)
        ]
        found = relative_surprise(before, rows, 2, memory)
        np.testing.assert_array_equal(found, np.maximum(*parts))
        assert (found != parts[0]).any()
        assert (found != parts[1]).any()


# Windows of a season --------------------------------------------------------------


@pytest.mark.parametrize("period", [5, 12, 48])
def test_a_season_is_where_the_autocorrelation_peaks(period):
    t = np.arange(400)
    rows = np.sin(2 * np.pi * t / period) + 0.2 * np.random.RandomState(0).randn(400)
    assert season_length([rows]) == period
    assert season_length([1e6 + 1e-3 * rows]) == period
    assert season_length([rows[:200], rows[200:]]) == period


def test_without_a_season_windows_are_as_long_as_can_be_learned():
    assert season_length([np.arange(100.0)]) == 25
    assert season_length([np.arange(9000.0)]) == 300
    assert season_length([np.sin(np.arange(100) * 2 * np.pi / 80)]) == 25
    assert [season_length([np.arange(float(n))]) for n in (1, 7, 12)] == [0, 1, 3]


@pytest.mark.parametrize("kind", ["noise", "wave"])
def test_windows_lie_as_far_as_in_probabilistic_pca(kind):
    """scikit-learn's, of windows without the direction of their level."""
    rows = np.random.RandomState(1).randn(300)
    if kind == "wave":
        rows = 5 * np.sin(np.arange(300) * np.pi / 5) + 0.1 * np.cumsum(rows)
    windows = np.lib.stride_tricks.sliding_window_view(rows, 10)
    basis = np.linalg.qr(np.eye(10)[:, :9] - 0.1)[0]  # what sums to zero
    np.testing.assert_allclose(basis.T @ np.ones(10), 0, atol=1e-12)
    pca = PCA(n_components=0.999, svd_solver="full").fit(windows @ basis)
    assert (pca.n_components_ < 9) == (kind == "wave")
    z = windows @ basis - pca.mean_
    squares = np.einsum("ij,jk,ik->i", z, pca.get_precision(), z) / 9
    found = SeasonWindows(rows, 10).distance(rows)
    np.testing.assert_allclose(found[9:], np.sqrt(squares), rtol=1e-6)
    np.testing.assert_allclose(found[:9], np.median(found[9:]))
    assert np.sqrt(np.mean(np.square(found[9:]))) == pytest.approx(1, rel=0.05)


def test_a_level_is_no_shape_and_a_hole_no_surprise():
    windows = SeasonWindows(WAVE.to_numpy(), 12)
    expected = windows.distance(LATER.to_numpy())
    np.testing.assert_allclose(windows.distance(LATER.to_numpy() + 100), expected)
    holed = LATER.to_numpy().copy()
    holed[50] = nan
    found = windows.distance(holed)
    np.testing.assert_array_equal(found[50:62], windows.usual)
    np.testing.assert_array_equal(
        np.delete(found, range(50, 62)), np.delete(expected, range(50, 62))
    )
    np.testing.assert_array_equal(windows.distance(holed[:11]), windows.usual)


@pytest.mark.parametrize("rows", [np.arange(40.0), np.repeat([3.0, 5.0], 20)])
def test_windows_that_never_vary_have_a_scale(rows):
    windows = SeasonWindows(rows, 10)
    assert (windows.distance(rows)[rows == rows[0]] <= 1).all()
    odd = np.append(rows[:20], rows[19] + 7.5)
    assert windows.distance(odd)[-1] > 3


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_windows_of_any_unit(unit):
    rows = WAVE.to_numpy()
    expected = SeasonWindows(rows, 12).distance(rows)
    windows = SeasonWindows(rows * unit, 12)
    np.testing.assert_allclose(windows.distance(rows * unit), expected)
    odd = rows * unit
    odd[30] = 1e300
    assert windows.distance(odd).max() == 1e6


def test_long_series_are_taken_in_parts(monkeypatch):
    rows = WAVE.to_numpy()
    expected = SeasonWindows(rows, 12).distance(rows)
    monkeypatch.setattr("skseq.anomaly._windows.CHUNK", 12 * 50)
    np.testing.assert_allclose(SeasonWindows(rows, 12).distance(rows), expected)
    monkeypatch.setattr("skseq.anomaly._windows.MOST_WINDOWS", 100)
    fewer = SeasonWindows(rows, 12).distance(rows)
    assert (fewer != expected).all()
    np.testing.assert_allclose(fewer, expected, atol=1)


# What is found --------------------------------------------------------------------


def test_spikes_and_a_shift_of_level_are_found():
    odd = WAVE.copy()
    odd.iloc[[153, 300]] = [0.0, 1.2]  # one is usual elsewhere
    odd.iloc[400:] += 2
    detector = SequenceAnomalyDetector(FORECASTER).fit(odd)
    outliers = np.flatnonzero(detector.predict(odd) == -1)
    assert {153, 300, 400} <= set(outliers)
    # and nothing else but rows that look back at them
    behind = outliers[:, None] - np.array([153, 300, 400])
    assert (((behind >= 0) & (behind <= 12)).any(axis=1)).all()


def test_a_level_never_seen_stays_odd_with_scales_of_training():
    forecaster = clone(FORECASTER).set_params(normalize="feature")
    detector = SequenceAnomalyDetector(forecaster, memory=None).fit(TRAIN)
    shares = [(detector.predict(rows) == -1).mean() for rows in (LATER, LATER + 3)]
    assert shares[0] < 0.05
    assert shares[1] > 0.5


def test_a_relation_between_columns_that_breaks_is_found():
    """Each column by itself is noise as ever; only their sum is not."""
    steps = rng.randn(500)
    table = np.stack([steps, -steps + 0.05 * rng.randn(500)], axis=1)
    rows = np.arange(405, 500, 5)
    table[rows, 1] *= -1
    detector = SequenceAnomalyDetector(BY_FEATURE).fit(table[:400])
    scores = detector.update(table[400:])
    label = np.isin(np.arange(400, 500), rows)
    assert roc_auc_score(label, -scores) > 0.9
    for column in range(2):
        alone = SequenceAnomalyDetector(BY_FEATURE).fit(table[:400, column])
        assert roc_auc_score(label, -alone.update(table[400:, column])) < 0.7


def test_smoothing_finds_a_stretch_of_slightly_odd_rows():
    noisier = LATER.copy()
    noisier.iloc[40:80] += 0.15 * rng.randn(40)
    label = np.arange(100) // 40 == 1
    aucs = []
    for smoothing in (1, 10):
        detector = SequenceAnomalyDetector(
            FORECASTER, smoothing=smoothing, **BY_TRAINING
        )
        aucs.append(roc_auc_score(label, -detector.fit(TRAIN).score_samples(noisier)))
    assert aucs[1] > aucs[0] + 0.05
    assert aucs[1] > 0.85


def test_windows_see_a_stretch_of_slightly_odd_rows():
    later = LATER.to_numpy().copy()
    later[40:64] += 0.15 * rng.randn(24)
    label = np.isin(np.arange(100), np.arange(42, 70))
    aucs = {}
    for season in (None, 12, "auto"):
        detector = SequenceAnomalyDetector(QUICK, seasonality=season)
        scores = detector.fit(TRAIN.to_numpy()).update(later)
        aucs[season] = roc_auc_score(label, -scores)
    assert aucs[12] > 0.95 > aucs[None] + 0.1
    assert aucs["auto"] == aucs[12]


def errors_of(detector, X, follows):
    series = detector._series(X, follows=follows)
    (rows,) = series.pieces(*series.all)
    return detector._errors_of(rows)[0]


def test_oddity_is_the_logarithm_of_distances_in_deviations_of_training():
    detector = SequenceAnomalyDetector(QUICK, **BY_TRAINING).fit(TRAIN.to_numpy())
    train, later = (
        np.log(1 + detector._scale.distance(errors) / 10)
        for errors in (
            errors_of(detector, TRAIN.to_numpy()[:, None], follows=False),
            errors_of(detector, LATER.to_numpy()[:, None], follows=True),
        )
    )
    expected = (later - train.mean()) / train.std()
    found = detector.update(LATER.to_numpy()) + detector.offset_
    np.testing.assert_allclose(-found, expected, rtol=1e-4, atol=1e-4)


def test_few_rows_are_odd_where_none_is():
    """As many as were asked for, about; "auto" asks for none of noise."""
    t = np.arange(2000)
    rows = np.sin(t * np.pi / 6) + 0.3 * np.random.RandomState(5).randn(2000)
    detector = SequenceAnomalyDetector(QUICK).fit(rows[:400])
    assert (detector.update(rows[400:]) < 0).mean() < 0.005
    for share in (0.02, 0.1):
        detector.set_params(contamination=share).fit(rows[:400])
        assert share / 2 < (detector.update(rows[400:]) < 0).mean() < 2.5 * share


def test_memory_gets_used_to_noise():
    """Deviations doubled for good are odd at first, then usual."""
    noisier = TRAIN.to_numpy() + 0.2 * rng.randn(N_TRAIN)
    shares = {}
    for memory in (None, 100):
        detector = SequenceAnomalyDetector(
            QUICK, contamination=0.01, smoothing=5, memory=memory
        ).fit(TRAIN.to_numpy())
        labels = np.where(detector.update(noisier) < 0, -1, 1)
        shares[memory] = [(part == -1).mean() for part in np.split(labels, [100])]
    assert shares[100][0] > 0.1 > shares[100][1]
    assert min(shares[None]) > 0.2


def test_auto_is_ten_times_the_training_rows_and_one_season_of_them():
    expected, found, other = (
        SequenceAnomalyDetector(QUICK, **options).fit(TRAIN).decision_function(LATER)
        for options in ({"memory": 4000, "seasonality": 12}, {}, {"memory": 300})
    )
    np.testing.assert_array_equal(found, expected)
    assert (other != expected).all()
    detector = SequenceAnomalyDetector(QUICK, smoothing=5).fit(TRAIN)
    assert detector._over == (5, 4000)
    long = SequenceAnomalyDetector(TINY).fit(np.tile(WAVE, 3))
    assert long._over == (1, 10_000)


@pytest.mark.parametrize(
    ("rows", "options"),
    [
        (np.stack([WAVE, WAVE], axis=1), {}),
        (np.full(500, 3.0), {}),
        (WAVE.where(WAVE.index != DAYS[40]), {"missing": "mask"}),
        (WAVE[:7], {"window_length": 3}),
    ],
    ids=["two columns", "constant", "a hole", "few rows"],
)
def test_where_windows_say_nothing_there_is_one_opinion(rows, options):
    forecaster = clone(QUICK).set_params(channels="joint", **options)
    one, found = (
        SequenceAnomalyDetector(forecaster, **season).fit(rows).score_samples(rows)
        for season in ({"seasonality": None}, {})
    )
    np.testing.assert_array_equal(found, one)


@pytest.mark.parametrize("contamination", [0.02, 0.1, 0.3])
@every_mode
def test_contamination_is_the_share_of_outliers_among_training_rows(
    contamination, mode
):
    detector = SequenceAnomalyDetector(QUICK, contamination=contamination, **mode)
    labels = detector.fit_predict(TRAIN)
    assert (labels == -1).mean() == pytest.approx(contamination, abs=1 / N_TRAIN)
    np.testing.assert_array_equal(detector.predict(TRAIN), labels)


def test_auto_draws_the_line_at_tukeys_far_outliers():
    detector = SequenceAnomalyDetector(QUICK).fit(TRAIN)
    oddity = -detector.score_samples(TRAIN)[12:]
    low, high = np.percentile(oddity, [25, 75])
    assert -detector.offset_ == pytest.approx(high + 3 * (high - low))


def test_any_forecaster_serves(trained):
    spiked = LATER.copy()
    spiked.iloc[50] += 2
    forecaster = CNNLSTMForecaster(max_epochs=10, **SMALL)
    detector = SequenceAnomalyDetector(forecaster).fit(TRAIN)
    assert 50 in detector.score_samples(spiked).argsort()[:2]
    assert isinstance(detector.forecaster_, CNNLSTMForecaster)
    assert not hasattr(forecaster, "net_")


def test_columns_known_ahead_are_not_judged_but_explain():
    """A value that its event announced is usual; the event itself never odd."""
    event = (rng.rand(500) < 0.1).astype(float)
    table = pd.DataFrame({"y": 3 * event + NOISE, "event": event}, DAYS)
    forecaster = clone(FORECASTER).set_params(
        known_future=("event",), normalize="feature", lr=0.01
    )
    detector = SequenceAnomalyDetector(forecaster).fit(table[:N_TRAIN])
    later = table[N_TRAIN:].copy()
    quiet = np.flatnonzero(later["event"] == 0)[30]
    later.iloc[quiet, 0] = 3.0  # not announced
    scores = detector.score_samples(later)
    announced = later["event"] == 1
    assert announced.sum() > 5
    assert scores[quiet] < 2 * scores[announced].min()


def test_missing_values_can_be_learned_with():
    holed = WAVE.copy()
    holed.iloc[[50, 200, 450]] = np.nan
    forecaster = clone(QUICK).set_params(missing="mask")
    detector = SequenceAnomalyDetector(forecaster).fit(holed[:N_TRAIN])
    scores = detector.score_samples(holed[N_TRAIN:])
    assert np.isfinite(scores).all()
    assert scores.argmax() == 50
    detector.set_params(memory=None).fit(holed[:N_TRAIN])
    scores = detector.score_samples(holed[N_TRAIN:])
    assert np.isfinite(scores).all()
    means, deviations = detector._moments  # as if its distance were zero
    assert scores[50] == scores.max() == (means / deviations)[0]
    of_objects = holed.astype(object).where(holed.notna(), pd.NA)
    detector.fit(of_objects[:N_TRAIN])
    assert np.array_equal(detector.score_samples(of_objects[N_TRAIN:]), scores)


def slow_series(n, seed):
    steps = np.random.RandomState(seed).randn(n)
    series = np.zeros(n)
    for t in range(1, n):
        series[t] = 0.95 * series[t - 1] + steps[t]
    return series


@pytest.mark.parametrize("has_gaps", [False, True])
def test_usual_rows_behind_gaps_are_usual(has_gaps):
    """Whether the training rows had gaps or not; an odd row is odd there, too."""
    train, later = slow_series(600, 1), slow_series(600, 2)
    if has_gaps:
        for t in range(40, 580, 25):
            train[t : t + 1 + t % 6] = np.nan
    forecaster = clone(QUICK).set_params(missing="mask", max_epochs=10)
    detector = SequenceAnomalyDetector(forecaster, memory=None).fit(train)
    ends = np.arange(40, 600, 20)
    for i, end in enumerate(ends):
        later[end - 5 - i % 6 : end] = np.nan
    as_a_whole = detector.predict(later)
    assert (as_a_whole[ends] == 1).all()
    assert (as_a_whole == -1).mean() < 0.02
    later[ends] += 40
    assert (detector.predict(later)[ends] == -1).all()
    # the scale is that of forecasts so many rows ahead
    ahead = np.sqrt((1 - 0.95 ** (2 * detector._scale.gaps + 2)) / (1 - 0.95**2))
    np.testing.assert_allclose(detector._scale.scales[:, 0], ahead, rtol=0.3)
    # and rows one by one are judged as all at once
    expected = detector.decision_function(np.concatenate([train, later]))[600:]
    parts = [detector.update(part) for part in np.split(later, [33, 36, 38, 41, 300])]
    np.testing.assert_allclose(np.concatenate(parts), expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("channels", ["shared", "joint"])
@pytest.mark.parametrize("normalize", ["last", "feature"])
def test_a_column_that_never_moved_is_odd_only_when_it_moves(channels, normalize):
    table = np.stack([WAVE, np.full(500, 0.1)], axis=1)
    forecaster = clone(QUICK).set_params(channels=channels, normalize=normalize)
    detector = SequenceAnomalyDetector(forecaster, memory=None).fit(table[:N_TRAIN])
    spiked, shifted = table[N_TRAIN:].copy(), table[N_TRAIN:].copy()
    spiked[50, 1], shifted[50:70, 1] = 5.0, 5.0
    usual = detector.predict(table[N_TRAIN:])
    for rows in (spiked, shifted):
        labels = detector.predict(rows)
        assert labels[50] == -1
        np.testing.assert_array_equal(np.delete(labels, 50), np.delete(usual, 50))
        one_by_one = copy.deepcopy(detector)
        scores = np.concatenate([one_by_one.update(part) for part in np.split(rows, 4)])
        assert scores[50] < -200
        assert scores[51:].min() > -50


# Which rows come before -------------------------------------------------------------


def test_a_series_is_the_column_of_a_table_by_its_name():
    detector = SequenceAnomalyDetector(QUICK).fit(TRAIN.to_frame())
    expected = detector.score_samples(LATER.to_frame())
    np.testing.assert_array_equal(detector.score_samples(LATER), expected)


@every_mode
def test_rows_one_by_one_are_judged_as_all_at_once(mode):
    detector = SequenceAnomalyDetector(QUICK, **mode).fit(TRAIN)
    expected = detector.decision_function(LATER)
    whole = detector.decision_function(WAVE)[N_TRAIN:]
    options = {"rtol": 1e-4, "atol": 1e-4}
    np.testing.assert_allclose(whole, expected, **options)
    parts = [LATER[:1], LATER[1:2], LATER[2:30].to_numpy(), LATER[30:90], LATER[90:]]
    scores = np.concatenate([detector.update(part) for part in parts])
    np.testing.assert_allclose(scores, expected, **options)


@every_mode
@pytest.mark.parametrize("has_index", [True, False])
def test_no_later_row_changes_an_earlier_score(mode, has_index):
    train, later = (TRAIN, LATER) if has_index else (TRAIN.array, LATER.array)
    detector = SequenceAnomalyDetector(QUICK, **mode).fit(pd.Series(train))
    later = pd.Series(later) if has_index else np.asarray(later)
    expected = detector.score_samples(later)
    changed = later.copy()
    changed[-50:] += rng.randn(50)
    scores = detector.score_samples(changed)
    np.testing.assert_array_equal(scores[:50], expected[:50])
    assert (scores[50:] != expected[50:]).all()


def test_a_table_that_does_not_follow_is_a_series_of_its_own():
    trained = SequenceAnomalyDetector(QUICK, **BY_TRAINING).fit(TRAIN)
    as_array = trained.score_samples(LATER.to_numpy())
    early = LATER.set_axis(DAYS[:100])
    np.testing.assert_array_equal(trained.score_samples(early), as_array)
    numbered = LATER.reset_index(drop=True)
    np.testing.assert_array_equal(trained.score_samples(numbered), as_array)
    followed = trained.score_samples(LATER)
    np.testing.assert_allclose(followed[12:], as_array[12:], rtol=1e-4)
    assert (followed[:12] != as_array[:12]).all()
    # what cannot be forecast is as usual as the training rows
    median = np.median(trained.score_samples(TRAIN)[12:])
    np.testing.assert_allclose(as_array[:12], median)


@every_mode
def test_rows_without_a_forecast_are_usual(mode):
    """Whatever the last training rows were."""
    odd_end = TRAIN.copy()
    odd_end.iloc[-3:] += 10
    detector = SequenceAnomalyDetector(QUICK, **mode).fit(odd_end)
    assert (detector.predict(odd_end)[:12] == 1).all()


# Being an estimator -----------------------------------------------------------------


@every_mode
def test_decisions_are_scores_less_the_offset(mode):
    detector = SequenceAnomalyDetector(QUICK, contamination=0.1, **mode).fit(TRAIN)
    scores = detector.score_samples(LATER)
    np.testing.assert_array_equal(
        detector.decision_function(LATER), scores - detector.offset_
    )
    np.testing.assert_array_equal(
        detector.predict(LATER), np.where(scores < detector.offset_, -1, 1)
    )


def test_a_pickle_goes_on_as_the_original_would(trained):
    copy = pickle.loads(pickle.dumps(trained))
    original = pickle.loads(pickle.dumps(trained))
    np.testing.assert_array_equal(copy.update(LATER[:5]), original.update(LATER[:5]))
    np.testing.assert_array_equal(
        copy.score_samples(LATER[5:]), original.score_samples(LATER[5:])
    )


def test_one_seed_one_result():
    network = clone(QUICK).set_params(shrink_to_naive=False)
    unseeded = clone(network).set_params(random_state=None)
    scores = [
        SequenceAnomalyDetector(unseeded, random_state=seed).fit_predict(TRAIN)
        for seed in (0, 0)
    ]
    np.testing.assert_array_equal(*scores)
    scores = [
        SequenceAnomalyDetector(network, random_state=seed).fit(TRAIN).offset_
        for seed in (None, 0, 1)
    ]
    assert scores[0] == scores[1] != scores[2]


def test_the_default_finds_a_spike():
    short = WAVE[:80].copy()
    short.iloc[60] += 2
    detector = SequenceAnomalyDetector(random_state=0)
    assert 60 in np.flatnonzero(detector.fit_predict(short) == -1)


def test_a_clone_is_unfitted_and_reaches_into_the_forecaster(trained):
    copy = clone(trained)
    assert not hasattr(copy, "offset_")
    copy.set_params(forecaster__window_length=7)
    assert copy.forecaster.window_length == 7
    assert trained.forecaster.window_length == 12


def test_a_failed_fit_leaves_a_fitted_detector_as_it_was():
    detector = SequenceAnomalyDetector(QUICK).fit(TRAIN)
    expected = detector.decision_function(LATER)
    with pytest.raises(ValueError, match="10 rows"):
        detector.fit(TRAIN[:10].to_numpy())
    with pytest.raises(ValueError, match="NaN"):
        detector.update(LATER.where(LATER < 0))
    np.testing.assert_array_equal(detector.decision_function(LATER), expected)


def test_parameters_set_after_fit_wait_for_the_next(trained):
    detector = pickle.loads(pickle.dumps(trained))
    expected = detector.score_samples(LATER)
    detector.set_params(smoothing=7, memory=9, forecaster__window_length=3)
    np.testing.assert_array_equal(detector.score_samples(LATER), expected)


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({}, TRAIN[:12], "12 rows.*window_length=12 and horizon=1 need 13 at least"),
        ({}, TRAIN.replace(TRAIN.iloc[3], np.nan), "NaN in row 3"),
        ({}, TRAIN.replace(TRAIN.iloc[3], np.inf), "infinity in row 3"),
        ({}, TRAIN[::-1], "must increase"),
        ({}, TRAIN.drop(DAYS[40]), "not regular: row 40"),
        ({}, np.zeros((30, 12, 1)), "dim 3"),
        ({}, pd.concat({"a": TRAIN, "b": TRAIN}), "an index of 2 levels"),
        ({"forecaster": RNNForecaster(horizon=3)}, TRAIN, "has horizon=3.*horizon=1"),
        ({"forecaster": "rnn"}, TRAIN, "'forecaster' parameter"),
        ({"contamination": 0.0}, TRAIN, "'contamination' parameter"),
        ({"contamination": 0.6}, TRAIN, "'contamination' parameter"),
        ({"smoothing": 0}, TRAIN, "'smoothing' parameter"),
        ({"memory": 1}, TRAIN, "'memory' parameter"),
        ({"smoothing": 5, "memory": 5}, TRAIN, "memory=5 .* smoothing=5"),
        ({"memory": "all"}, TRAIN, "'memory' parameter"),
        ({"seasonality": 1}, TRAIN, "'seasonality' parameter"),
        ({"seasonality": 30}, TRAIN[:50], "seasonality=30 needs 60 rows .* got 50"),
        ({"seasonality": 7}, np.ones((30, 2)), "seasonality=7 needs a single column"),
        ({"seasonality": 7}, np.ones(30), "seasonality=7 needs a column that varies"),
        (
            {"seasonality": 7},
            TRAIN.replace(TRAIN.iloc[3], np.nan),
            "seasonality=7 needs a finite value in every row",
        ),
    ],
)
def test_bad_fits_say_why(options, X, message):
    detector = SequenceAnomalyDetector(**{"forecaster": QUICK, **options})
    with pytest.raises(ValueError, match=message):
        detector.fit(X)
    assert not hasattr(detector, "offset_")


def test_a_column_without_any_error_says_why():
    forecaster = clone(QUICK).set_params(missing="mask")
    X = np.column_stack([TRAIN, TRAIN])
    X[12:, 1] = np.nan
    with pytest.raises(ValueError, match="Column 1 of X has no value behind"):
        SequenceAnomalyDetector(forecaster).fit(X)


def test_bad_rows_say_why(trained):
    with pytest.raises(ValueError, match=r"2021-02-05.* where 2021-02-04"):
        trained.score_samples(LATER[1:])
    with pytest.raises(ValueError, match=r"12 rows.*needs 13 at least.*update"):
        trained.predict(LATER[:12].to_numpy())
    with pytest.raises(ValueError, match=r"2021-02-05.* where 2021-02-04"):
        trained.update(LATER[1:])
    with pytest.raises(ValueError, match=r"2 features.* expecting 1 features"):
        trained.predict(np.zeros((30, 2)))
    with pytest.raises(ValueError, match="NaN in row 7"):
        trained.predict(LATER.replace(LATER.iloc[7], np.nan))


@pytest.mark.parametrize("name", ["smoothing", "memory", "seasonality"])
def test_more_rows_than_an_index_counts_are_refused(name):
    detector = SequenceAnomalyDetector(**{name: 2**63})
    with pytest.raises(ValueError, match=name):
        detector.fit(np.arange(50.0))
