"""Series that come back in other rows: a leak in cross-validation."""

import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    cross_val_score,
    train_test_split,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import CNNLSTMTagger, CNNTagger, RNNTagger, SequenceArray
from skseq.metrics import step_scorer
from skseq.persistence import load, save

N_SERIES, N_STEPS = 12, 10
rng = np.random.default_rng(0)
INDEX = pd.MultiIndex.from_product(
    [[f"m{i}" for i in range(N_SERIES)], pd.date_range("2024", periods=N_STEPS)],
    names=["machine", "day"],
)
GROUPS = INDEX.get_level_values(0)
PRINT = np.repeat(rng.normal(size=(N_SERIES, 3)), N_STEPS, axis=0)
PANEL = pd.DataFrame(PRINT, INDEX, columns=list("abc"))
LABELS = pd.Series(np.repeat(rng.permutation([0, 1] * 6), N_STEPS), INDEX)
LEAK = r"(?s)series of X, such as 'm\d+'.*GroupKFold"


def tagger(cls=RNNTagger, **options):
    return cls(**{"max_epochs": 1, "random_state": 0, **options})


TAGGERS = [
    tagger(),
    tagger(CNNTagger, kernel_size=3),
    tagger(CNNLSTMTagger, kernel_size=3),
    make_pipeline(StandardScaler(), tagger()).set_output(transform="pandas"),
]


@pytest.mark.parametrize("model", TAGGERS, ids=lambda model: type(model).__name__)
@pytest.mark.parametrize("scoring", [None, step_scorer("neg_log_loss")])
def test_folds_of_rows_are_a_leak_and_folds_of_series_are_none(model, scoring):
    for cv in (KFold(2, shuffle=True, random_state=0), KFold(5)):
        with pytest.warns(UserWarning, match=LEAK):
            cross_val_score(model, PANEL, LABELS, cv=cv, scoring=scoring)
    scores = cross_val_score(
        model, PANEL, LABELS, cv=GroupKFold(2), groups=GROUPS, scoring=scoring
    )
    assert np.isfinite(scores).all()


def test_what_the_leak_is_worth():
    """Labels of a fingerprint are told by the rows of the same series alone."""
    model = tagger(max_epochs=100, cell="rnn", lr=0.02)
    with pytest.warns(UserWarning, match=LEAK):
        rows = cross_val_score(
            model, PANEL, LABELS, cv=KFold(3, shuffle=True, random_state=0)
        )
    series = cross_val_score(model, PANEL, LABELS, cv=GroupKFold(3), groups=GROUPS)
    assert rows.mean() > 0.9
    assert series.mean() < 0.8


def test_a_split_of_rows_and_a_search():
    train, test, y, y_test = train_test_split(PANEL, LABELS, random_state=0)
    train, y = train.sort_index(), y.sort_index()
    test, y_test = test.sort_index(), y_test.sort_index()
    model = tagger().fit(train, y)
    for ask in (model.predict, model.predict_proba, model.decision_function):
        with pytest.warns(UserWarning, match=LEAK):
            ask(test)
    with pytest.warns(UserWarning, match=LEAK):
        model.score(test, y_test)
    with pytest.warns(UserWarning, match=LEAK):
        GridSearchCV(model, {"lr": [0.01]}, cv=KFold(5)).fit(PANEL, LABELS)


TIMES = {
    "days": pd.date_range("2024", periods=8),
    "months": pd.period_range("2024", periods=8, freq="M"),
    "spans": pd.timedelta_range("1h", periods=8, freq="h"),
    "numbers": pd.Index(np.arange(8) / 2),
    "integers": pd.RangeIndex(8),
    "zone": pd.date_range("2024-03-29", periods=8, tz="Europe/Berlin"),
}


@pytest.mark.parametrize("kind", TIMES)
def test_when_it_warns(kind, tmp_path):
    def rows(*steps, name="x"):
        times = TIMES[kind][list(steps)]
        index = pd.MultiIndex.from_product([[name], times])
        return pd.DataFrame({"a": np.arange(1.0 * len(times))}, index)

    learned = rows(2, 3, 4, 5)
    model = tagger().fit(learned, [["u", "v"] * 2])
    silent = [learned, rows(2, 3), rows(2, 3, 4, 5, 6, 7), rows(0, 1, name="y")]
    if kind != "zone":  # a day of 23 hours
        silent.append(rows(3, 4))
    again = pickle.loads(pickle.dumps(model))
    save(model, tmp_path / "model.safetensors")
    for one in (model, again, load(tmp_path / "model.safetensors")):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for asked in silent:
                one.predict(asked)
        for asked in (rows(6, 7), rows(0, 1), rows(1, 2, 3), rows(4, 5, 6)):
            with pytest.warns(
                UserWarning, match=r"'x'.*without those before.*stateful"
            ):
                one.predict(asked)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.stateful().predict(rows(6, 7))
    second = tagger().fit(rows(0, 2, 4, 6), [["u", "v"] * 2])
    with pytest.warns(UserWarning, match="'x'"):
        second.predict(rows(1, 3, 5))
    if kind != "zone":
        second.predict(rows(2, 4))
        model.predict(rows(3, 5))
    holes = tagger().fit(rows(0, 1, 4, 5), [["u", "v"] * 2])
    with pytest.warns(UserWarning, match="'x'"):
        holes.predict(rows(2, 3))


def test_a_second_fit_forgets_and_a_partial_one_adds():
    first, second = PANEL.loc[["m0"]], PANEL.loc[["m1"]]
    y = [["u", "v"] * 5]
    model = tagger().fit(first, y).partial_fit(second, y)
    for part in (first, second):
        with pytest.warns(UserWarning, match="GroupKFold"):
            model.predict(
                part.set_axis(part.index.set_levels(INDEX.levels[1].shift(3), level=1))
            )
    model.fit(second, y)
    assert len(model.predict(first[5:])) == 5


def test_sequences_of_a_frame_are_whole():
    sequences = SequenceArray.from_frame(PANEL)
    y = LABELS.to_numpy().reshape(N_SERIES, N_STEPS)
    assert len(cross_val_score(tagger(), sequences, y, cv=KFold(2))) == 2


def test_times_of_another_kind_are_told_by_the_last_call():
    texts = INDEX.set_levels(INDEX.levels[1].astype(str), level=1)
    told, labels = PANEL.set_axis(texts), LABELS.set_axis(texts)
    model = tagger().partial_fit(PANEL, LABELS, classes=[0, 1])
    model.partial_fit(told, labels)
    later = told[texts.get_level_values(1) >= "2024-01-04"]
    with pytest.warns(UserWarning, match=LEAK):
        model.predict(later)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.predict(told)
