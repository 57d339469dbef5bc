import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from skseq.forecasting._losses import LOSSES

rng = np.random.RandomState(0)
Y = rng.randn(5, 4, 3)
LEVELS = (0.1, 0.5, 0.8)


def loss(name, outputs, y=Y, **options):
    return LOSSES[name](**options)(torch.tensor(outputs), torch.tensor(y)).item()


def test_errors_are_means_over_all_targets():
    outputs = rng.randn(5, 4, 3, 1)
    errors = np.abs(outputs[..., 0] - Y)
    assert loss("mae", outputs) == pytest.approx(errors.mean())
    assert loss("mse", outputs) == pytest.approx((errors**2).mean())
    huber = np.where(errors < 1, errors**2 / 2, errors - 0.5)
    assert loss("huber", outputs) == pytest.approx(huber.mean())


def test_pinball_losses_are_those_of_scikit_learn():
    outputs = rng.randn(5, 4, 3, 3)
    expected = [
        mean_pinball_loss(Y.ravel(), outputs[..., i].ravel(), alpha=level)
        for i, level in enumerate(LEVELS)
    ]
    assert loss("quantile", outputs, quantiles=LEVELS) == pytest.approx(
        np.mean(expected)
    )


def test_the_gaussian_loss_is_minus_the_log_density():
    outputs = rng.randn(5, 4, 3, 2)
    density = norm(outputs[..., 0], np.exp(outputs[..., 1])).logpdf(Y)
    expected = -density.mean() - 0.5 * np.log(2 * np.pi)
    assert loss("gaussian", outputs) == pytest.approx(expected)


@pytest.mark.parametrize("name", LOSSES)
def test_a_missing_target_costs_nothing(name):
    options = {"quantiles": LEVELS}
    made = LOSSES[name](**options)
    outputs = rng.randn(5, 4, 3, made.n_locations + made.n_log_scales)
    missing = Y.copy()
    missing[2:] = np.nan
    outputs = torch.tensor(outputs, requires_grad=True)
    value = made(outputs, torch.tensor(missing))
    value.backward()
    assert value.item() == pytest.approx(made(outputs[:2], torch.tensor(Y[:2])).item())
    assert torch.isfinite(outputs.grad).all()
    assert (outputs.grad[2:] == 0).all()


def test_quantiles_are_interpolated_and_in_order():
    made = LOSSES["quantile"](quantiles=LEVELS)
    outputs = np.array([[3.0, 1.0, 2.0]])  # crossed
    levels = np.array([0.1, 0.3, 0.5, 0.8])
    assert made.quantile(outputs, levels).tolist() == [[1, 1.5, 2, 3]]
    assert made.point(outputs).tolist() == [2]
    with pytest.raises(ValueError, match=r"0\.9 is outside of those"):
        made.quantile(outputs, np.array([0.9]))
    one = LOSSES["quantile"](quantiles=(0.5,))
    assert one.quantile(np.array([[7.0]]), np.array([0.5])).tolist() == [[7]]


def test_gaussian_quantiles_are_those_of_the_distribution():
    outputs = np.array([[2.0, np.log(3.0)]])
    quantiles = LOSSES["gaussian"]().quantile(outputs, np.array([0.025, 0.5]))
    assert quantiles == pytest.approx(norm(2, 3).ppf([[0.025, 0.5]]))


def test_point_losses_know_no_quantiles():
    with pytest.raises(ValueError, match="loss='quantile' or loss='gaussian'"):
        LOSSES["mae"]().quantile(np.zeros((1, 1)), np.array([0.5]))
