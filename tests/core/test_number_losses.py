"""What numbers cost: scikit-learn's and scipy's values, and what is best."""

import copy
import pickle
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.metrics import (
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
    mean_tweedie_deviance,
)
from torch import nn
from torch.nn import functional

from skseq.core.losses import (
    LOSSES,
    ForecastCriterion,
    NumberCriterion,
    SquaredError,
    StepCriterion,
)
from skseq.core.losses._names import make_loss
from skseq.core.losses._own import OwnLoss
from skseq.core.losses._rates import GammaDeviance, PoissonDeviance, TweedieDeviance
from skseq.core.losses._spreads import GaussianLoss, QuantileLoss

rng = np.random.RandomState(0)
LEVELS = (0.1, 0.5, 0.8)
POWER = 1.3


class Asked:
    """What an estimator is to a loss."""

    quantiles = LEVELS
    tweedie_power = POWER

    def __init__(self, loss):
        self.loss = loss


ALL = [make_loss(Asked(name)) for name in LOSSES]
every_loss = pytest.mark.parametrize("loss", ALL, ids=list(LOSSES))


def mean_loss(loss, outputs, y, weights):
    """The mean of what a training minimises, of one target."""
    losses = NumberCriterion(loss, reduction="none")(
        torch.tensor(outputs), torch.tensor(y)[:, None]
    )
    return np.average(losses[:, 0].numpy(), weights=weights)


# Values ------------------------------------------------------------------------------

Y = rng.gamma(1.0, 2.0, size=50)
SAID = rng.gamma(3.0, 1.0, size=50)
WEIGHTS = rng.rand(50)


@pytest.mark.parametrize(
    ("name", "metric"),
    [("squared_error", mean_squared_error), ("absolute_error", mean_absolute_error)],
)
def test_errors_are_those_of_scikit_learn(name, metric):
    found = mean_loss(LOSSES[name](), SAID[:, None], Y, WEIGHTS)
    assert found == pytest.approx(metric(Y, SAID, sample_weight=WEIGHTS))


def test_huber_by_hand():
    y, said = np.zeros(4), np.array([0.5, -1.0, 3.0, -2.0])
    found = mean_loss(LOSSES["huber"](), said[:, None], y, [1, 2, 1, 0])
    assert found == pytest.approx((0.125 + 2 * 0.5 + 2.5) / 4)


def test_pinball_losses_are_those_of_scikit_learn():
    said = rng.randn(50, 3)
    expected = [
        mean_pinball_loss(Y, said[:, i], alpha=level, sample_weight=WEIGHTS)
        for i, level in enumerate(LEVELS)
    ]
    found = mean_loss(QuantileLoss(LEVELS), said, Y, WEIGHTS)
    assert found == pytest.approx(np.mean(expected))


@pytest.mark.parametrize(
    ("loss", "metric"),
    [
        (PoissonDeviance(), mean_poisson_deviance),
        (GammaDeviance(), mean_gamma_deviance),
        (TweedieDeviance(POWER), partial(mean_tweedie_deviance, power=POWER)),
    ],
    ids=lambda part: getattr(part, "name", None),
)
def test_deviances_are_those_of_scikit_learn(loss, metric):
    """Twice what is more than that of the targets themselves."""
    found, least = (mean_loss(loss, np.log(m)[:, None], Y, WEIGHTS) for m in (SAID, Y))
    assert 2 * (found - least) == pytest.approx(metric(Y, SAID, sample_weight=WEIGHTS))


def test_deviances_by_hand():
    """Of a mean of e^2, which said 2."""
    outputs, y = np.array([[2.0]]), np.array([3.0])
    mean = np.e**2
    assert mean_loss(PoissonDeviance(), outputs, y, None) == pytest.approx(mean - 6)
    assert mean_loss(GammaDeviance(), outputs, y, None) == pytest.approx(2 + 3 / mean)
    assert mean_loss(TweedieDeviance(1.5), outputs, y, None) == pytest.approx(
        2 * np.e + 2 * 3 / np.e
    )


