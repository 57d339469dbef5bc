"""Networks of few epochs learn longer while held-out rows say that it pays."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch

from skseq import CNNLSTMForecaster, RNNForecaster
from skseq.core import estimator
from skseq.forecasting._longer import trained_longer

LOSSES = {
    "falls": ([5, 4, 9, 3, 9, 9, 9, 2], 8),
    "falls within": ([5, 4, 3, 9, 2, 9, 9, 9], 8),
    "rises": ([5, 4, 9, 9], 2),
    "stays": ([5, 4, 4, 4], 2),
    "falls once": ([5, 4, 9, 3, 9, 9, 9, 9], 4),
    "of three": ([5, 4, 3, 9, 9, 2], 6),
    "of five": ([5, 4, 3, 2, 1], 5),
}


def net_after(module, losses, *, interrupted=False, cut=False):
    """Return what is read of a net whose weights are the number of their epoch."""
    best = losses.index(min(losses)) + 1
    with torch.no_grad():
        module.weight.fill_(best)
    return SimpleNamespace(
        module_=module,
        losses=losses,
        best_epoch=lambda: best,
        mixed_precision=False,
        interrupted_=interrupted,
        budget=SimpleNamespace(cut=cut),
    )


def longer(losses, n_first, **ended):
    """Return the last net of a training that finds these losses, and its weight."""
    module = torch.nn.Linear(1, 1, bias=False)

    def train_on(*, max_epochs, earlier, mixed_precision, lr):
        n = len(earlier.losses)
        assert (max_epochs, mixed_precision, lr) == (n, False, 0.1)
        assert n < len(losses)
        net = net_after(module, losses[: n + max_epochs])
        with torch.no_grad():  # as the best of what it learned now is what it keeps
            new = losses[n : n + max_epochs]
            module.weight.fill_(n + new.index(min(new)) + 1)
        return net

    options = {"max_epochs": n_first, "mixed_precision": True, "lr": 0.1}
    net = trained_longer(
        net_after(module, losses[:n_first], **ended), train_on, options
    )
    return net, module.weight.item()


@pytest.mark.parametrize("case", LOSSES)
def test_epochs_double_while_the_loss_falls(case):
    losses, n_worth = LOSSES[case]
    n_first = {"of three": 3, "of five": 5}.get(case, 2)
    net, weight = longer(losses, n_first)
    assert net.losses == losses
    assert weight == net.best_epoch()
    assert n_worth / 2 < net.best_epoch() <= n_worth


@pytest.mark.parametrize("how", ["interrupted", "cut"])
def test_nothing_follows_what_was_ended(how):
    net, weight = longer([5, 4], 2, **{how: True})
    assert net.losses == [5, 4]
    assert weight == 2


def panel(make):
    """Return six series of 60 rows."""
    return pd.concat({i: pd.DataFrame({"y": make(i)}) for i in range(6)})


def signs(seed):
    """Return signs that mostly stay in the first four fifths, and turn in the last."""
    turns = np.random.RandomState(seed).rand(60) < np.repeat([0.1, 0.9], [48, 12])
    return np.where(turns, -1.0, 1.0).cumprod()


@pytest.mark.parametrize("cls", [CNNLSTMForecaster, RNNForecaster])
def test_a_panel_is_learned_as_long_as_held_out_rows_ask_for(cls, monkeypatch):
    monkeypatch.setattr(estimator, "AUTO_STEPS", 20)  # two epochs of ten batches
    waves = panel(lambda i: np.sin(np.arange(60) * (0.8 + 0.1 * i)))
    options = {"window_length": 8, "hidden_size": 8, "batch_size": 24, "lr": 0.02}
    options |= {"linear_skip": False, "normalize": "feature", "random_state": 0}
    model = cls(**options).fit(waves)
    assert 4 < model.n_iter_ <= 8
    fixed = cls(**options, max_epochs=model.n_iter_).fit(waves)
    assert model.loss_curve_ == fixed.loss_curve_
    assert cls(**options).fit(panel(signs)).n_iter_ <= 2
    alone = cls(**options, shrink_to_naive=False).fit(waves)
    assert alone.n_iter_ == 2
