"""Regressors by what they minimise: optima, intervals, errors, round trips."""

import pickle
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils import get_tags
from torch import nn

from skseq import CNNLSTMRegressor, CNNRegressor, RNNRegressor, SequenceArray
from skseq.core.losses import LOSSES
from skseq.inspection import saliency

RATES = ("poisson", "gamma", "tweedie")
SMALL = {"hidden_size": 4, "random_state": 0}
QUICK = {**SMALL, "max_epochs": 2}


def two_kinds(n):
    """Sequences of zeros or of ones."""
    kind = np.arange(n) % 2
    return kind, np.repeat(kind[:, None, None].astype(float), 2, axis=1)


KIND, X = two_kinds(1200)
EACH = two_kinds(2)[1]
rng = np.random.RandomState(0)
AMOUNTS = np.where(KIND, 4 + rng.gamma(2.0, 2.0, 1200), rng.gamma(2.0, 0.5, 1200))
COUNTS = rng.poisson(np.where(KIND, 6.0, 0.5)).astype(float)
ROWS = rng.randn(40, 5, 2)
TARGETS = rng.gamma(2.0, size=(40, 2))


def fitted(y=AMOUNTS, **options):
    settings = {"cell": "rnn", "bidirectional": False, "pooling": "last"}
    settings |= {"normalize": "feature", "batch_size": 100, "lr": 0.03}
    model = RNNRegressor(**{**SMALL, **settings, "max_epochs": 25, **options})
    return model.fit(X, y)


def of_each(statistic, y=AMOUNTS):
    return np.array([statistic(y[kind == KIND]) for kind in (0, 1)])


# Optima ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("loss", "statistic"),
    [
        ("squared_error", np.mean),
        ("absolute_error", np.median),
        ("quantile", np.median),
        ("gaussian", np.mean),
        ("gamma", np.mean),
        (nn.L1Loss, np.median),
    ],
)
def test_each_loss_predicts_what_it_is_about(loss, statistic):
    found = fitted(loss=loss).predict(EACH)
    np.testing.assert_allclose(found, of_each(statistic), rtol=0.1, atol=0.1)


@pytest.mark.parametrize("loss", ["poisson", "tweedie"])
def test_counts_are_told_by_their_mean_rate(loss):
    found = fitted(COUNTS, loss=loss).predict(EACH)
    np.testing.assert_allclose(found, of_each(np.mean, COUNTS), rtol=0.1)


def test_huber_lies_between_median_and_mean():
    found = fitted(loss="huber").predict(EACH)
    assert (found > of_each(np.median) - 0.1).all()
    assert (found < of_each(np.mean) + 0.1).all()


def test_quantiles_and_intervals_are_those_of_each_kind():
    levels = (0.05, 0.25, 0.5, 0.9)
    model = fitted(loss="quantile", quantiles=levels)
    expected = of_each(lambda y: np.quantile(y, levels))
    found = model.predict_quantiles(EACH)
    np.testing.assert_allclose(found, expected, rtol=0.15, atol=0.15)
    np.testing.assert_array_equal(model.predict_interval(EACH, 0.5)[:, 0], found[:, 1])
    np.testing.assert_array_equal(model.predict(EACH), found[:, 2])
    with pytest.raises(ValueError, match=r"quantile 0\.95 is outside"):
        model.predict_interval(EACH, coverage=0.9)


def test_a_single_quantile_is_predicted():
    found = fitted(loss="quantile", quantiles=[0.9]).predict(EACH)
    np.testing.assert_allclose(found, of_each(lambda y: np.quantile(y, 0.9)), rtol=0.1)


def test_a_normal_distribution_learns_its_deviation():
    noise = np.random.RandomState(0).randn(1200)
    y = np.where(KIND, 100, 10) + np.where(KIND, 5, 0.5) * noise
    model = fitted(y, loss="gaussian", max_epochs=50)
    deviation = model.predict_std(EACH)
    np.testing.assert_allclose(deviation, of_each(np.std, y), rtol=0.15)
    low, high = model.predict_interval(EACH, coverage=0.6826895).T
    np.testing.assert_allclose(high - low, 2 * deviation)
    np.testing.assert_allclose((high + low) / 2, model.predict(EACH))


def test_weights_decide():
    weights = np.where(of_each(np.median)[KIND] < AMOUNTS, 3.0, 1.0)
    found = fitted(loss="quantile", quantiles=(0.5,)).fit(X, AMOUNTS, weights)
    expected = of_each(lambda y: np.quantile(y, 2 / 3))  # half of the weights below
    np.testing.assert_allclose(found.predict(EACH), expected, rtol=0.1)


