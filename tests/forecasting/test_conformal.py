"""Intervals from the errors at held-out origins."""

import pickle
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.core.losses import LOSSES
from skseq.forecasting._conformal import Errors, Seen, local_unit
from skseq.forecasting._table import Table
from skseq.persistence import load, save

FORECASTERS = (RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster)
every_class = pytest.mark.parametrize("cls", FORECASTERS)
QUICK = {
    **{"window_length": 8, "horizon": 4, "hidden_size": 4, "max_epochs": 1},
    **{"random_state": 0, "conformal": True},
}
WALK = np.random.RandomState(1).randn(1000).cumsum()
DAYS = pd.Series(WALK, pd.date_range("2020", periods=1000), name="price")


@pytest.fixture(scope="module")
def fitted():
    return RNNForecaster(**QUICK).fit(DAYS[:800])


def widths(forecaster, coverage=0.8):
    return np.diff(np.asarray(forecaster.predict_interval(coverage=coverage)))[:, 0]


# Scores -----------------------------------------------------------------------------


def errors_of(scores, n_series=1):
    scores = np.asarray(scores, dtype=float)
    table = Table(np.zeros((1, 1)), np.array([0, 1]), (None,), (None,))
    return Errors(scores, n_series, np.ones(scores.shape[2]), table)


def test_of_many_origins_each_step_has_its_own_quantile():
    """At step 1, 39 scores are exchangeable: the k-th of 39, k = 40 level."""
    scores = np.stack([np.arange(39), 10 * np.arange(39)], axis=1)[:, :, None]
    scores = np.concatenate([scores, scores[:1] + 39 * np.array([[1], [10]])])
    found = errors_of(scores).quantiles(np.array([0.5, 0.8]))
    assert found[0, 0].tolist() == [19.5, 32]  # of 40: k = 41 * .8 = 32.8, the 33rd
    # at step 2, 40 origins are worth 1 + 39 / 2 = 20.5: 40 * .8 * 21.5 / 20.5 = 33.6
    assert found[1, 0].tolist() == [195, 330]


def test_of_series_beside_each_other_each_has_a_first_block():
    scores = np.arange(40.0)[:, None, None] + np.zeros((1, 2, 1))
    (apart,) = errors_of(scores, n_series=40).quantiles(np.array([0.8]))[1:, 0, 0]
    assert apart == 32


def test_of_few_origins_steps_near_by_count_for_a_step():
    """One origin: all steps, in units of what errors are near a step.

    These are 1.5, 2 and 2.5, so that scores are 2/3, -1 and 6/5; .7 is the 3rd of 3.
    """
    scores = np.array([1.0, -2.0, 3.0])[None, :, None]
    low, high = errors_of(scores).quantiles(np.array([0.3, 0.7]))[:, 0].T
    np.testing.assert_allclose(low, [-1.5, -2, -2.5])
    np.testing.assert_allclose(high, [1.8, 2.4, 3])
    unknown = errors_of(np.where(scores == 1, np.nan, scores))
    assert np.isfinite(unknown.quantiles(np.array([0.1, 0.5, 0.9]))).all()


def test_later_errors_push_out_the_first():
    seen = Seen(np.full((1, 1, 1, 1), 5.0), np.full((1, 1, 1), 8.0), np.full((1, 1), 4))
    before = errors_of(np.arange(100.0)[:, None, None])
    after = before.followed_by(seen, LOSSES["squared_error"]())
    assert after.scores.ravel().tolist() == [*range(1, 100), 1.5]  # 3 in units of 2
    few = errors_of(np.zeros((2, 1, 1)))
    after = few.followed_by(seen, LOSSES["squared_error"]())
    assert len(after.scores) == 3


def test_the_local_unit_is_half_of_the_window():
    change = np.array([[4.0], [0.0]])
    np.testing.assert_allclose(local_unit(change, np.ones(1))[:, 0], [2, 0.1**0.5])


# Intervals --------------------------------------------------------------------------