@pytest.mark.parametrize("loss", [PoissonDeviance(), TweedieDeviance(POWER)])
def test_no_sale_costs_the_mean_alone(loss):
    found = mean_loss(loss, np.log(SAID)[:, None], np.zeros(50), WEIGHTS)
    deviance = partial(mean_tweedie_deviance, power=loss.power)
    expected = deviance(np.zeros(50), SAID, sample_weight=WEIGHTS)
    assert 2 * found == pytest.approx(expected)


def test_the_gaussian_loss_is_minus_the_log_density():
    outputs = rng.randn(50, 2)
    density = norm(outputs[:, 0], np.exp(outputs[:, 1])).logpdf(Y)
    expected = -np.average(density, weights=WEIGHTS) - 0.5 * np.log(2 * np.pi)
    assert mean_loss(GaussianLoss(), outputs, Y, WEIGHTS) == pytest.approx(expected)


# What is best ------------------------------------------------------------------------

SAMPLE = np.random.RandomState(1).gamma(2.0, 1.0, size=100_000)
EVEN = np.where(np.arange(len(SAMPLE)) % 2, 2.0, 1.0)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("squared_error", [2.0]),
        ("absolute_error", [1.67835]),  # scipy.stats.gamma(2).ppf(0.5)
        ("quantile", [0.53181, 1.67835, 2.99431]),
        ("poisson", [np.log(2)]),
        ("gamma", [np.log(2)]),
        ("tweedie", [np.log(2)]),
        ("gaussian", [2.0, np.log(2) / 2]),
    ],
)
def test_the_best_constant_is_what_the_loss_is_about(name, expected):
    found = make_loss(Asked(name)).base(SAMPLE, EVEN)
    np.testing.assert_allclose(found, expected, atol=0.02)


@pytest.mark.parametrize("loss", [*ALL, OwnLoss(nn.SmoothL1Loss)], ids=repr)
def test_no_other_constant_costs_less(loss):
    y, weights = SAMPLE[:2001], EVEN[:2001]
    best = loss.base(y, weights)

    def cost(outputs):
        return mean_loss(loss, np.tile(outputs, (len(y), 1)), y, weights)

    for i in range(loss.n_outputs):
        for step in (-0.01, 0.01):
            other = best.copy()
            other[i] += step
            assert cost(best) <= cost(other) + 1e-9


def test_weights_decide_the_best_constant():
    y, weights = np.array([1.0, 2.0, 9.0]), np.array([1.0, 0.0, 5.0])
    assert LOSSES["absolute_error"]().base(y, weights) == [9]
    assert LOSSES["poisson"]().base(y, weights) == pytest.approx(np.log(46 / 6))
    assert QuantileLoss((0.1, 0.9)).base(y, weights).tolist() == [1, 9]