@pytest.mark.parametrize("cls", [RNNRegressor, CNNRegressor, CNNLSTMRegressor])
@pytest.mark.parametrize("loss", RATES)
def test_a_rate_is_never_negative(cls, loss):
    model = cls(loss=loss, max_epochs=2, random_state=0)
    far = 10 * np.random.RandomState(1).randn(20, 5, 2)
    assert (model.fit(ROWS, TARGETS).predict(far) > 0).all()
    assert get_tags(model).target_tags.positive_only
    assert not get_tags(cls()).target_tags.positive_only


@pytest.mark.parametrize("loss", RATES)
def test_units_do_not_matter_to_a_rate(loss):
    one, other = (
        RNNRegressor(loss=loss, **QUICK).fit(ROWS, unit * TARGETS).predict(ROWS)
        for unit in (1, 1e6)
    )
    np.testing.assert_allclose(other, 1e6 * one, rtol=1e-4)


@pytest.mark.parametrize("loss", LOSSES)
def test_targets_may_be_left_as_they_are(loss):
    model = RNNRegressor(loss=loss, **{**QUICK, "normalize": None})
    assert np.isfinite(model.fit(ROWS, TARGETS).predict(ROWS)).all()
    assert model._task.scaler.scale_ is None


# Shapes and names --------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["quantile", "gaussian"])
def test_shapes_are_those_of_forecasters(loss):
    model = RNNRegressor(loss=loss, **QUICK).fit(ROWS, TARGETS[:, 0])
    assert model.predict(ROWS).shape == (40,)
    assert model.predict_quantiles(ROWS).shape == (40, 3)
    assert model.predict_interval(ROWS).shape == (40, 2)
    two = clone(model).fit(ROWS, TARGETS)
    assert two.predict(ROWS).shape == (40, 2)
    found = two.predict_quantiles(ROWS, quantiles=(0.2, 0.5))
    assert found.shape == (40, 2, 2)
    np.testing.assert_allclose(found[..., 1], two.predict(ROWS))
    assert (np.diff(two.predict_quantiles(ROWS), axis=2) >= 0).all()


def test_answers_are_by_instance():
    panel = SequenceArray.from_array(ROWS)
    panel.instances = pd.Index([f"s{i}" for i in range(40)], name="id")
    y = pd.DataFrame(TARGETS, panel.instances, ["a", "b"])
    model = RNNRegressor(loss="gaussian", **QUICK).fit(panel, y)
    found = model.predict_quantiles(panel, (0.1, 0.5))
    assert found.columns.tolist() == [("a", 0.1), ("a", 0.5), ("b", 0.1), ("b", 0.5)]
    assert found.index.equals(panel.instances)
    assert model.predict_std(panel).columns.tolist() == ["a", "b"]
    np.testing.assert_allclose(found["b"][0.5], model.predict(panel)["b"])
    one = clone(model).fit(panel, y["a"]).predict_interval(panel, 0.5)
    assert one.columns.name == "quantile"
    assert one.columns.tolist() == [0.25, 0.75]


def test_what_a_loss_does_not_learn_is_no_attribute():
    asks = ("predict_quantiles", "predict_interval", "predict_std")
    for loss in LOSSES:
        model = RNNRegressor(loss=loss)
        has = [hasattr(model, ask) for ask in asks]
        spread = loss in ("quantile", "gaussian")
        assert has == [spread, spread, loss == "gaussian"], loss
    assert not hasattr(RNNRegressor(loss=nn.L1Loss), "predict_quantiles")
    model = RNNRegressor(loss="gaussian", **QUICK).fit(ROWS, TARGETS)
    assert hasattr(model.set_params(loss="poisson"), "predict_std")  # as it learned
    with pytest.raises(AttributeError, match="no attribute 'predict_std'") as told:
        RNNRegressor(loss="quantile").predict_std(ROWS)
    assert "use loss='gaussian'" in str(told.value.__cause__)


# Mistakes ----------------------------------------------------------------------------


@pytest.fixture
def no_training(monkeypatch):
    def train(*args, **options):
        raise AssertionError("it has begun to train")

    monkeypatch.setattr("skseq.core.sequence_estimator.train", train)
    monkeypatch.setattr("skseq.core.learning.Watcher", train)


Y = TARGETS[:, 0]


def but(value):
    return np.r_[Y[:-1], value]


