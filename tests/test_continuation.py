"""Fits of more epochs go on from those of fewer, and end as from the start."""

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV
from skorch.callbacks import Callback, GradientNormClipping

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    Seq2SeqRegressor,
    SequenceGenerator,
)
from skseq.callbacks import Checkpoint, Continuation

rng = np.random.RandomState(0)
X = rng.randn(70, 6, 2).astype(np.float32)
Y = X.sum(axis=(1, 2)).astype(np.float64)
TABLE = np.sin(np.arange(60) / 3) + rng.randn(60) / 10
PLAIN = {"lr_schedule": None, "batch_size": 16, "random_state": 0}
CASES = {
    "dropout": (
        RNNClassifier(**PLAIN, dropout=0.2, recurrent_dropout=0.3),
        (X, Y > 0),
    ),
    "plateau": (
        RNNRegressor(**PLAIN | {"lr_schedule": "plateau"}, patience=2, lr=0.3),
        (X, Y),
    ),
    "early stopping": (
        RNNRegressor(**PLAIN, early_stopping=True, patience=20, lr=0.3),
        (X, Y),
    ),
    "batch statistics": (CNNClassifier(**PLAIN, n_filters=(4,)), (X, Y > 0)),
    "forecaster": (RNNForecaster(**PLAIN, window_length=6), (TABLE,)),
    "decoder": (
        Seq2SeqRegressor(**PLAIN, hidden_size=8, teacher_forcing=0.5),
        (X, X[..., 0]),
    ),
    "texts": (
        SequenceGenerator(**PLAIN, hidden_size=8, window_length=8),
        (["anna", "hanna", "johanna", "ann"] * 5,),
    ),
}
epochs = []  # one entry per epoch trained


class Counting(Callback):
    """Notes every epoch."""

    def on_epoch_end(self, net, **kwargs):
        epochs.append(net.max_epochs)


@pytest.fixture
def callbacks(tmp_path):
    epochs.clear()
    return [Counting(), Continuation(tmp_path)]


def fit(case, max_epochs, callbacks=None):
    model, data = CASES[case]
    return model.set_params(max_epochs=max_epochs, callbacks=callbacks).fit(*data)


@pytest.mark.parametrize("case", CASES)
def test_more_epochs_go_on_and_end_as_from_the_start(case, callbacks):
    for max_epochs in (3, 7):
        found = fit(case, max_epochs, callbacks)
    assert epochs == [3] * 3 + [7] * 4
    weights = {k: v.clone() for k, v in found.module_.state_dict().items()}
    losses = found.loss_curve_
    whole = fit(case, 7)
    assert losses == whole.loss_curve_
    for name, tensor in whole.module_.state_dict().items():
        assert torch.equal(tensor, weights[name]), name


def test_the_same_fit_trains_no_more(callbacks):
    first = fit("dropout", 3, callbacks).predict_proba(X)
    assert np.array_equal(fit("dropout", 3, callbacks).predict_proba(X), first)
    assert len(epochs) == 3


def test_fewer_epochs_start_anew(callbacks):
    fit("dropout", 5, callbacks)
    found = fit("dropout", 2, callbacks).loss_curve_
    assert epochs == [5] * 5 + [2] * 2
    assert found == fit("dropout", 2).loss_curve_


@pytest.mark.parametrize(
    "changes",
    [
        {"lr": 0.02},
        {"hidden_size": 5},
        {"random_state": 1},
        {"dropout": 0.1},
        {"class_weight": "balanced"},
        {"l1": 0.1},
        {"clip_norm": 0.1},
        {"optimizer": "adamax"},
        {"lr_schedule": "plateau"},
        {"early_stopping": True},
    ],
    ids=str,
)
def test_other_fits_are_kept_apart(changes, callbacks):
    model = RNNClassifier(**PLAIN, max_epochs=2, callbacks=callbacks)
    model.fit(X, Y > 0).set_params(**changes, max_epochs=3).fit(X, Y > 0)
    assert epochs == [2] * 2 + [3] * 3


def test_other_data_are_kept_apart(callbacks):
    model = RNNClassifier(**PLAIN, max_epochs=2, callbacks=callbacks).fit(X, Y > 0)
    model.set_params(max_epochs=3).fit(X, Y < 0)
    assert len(epochs) == 5