def test_a_walk_has_the_intervals_of_a_walk(fitted):
    """The last value stays, so that errors are those of 1 to 4 steps."""
    model, inside, width = pickle.loads(pickle.dumps(fitted)), [], []
    for i in range(800, 996, 3):
        low, high = model.predict_interval(coverage=0.8).to_numpy().T
        inside.append((low <= WALK[i : i + 4]) & (WALK[i : i + 4] <= high))
        width.append(high - low)
        model.update(DAYS[i : i + 3])
    expected = 2 * 1.2816 * np.arange(1, 5) ** 0.5
    np.testing.assert_allclose(np.mean(width, axis=0), expected, rtol=0.15)
    np.testing.assert_allclose(np.mean(inside, axis=0), 0.8, atol=0.12)


@every_class
@pytest.mark.parametrize("loss", ["squared_error", "gaussian", "quantile"])
def test_forecasts_stay_as_they_are(cls, loss):
    settings = {**QUICK, "loss": loss}
    model = cls(**settings).fit(WALK[:200])
    plain = cls(**{**settings, "conformal": False}).fit(WALK[:200])
    np.testing.assert_array_equal(model.predict(), plain.predict())
    quantiles = model.predict_quantiles(quantiles=(0.01, 0.3, 0.5, 0.7, 0.99))
    assert quantiles.shape == (4, 5)
    assert (np.diff(quantiles) >= 0).all()
    interval = model.predict_interval(coverage=0.4)
    np.testing.assert_array_equal(interval, quantiles[:, [1, 3]])


@pytest.mark.parametrize("early_stopping", [False, True])
def test_rows_are_held_out_whatever_asks_for_it(early_stopping):
    settings = {**QUICK, "shrink_to_naive": False, "early_stopping": early_stopping}
    model = RNNForecaster(**settings).fit(WALK[:200])
    plain = RNNForecaster(**{**settings, "conformal": False}).fit(WALK[:200])
    np.testing.assert_array_equal(model.predict(), plain.predict())
    n_held_out = 20 if early_stopping else 40
    assert len(model._errors.scores) == n_held_out - 3
    assert (widths(model, 0.9) > widths(model, 0.5)).all()


def test_without_it_nothing_is_as_before(fitted):
    plain = RNNForecaster(**{**QUICK, "conformal": False})
    assert not hasattr(plain, "predict_interval")
    assert hasattr(RNNForecaster(**QUICK), "predict_interval")
    again = clone(fitted).set_params(conformal=False).fit(DAYS[:200])
    assert not hasattr(again, "predict_quantiles")
    assert not hasattr(fitted, "predict_std")


def test_counts_are_never_negative_and_missing_ones_do_not_count():
    sales = np.random.RandomState(0).poisson(1.0, 200).astype(float)
    sales[::9] = np.nan
    model = RNNForecaster(**QUICK, loss="poisson", missing="mask").fit(sales)
    bounds = model.predict_interval(coverage=0.95)
    assert (bounds[:, 0] == 0).all()
    assert (bounds[:, 1] > model.predict()).all()


def test_intervals_of_what_a_transformer_maps_are_mapped_back():
    sales = np.exp(0.1 * WALK[:200])
    model = RNNForecaster(**QUICK, transformer="log1p").fit(sales[:190])
    logs = RNNForecaster(**QUICK).fit(np.log1p(sales[:190]))
    for rows in (sales[190:195], sales[195:]):
        bounds = np.expm1(logs.predict_interval(coverage=0.9))
        np.testing.assert_allclose(model.predict_interval(coverage=0.9), bounds)
        model.update(rows)
        logs.update(np.log1p(rows))


