"""Rows in a file are judged as those in memory, and are not read as a whole."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest

from skseq import RNNForecaster, SequenceAnomalyDetector
from skseq.anomaly import _opinions
from skseq.anomaly._opinions import telling
from skseq.data import stored

rng = np.random.default_rng(0)
N, N_TRAIN = 400, 240
WAVE = np.sin(np.arange(N) * np.pi / 6)[:, None] + 0.1 * rng.normal(size=(N, 1))
TWO = np.hstack([WAVE, rng.normal(size=(N, 1)).cumsum(axis=0)])
HOLES = np.where(rng.random((N, 2)) < 0.2, np.nan, TWO)
HOLES[60:90, 1] = HOLES[250:300, 0] = np.nan  # longer than a window
HOLES[:, 1] = np.where(np.isnan(HOLES[:, 1]), np.nan, np.arange(N) > 320)
SMALL = {"window_length": 6, "hidden_size": 2, "max_epochs": 1, "random_state": 0}
QUICK = RNNForecaster(**SMALL)
FITS = {
    "windows of a season": (SequenceAnomalyDetector(QUICK, memory=60), WAVE),
    "float32": (SequenceAnomalyDetector(QUICK, smoothing=3), WAVE.astype("f4")),
    "several columns": (SequenceAnomalyDetector(QUICK, memory=None), TWO),
    "holes": (
        SequenceAnomalyDetector(RNNForecaster(**SMALL, missing="mask")),
        HOLES,
    ),
    "known": (
        SequenceAnomalyDetector(
            RNNForecaster(**SMALL, known_future=[1], static=[2], conformal=True)
        ),
        np.hstack([WAVE, np.arange(N)[:, None] % 5, np.ones((N, 1))]),
    ),
}


def framed(rows, start):
    return pd.DataFrame(rows, pd.RangeIndex(start, start + len(rows)), copy=False)


def answers(detector, train, later, after):
    """Return scores of a series of its own, of rows that follow, and of an update."""
    detector.fit(train)
    return [
        detector.score_samples(train),
        detector.score_samples(later),
        detector.update(later),
        detector.update(after),
        [detector.offset_],
    ]


def assert_close(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", FITS)
def test_a_file_gives_what_memory_gives(in_file, name):
    detector, rows = FITS[name]
    parts = np.split(rows, [N_TRAIN, N - 5])
    starts = 0, N_TRAIN, N - 5
    expected = answers(detector, *map(framed, parts, starts))
    *files, after = [*map(in_file, parts[:2]), parts[2]]
    assert_close(answers(detector, *map(framed, [*files, after], starts)), expected)
    again = answers(detector, *map(framed, parts, starts))  # in memory, large as well
    assert_close(again, expected)


def test_few_stretches_tell_what_is_usual_in_many_rows(in_file, monkeypatch):
    """Those of a file are those of memory, and others are not far from them."""
    detector = SequenceAnomalyDetector(QUICK, contamination=0.1)
    whole = detector.fit(WAVE).score_samples(WAVE)
    monkeypatch.setattr(_opinions, "MOST_ERRORS", 200)
    monkeypatch.setattr(_opinions, "N_STRETCHES", 4)
    sampled = detector.fit(WAVE).score_samples(WAVE)
    assert (sampled != whole).any()
    assert np.corrcoef(sampled, whole)[0, 1] > 0.95
    assert (detector.predict(WAVE) == -1).sum() == 0.1 * N
    later = detector.update(WAVE[:20])
    file = in_file(WAVE)
    np.testing.assert_allclose(detector.fit(file).score_samples(file), sampled, 1e-5)
    np.testing.assert_allclose(detector.update(file[:20]), later, 1e-5)


def test_which_rows_tell_what_is_usual(monkeypatch):
    assert telling(6, 1000, 2) == [(6, 1000)]
    monkeypatch.setattr(_opinions, "MOST_ERRORS", 40)
    monkeypatch.setattr(_opinions, "N_STRETCHES", 3)
    assert telling(10, 30, 2) == [(10, 30)]
    assert telling(10, 116, 2) == [(10, 16), (60, 66), (110, 116)]


def test_no_more_than_a_part_of_a_file_is_in_memory(in_file, monkeypatch):
    rows = in_file(rng.normal(size=(8000, 20)))
    monkeypatch.setattr(stored, "ROWS", 200)
    monkeypatch.setattr(_opinions, "MOST_ERRORS", 6000)
    model = RNNForecaster(**SMALL, channels="joint")
    detector = SequenceAnomalyDetector(model, memory=100).fit(rows[:60])
    detector.predict(rows[:99])
    tracemalloc.start()
    try:
        detector._learn_opinions(detector._series(rows, follows=False), None)
        detector.predict(rows)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < rows.nbytes / 2


@pytest.mark.parametrize("place", [(200, 1), (5, 0)])
def test_a_value_that_is_refused_is_found(in_file, place):
    detector = SequenceAnomalyDetector(QUICK).fit(TWO)
    rows = TWO.copy()
    rows[place] = np.nan
    for method in (detector.score_samples, detector.update, detector.fit):
        with pytest.raises(ValueError, match=f"NaN in row {place[0]} "):
            method(in_file(rows))
