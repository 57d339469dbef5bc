"""Sample paths, and intervals beyond the horizon."""

import numpy as np
import pandas as pd
import pytest

from skseq import RNNForecaster, Seq2SeqForecaster
from skseq.forecasting._conformal import Errors
from skseq.forecasting._table import Table

QUICK = {
    **{"window_length": 8, "horizon": 4, "hidden_size": 4, "max_epochs": 1},
    **{"random_state": 0, "conformal": True},
}
WALK = np.random.RandomState(1).randn(1000).cumsum()
DAYS = pd.Series(WALK, pd.date_range("2020", periods=1000), name="price")


@pytest.fixture(scope="module")
def fitted():
    return RNNForecaster(**QUICK).fit(DAYS)


def errors_of(scores):
    table = Table(np.zeros((1, 1)), np.array([0, 1]), (None,), (None,))
    return Errors(scores, 1, np.ones(scores.shape[2]), table)


def test_scores_go_together_as_those_of_origins_do():
    """Normal ones of a correlation of .8, then those of a monotone map."""
    rng = np.random.RandomState(0)
    first, other = rng.randn(2, 2000)
    second = 0.8 * first + 0.6 * other
    scores = np.stack([first, np.exp(second)], axis=1)[:, :, None]
    drawn = errors_of(scores).draw(20_000, np.random.RandomState(1))
    assert drawn.shape == (20_000, 2, 1)
    told = np.corrcoef(drawn[:, 0, 0], np.log(drawn[:, 1, 0]))[0, 1]
    assert abs(told - 0.8) < 0.03
    levels = np.array([0.05, 0.5, 0.9])
    known = errors_of(scores).quantiles(levels)[:, 0]
    found = np.quantile(drawn[:, :, 0], levels, axis=0).T
    np.testing.assert_allclose(found, known, rtol=0.1, atol=0.05)


def test_of_one_origin_errors_are_those_of_a_walk():
    scores = np.array([1.0, -1.0, 2.0, 1.5])[None, :, None]
    drawn = errors_of(scores).draw(20_000, np.random.RandomState(0))[:, :, 0]
    told = pd.DataFrame(drawn).corr("spearman").to_numpy()
    steps = np.arange(1, 5)
    walk = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    np.testing.assert_allclose(told, walk, atol=0.04)


def test_a_path_of_a_walk(fitted):
    """Rows have the quantiles of the interval, and go together as those of a walk."""
    paths = fitted.sample(n_paths=4000, random_state=0)
    assert paths.index.equals(fitted.predict().index)
    assert paths.columns.name == "path"
    known = fitted.predict_quantiles(quantiles=(0.1, 0.5, 0.9)).to_numpy()
    found = np.quantile(paths, (0.1, 0.5, 0.9), axis=1).T
    np.testing.assert_allclose(found, known, atol=0.2)  # 3 standard errors
    steps = np.arange(1, 5)
    walk = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    np.testing.assert_allclose(paths.T.corr(), walk, atol=0.1)


def test_random_states_decide(fitted):
    paths = fitted.sample(n_paths=3, random_state=1)
    pd.testing.assert_frame_equal(fitted.sample(n_paths=3, random_state=1), paths)
    assert (fitted.sample(n_paths=3, random_state=2) != paths).all().all()
    assert (fitted.sample(n_paths=3) != fitted.sample(n_paths=3)).all().all()


def test_beyond_the_horizon_intervals_of_a_walk_go_on_growing(fitted):
    bounds = fitted.predict_interval(coverage=0.8, n_steps=16)
    near = fitted.predict_interval(coverage=0.8)
    pd.testing.assert_frame_equal(bounds[:4], near)
    width = (bounds[0.9] - bounds[0.1]).to_numpy()
    expected = width[:4].mean() / np.sqrt(np.arange(1, 5)).mean()
    np.testing.assert_allclose(width, expected * np.arange(1, 17) ** 0.5, rtol=0.35)
    pd.testing.assert_frame_equal(
        fitted.predict_interval(coverage=0.8, n_steps=16), bounds
    )
    assert len(fitted.sample(n_steps=6, random_state=0)) == 6


def test_panels_targets_and_what_is_known_ahead():
    rng = np.random.RandomState(0)
    index = pd.MultiIndex.from_product([["a", "b"], range(80)])
    frame = pd.DataFrame(rng.randn(160, 3), index, ["y", "z", "known"])
    rows = frame.groupby(level=0)
    known, later = rows.head(74), rows.tail(6)
    model = Seq2SeqForecaster(**QUICK, known_future=("known",), loss="gaussian")
    paths = model.fit(known).sample(later, n_paths=5, random_state=0)
    assert paths.columns.tolist() == [(c, i) for c in "yz" for i in range(5)]
    assert paths.index.equals(later.index)
    assert np.isfinite(paths.to_numpy()).all()
    bounds = model.predict_interval(later)
    assert bounds.index.equals(later.index)
    with pytest.raises(ValueError, match="reach horizon=4"):
        model.predict_std(later)


def test_counts_stay_counts_and_mapped_ones_above():
    sales = np.random.RandomState(0).poisson(1.0, 200).astype(float)
    for options in ({"loss": "poisson"}, {"transformer": "log1p"}):
        model = RNNForecaster(**QUICK, **options).fit(sales)
        paths = model.sample(n_paths=50, n_steps=10, random_state=0)
        assert paths.shape == (10, 50)
        assert paths.min() >= (0 if "loss" in options else -1)


def test_what_cannot_be(fitted):
    for n_paths in (0, 2.0, True):
        with pytest.raises(ValueError, match=r"n_paths=.* positive integer"):
            fitted.sample(n_paths=n_paths)
    assert not hasattr(RNNForecaster(loss="gaussian"), "sample")
    assert hasattr(RNNForecaster(conformal=True), "sample")