@pytest.mark.usefixtures("no_training")
@pytest.mark.parametrize(
    ("params", "y", "message"),
    [
        ({"loss": "poisson"}, but(-2), "loss='poisson' needs y of 0 .* -2 in row 39"),
        ({"loss": "gamma"}, but(0), "loss='gamma' needs y of more than 0, got 0 in"),
        ({"loss": "tweedie"}, 0 * Y, "loss='tweedie' needs y whose sum is above 0"),
        ({"loss": "quantile", "quantiles": (0.5, 0.5)}, Y, "quantiles=.* increasing"),
        ({"loss": "quantile", "quantiles": ()}, Y, "quantiles=.* increasing"),
        ({"loss": "tweedie", "tweedie_power": 2.0}, Y, "'tweedie_power' parameter"),
        ({"loss": "median"}, Y, "'loss' parameter .*'absolute_error'"),
        ({"loss": lambda a, b: (a - b).mean()}, Y, "loss=.* must return a loss for"),
    ],
)
def test_mistakes_are_told_before_training(params, y, message):
    with pytest.raises(ValueError, match=message):
        RNNRegressor(**params).fit(ROWS, y)


@pytest.mark.usefixtures("no_training")
def test_a_wrong_target_is_told_by_its_name():
    y = pd.DataFrame({"a": Y, "b": but(-1)})
    with pytest.raises(ValueError, match=r"got -1 in row 39, column 'b'"):
        RNNRegressor(loss="poisson").fit(ROWS, y)
    model = RNNRegressor(loss="poisson", early_stopping=True)
    with pytest.raises(ValueError, match=r"^y_val: loss='poisson' needs y"):
        model.fit(ROWS, Y, X_val=ROWS, y_val=but(-1))


def test_a_fit_goes_on_with_its_loss_only():
    model = RNNRegressor(loss="quantile", **QUICK).partial_fit(ROWS, Y)
    model.partial_fit(ROWS[:5], Y[:5])
    with pytest.raises(ValueError, match=r"loss='poisson' and what .* as in the fit"):
        model.set_params(loss="poisson").partial_fit(ROWS, Y)
    with pytest.raises(ValueError, match=r"loss='quantile' and what .* as in the fit"):
        model.set_params(loss="quantile", quantiles=(0.5,)).partial_fit(ROWS, Y)
    counts = RNNRegressor(loss="poisson", **QUICK).partial_fit(ROWS, Y)
    counts.partial_fit(ROWS[:5], np.zeros(5))  # a day without sales


# How long, and how far to trust ------------------------------------------------------

few_steps = pytest.mark.usefixtures("few_steps")


@pytest.fixture(name="few_steps")
def fixture_few_steps(monkeypatch):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 60)


@few_steps
@pytest.mark.parametrize(
    ("loss", "statistic"),
    [
        ("quantile", np.median),
        ("gaussian", np.mean),
        (partial(nn.L1Loss), np.median),
    ],
)
def test_of_noise_all_is_said_that_is_known_without_a_network(loss, statistic):
    y = rng.gamma(1.0, 3.0, size=120)
    model = RNNRegressor(loss=loss, pooling="last", batch_size=60, **SMALL)
    model.fit(rng.randn(120, 3, 1), y)
    assert model.duration_["reason"] == "nothing learned"
    found = model.predict(rng.randn(20, 3, 1))
    np.testing.assert_allclose(found, statistic(y), atol=0.25)


def test_the_held_out_loss_is_the_one_asked_for():
    """Of many more sequences of two kinds than it takes to tell them apart."""
    model = fitted(COUNTS, loss="poisson", max_epochs="auto", shrink_to_linear=False)
    scale = COUNTS.mean()
    rate = of_each(np.mean, COUNTS)[KIND] / scale
    expected = np.mean(rate - COUNTS / scale * np.log(rate))
    assert model.duration_["losses"][-1] == pytest.approx(expected, abs=0.01)
    assert model.score(X, COUNTS) > 0.6


@few_steps
def test_a_linear_model_of_logarithms_answers_beside_a_rate():
    """Where effects multiply, and noise is large."""
    draw = np.random.RandomState(3)
    sequences = draw.randn(300, 4, 6)
    rate = np.exp(sequences.mean(axis=1) @ np.array([1.0, -1, 1, 0, 0, 0]))
    y = draw.poisson(rate)
    model = RNNRegressor(loss="poisson", pooling="mean", **SMALL)
    model.fit(sequences[:150], y[:150])
    assert model.duration_["linear"] > 0.3
    alone = clone(model).set_params(shrink_to_linear=False)
    alone.fit(sequences[:150], y[:150])
    errors = [np.abs(m.predict(sequences[150:]) - rate[150:]) for m in (model, alone)]
    assert errors[0].mean() < errors[1].mean()


