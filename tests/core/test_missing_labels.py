"""Steps whose class is not known are read, but neither learned from nor scored."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, r2_score

from skseq import CNNTagger, RNNRegressor, RNNTagger
from skseq.metrics import step_scorer
from skseq.persistence import load, save

rng = np.random.default_rng(0)
X = [rng.normal(size=(n, 1)) for n in rng.integers(5, 12, 40)]
Y = [np.where(x[:, 0] > 0, "up", "down") for x in X]
IS_KNOWN = [rng.random(len(y)) < 0.6 for y in Y]
IS_KNOWN[0][:] = False
SMALL = {"max_epochs": 20, "lr": 0.02, "random_state": 0}


def unlabelled(missing, labels=Y):
    return [
        pd.Series(y, dtype=object).where(known, missing).to_numpy()
        for y, known in zip(labels, IS_KNOWN, strict=True)
    ]


NUMBERS = [(y == "up") * 1.0 for y in Y]


@pytest.mark.parametrize("missing", [np.nan, "?", -1, -1.5])
@pytest.mark.parametrize("Tagger", [RNNTagger, CNNTagger])
def test_what_stands_for_none_does_not_matter(Tagger, missing):
    names = isinstance(missing, str)
    y = unlabelled(missing, Y if names else NUMBERS)
    y = y if names else [labels.astype(float) for labels in y]
    model = Tagger(missing_label=missing, class_weight="balanced", **SMALL).fit(X, y)
    assert model.classes_.tolist() == (["down", "up"] if names else [0, 1])
    assert model.score(X, Y if names else NUMBERS) > 0.9
    known = np.concatenate(IS_KNOWN)
    said, true = np.concatenate(model.predict(X)), np.concatenate(y)
    assert model.score(X, y) == pytest.approx((said == true)[known].mean())
    scorer = step_scorer("balanced_accuracy", missing_label=missing)
    expected = balanced_accuracy_score(true[known].astype(said.dtype), said[known])
    assert scorer(model, X, y) == pytest.approx(expected)


def test_the_loss_is_that_of_the_known_steps():
    whole = [
        np.where(known, y, 0.0) for y, known in zip(NUMBERS, IS_KNOWN, strict=True)
    ]
    y = unlabelled(np.nan, NUMBERS)
    other = [
        np.where(known, y, 1.0) for y, known in zip(NUMBERS, IS_KNOWN, strict=True)
    ]
    assert any((a != b).any() for a, b in zip(whole, other, strict=True))
    model = RNNTagger(missing_label=np.nan, **{**SMALL, "max_epochs": 1})
    loss = model.set_params(lr=1e-12).fit(X, y).loss_curve_[0]
    proba = np.concatenate(model.predict_proba(X))
    true, known = np.concatenate(NUMBERS).astype(int), np.concatenate(IS_KNOWN)
    expected = -np.log(proba[np.arange(len(true)), true])[known].mean()
    assert loss == pytest.approx(expected, rel=1e-4)


def test_how_long_to_train_is_told_by_known_steps_and_files_keep_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 200)
    y = unlabelled("?")
    model = RNNTagger(missing_label="?", random_state=0, lr=0.02).fit(X, y)
    assert model.duration_["n_held_out"] == len(X)
    assert model.score(X, Y) > 0.9
    save(model, tmp_path / "model")
    again = load(tmp_path / "model").partial_fit(X, y)
    assert again.score(X, y) > 0.9


def test_no_known_step_at_all_and_none_expected_are_errors():
    nothing = [np.full(len(y), -1) for y in Y]
    with pytest.raises(ValueError, match="All labels of y are -1, which is none"):
        RNNTagger(missing_label=-1).fit(X, nothing)
    with pytest.raises(ValueError, match=r"contains NaN: y.0..0. .*missing_label"):
        RNNTagger().fit(X, unlabelled(np.nan))


def test_numbers_that_are_missing_are_left_out_of_everything(monkeypatch):
    monkeypatch.setattr("skseq.networks.inputs.HIDDEN", 0.0)  # to know the loss
    monkeypatch.setattr("skseq.core.estimator.AUTO_STEPS", 60)
    level = np.array([x.mean() for x in X])
    y = np.column_stack([level, -level])
    y[:5], y[5:15, 0], y[15:20, 1] = np.nan, np.nan, np.nan
    model = RNNRegressor(missing="mask", **SMALL).fit(X, y)
    said, known = model.predict(X), ~np.isnan(y)
    assert model.score(X, y) == pytest.approx(r2_score(y[20:], said[20:]))
    model.set_params(lr=1e-12, max_epochs=1, batch_size=64).fit(X, y)
    outputs = model._task.encode(model.predict(X), float)
    standardised = model._task.encode(y, float)
    squares = np.square(outputs - standardised)[known]
    assert model.loss_curve_[0] == pytest.approx(squares.mean(), rel=1e-4)
    np.testing.assert_allclose(
        model._task.scaler.mean_, np.nanmean(y, axis=0), rtol=1e-6
    )
    alone = RNNRegressor(missing="mask", **SMALL).fit(X, y[:, 0])
    other = RNNRegressor(**SMALL).fit(X[15:], y[15:, 0])
    np.testing.assert_allclose(alone._task.scaler.mean_, other._task.scaler.mean_)
    objects = pd.Series(y[:, 0]).astype(object).where(known[:, 0], pd.NA)
    np.testing.assert_array_equal(
        RNNRegressor(missing="mask", **SMALL).fit(X, objects).predict(X),
        alone.predict(X),
    )
    with pytest.raises(ValueError, match=r"y contains NaN: row 0, .* Set missing='m"):
        RNNRegressor().fit(X, y)
    with pytest.raises(ValueError, match="y contains infinity: row 7"):
        alone.fit(X, np.where(np.arange(len(X)) == 7, -np.inf, level))
    never = pd.DataFrame({"up": level, "down": np.nan})
    with pytest.raises(ValueError, match="numbers of y in column 'down' are missing"):
        alone.fit(X, never)
    with pytest.raises(ValueError, match="All numbers of y are missing"):
        alone.fit(X, np.full(len(X), np.nan))
    assert np.isfinite(
        RNNRegressor(missing="mask", hidden_size=4, random_state=0).fit(X, y).predict(X)
    ).all()