@every_loss
def test_training_finds_the_best_constant(loss):
    """Gradients lead there, of three targets at once."""
    y = SAMPLE[:3000].reshape(1000, 3)
    criterion = NumberCriterion(loss)
    outputs = torch.zeros(3 * loss.n_outputs, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS(
        [outputs], max_iter=200, line_search_fn="strong_wolfe"
    )
    target = torch.tensor(y)

    def closure():
        optimizer.zero_grad()
        cost = criterion(outputs.expand(1000, -1), target)
        cost.backward()
        return cost

    optimizer.step(closure)
    expected = np.concatenate([loss.base(column, np.ones(1000)) for column in y.T])
    np.testing.assert_allclose(outputs.detach(), expected, atol=0.02)


# Layouts and holes -------------------------------------------------------------------


def drawn(loss, *shape):
    return torch.tensor(rng.randn(*shape, loss.n_outputs)).flatten(-2)


@every_loss
def test_a_missing_target_costs_nothing(loss):
    outputs = drawn(loss, 6, 2).requires_grad_()
    y = torch.tensor(rng.gamma(2.0, size=(6, 2)))
    y[1, 0] = y[4] = torch.nan
    value = NumberCriterion(loss)(outputs, y)
    value.backward()
    rows, columns = torch.where(~torch.isnan(y))
    known = outputs.detach().unflatten(1, (2, -1))[rows, columns]
    expected = NumberCriterion(loss)(known, y[rows, columns][:, None])
    assert value.item() == pytest.approx(expected.item())
    gradient = outputs.grad.unflatten(1, (2, -1))
    assert torch.isfinite(gradient).all()
    assert (gradient[4] == 0).all()
    assert (gradient[1, 0] == 0).all()
    assert (gradient[0] != 0).all()
    single = NumberCriterion(loss, reduction="none")(outputs, y)
    assert single.shape == (6, 2)
    assert single.mean().item() == pytest.approx(value.item())


@every_loss
def test_steps_count_alike(loss):
    outputs, y = drawn(loss, 2, 3, 2), torch.tensor(rng.gamma(2.0, size=(2, 3, 2)))
    y[1, 1:] = torch.nan
    real = NumberCriterion(loss)(
        torch.cat([outputs[0], outputs[1, :1]]), torch.cat([y[0], y[1, :1]])
    )
    found = StepCriterion(loss, typical=2.0)(outputs, y)  # (3 + 1) / 2
    assert found.item() == pytest.approx(real.item())
    each = StepCriterion(loss, typical=2.0, reduction="none")(outputs, y)
    assert each.mean().item() == pytest.approx(real.item())


@every_loss
def test_forecasts_cost_the_same(loss):
    """Where rates come as themselves; and what is missing costs nothing."""
    outputs, y = drawn(loss, 5, 4, 3), torch.tensor(rng.gamma(2.0, size=(5, 4, 3)))
    expected = NumberCriterion(loss)(outputs.flatten(0, 1), y.flatten(0, 1))
    said = outputs.unflatten(2, (3, -1))
    said = said.exp() if loss.is_rate else said
    criterion = ForecastCriterion(loss)
    assert criterion(said, y).item() == pytest.approx(expected.item())
    missing = y.clone()
    missing[2:] = torch.nan
    said = said.detach().requires_grad_()
    value = criterion(said, missing)
    value.backward()
    assert value.item() == pytest.approx(criterion(said[:2], y[:2]).item())
    assert torch.isfinite(said.grad).all()
    assert (said.grad[2:] == 0).all()


def test_a_rate_of_zero_has_a_finite_cost():
    said = torch.zeros(1, 1, 1, 1, requires_grad=True)
    cost = ForecastCriterion(PoissonDeviance())(said, torch.ones(1, 1, 1))
    cost.backward()
    assert torch.isfinite(cost)
    assert torch.isfinite(said.grad).all()


# Afterwards --------------------------------------------------------------------------


def test_quantiles_are_interpolated_and_in_order():
    loss = QuantileLoss(LEVELS)
    outputs = np.array([[3.0, 1.0, 2.0]])  # crossed
    levels = np.array([0.1, 0.3, 0.5, 0.8])
    assert loss.quantile(outputs, levels).tolist() == [[1, 1.5, 2, 3]]
    assert loss.point(outputs).tolist() == [2]
    assert np.sort(outputs) @ loss.shares == pytest.approx([2])
    with pytest.raises(ValueError, match=r"0\.9 is outside of those"):
        loss.quantile(outputs, np.array([0.9]))


@pytest.mark.parametrize(
    ("quantiles", "middle"),
    [((0.2, 0.8), 0.5), ((0.9,), 0.9), ((0.7, 0.9), 0.7), ((0.1, 0.3), 0.3)],
)
def test_the_prediction_is_the_median_or_the_quantile_next_to_it(quantiles, middle):
    loss = QuantileLoss(quantiles)
    outputs = np.array(quantiles)[None]  # of a uniform distribution
    assert loss.point(outputs) == pytest.approx([middle])
    assert outputs @ loss.shares == pytest.approx([middle])


def test_gaussian_quantiles_are_those_of_the_distribution():
    outputs = np.array([[2.0, np.log(3.0)]])
    found = GaussianLoss().quantile(outputs, np.array([0.025, 0.5]))
    assert found == pytest.approx(norm(2, 3).ppf([[0.025, 0.5]]))
    assert GaussianLoss().deviation(outputs) == pytest.approx([3])


def test_outputs_get_their_units():
    mean, scale = np.array([10.0, 0.0]), np.array([2.0, 3.0])
    found = GaussianLoss().in_units(np.array([[[1.0, 0.0], [1.0, 1.0]]]), mean, scale)
    assert found == pytest.approx(np.array([[[12, np.log(2)], [3, 1 + np.log(3)]]]))
    found = PoissonDeviance().in_units(np.log([[[4.0]]]), np.zeros(1), np.array([5.0]))
    assert found == pytest.approx(np.array([[[20]]]))


def test_what_several_networks_say_on_average():
    rates = torch.log(torch.tensor([[1.0], [3.0]]))
    assert PoissonDeviance.average(rates).item() == pytest.approx(np.log(2))
    said = torch.tensor([[0.0, 0.0, 5.0, 0.0], [2.0, 0.0, 5.0, 0.0]])
    mean, log_scale, other, other_log_scale = GaussianLoss.average(said).tolist()
    assert (mean, other) == (1, 5)
    assert np.exp(2 * log_scale) == pytest.approx(2)  # 1 within, 1 between
    assert other_log_scale == pytest.approx(0, abs=1e-6)


# What targets may be -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "fine", "wrong", "message"),
    [
        (
            "poisson",
            [0, 2.5, np.nan],
            -1,
            r"loss='poisson' .* 0 or more, got -1",
        ),
        ("tweedie", [0, 2.5, np.nan], -0.5, r"loss='tweedie' .* 0 or more, got -0\.5"),
        ("gamma", [0.1, np.nan], 0, r"loss='gamma' needs y of more than 0, got 0"),
    ],
)
def test_targets_beyond_what_a_loss_knows_are_told(name, fine, wrong, message):
    loss = make_loss(Asked(name))
    place = "row {} in column {}".format
    loss.check(np.array(fine)[:, None], place)
    with pytest.raises(ValueError, match=message + " in row 1 in column 0"):
        loss.check(np.array([[fine[0]], [wrong]]), place)
    loss.check_sum(np.ones((2, 2)))
    with pytest.raises(ValueError, match=rf"loss='{name}' needs y whose sum"):
        loss.check_sum(np.array([[1.0, 0], [1, 0]]))


