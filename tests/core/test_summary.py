"""The table of a fitted network: counts done by hand, shapes that add up."""

import html.parser
import re
from xml.etree.ElementTree import fromstring

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import skseq
from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
    summary,
)

rng = np.random.default_rng(0)
X = rng.normal(size=(12, 9, 2))
RAGGED = [x[: 4 + i % 6] for i, x in enumerate(X)]
CLASSES = np.array(["a", "b"] * 6)
STEPS = np.where(X[..., 0] > 0, "up", "down")
SERIES = np.cumsum(rng.normal(size=(60, 2)), axis=0)
QUICK = {"max_epochs": 1, "random_state": 0}


def rows(estimator):
    """{name: (kind, input, output, parameters)}"""
    return {layer[0]: tuple(layer[1:]) for layer in summary(estimator).layers}


def fitted(cls, **options):
    if cls is SequenceAnomalyDetector:
        return cls(RNNForecaster(window_length=12, **QUICK)).fit(SERIES)
    model = cls(**{**QUICK, **options})
    if cls is SequenceGenerator:
        return model.fit(["anna", "hanna", "johanna"] * 4)
    if cls is Seq2SeqClassifier:
        return model.fit(X, [list("xyx")] * 12)
    if cls is Seq2SeqRegressor:
        return model.fit(X, X[:, :4, :1])
    if cls.__name__.endswith("Forecaster"):
        return model.set_params(window_length=12, horizon=3).fit(SERIES)
    if cls.__name__.endswith("Tagger"):
        return model.fit(X, STEPS)
    numbers = X[:, 0, 0]
    return model.fit(X, numbers if cls.__name__.endswith("Regressor") else CLASSES)


ESTIMATORS = [name for name in skseq.__all__ if hasattr(getattr(skseq, name), "fit")]


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_has_a_summary_of_all_its_parameters(name):
    estimator = fitted(getattr(skseq, name))
    module = getattr(estimator, "forecaster_", estimator).module_
    n = sum(p.numel() for p in module.parameters())
    found = summary(estimator)
    assert found.n_parameters == sum(layer.n_parameters for layer in found.layers) == n
    assert found.estimator == name
    kinds = dict(module.named_modules())
    for layer in found.layers:
        if layer.kind != "Parameter":
            assert layer.kind == type(kinds[layer.name]).__name__
            assert layer.output_shape is not None, layer.name
    assert f"{n:,}" in str(found).splitlines()[-1]
    assert f"Network: {n:,} parameters" in estimator._repr_html_()


def test_an_lstm_counted_by_hand():
    """Four gates of weights from inputs and units and two biases; a linear layer."""
    options = {"bidirectional": False, "normalize": None, "pooling": "mean"}
    model = fitted(RNNClassifier, hidden_size=5, dense_size=4, **options)
    n_lstm = 4 * 5 * (2 + 5 + 1 + 1)
    assert rows(model) == {
        "encoder.layers.0": ("LSTMLayer", (9, 2), (9, 5), n_lstm),
        "head.pooling": ("MeanPooling", (9, 5), (5,), 0),
        "head.dense.1": ("Linear", (5,), (4,), 5 * 4 + 4),
        "head.dense.2": ("ReLU", (4,), (4,), 0),
        "head.dense.4": ("Linear", (4,), (2,), 4 * 2 + 2),
    }
    assert summary(model).n_parameters == n_lstm + 24 + 10


def test_cells_whose_kernel_is_not_called_are_counted_alike():
    options = {"bidirectional": False, "normalize": None}
    model = fitted(RNNRegressor, cell="peephole_lstm", hidden_size=5, **options)
    n = 4 * 5 * (2 + 5 + 1 + 1) + 3 * 5
    assert rows(model)["encoder.layers.0"] == ("PeepholeLSTMLayer", (9, 2), (9, 5), n)


def test_both_directions_are_shown():
    found = rows(fitted(RNNRegressor, cell="gru", hidden_size=5, normalize=None))
    n = 3 * 5 * (2 + 5 + 1 + 1)
    for direction in ("forwards", "backwards"):
        layer = ("GRULayer", (9, 2), (9, 5), n)
        assert found[f"encoder.layers.0.{direction}"] == layer
    assert found["head.pooling"] == ("ConcatPooling", (9, 10), (30,), 0)


