"""Saliency of what answers step by step: taggers and encoder-decoders."""

import numpy as np
import pandas as pd
import pytest
import torch

from skseq import CNNTagger, RNNTagger, Seq2SeqClassifier, Seq2SeqRegressor
from skseq.inspection import permutation_importance, saliency
from skseq.networks import Pair

rng = np.random.default_rng(0)
X = [rng.normal(size=(n, 2)) for n in rng.integers(3, 6, size=20)]
LABELS = [np.array(["a", "b", "c"])[np.digitize(x[:, 0], [-0.5, 0.5])] for x in X]
NUMBERS = [np.outer(x[:3].sum(axis=1), [1.0, 50.0]) for x in X]
SMALL = {"max_epochs": 3, "lr": 0.02, "random_state": 0}


def by_differences(answer, x, step=1e-5):
    found = np.empty_like(x)
    for place in np.ndindex(x.shape):
        low, high = x.copy(), x.copy()
        low[place] -= step
        high[place] += step
        found[place] = (answer(high) - answer(low)) / (2 * step)
    return found


@pytest.fixture(scope="module", params=[RNNTagger, CNNTagger])
def tagger(request):
    sizes = {"n_filters": (4,)} if request.param is CNNTagger else {"hidden_size": 4}
    return request.param(**sizes, **SMALL).fit(X, LABELS)


@pytest.mark.parametrize(("target", "step"), [(None, 1), ("b", -1), ("c", None)])
def test_the_label_of_a_step(tagger, target, step):
    found = saliency(tagger, X, target, step=step)
    assert [f.shape for f in found] == [x.shape for x in X]
    i = 2
    label = tagger.predict(X)[i][step or 0] if target is None else target
    column = tagger.classes_.tolist().index(label)

    def log_odds(x):
        p = tagger.predict_proba([x])[0][:, column]
        odds = np.log(p / (1 - p))
        return odds.mean() if step is None else odds[step]

    expected = by_differences(log_odds, X[i])
    np.testing.assert_allclose(found[i], expected, rtol=1e-4, atol=1e-7)


def test_each_step_has_the_label_that_is_predicted_there(tagger):
    steps = [saliency(tagger, X[:1], step=k)[0] for k in range(len(X[0]))]
    mean = np.mean(steps, axis=0)
    np.testing.assert_allclose(saliency(tagger, X[:1])[0], mean, rtol=1e-9, atol=1e-12)


def test_a_panel_gets_a_panel():
    index = pd.MultiIndex.from_product([range(10), range(4)])
    frame = pd.DataFrame(rng.normal(size=(40, 2)), index, columns=["u", "v"])
    labels = (frame["u"] > 0).astype(int)
    model = RNNTagger(hidden_size=4, **SMALL).fit(frame, labels)
    found = saliency(model, frame, step=-1)  # those of fit: no warning, either
    assert found.index.equals(index)
    assert found.columns.tolist() == ["u", "v"]


@pytest.mark.parametrize("attention", [None, "additive"])
@pytest.mark.parametrize("loss", ["squared_error", "quantile"])
def test_a_number_that_is_written(loss, attention):
    model = Seq2SeqRegressor(hidden_size=4, loss=loss, attention=attention, **SMALL)
    model.fit(X, NUMBERS)
    for step, chosen in ((1, np.s_[1]), (-1, np.s_[2]), (None, np.s_[:])):
        found = saliency(model, X, 1, step=step)
        expected = by_differences(
            lambda x, c=chosen: model.predict([x])[0][c, 1].mean(), X[4]
        )
        np.testing.assert_allclose(found[4], expected, rtol=1e-4, atol=1e-6)


@pytest.fixture(scope="module")
def writer():
    model = Seq2SeqClassifier(hidden_size=8, cell="gru", **{**SMALL, "max_epochs": 20})
    return model.fit(X, [labels[::2] for labels in LABELS])


def test_a_label_that_is_written(writer):
    """Of greedy writing, the log-odds of each label given those written before."""
    written = writer.predict(X)
    i = int(np.argmax([len(labels) for labels in written]))
    module, task = writer.net_.module_as(torch.float64)[0], writer._task

    def log_odds(x, step, column):
        data = writer._to_dataset(
            writer._check_X([x], reset=False), np.dtype(float), torch.device("cpu")
        )
        with torch.no_grad():
            outputs = module(Pair(data.gather(torch.tensor([0])).x, None, 3))
        p = outputs.softmax(2)[0, step, column].item()
        return np.log(p / (1 - p))

    column = task.classes.tolist().index(written[i][0])
    found = saliency(writer, X, step=0)[i]
    expected = by_differences(lambda x: log_odds(x, 0, column), X[i])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    found = saliency(writer, X, "c", step=0)[i]
    expected = by_differences(lambda x: log_odds(x, 0, 2), X[i])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert [f.shape for f in saliency(writer, X)] == [x.shape for x in X]


def test_importance_of_what_is_written(writer):
    model = Seq2SeqRegressor(hidden_size=8, max_epochs=60, lr=0.02, random_state=0)
    model.fit(X, [x[:2, 0] for x in X])
    result = permutation_importance(
        model, X, [x[:2, 0] for x in X], by="feature", random_state=0
    )
    assert result.importances_mean[0, 0] > 5 * abs(result.importances_mean[0, 1])
    result = permutation_importance(
        writer, X, [labels[::2] for labels in LABELS], by="feature", random_state=0
    )
    assert result.importances.shape == (1, 2, 5)


def test_which_steps_there_are(tagger):
    with pytest.raises(ValueError, match=r"step=7 is not among the \d steps .* X\[0\]"):
        saliency(tagger, X, step=7)
    with pytest.raises(ValueError, match="target='z' is not among the classes"):
        saliency(tagger, X, "z")
