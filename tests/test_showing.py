"""Errors name their argument; objects that print in several lines stay on one."""

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skseq import CNNLSTMClassifier, RNNClassifier, RNNRegressor, summary
from skseq._showing import naming, shown
from skseq.persistence import save
from skseq.plotting import AnomalyDisplay, ForecastDisplay, StepProbabilityDisplay
from skseq.preprocessing import SequenceSplitter, Tokenizer, make_windows

X = np.random.default_rng(0).normal(size=(8, 4, 2))
y = np.arange(8) % 2
WIDE = GridSearchCV(
    make_pipeline(StandardScaler(), CNNLSTMClassifier(kernel_size=(3, 5), dropout=0.5)),
    {"cnnlstmclassifier__hidden_size": [8, 16, 32], "standardscaler__copy": [True]},
)
TABLE = pd.DataFrame(X[0], columns=["one", "two"])


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.eye(2), "array([[1., 0.], [0., 1.]])"),
        ("a\nb", r"'a\nb'"),
        (RNNClassifier(cell="gru"), "RNNClassifier(cell='gru')"),
        ("x" * 100, "'" + "x" * 78 + "…"),
    ],
)
def test_values_are_shown_on_one_line(value, text):
    assert shown(value) == text


def test_errors_that_name_their_argument_stay_what_they_are():
    with pytest.raises(ValueError, match=r"^of X$"), naming("X"):
        raise ValueError("of X")
    with pytest.raises(TypeError, match=r"^X: of eXtras$"), naming("X"):
        raise TypeError("of eXtras")
    with pytest.raises(KeyError, match="other"), naming("X"):
        raise KeyError("other")


CALLS = {
    "saved": lambda path: save(WIDE, path),
    "calibrated": lambda path: save(
        CalibratedClassifierCV(CNNLSTMClassifier(kernel_size=(3, 5)), cv=3), path
    ),
    "step": lambda path: save(make_pipeline(WIDE, RNNClassifier()).fit, path),
    "parameter": lambda path: save(
        RNNRegressor(max_epochs=1, verbose=0).fit(X, y).set_params(callbacks=[WIDE]),
        path,
    ),
    "callbacks": lambda path: RNNRegressor(callbacks=[WIDE]).fit(X, y),
    "summary": lambda path: summary(WIDE),
    "forecasts": lambda path: ForecastDisplay.from_estimator(WIDE),
    "anomalies": lambda path: AnomalyDisplay.from_estimator(WIDE, X[0]),
    "probabilities": lambda path: StepProbabilityDisplay.from_estimator(WIDE, X),
    "axes": lambda path: ForecastDisplay.from_predictions([1.0, 2.0], ax=TABLE),
    "predictions": lambda path: SequenceSplitter(2).fit(X).join(WIDE),
    "texts": lambda path: Tokenizer().fit(TABLE),
    "window": lambda path: make_windows(X[0], window_length=TABLE),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_errors_stay_on_one_line(call, tmp_path):
    with pytest.raises((TypeError, ValueError, AttributeError)) as caught:
        call(tmp_path / "model")
    assert "\n" not in str(caught.value)


def test_what_can_be_saved_is_said(tmp_path):
    wrapped = CalibratedClassifierCV(RNNClassifier(max_epochs=1), cv=2).fit(X, y)
    with pytest.raises(TypeError) as caught:
        save(wrapped, tmp_path / "model")
    assert str(caught.value) == (
        "estimator is a CalibratedClassifierCV, which cannot be saved: a file holds "
        "estimators and transformers of skseq, pipelines of them, and SequenceArrays. "
        "Save one that it holds, such as best_estimator_, or use a pickle, or skops.io "
        "for estimators of scikit-learn."
    )
    with pytest.raises(TypeError, match="estimator is the class RNNClassifier, which"):
        save(RNNClassifier, tmp_path / "model")
