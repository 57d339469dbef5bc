"""Drawings of networks say what `summary` says, and no text hides another."""

from itertools import combinations

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import make_pipeline

from skseq import (
    CNNClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    RNNClassifier,
    RNNForecaster,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceArray,
    SequenceGenerator,
    summary,
)
from skseq.plotting import NetworkDisplay
from skseq.plotting._flow import group_of, own_name

matplotlib.use("Agg")

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 9, 2))
Y = np.array(["a", "b"] * 6)
ROWS = rng.normal(size=(60, 2)).cumsum(axis=0)
QUICK = {"max_epochs": 1, "random_state": 0, "hidden_size": 4}
WINDOWS = {"window_length": 12, "horizon": 3, **QUICK}


def patients():
    days = pd.date_range("2024", periods=9)
    index = pd.MultiIndex.from_product([range(12), days])
    frame = pd.DataFrame(X.reshape(-1, 2), index, ["a", "b"])
    frame["ward"] = pd.Categorical(["x", "y", "z"] * 36)
    frame.iloc[3, 0] = np.nan
    static = pd.DataFrame({"age": X[:, 0, 0], "sex": ["m", "f"] * 6})
    return SequenceArray.from_frame(frame, static=static)


CASES = {
    "deep": lambda: RNNClassifier(dense_size=3, num_layers=2, **QUICK).fit(X, Y),
    "several": lambda: RNNClassifier(n_networks=2, **QUICK).fit(X, Y),
    "patients": lambda: RNNClassifier(
        cell="gru_d", missing="mask", time_gaps=True, **QUICK
    ).fit(patients(), Y),
    "tagger": lambda: RNNTagger(cell="peephole_lstm", dropout=0.1, **QUICK).fit(
        X, X[..., 0] > 0
    ),
    "convolutions": lambda: CNNClassifier(n_filters=(6,) * 4, max_epochs=1).fit(X, Y),
    "both": lambda: CNNLSTMRegressor(n_filters=(6, 6), **QUICK).fit(X, X[:, 0, 0]),
    "pairs": lambda: Seq2SeqRegressor(bidirectional=True, **QUICK).fit(X, X[:, :4, :1]),
    "tokens": lambda: Seq2SeqClassifier(attention="dot", **QUICK).fit(
        X, [list("xyx")] * 12
    ),
    "texts": lambda: SequenceGenerator(**QUICK).fit(["anna", "hanna"] * 4),
    "forecaster": lambda: RNNForecaster(known_future=[1], **WINDOWS).fit(
        ROWS, ROWS[:, 0]
    ),
    "segments": lambda: CNNLSTMForecaster(decoder="segments", **WINDOWS).fit(ROWS),
    "writer": lambda: Seq2SeqForecaster(attention="general", **WINDOWS).fit(ROWS),
    "detector": lambda: SequenceAnomalyDetector(
        RNNForecaster(window_length=6, **QUICK)
    ).fit(ROWS),
}


@pytest.fixture(scope="module", params=CASES)
def drawn(request):
    """An estimator, its drawing, and what is written there."""
    estimator = CASES[request.param]()
    display = NetworkDisplay.from_estimator(estimator)
    display.figure_.draw_without_rendering()
    yield estimator, display, [text for text in display.ax_.texts if text.get_text()]
    plt.close("all")


def test_every_row_of_the_summary_is_drawn_and_nothing_else(drawn):
    estimator, display, texts = drawn
    found = summary(estimator)
    left = [text.get_text() for text in texts]
    for layer in found.layers:
        goes_past = layer.name.startswith(("ahead", "beside", "near", "skip"))
        parts = [layer.name if goes_past else own_name(layer.name), layer.kind]
        parts += [f"{layer.n_parameters:,}"] if layer.n_parameters else []
        row = "  ".join(parts)
        along = next((said for said in left if row in said), "")
        if along:  # it goes past others
            left[left.index(along)] = along.replace(row, "").strip()
            continue
        for part in parts:
            left.remove(part)
        joins = layer.kind in ("Parameter", "Decay", "Embedding")
        for shape in () if joins else (layer.input_shape, layer.output_shape):
            assert any(str(shape) in said for said in left), layer
    shapes = {str(shape) for layer in found.layers for shape in layer[2:4]}
    others = {group_of(layer.name) for layer in found.layers}
    others |= {"inputs", *display.inputs, "outputs", "static", "skip", ""}
    for said in set(left) - others:
        pieces = said.removeprefix("2 \N{MULTIPLICATION SIGN} ").replace(" → ", "|")
        pieces = pieces.replace("), (", ")|(").split("|")
        assert set(pieces) <= shapes, said
    title = f"{found.estimator}: {found.n_parameters:,} parameters"
    assert display.ax_.get_title() == title


def test_no_text_hides_another_or_leaves_the_picture(drawn):
    _, display, texts = drawn
    boxes = {text.get_text() + f" {i}": text for i, text in enumerate(texts)}
    boxes = {name: text.get_window_extent() for name, text in boxes.items()}
    for (name, one), (other, box) in combinations(boxes.items(), 2):
        assert not one.overlaps(box), (name, other)
    frame = display.figure_.bbox
    for name, box in boxes.items():
        assert frame.x0 <= box.x0 < box.x1 <= frame.x1, name
        assert frame.y0 <= box.y0 < box.y1 <= frame.y1, name


def test_inputs_are_named():
    display = NetworkDisplay.from_estimator(CASES["patients"]())
    assert display.inputs == [
        "numbers: 2, in 2 views",
        "holes: last value, mask, time since",
        "gaps: time since the step before",
        "categories: 3",
        "static columns: 2",
    ]
    assert display.has_static
    plt.close("all")


def test_a_drawing_is_made_of_rows_on_axes_that_are_given():
    rows = [("encoder.layers.0", "GRULayer", (5, 2), (5, 3), 63)]
    _, ax = plt.subplots()
    display = NetworkDisplay(layers=rows, name="A layer").plot(ax)
    said = [text.get_text() for text in ax.texts]
    assert display.ax_ is ax
    assert {"numbers", "encoder", "GRULayer", "layers.0", "63", "(5, 2)"} <= set(said)
    plt.close("all")


def test_what_has_no_network_of_its_own_is_refused():
    with pytest.raises(TypeError, match="expected a fitted estimator of skseq"):
        NetworkDisplay.from_estimator(make_pipeline(RNNClassifier()))
    with pytest.raises(NotFittedError):
        NetworkDisplay.from_estimator(RNNClassifier())