def test_a_panel_of_two_targets_with_what_is_known_ahead():
    rng = np.random.RandomState(0)
    index = pd.MultiIndex.from_product([["a", "b"], range(80)])
    frame = pd.DataFrame(rng.randn(160, 3), index, ["y", "z", "known"])
    frame.loc["b", "y"] = 100 * frame.loc["b", "y"].to_numpy()  # scales differ
    rows = frame.groupby(level=0)
    known, later = rows.head(76), rows.tail(4)
    model = RNNForecaster(**QUICK, known_future=("known",)).fit(known)
    assert model._errors.scores.shape == (2 * (15 - 3), 4, 2)
    bounds = model.predict_interval(later)
    assert bounds.columns.tolist() == [(c, q) for c in "yz" for q in (0.1, 0.9)]
    assert bounds.index.equals(later.index)
    width = (bounds["y"][0.9] - bounds["y"][0.1]).groupby(level=0).mean()
    assert 30 < width["b"] / width["a"] < 300
    one = model.predict_interval(later.loc[["b"]])
    pd.testing.assert_frame_equal(one, bounds.loc[["b"]])
    model.update(later)
    assert len(model._errors.scores) == 2 * (12 + 4)


@pytest.fixture(scope="module")
def saws():
    """Two series that go up and down by 1, all but, and three of mere noise."""
    rng = np.random.RandomState(0)
    saw = np.tile([1.0, -1.0], 100)
    rows = {name: saw + 0.02 * rng.randn(200) for name in ("saw", "teeth")}
    rows |= {name: 5 + rng.randn(200) for name in "abc"}
    known = pd.concat({name: pd.Series(part) for name, part in rows.items()})
    return RNNForecaster(**QUICK, seasonality=2).fit(known)


def test_of_a_panel_each_series_has_a_scale_of_its_own(saws):
    """A saw goes up and down, and is known: two rows ago it was what it will be.

    Errors of that forecast are normal, 2.56 deviations between the ends.
    """
    model = pickle.loads(pickle.dumps(saws))
    width = np.diff(model.predict_interval(coverage=0.8))[:, 0].reshape(5, 4)
    expected = 2.56 * 2**0.5 * np.array([0.02] * 2 + [1] * 3)
    assert (np.abs(np.log(width / expected[:, None])) < 0.4).all()
    paths = model.sample(n_paths=200, random_state=0)
    spread = np.diff(np.quantile(paths, (0.1, 0.9), axis=1), axis=0).reshape(5, 4)
    np.testing.assert_allclose(spread, width, rtol=0.35)
    model._errors = replace(model._errors, series=None)  # as in older files
    width = np.diff(model.predict_interval(coverage=0.8))
    assert width[:8].min() > 3 * expected[0]


def test_errors_stay_with_their_series(saws, tmp_path):
    """In files, of series in another order, and beside new ones."""
    save(saws, tmp_path / "model.skseq")
    model = load(tmp_path / "model.skseq")
    names = ("saw", "teeth", "a", "b", "c")
    before = model._errors.factors(names)
    np.testing.assert_array_equal(before, saws._errors.factors(names))
    rows = pd.Series([1.0, -1, 1, -1, 1, -1], range(200, 206))
    new = pd.Series(np.random.RandomState(1).randn(12))
    model.update(pd.concat({"new": new, "teeth": rows}))
    errors = model._errors
    found = [errors.recent.names[i] for i in errors.series[-7:]]
    assert sorted(found) == ["new"] + ["teeth"] * 6
    assert errors.are_known(("b", "new", "c")).tolist() == [True, False, True]
    assert errors.factors(("new",)) == 1
    np.testing.assert_allclose(errors.factors(names), before, rtol=0.2)


def test_asking_for_intervals_changes_no_pickle(saws):
    model = pickle.loads(pickle.dumps(saws))
    model._errors = replace(model._errors)  # of which nothing was asked yet
    before = pickle.dumps(model)
    model.predict_interval()
    assert pickle.dumps(model) == before


def test_one_series_has_a_factor_of_one(fitted):
    errors = fitted._errors
    assert (errors.series == 0).all()
    assert errors.factors((None,)).tolist() == [[1]]
    np.testing.assert_array_equal(errors.relative().scores, errors.scores)


