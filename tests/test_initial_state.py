"""Estimators learn from which state their recurrent layers start."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from skseq import (
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    summary,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(24, 6, 2))
RAGGED = [x[: 2 + i % 5] for i, x in enumerate(X)]
NUMBERS = X.sum(axis=(1, 2))
STEPS = np.where(X[:, :, 0].cumsum(axis=1) > 0, "up", "down")
ROWS = rng.normal(size=(40, 2)).cumsum(axis=0)
SMALL = {"hidden_size": 4, "max_epochs": 3, "random_state": 0, "lr": 0.05}
LEARNED = {"initial_state": "learned", **SMALL}
FORWARDS = {"bidirectional": False, "pooling": "last", "normalize": "feature"}

CASES = {
    "classifier": (RNNClassifier(cell="gru", **LEARNED), RAGGED, NUMBERS > 0),
    "several": (RNNRegressor(n_networks=2, **LEARNED), RAGGED, NUMBERS),
    "tagger": (RNNTagger(cell="rnn", num_layers=2, **LEARNED), X, STEPS),
    "conv": (
        CNNLSTMRegressor(n_filters=(4,), kernel_size=3, **LEARNED),
        RAGGED,
        NUMBERS,
    ),
    "seq2seq": (
        Seq2SeqRegressor(cell="peephole_lstm", bidirectional=True, **LEARNED),
        RAGGED,
        [x[:, 0] for x in RAGGED],
    ),
    "forecaster": (RNNForecaster(window_length=5, **LEARNED), ROWS, None),
    "segments": (
        CNNLSTMForecaster(window_length=6, decoder="segments", **LEARNED),
        ROWS,
        None,
    ),
    "writer": (Seq2SeqForecaster(window_length=5, horizon=2, **LEARNED), ROWS, None),
    "texts": (SequenceGenerator(**LEARNED), ["anna", "hanna", "johanna"] * 5, None),
    "detector": (
        SequenceAnomalyDetector(RNNForecaster(window_length=4, **LEARNED)),
        ROWS,
        None,
    ),
}


def first_states(model):
    module = getattr(model, "forecaster_", model).module_
    return {n: p for n, p in module.named_parameters() if "initial_state" in n}


@pytest.mark.parametrize("name", CASES)
def test_every_estimator_learns_it_where_sequences_are_read(name):
    model, data, y = CASES[name]
    model = clone(model).fit(data, y)
    found = first_states(model)
    assert found
    assert all("encoder" in name for name in found)  # a decoder starts from its end
    assert all(vector.abs().max() > 0 for vector in found.values())


def test_zeros_have_no_vectors():
    """One for each layer, direction and state: 2 layers x 2 directions x (h, c) x 4."""
    options = {**SMALL, "num_layers": 2}
    zeros = RNNRegressor(**options).fit(X, NUMBERS)
    learned = RNNRegressor(initial_state="learned", **options).fit(X, NUMBERS)
    assert not first_states(zeros)
    assert summary(learned).n_parameters == summary(zeros).n_parameters + 2 * 2 * 2 * 4
    with pytest.raises(ValueError, match="'initial_state' parameter of RNNRegressor"):
        clone(zeros).set_params(initial_state="ones").fit(X, NUMBERS)


@pytest.mark.parametrize("n_networks", [1, 2])
def test_penalties_leave_it_alone_as_they_do_biases(n_networks):
    options = {**LEARNED, "n_networks": n_networks, "clip_norm": None, "max_epochs": 1}
    plain = RNNRegressor(**options, optimizer="sgd").fit(X, NUMBERS)
    model = RNNRegressor(**options, optimizer="sgd", l1=0.01, l2=0.01).fit(X, NUMBERS)
    for (name, one), (_, other) in zip(
        plain.module_.named_parameters(), model.module_.named_parameters(), strict=True
    ):
        is_same = bool((one == other).all())
        assert is_same == ("bias" in name or "initial_state" in name), name


# Streams ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def reader():
    return RNNRegressor(num_layers=2, **FORWARDS, **LEARNED).fit(X, NUMBERS)


def test_a_stream_starts_where_sequences_do(reader):
    stream = reader.stateful()
    for piece in (X[:, :1], X[:, 1:4], X[:, 4:]):
        answer = stream.predict(piece)
    np.testing.assert_allclose(answer, reader.predict(X), atol=1e-7)
    vectors = [p.detach().numpy() for p in first_states(reader).values()]
    start = [[np.tile(v, (24, 1)) for v in pair] for pair in (vectors[:2], vectors[2:])]
    given = reader.stateful(start)
    np.testing.assert_array_equal(given.predict(X), reader.stateful().predict(X))
    zeros = reader.stateful([[0 * part for part in layer] for layer in start])
    assert not np.allclose(zeros.predict(X[:, :1]), reader.predict(X[:, :1]))


def test_a_series_that_comes_later_starts_there_too(reader):
    index = pd.MultiIndex.from_product([["a", "b"], range(6)])
    panel = pd.DataFrame(X[:2].reshape(-1, 2), index)
    stream = reader.stateful()
    stream.predict(panel.loc[["a"]].head(3))
    answer = stream.predict(pd.concat([panel.loc[["b"]], panel.loc[["a"]].tail(3)]))
    np.testing.assert_allclose(answer[::-1], reader.predict(X[:2]), atol=1e-7)


def test_encodings_start_there(reader):
    stream = reader.stateful()
    stream.predict(X)
    np.testing.assert_allclose(reader.transform(X), stream.state_[-1][0], atol=1e-7)
