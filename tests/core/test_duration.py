"""How long training goes on, by watchers that say what is written here."""

import numpy as np
import pytest
import torch

from skseq.core.calibration import LEAST, ClassCalibration
from skseq.core.duration import learn_duration
from skseq.data.batching import Batch
from skseq.networks import StepCrossEntropy
from skseq.training import Budget

N = 400
BASE = ClassCalibration(np.log([0.5, 0.5]))


class Scripted:
    """Is right about a share of its samples after each epoch."""

    def __init__(self, shares, beside=None, log_odds=2.0):
        self.log_odds = log_odds
        self.beside = beside
        self.shares = list(shares)
        self.held_out = np.arange(N)
        self.n_epochs = 0

    def train(self):
        self.n_epochs += 1
        return True

    def predict(self):
        y = torch.arange(N) % 2
        share = self.shares[min(self.n_epochs, len(self.shares)) - 1]
        # The same samples stay right, so that epochs differ by what they change alone.
        is_right = torch.arange(N) % 20 < round(20 * share)
        log_odds = torch.where(is_right == (y == 1), self.log_odds, -self.log_odds)
        outputs = torch.stack([torch.zeros(N), log_odds], dim=1)
        for index in torch.arange(N).split(150):
            batch = Batch(torch.zeros(len(index), 1, 1), None, y[index], None, index)
            yield index, batch, outputs[index]


def learned(
    shares,
    most_epochs=10,
    n_batches=100,
    mean_rate=1.0,
    beside=None,
    log_odds=2.0,
    seconds=None,
):
    watcher = Scripted(shares, beside, log_odds)
    budget = Budget(seconds)
    found = learn_duration([watcher], BASE, most_epochs, n_batches, mean_rate, budget)
    return found, watcher


def test_training_ends_where_the_held_out_loss_does_not_fall_any_more():
    found, watcher = learned([0.6, 0.8, 0.9, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6])
    assert (found.n_epochs, found.reason) == (3, "held-out loss")
    assert watcher.n_epochs == 5  # two looks that are worse by more than chance
    assert [epoch for epoch, _ in found.curve] == [1, 2, 3, 4, 5]
    assert found.trust == pytest.approx(1, abs=0.01)  # .9 are right, .88 promised
    assert found.n_held_out == N


def test_of_equal_losses_the_longest_training_is_taken():
    found, watcher = learned([0.6, 0.8, 0.9] + [0.9] * 7)
    assert (found.n_epochs, found.reason) == (10, "max_epochs")
    assert watcher.n_epochs == 10


def test_nothing_is_watched_any_more_where_hardly_any_loss_is_left():
    found, watcher = learned([0.7, 0.9, 1.0, 1.0], most_epochs=40, log_odds=6.0)
    assert (found.n_epochs, found.reason) == (40, "nothing left to learn")
    assert watcher.n_epochs == 3
    assert [epoch for epoch, _ in found.curve] == [1, 2, 3]
    assert found.trust == pytest.approx(1, abs=0.01)
    _, less_sure = learned([0.7, 0.9, 1.0, 1.0], most_epochs=40, log_odds=2.5)
    assert less_sure.n_epochs == 40  # log(1 + exp(-2.5)) = .079, more than .069