# On a stream ------------------------------------------------------------------------


def test_in_one_piece_or_row_by_row_is_the_same(fitted):
    whole, rows = (pickle.loads(pickle.dumps(fitted)) for _ in range(2))
    whole.update(DAYS[800:812])
    for i in range(800, 812):
        rows.update(DAYS[i : i + 1])
    np.testing.assert_allclose(
        whole._errors.scores, rows._errors.scores, rtol=1e-4, atol=1e-6
    )
    pd.testing.assert_frame_equal(
        whole.predict_interval(), rows.predict_interval(), rtol=1e-5
    )


def test_scores_are_those_of_forecasts_made_before(fitted):
    """An update adds the errors of the path whose last row it brings."""
    model = pickle.loads(pickle.dumps(fitted))
    path = model.predict()
    model.update(DAYS[800:803])
    before = model._errors.scores
    model.update(DAYS[803:804])
    window = WALK[792:800]
    usual = model._errors.usual * model._scaler.target_scales((None,))[1][0]
    unit = np.sqrt(np.abs(np.diff(window)).mean() * usual)
    score = (WALK[800:804] - path.to_numpy()) / unit
    np.testing.assert_allclose(model._errors.scores[-1, :, 0], score, rtol=1e-4)
    np.testing.assert_array_equal(model._errors.scores[:-1], before[1:])


def test_wilder_times_make_wider_intervals(fitted):
    model = pickle.loads(pickle.dumps(fitted))
    before = widths(model)
    wild = DAYS[800:].to_numpy() + 10 * np.random.RandomState(0).randn(200)
    model.update(pd.Series(wild, DAYS.index[800:], name="price"))
    assert (widths(model) > 5 * before).all()


def test_later_rows_change_no_interval_of_before(fitted):
    """What the last rows of a longer series are decides nothing of the first."""
    model, other = (pickle.loads(pickle.dumps(fitted)) for _ in range(2))
    model.update(DAYS[800:810])
    bounds = model.predict_interval()
    other.update(DAYS[800:810])
    other.rolling_forecast(1000 * DAYS[810:])
    pd.testing.assert_frame_equal(other.predict_interval(), bounds)


def test_rows_of_a_series_too_short_to_learn_from_count_later():
    """Ten rows in `fit` and two more are a window and a horizon."""
    rows = pd.concat({"a": DAYS[:60], "b": DAYS[100:110]})
    with pytest.warns(UserWarning, match="Series 'b' has 10 rows, too few"):
        model = RNNForecaster(**QUICK).fit(rows)
    n_known = len(model._errors.scores)
    with pytest.warns(UserWarning, match="Series 'new' has 1 rows"):
        model.update(pd.concat({"new": DAYS[:1]}))
    assert len(model._errors.scores) == n_known
    model.update(pd.concat({"b": DAYS[110:112]}))
    assert len(model._errors.scores) == n_known + 1


# Files and errors ---------------------------------------------------------------------


def test_kept_in_files_and_pickles(fitted, tmp_path):
    save(fitted, tmp_path / "model.skseq")
    for model in (load(tmp_path / "model.skseq"), pickle.loads(pickle.dumps(fitted))):
        pd.testing.assert_frame_equal(
            model.predict_interval(coverage=0.9), fitted.predict_interval(coverage=0.9)
        )
        model.update(DAYS[800:805])
        assert len(model._errors.scores) == len(fitted._errors.scores)


def test_what_cannot_be():
    with pytest.raises(ValueError, match=r"conformal=True .* 16 rows at least"):
        RNNForecaster(**QUICK).fit(WALK[:15])
    holes = WALK[:200].copy()
    holes[150:] = np.nan
    with pytest.raises(ValueError, match=r"conformal=True .* target 0"):
        RNNForecaster(**QUICK, missing="mask").fit(holes)
    with pytest.raises(ValueError, match="'conformal' parameter"):
        RNNForecaster(**{**QUICK, "conformal": "yes"}).fit(WALK[:200])
