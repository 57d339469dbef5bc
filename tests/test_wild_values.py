"""One value in a thousand, a million times too large, changes little."""

import numpy as np
import pytest
from sklearn.base import clone

from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqRegressor,
)

rng = np.random.default_rng(0)
X = rng.normal(3, 2, size=(800, 10, 2))
LEVEL = (X[:, :, 0].mean(axis=1) - 3) * 10**0.5 / 2
POSITIVE = LEVEL > 0
STEPS = X[:, :, 0] > 3
TRAIN, TEST = slice(0, 300), slice(300, None)
conv = {"n_filters": (32,), "kernel_size": (5,), "max_epochs": 10, "random_state": 0}
small = {"hidden_size": 16, "max_epochs": 10, "random_state": 0}


def wilder(values, rate):
    """Values of which some, at least one, are a million times too large."""
    values = values.copy()
    n_wild = max(1, round(rate * values.size))
    values.flat[rng.choice(values.size, n_wild, replace=False)] *= 1e6
    return values


WILD = X.copy()
WILD[TRAIN], WILD[TEST] = wilder(X[TRAIN], 1e-3), wilder(X[TEST], 1e-3)

LEARNERS = [
    (RNNClassifier(**small), POSITIVE),
    (CNNClassifier(**conv), POSITIVE),
    (CNNLSTMClassifier(**conv, hidden_size=8), POSITIVE),
    (RNNRegressor(**small), LEVEL),
    (CNNRegressor(**conv), np.stack([LEVEL, 1000 - LEVEL], axis=1)),
    (CNNLSTMRegressor(**conv, hidden_size=8), LEVEL),
    (RNNTagger(**small), STEPS),
    (CNNTagger(**conv), STEPS),
    (CNNLSTMTagger(**conv, hidden_size=8), STEPS),
    (Seq2SeqRegressor(**small, teacher_forcing=0.0), X[:, -2:, :1]),
]


@pytest.mark.parametrize(("model", "y"), LEARNERS)
def test_scores_stay_within_three_hundredths(model, y):
    clean = clone(model).fit(X[TRAIN], y[TRAIN]).score(X[TEST], y[TEST])
    told = wilder(y[TRAIN], 1e-3) if y.dtype == float else y[TRAIN]
    model = clone(model).fit(WILD[TRAIN], told)
    assert model.score(X[TEST], y[TEST]) > clean - 0.03
    assert model.score(WILD[TEST], y[TEST]) > clean - 0.03


# One at a time ----------------------------------------------------------------------

quick = {"max_epochs": 2, "random_state": 0}
FEW = X[:60]


@pytest.mark.parametrize("normalize", ["feature", "both"])
def test_a_wild_value_counts_as_the_bound_beside_it(normalize):
    model = RNNRegressor(normalize=normalize, hidden_size=4, **quick)
    model.fit(FEW, LEVEL[:60])
    bounds = model._scaler.bounds
    asked, tame = X[60:70].copy(), X[60:70].copy()
    asked[3, 2], tame[3, 2] = [1e300, -1e9], [bounds.high[0], bounds.low[1]]
    found = model.predict(asked)
    np.testing.assert_array_equal(found, model.predict(tame))
    others = np.arange(10) != 3
    np.testing.assert_array_equal(found[others], model.predict(X[60:70])[others])
    np.testing.assert_allclose(model.predict(asked[3:4]), found[3:4], rtol=1e-12)
    ragged = [x[: 5 + i % 3] for i, x in enumerate(asked)]
    assert np.isfinite(model.predict(ragged)).all()


def test_a_sequence_with_its_own_scale_may_lie_anywhere():
    model = CNNRegressor(normalize="sequence", n_filters=(4,), **quick)
    model.fit(FEW, LEVEL[:60])
    found = model.predict(1e6 + 1e3 * FEW)
    np.testing.assert_allclose(found, model.predict(FEW), rtol=1e-5)
    with pytest.raises(ValueError, match=r"^X holds values as large as .*e\+300, too"):
        model.predict(FEW * 1e300)


def test_without_normalisation_all_values_are_taken_as_they_are():
    asked = FEW.copy()
    asked[3, 2] = 1e9
    y = LEVEL[:60].copy()
    y[5] = 1e6
    model = CNNRegressor(normalize=None, n_filters=(4,), **quick).fit(asked, y)
    assert not model._scaler.bounds.exist
    assert not model._task.bounds.exist
    np.testing.assert_array_equal(model._task.encode(y, np.float64)[:, 0], y)


def test_tokens_have_no_bounds():
    tokens = np.random.default_rng(0).integers(5, size=(60, 4))
    tokens[7, 1] = 1000
    model = RNNClassifier(embedding_dim=2, hidden_size=4, **quick)
    model.fit(tokens, tokens[:, 0] > 2)
    assert not model._scaler.bounds.exist


def test_the_scale_of_targets_is_that_of_all_others():
    y = np.stack([np.arange(60.0), 1000 - np.arange(60.0)], axis=1)
    wild = y.copy()
    wild[[10, 20], [0, 1]] = 1e300, -1e300
    y[[10, 20], [0, 1]] = 58, 942  # the bounds are the second largest and smallest
    model = RNNRegressor(hidden_size=4, **quick)
    found = model.fit(FEW, wild).predict(FEW)
    np.testing.assert_array_equal(found, clone(model).fit(FEW, y).predict(FEW))


def test_what_is_watched_is_clipped_too():
    model = RNNRegressor(hidden_size=4, early_stopping=True, **quick)
    y_val = LEVEL[60:100].copy()
    y_val[0] = 1e9
    model.fit(FEW, LEVEL[:60], X_val=WILD[60:100], y_val=y_val)
    assert max(-score for score in model.validation_scores_) < 3


def test_a_weight_is_a_number_of_copies_with_wild_values_too():
    data, y = FEW[:25].copy(), LEVEL[:25].copy()
    data[3, 2, 1], y[4] = 1e9, -1e7
    weights = np.arange(25) % 2 + 1
    options = {"hidden_size": 4, "batch_size": 100, **quick}
    one = RNNRegressor(**options).fit(data, y, sample_weight=weights)
    other = RNNRegressor(**options).fit(np.repeat(data, weights, 0), y.repeat(weights))
    np.testing.assert_array_equal(one.predict(data), other.predict(data))


@pytest.mark.parametrize("cls", [RNNRegressor, CNNRegressor, Seq2SeqRegressor])
def test_numbers_too_large_to_be_standardised_are_refused(cls):
    y = X[:60, :, :1] if cls is Seq2SeqRegressor else LEVEL[:60]
    with pytest.raises(ValueError, match=r"^y holds values as large as .*e\+300, too"):
        cls(**quick).fit(FEW, y * 1e300)
    with pytest.raises(ValueError, match=r"^X holds values as large as .*e\+300, too"):
        cls(**quick).fit(FEW * 1e300, y)


def test_a_rare_event_still_shows():
    """One step in a hundred, fifty deviations high: clipped, but not hidden."""
    data = np.random.default_rng(0).normal(size=(400, 50, 1))
    has_event = np.arange(400) % 2 == 1
    data[has_event, np.arange(200) % 50] = 50
    model = CNNClassifier(**conv).fit(data[:200], has_event[:200])
    assert model._scaler.bounds.beyond(4)[1] < 50
    assert model.score(data[200:], has_event[200:]) > 0.99
