"""What a data set of the forecasting benchmark is made of."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sktime.forecasting.naive import NaiveForecaster

sys.path.insert(0, os.environ["SKSEQ_DATA"])
import load

__all__ = ["REFERENCE", "Problem", "load", "naive"]

REFERENCE = Path(os.environ["SKSEQ_DATA"]) / "reference"


@dataclass(frozen=True)
class Problem:
    """A data set, how to measure a forecaster on it, and the settings."""

    estimator: type
    given: dict  # what the data ask for: window, horizon, roles of columns
    tuned: dict  # chosen on rows before the test rows
    measure: Callable[[Any, bool], dict]  # (forecaster, validate) -> errors
    published: str
    baselines: Callable[[], dict] = dict
    coverage: Callable[[Any], float] | None = None

    def forecaster(self, *, tuned: bool, **options: Any) -> Any:
        """Return a forecaster with default settings, or with the tuned ones."""
        settings = {**self.given, **(self.tuned if tuned else {}), **options}
        return self.estimator(**settings)


def naive(y: pd.Series, rows: slice, sp: int = 1) -> np.ndarray:
    """Return sktime's forecasts of rows: the value `sp` rows before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        forecaster = NaiveForecaster(sp=sp).fit(y)
        return forecaster.predict(y.index[rows]).to_numpy()
