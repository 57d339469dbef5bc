"""Estimators answer what they did when the file of results was written."""

import json

import numpy as np
import pytest
from results import FILE, FITS, answers, fitted

import skseq

STORED = json.loads(FILE.read_text())
TOLERANCE = 1e-4  # of a probability, or of numbers about one; docs/deprecation.md


def test_every_estimator_has_results_and_no_result_is_left():
    estimators = {
        name for name in skseq.__all__ if hasattr(getattr(skseq, name), "fit")
    }
    assert {name.split(",")[0] for name in FITS} == estimators
    assert STORED["results"].keys() == FITS.keys()


@pytest.mark.parametrize("name", FITS)
def test_answers_are_those_that_are_stored(name):
    versions = ", ".join(f"{name} {v}" for name, v in STORED["versions"].items())
    np.testing.assert_allclose(
        answers(name, fitted(name)),
        STORED["results"][name],
        rtol=TOLERANCE,
        atol=TOLERANCE,
        err_msg=f"{name} answers otherwise than with {versions}. If a change is meant, "
        "say so in CHANGELOG.md and write the file anew: make results",
    )


def test_a_small_change_of_a_training_shows():
    name = "RNNRegressor"
    found = answers(name, fitted(name, lr=0.00505))  # by one percent
    change = found - STORED["results"][name]
    assert np.abs(change).max() > 2 * TOLERANCE