def test_shapes_are_those_of_the_longest_sequence():
    options = {"bidirectional": False, "normalize": None}
    model = RNNClassifier(hidden_size=5, **options, **QUICK).fit(RAGGED, CLASSES)
    assert rows(model)["encoder.layers.0"][1:3] == ((9, 2), (9, 5))


def test_both_views_of_a_feature_are_inputs_and_channels_come_first():
    model = fitted(
        CNNClassifier, n_filters=(6,), kernel_size=4, n_branches=1, normalize="both"
    )
    layer = rows(model)["encoder.layers.0"]
    assert layer == ("ConvLayer", (4, 9), (6, 9), 4 * 6 * 4 + 2 * 6)  # and the norm


def test_a_shortcut_is_a_layer_with_an_input_of_its_own():
    shortcut = rows(fitted(CNNClassifier, n_filters=(6, 8)))["encoder.shortcuts.0"]
    assert shortcut == ("Shortcut", (4, 9), (8, 9), 4 * 8 + 2 * 8)


def test_layers_stand_in_the_order_in_which_they_are_called():
    found = rows(fitted(CNNClassifier, n_filters=(6,) * 4, n_branches=1))
    names = [name.removeprefix("encoder.") for name in found if "encoder" in name]
    first = ["layers.0", "layers.1", "shortcuts.0"]
    assert names == [*first, "layers.2", "layers.3", "shortcuts.1"]


def test_pooled_steps_are_fewer():
    model = fitted(CNNLSTMClassifier, n_filters=(6,), pool_size=2, hidden_size=3)
    found = rows(model)
    assert found["encoder.convolution.layers.0"][2] == (6, 9)
    assert found["encoder.recurrence.layers.0.forwards"][1:3] == ((5, 6), (5, 3))


def test_frozen_vectors_are_parameters_that_are_not_trained():
    tokens, vectors = rng.integers(7, size=(12, 6)), rng.normal(size=(7, 4))
    model = RNNClassifier(
        embedding_weights=vectors, embedding_trainable=False, **QUICK
    ).fit(tokens, CLASSES)
    found = summary(model)
    assert rows(model)["embedding"] == ("TokenEmbedding", (6, 1), (6, 4), 28)
    assert found.n_trainable == found.n_parameters - 28
    assert str(found).endswith(f"{found.n_trainable:,} of the parameters are trained")


def test_dropout_is_shown_if_it_drops():
    assert "head.dense.0" not in rows(fitted(RNNRegressor))
    assert rows(fitted(RNNRegressor, dropout=0.2))["head.dense.0"][0] == "Dropout"


@pytest.mark.parametrize("cls", [CNNLSTMForecaster, Seq2SeqForecaster])
def test_covariates_of_a_forecaster_are_inputs(cls):
    table = pd.DataFrame({"y": SERIES[:, 0], "past": SERIES[:, 1], "ahead": 1.0})
    model = cls(window_length=12, horizon=3, known_future=["ahead"], **QUICK)
    near, first, *_ = summary(model.fit(table[["past", "ahead"]], table["y"])).layers
    assert near.name == "near.convolution"
    assert 3 in first.input_shape


def test_a_parameter_of_no_layer_is_listed_by_its_name():
    model = fitted(Seq2SeqRegressor, attention="dot")
    assert rows(model)["decoder.start"] == ("Parameter", None, (1,), 1)


def test_a_summary_changes_nothing():
    model = fitted(SequenceGenerator, hidden_size=8)
    before = {name: id(value) for name, value in vars(model).items()}
    parts = vars(model.module_).copy()
    weights = [p.clone() for p in model.module_.parameters()]
    expected = model.predict_proba(["an"])
    random_before = torch.get_rng_state()
    summary(model)
    assert {name: id(value) for name, value in vars(model).items()} == before
    assert vars(model.module_) == parts  # no state of a text that was read
    assert all(map(torch.equal, weights, model.module_.parameters()))
    assert torch.equal(torch.get_rng_state(), random_before)
    assert not any(part._forward_hooks for part in model.module_.modules())
    np.testing.assert_array_equal(model.predict_proba(["an"]), expected)