@pytest.mark.parametrize("name", ["squared_error", "quantile", "gaussian"])
def test_others_know_all_numbers(name):
    loss = make_loss(Asked(name))
    loss.check(np.array([[-1.0], [0.0]]), str)
    loss.check_sum(np.zeros((2, 1)))


# Losses of one's own -----------------------------------------------------------------


def smooth(outputs, y):
    return functional.smooth_l1_loss(outputs, y, reduction="none")


@pytest.mark.parametrize(
    "given",
    [
        nn.SmoothL1Loss,
        nn.SmoothL1Loss(),
        nn.SmoothL1Loss(reduction="none"),
        partial(nn.SmoothL1Loss, beta=1.0),
        functional.smooth_l1_loss,
        partial(functional.smooth_l1_loss, beta=1.0),
        smooth,
        nn.HuberLoss(delta=1.0),
    ],
)
def test_a_loss_of_ones_own_comes_in_any_form(given):
    loss = make_loss(Asked(given))
    expected = mean_loss(LOSSES["huber"](), SAID[:, None], Y, WEIGHTS)
    assert mean_loss(loss, SAID[:, None], Y, WEIGHTS) == pytest.approx(expected)
    assert loss == make_loss(Asked(given))
    assert loss != SquaredError()
    assert loss != OwnLoss(nn.L1Loss)
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert mean_loss(other, SAID[:, None], Y, WEIGHTS) == pytest.approx(expected)
    if isinstance(given, nn.SmoothL1Loss):  # the user's own is left alone
        assert given.reduction in ("mean", "none")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            lambda outputs, y: (outputs - y).square().mean(),
            "must return a loss",
        ),
        (lambda outputs, y: 0.0, "returned no tensor"),
        (lambda outputs, y: y, "do not depend on the outputs"),
        (nn.GaussianNLLLoss(), "failed on a trial"),
        (len, "failed on a trial"),
        (float, "failed on a trial"),
        (nn.Linear, "cannot be made"),
    ],
)
def test_one_that_answers_otherwise_is_told(given, message):
    with pytest.raises(ValueError, match=rf"^loss=.*{message}"):
        make_loss(Asked(given))


@every_loss
def test_losses_are_told_apart(loss):
    assert loss == pickle.loads(pickle.dumps(loss)) == copy.deepcopy(loss)
    assert sum(loss == other for other in ALL) == 1
    assert QuantileLoss((0.5,)) != QuantileLoss((0.4,))
    assert TweedieDeviance(1.2) != TweedieDeviance(1.4)
