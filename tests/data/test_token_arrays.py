"""Tokens are not read as quantities, wherever they come along."""

import pickle

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from skseq import (
    CNNClassifier,
    RNNClassifier,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqRegressor,
    SequenceArray,
)
from skseq.preprocessing import (
    SequencePadder,
    SequenceScaler,
    SequenceSplitter,
    Tokenizer,
)

TEXTS = ["a good film", "a bad film", "good", "so bad so bad"] * 3
Y = np.array([1, 0, 1, 0] * 3)
TOKENS = Tokenizer().fit_transform(TEXTS)
OBJECTS = np.empty(12, dtype=object)
OBJECTS[:] = TOKENS
FORMS = {
    "list": TOKENS,
    "objects": OBJECTS,
    "parts": [tokens[:1] for tokens in TOKENS],
    "selected": [TOKENS[i] for i in range(12)],
    "pickled": pickle.loads(pickle.dumps(TOKENS)),
    "SequenceArray": SequenceArray.from_list(TOKENS),
    "of it": pickle.loads(pickle.dumps(SequenceArray.from_list(TOKENS)[::-1])),
    "pieces": SequenceSplitter(100).split(TOKENS)[0],
    "padded": SequencePadder().fit_transform(TOKENS),
}


@pytest.mark.parametrize("form", FORMS)
def test_tokens_in_any_form_ask_for_an_embedding(form):
    with pytest.raises(ValueError, match=r"X holds the tokens .*embedding_dim=32"):
        RNNClassifier().fit(FORMS[form], Y)
    model = RNNClassifier(embedding_dim=2, max_epochs=1).fit(FORMS[form], Y)
    assert model.predict(FORMS[form]).shape == (12,)


@pytest.mark.parametrize(
    ("model", "y"),
    [
        (CNNClassifier(), Y),
        (RNNRegressor(), Y),
        (RNNTagger(), [np.zeros(len(tokens)) for tokens in TOKENS]),
        (Seq2SeqClassifier(), TOKENS),
        (Seq2SeqRegressor(), Y),
    ],
)
def test_every_kind_of_estimator_asks(model, y):
    with pytest.raises(ValueError, match=r"embedding_dim=32"):
        model.fit(TOKENS, y)


def test_a_pipeline_asks_before_training():
    with pytest.raises(ValueError, match="embedding_dim"):
        make_pipeline(Tokenizer(), RNNClassifier()).fit(TEXTS, Y)
    model = make_pipeline(Tokenizer(), RNNClassifier(embedding_dim=4, max_epochs=1))
    assert np.isfinite(cross_val_score(model, TEXTS, Y, cv=2)).all()


def test_tokens_are_no_numbers_to_scale_or_to_write():
    with pytest.raises(ValueError, match="They have no scale"):
        SequenceScaler().fit(TOKENS)
    with pytest.raises(ValueError, match="Seq2SeqClassifier writes tokens"):
        Seq2SeqRegressor().fit(np.zeros((12, 3)), TOKENS)
    Seq2SeqClassifier(max_epochs=1).fit(np.zeros((12, 3)), TOKENS)


def test_counts_are_quantities():
    counts = [np.asarray(tokens) for tokens in TOKENS]
    for X in (
        counts,
        [tokens * 1 for tokens in TOKENS],
        SequenceArray.from_list(counts),
    ):
        model = RNNClassifier(max_epochs=1).fit(X, Y)
        assert model.n_features_in_ == 1
        assert np.isfinite(model.predict_proba(X)).all()


def test_tokens_look_like_any_array():
    assert repr(TOKENS[2]) == repr(np.asarray(TOKENS[2]))
    assert type(TOKENS[0] + 1) is np.ndarray
    assert isinstance(TOKENS[0].sum(), np.integer)
    assert isinstance(TOKENS[0][0], np.integer)