def test_layers_make_a_table():
    model = fitted(RNNRegressor, hidden_size=5)
    frame = pd.DataFrame(summary(model).layers)
    assert frame["n_parameters"].sum() == summary(model).n_parameters


def test_what_has_no_network_of_its_own_is_refused():
    model = fitted(RNNClassifier)
    for other in (make_pipeline(model), LogisticRegression(), RNNClassifier):
        with pytest.raises(TypeError, match=r"expected a fitted estimator of skseq"):
            summary(other)
    with pytest.raises(NotFittedError):
        summary(RNNClassifier())


# In notebooks -------------------------------------------------------------------


class Tables(html.parser.HTMLParser):
    """The text of all cells, table by table."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.in_cell = [], False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.in_cell = tag in ("td", "th")
        if tag == "table":
            self.tables.append([])
        if self.in_cell:
            self.tables[-1].append("")

    def handle_endtag(self, tag):
        self.in_cell = False

    def handle_data(self, data):
        if self.in_cell:
            self.tables[-1][-1] += data


def network_tables(estimator):
    """The cells of all tables of layers within the HTML of an estimator."""
    body = re.sub("(?s)<(style|script)>.*?</\\1>", "", estimator._repr_html_())
    return [cells for cells in Tables(body).tables if cells[:1] == ["layer"]]


def test_a_table_is_well_formed():
    found = summary(fitted(CNNClassifier))
    parsed = fromstring(f"<div>{found._repr_html_()}</div>")  # fails on any open tag
    rows = [["".join(cell.itertext()) for cell in row] for row in parsed.iter("tr")]
    assert {len(row) for row in rows} == {5}
    names = [layer.name for layer in found.layers]
    assert [row[0] for row in rows] == ["layer", *names, "total"]


def test_a_notebook_shows_the_table_of_a_fitted_estimator():
    options = {"bidirectional": False, "normalize": None, "pooling": "last"}
    model = fitted(RNNRegressor, hidden_size=5, **options)
    (cells,) = network_tables(model)
    shown = list(zip(*[iter(cells)] * 5, strict=True))
    assert shown[0] == ("layer", "kind", "input", "output", "parameters")
    assert shown[1] == ("encoder.layers.0", "LSTMLayer", "(9, 2)", "(9, 5)", "180")
    assert shown[-1] == ("total", "", "", "", "186")


def test_an_unfitted_estimator_looks_as_ever():
    assert network_tables(RNNClassifier()) == []
    assert "Network" not in RNNClassifier()._repr_html_()
    assert network_tables(SequenceAnomalyDetector()) == []


def test_pipelines_and_searches_show_the_network_within():
    options = {"bidirectional": False, "normalize": None, "pooling": "last"}
    inner = RNNClassifier(hidden_size=5, **options, **QUICK)
    pipeline = make_pipeline(FunctionTransformer(), inner)
    grid = {"rnnclassifier__hidden_size": [7]}
    search = GridSearchCV(clone(pipeline), grid, cv=2)
    for outer, n in ((pipeline, 4 * 5 * 9 + 12), (search, 4 * 7 * 11 + 16)):
        assert network_tables(outer) == []
        (cells,) = network_tables(outer.fit(X, CLASSES))
        assert cells[-1] == str(n)


def test_names_are_escaped():
    class Odd(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.add_module("<script>", torch.nn.Linear(2, 3))
            self.output_size = 3

        def forward(self, x, lengths):
            return getattr(self, "<script>")(x), lengths

    class OddRegressor(RNNRegressor):
        def _make_encoder(self, n_features):
            return Odd()

    model = fitted(OddRegressor, normalize=None)
    assert "encoder.<script>" in rows(model)
    assert "encoder.<script>" not in model._repr_html_()
    assert "encoder.&lt;script&gt;" in model._repr_html_()