def test_forecasters_of_other_scales_are_kept_apart(callbacks):
    model = RNNForecaster(**PLAIN, window_length=6, callbacks=callbacks)
    model.set_params(normalize="window", max_epochs=2).fit(TABLE)
    model.set_params(normalize="last", max_epochs=3).fit(TABLE)
    assert epochs == [2] * 2 + [3] * 3


def test_fits_with_other_callbacks_are_kept_apart(callbacks):
    model = RNNRegressor(**PLAIN)
    for max_epochs, bound in [(2, 1e-3), (3, 9), (4, 9)]:
        clips = GradientNormClipping(bound)
        model.set_params(max_epochs=max_epochs, callbacks=[*callbacks, clips])
        losses = model.fit(X, Y).loss_curve_
    assert epochs == [2] * 2 + [3] * 3 + [4]
    assert losses == model.set_params(callbacks=[clips]).fit(X, Y).loss_curve_


@pytest.mark.parametrize("order", [1, -1])
def test_a_checkpoint_beside_it_is_of_one_number_of_epochs(order, callbacks, tmp_path):
    def both(max_epochs):
        checkpoint = Checkpoint(tmp_path / f"{max_epochs}")
        return fit("dropout", max_epochs, [*callbacks, checkpoint][::order])

    both(3)
    losses = both(7).loss_curve_
    assert epochs == [3] * 3 + [7] * 4
    assert losses == both(7).loss_curve_ == fit("dropout", 7).loss_curve_
    assert epochs == [3] * 3 + [7] * 4
    (tmp_path / "3").replace(tmp_path / "8")
    with pytest.raises(ValueError, match="of the Checkpoint holds another fit"):
        both(8)


def test_a_fit_leaves_its_callback_as_it_was(callbacks):
    before = vars(callbacks[1]).copy()
    copy = clone(fit("dropout", 2, callbacks))
    assert vars(callbacks[1]) == vars(copy.callbacks[1]) == before


def test_halving_over_epochs_finds_the_same_with_fewer(callbacks):
    def search(**parameters):
        halving = HalvingGridSearchCV(
            RNNRegressor(**PLAIN, **parameters),
            {"lr": [1e-4, 1e-3, 1e-2, 1e-1]},
            resource="max_epochs",
            min_resources=2,
            max_resources=8,
            factor=2,
            cv=2,
            refit=False,
            random_state=0,
        )
        return halving.fit(X, Y).cv_results_

    found = search(callbacks=callbacks)
    n_continued = len(epochs)
    epochs.clear()
    expected = search(callbacks=[Counting()])
    np.testing.assert_array_equal(found["mean_test_score"], expected["mean_test_score"])
    # Two folds of 4, 2 and 1 candidates in 2, 4 and 8 epochs.
    assert len(epochs) == 2 * (4 * 2 + 2 * 4 + 8)
    assert n_continued == 2 * (4 * 2 + 2 * 2 + 4)


@pytest.mark.parametrize(
    "model",
    [
        RNNRegressor(lr_schedule="cosine"),
        RNNRegressor(lr_schedule="onecycle"),
        Seq2SeqRegressor(lr_schedule=None, teacher_forcing=(1.0, 0.0)),
    ],
    ids=str,
)
def test_what_depends_on_the_number_of_epochs_is_refused(model, callbacks):
    model.set_params(callbacks=callbacks, random_state=0, max_epochs=2)
    with pytest.raises(ValueError, match="depend on max_epochs"):
        model.fit(X, X[..., 0] if isinstance(model, Seq2SeqRegressor) else Y)


@pytest.mark.parametrize("case", CASES)
def test_a_number_of_epochs_that_is_not_known_yet_is_refused(case, callbacks):
    message = "holds a Continuation.* max_epochs='auto' must then be a number"
    with pytest.raises(ValueError, match=message):
        fit(case, "auto", callbacks)
    assert epochs == []


@pytest.mark.parametrize("directory", ["missing", 5, None])
def test_a_directory_that_is_none_is_refused(directory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    callbacks = [Continuation(directory)]
    message = f"directory={directory!r} of the Continuation must be "
    with pytest.raises((ValueError, TypeError), match=message):
        RNNRegressor(**PLAIN, max_epochs=2, callbacks=callbacks).fit(X, Y)