@few_steps
@pytest.mark.parametrize("loss", ["absolute_error", "gaussian"])
def test_others_have_no_linear_model(loss):
    model = RNNRegressor(loss=loss, pooling="mean", batch_size=40, **SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("skseq.core.linear._fit", None)  # it is not asked
        model.fit(ROWS, TARGETS)
    assert model.duration_["linear"] == 0


@few_steps
def test_without_a_scale_numbers_are_drawn_to_their_mean():
    y = 100 + rng.randn(60)
    model = RNNRegressor(normalize=None, pooling="last", batch_size=60, **SMALL)
    found = model.fit(rng.randn(60, 3, 1), y).predict(rng.randn(5, 3, 1))
    np.testing.assert_allclose(found, 100, atol=2)


# All that goes along -----------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
def test_missing_targets_cost_nothing(loss):
    y = TARGETS.copy()
    y[::3, 0] = np.nan
    y[5] = np.nan
    model = RNNRegressor(loss=loss, missing="mask", early_stopping=True, **QUICK)
    found = model.fit(ROWS, y, sample_weight=np.arange(40.0)).predict(ROWS)
    assert np.isfinite(found).all()
    assert np.isfinite(model.loss_curve_).all()
    assert np.isfinite(model.score(ROWS, y))


@pytest.mark.parametrize("loss", [*LOSSES, nn.SmoothL1Loss])
def test_several_networks_answer_by_their_mean(loss):
    model = RNNRegressor(loss=loss, n_networks=2, **QUICK).fit(ROWS, TARGETS)
    each = [one.predict(ROWS) for one in model.estimators_]
    if loss != "quantile":
        np.testing.assert_allclose(
            model.predict(ROWS), np.mean(each, axis=0), rtol=1e-5
        )
    if loss == "gaussian":
        deviations = np.array([one.predict_std(ROWS) for one in model.estimators_])
        variance = (deviations**2).mean(axis=0) + np.var(each, axis=0)
        np.testing.assert_allclose(model.predict_std(ROWS) ** 2, variance, rtol=1e-5)


@pytest.mark.parametrize("loss", [*LOSSES, nn.SmoothL1Loss])
def test_weight_two_is_the_same_as_two_copies(loss):
    options = {"loss": loss, "batch_size": 100, **QUICK}
    twice = RNNRegressor(**options).fit(np.r_[ROWS, ROWS[:9]], np.r_[Y, Y[:9]])
    weights = np.r_[np.full(9, 2.0), np.ones(31)]
    weighted = RNNRegressor(**options).fit(ROWS, Y, weights)
    np.testing.assert_array_equal(weighted.predict(ROWS), twice.predict(ROWS))


@pytest.mark.parametrize("loss", [*LOSSES, nn.SmoothL1Loss, nn.HuberLoss(delta=0.5)])
def test_copies_answer_alike(loss):
    model = RNNRegressor(loss=loss, tweedie_power=1.7, **QUICK).fit(ROWS, TARGETS)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(ROWS), model.predict(ROWS))
    again.set_params(warm_start=True).fit(ROWS, TARGETS)
    other = clone(model).fit(ROWS, TARGETS)
    np.testing.assert_array_equal(other.predict(ROWS), model.predict(ROWS))
    assert model.net_.criterion_.reduction == "mean"


def test_a_search_chooses_among_losses():
    search = GridSearchCV(
        RNNRegressor(**QUICK), {"loss": ["squared_error", "poisson"]}, cv=2
    ).fit(ROWS, Y)
    assert search.best_params_["loss"] in ("squared_error", "poisson")


@pytest.mark.parametrize("loss", ["squared_error", "poisson", "quantile", "gaussian"])
def test_saliency_is_that_of_the_prediction(loss):
    model = RNNRegressor(loss=loss, **{**QUICK, "normalize": "feature"})
    model.fit(ROWS, TARGETS)
    found = saliency(model, ROWS[:3], target=1)
    step = np.zeros_like(ROWS[:3])
    step[:, 2, 1] = 1e-5
    high, low = (model.predict(ROWS[:3] + s)[:, 1] for s in (step, -step))
    np.testing.assert_allclose(
        found[:, 2, 1], (high - low) / 2e-5, rtol=1e-3, atol=1e-8
    )


def test_the_curve_is_named_after_the_loss():
    pytest.importorskip("matplotlib")
    from skseq.plotting import TrainingCurveDisplay

    model = RNNRegressor(loss="poisson", **QUICK).fit(ROWS, Y)
    display = TrainingCurveDisplay.from_estimator(model)
    assert display.loss_name == "Poisson deviance"


def test_a_class_written_before_learns_squared_errors():
    class Before(RNNRegressor):
        def __init__(self, max_epochs=1, random_state=0):
            super().__init__(max_epochs=max_epochs, random_state=random_state)
            del self.loss

    model = Before().fit(ROWS, Y)
    expected = RNNRegressor(max_epochs=1, random_state=0).fit(ROWS, Y)
    np.testing.assert_array_equal(model.predict(ROWS), expected.predict(ROWS))
    assert torch.is_tensor(model.net_.criterion_(torch.zeros(1), torch.zeros(1)))