def test_what_still_falls_at_the_end_goes_on_for_as_long_again():
    found, _ = learned([0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
    assert (found.n_epochs, found.reason) == (20, "max_epochs")


def test_nothing_learned_is_trusted_by_nothing():
    found, _ = learned([0.5] * 10)
    assert found.reason == "nothing learned"
    assert found.trust == LEAST


def test_a_watcher_at_the_highest_rate_needs_as_much_less():
    found, watcher = learned([0.6, 0.8, 0.9, 0.6, 0.6], mean_rate=0.5)
    assert found.n_epochs == 6  # watchers, at the highest rate, took 3
    assert watcher.n_epochs == 5  # of 10 / 2
    assert found.as_dict()["n_epochs"] == 6
    assert found.as_dict()["epochs"] == [1, 2, 3, 4, 5]


def test_calibrated_loss_by_hand():
    found, _ = learned([0.75], most_epochs=1)
    # .75 are right: trusted as far as log-odds of log(3) go, the entropy remains.
    assert found.trust == pytest.approx(np.log(3) / 2, abs=0.01)
    entropy = -0.75 * np.log(0.75) - 0.25 * np.log(0.25)
    assert found.curve[0][1] == pytest.approx(entropy, abs=1e-3)


def test_steps_of_padding_do_not_count():
    class OfSteps(Scripted):
        def predict(self):
            for index, batch, outputs in super().predict():
                none = torch.full_like(batch.y, StepCrossEntropy.padding)
                y = torch.stack([batch.y, none], dim=1)
                wild = torch.full_like(outputs, 1e3)
                batch = Batch(batch.x, None, y, None, index)
                yield index, batch, torch.stack([outputs, wild], dim=1)

    shares = [0.6, 0.8, 0.9, 0.7, 0.6, 0.6]
    of_steps = learn_duration([OfSteps(shares)], BASE, 6, 100, 1.0, Budget(None))
    of_sequences, _ = learned(shares, most_epochs=6)
    assert of_steps.as_dict() == of_sequences.as_dict()


def test_where_time_is_over_the_looks_so_far_count(monkeypatch):
    monkeypatch.setattr("skseq.training._budget.perf_counter", iter(range(9)).__next__)
    # Of one batch an epoch, the first 25 would be asked for nothing.
    found, watcher = learned([0.6, 0.8, 0.9], most_epochs=40, n_batches=1, seconds=3)
    assert (found.n_epochs, found.reason, watcher.n_epochs) == (3, "max_seconds", 3)
    assert [epoch for epoch, _ in found.curve] == [1, 3]


def test_an_epoch_that_time_cut_short_does_not_count():
    class Cut(Scripted):
        def train(self):
            super().train()
            return self.n_epochs <= self.n_whole

    cut = Cut([0.6, 0.8, 0.9])
    for n_batches, n_whole, looks in ((100, 2, [1, 2]), (1, 2, [1, 2]), (100, 0, None)):
        cut.n_epochs, cut.n_whole = 0, n_whole
        found = learn_duration([cut], BASE, 10, n_batches, 1.0, Budget(None))
        if looks is None:
            assert found is None
        else:
            assert (found.n_epochs, found.reason) == (n_whole, "max_seconds")
            assert [epoch for epoch, _ in found.curve] == looks


def test_a_watcher_that_diverges_is_told():
    class Wild(Scripted):
        def predict(self):
            for index, batch, outputs in super().predict():
                yield index, batch, outputs / 0

    with pytest.raises(ValueError, match="Training diverged: a held-out prediction"):
        learn_duration([Wild([0.5])], BASE, 3, 100, 1.0, Budget(None))


def right_about(share, n_apart=1):
    """Return log-odds of a model that errs where the watchers do not, if apart."""
    y = np.arange(N) % 2
    is_right = (np.arange(N) // n_apart) % 20 < round(20 * share)
    return np.column_stack([np.zeros(N), np.where(is_right == (y == 1), 2.0, -2.0)])


def test_a_model_beside_that_knows_more_has_a_say():
    found, _ = learned([0.6] * 10, beside=right_about(0.9, n_apart=20))
    assert len(found.trust) == 2
    assert found.trust[1] > found.trust[0] > 0
    assert found.as_dict()["linear"] == found.trust[1]
    alone, _ = learned([0.6] * 10)
    assert found.curve[-1][1] < alone.curve[-1][1]


def test_a_model_beside_that_knows_nothing_new_has_none():
    shares = [0.6, 0.8, 0.9, 0.7, 0.6, 0.6]
    alone, _ = learned(shares)
    for beside in (right_about(0.5), right_about(0.9)):
        found, _ = learned(shares, beside=beside)
        assert found.as_dict() == alone.as_dict()
        assert alone.as_dict()["linear"] == 0


def test_networks_that_learned_nothing_leave_the_order_to_the_model_beside():
    found, _ = learned([0.5] * 10, beside=right_about(0.5, n_apart=20))
    assert found.reason == "nothing learned"
    assert len(found.trust) == 2
    assert found.trust.sum() == pytest.approx(LEAST)


def test_what_still_falls_may_rise_while_it_goes_on():
    falling = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
    found, watcher = learned([*falling, 0.95, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.6])
    assert (found.n_epochs, found.reason) == (11, "held-out loss")
    assert watcher.n_epochs < 20
