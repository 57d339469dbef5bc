"""What estimators answer on fixed data; as a program, writes that to results.json."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.base import clone

import skseq
from skseq import (
    CNNClassifier,
    CNNLSTMClassifier,
    CNNLSTMForecaster,
    CNNLSTMRegressor,
    CNNLSTMTagger,
    CNNRegressor,
    CNNTagger,
    RNNClassifier,
    RNNForecaster,
    RNNRegressor,
    RNNTagger,
    Seq2SeqClassifier,
    Seq2SeqForecaster,
    Seq2SeqRegressor,
    SequenceAnomalyDetector,
    SequenceGenerator,
)

FILE = Path(__file__).with_name("results.json")
LIBRARIES = ("torch", "scikit-learn", "skorch", "numpy", "scipy")

# No generator of random numbers, whose draws may change, and no file.
i, t, f = np.ogrid[:16, :6, :2]
X = np.sin(0.7 * i + 0.9 * t + 2.1 * f + 0.13 * i * t)
NUMBERS = X[:, 1:4, 0].sum(axis=1)
CLASSES = np.where(NUMBERS > 0.3, "high", "low")
STEPS = X[..., 0].cumsum(axis=1)
LABELS = np.where(STEPS > 0, "up", "down")
RAGGED = [x[: 3 + j % 4] for j, x in enumerate(X)]
HOLES = np.where(np.cos(3.0 * i + t + f) > 0.8, np.nan, X)
ROWS = np.arange(48.0)
TABLE = pd.DataFrame({"y": np.sin(ROWS / 2) + ROWS / 40, "z": np.cos(ROWS / 3)})
NEXT = pd.DataFrame(np.zeros((2, 2)), index=[48, 49], columns=TABLE.columns)
TEXTS = ["anna", "hanna", "johanna", "ann", "nan"] * 4

FEW = {"max_epochs": 12, "random_state": 0}  # with a schedule of the rate: ten or more
SMALL = {**FEW, "hidden_size": 5}
FILTERS = {**FEW, "n_filters": (4,), "kernel_size": 3}
BOTH = {**SMALL, "n_filters": (4,), "kernel_size": 2}
SERIES = {**SMALL, "window_length": 6, "horizon": 2, "max_epochs": 3}
FITS = {
    "RNNClassifier": (RNNClassifier(**SMALL), X, CLASSES),
    "RNNClassifier, GRU, both directions": (
        RNNClassifier(cell="gru", bidirectional=True, **SMALL),
        RAGGED,
        CLASSES,
    ),
    "RNNClassifier, LSTM, holes": (
        RNNClassifier(cell="lstm", missing="mask", **SMALL),
        HOLES,
        CLASSES,
    ),
    "RNNRegressor": (RNNRegressor(**SMALL), X, NUMBERS),
    "RNNRegressor, three networks, dropout": (
        RNNRegressor(n_networks=3, dropout=0.2, batch_size=8, **SMALL),
        X,
        NUMBERS,
    ),
    "RNNRegressor, quantiles": (
        RNNRegressor(loss="quantile", early_stopping=True, **SMALL),
        X,
        NUMBERS,
    ),
    "RNNTagger": (RNNTagger(**SMALL), X, LABELS),
    "CNNClassifier": (CNNClassifier(**FILTERS), X, CLASSES),
    "CNNRegressor": (CNNRegressor(**FILTERS), RAGGED, NUMBERS),
    "CNNTagger": (CNNTagger(**FILTERS), X, LABELS),
    "CNNLSTMClassifier": (CNNLSTMClassifier(**BOTH), X, CLASSES),
    "CNNLSTMRegressor": (CNNLSTMRegressor(**BOTH), X, NUMBERS),
    "CNNLSTMTagger": (CNNLSTMTagger(**BOTH), X, LABELS),
    "Seq2SeqClassifier": (Seq2SeqClassifier(**SMALL), X, LABELS),
    "Seq2SeqRegressor": (Seq2SeqRegressor(**SMALL), X, STEPS),
    "RNNForecaster": (RNNForecaster(**SERIES), TABLE, None),
    "CNNLSTMForecaster": (CNNLSTMForecaster(**SERIES, n_filters=4), TABLE, None),
    "RNNForecaster, alone": (
        RNNForecaster(shrink_to_naive=False, **SERIES),
        TABLE,
        None,
    ),
    "CNNLSTMForecaster, alone": (
        CNNLSTMForecaster(shrink_to_naive=False, **SERIES, n_filters=4),
        TABLE,
        None,
    ),
    "Seq2SeqForecaster": (Seq2SeqForecaster(**SERIES), TABLE, None),
    "SequenceAnomalyDetector": (
        SequenceAnomalyDetector(RNNForecaster(**{**SERIES, "horizon": 1})),
        TABLE,
        None,
    ),
    "SequenceGenerator": (
        SequenceGenerator(window_length=8, **{**SMALL, "max_epochs": 3}),
        TEXTS,
        None,
    ),
}


def fitted(name, **parameters):
    """Return an estimator, fitted as such a name says."""
    model, data, y = FITS[name]
    model = clone(model).set_params(**parameters)
    return model.fit(data) if y is None else model.fit(data, y)


def answers(name, model):
    """Return a few numbers that a fit of such a name answers with."""
    _, data, y = FITS[name]
    if name == "SequenceGenerator":
        said = model.predict_proba(["han", "an"])
    elif name == "SequenceAnomalyDetector":
        said = model.score_samples(data)[-6:]
    elif y is None:
        said = model.predict(NEXT)
    elif name == "Seq2SeqClassifier":
        said = [*model.loss_curve_[-3:], *(model.predict(data)[0] == "up")]
    elif hasattr(model, "predict_proba"):
        said = model.predict_proba(data)[:3]
    else:
        said = model.predict(data)[:3]
    return np.asarray(said, dtype=float).ravel()


def main():
    """Write all answers, and which versions gave them."""
    results = {
        name: [round(float(a), 7) for a in answers(name, fitted(name))] for name in FITS
    }
    versions = {name: version(name) for name in LIBRARIES}
    lines = [f"{json.dumps(name)}: {json.dumps(row)}" for name, row in results.items()]
    head = json.dumps({"skseq": skseq.__version__, **versions})
    body = ",\n".join(lines)
    FILE.write_text(f'{{"versions": {head},\n"results": {{\n{body}\n}}}}\n')


if __name__ == "__main__":
    main()
