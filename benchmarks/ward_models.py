"""Models of the simulated ward: networks, and others on aggregates made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from ward import Ward

from skseq import RNNClassifier, SequenceArray

MASKED = {"missing": "mask", "time_gaps": True}
NETWORKS = {
    "LSTM": MASKED,
    "GRU-D": {**MASKED, "cell": "gru_d"},
    "three GRU-D": {**MASKED, "cell": "gru_d", "n_networks": 3},
    "LSTM alone": {**MASKED, "shrink_to_linear": False},
    "GRU-D alone": {**MASKED, "cell": "gru_d", "shrink_to_linear": False},
}
OTHERS = ["boosting", "boosting searched", "logistic regression"]


def sequences(ward: Ward, means: pd.Series, without: str = "nothing") -> SequenceArray:
    """Return records, with one source of signal covered.

    Parameters
    ----------
    ward : Ward
        The records.
    means : Series
        Means of the values in the training part.
    without : str, default="nothing"
        The source: of values only is left whether they were measured, what was not is
        filled with the last value and before that with the mean, columns are dropped.
        Gaps are for the network to ignore.
    """
    vitals, patients = ward.vitals, ward.patients
    numbers = list(means.index)
    if without == "values":
        vitals = vitals.assign(**vitals[numbers] * 0)
    elif without == "missing":
        filled = vitals[numbers].groupby(level="patient").ffill().fillna(means)
        vitals = vitals.assign(**filled)
    elif without == "categories":
        vitals = vitals[numbers]
    return SequenceArray.from_frame(
        vitals, static=None if without == "static" else patients
    )


def network(name: str, seed: int, without: str = "nothing") -> RNNClassifier:
    """Return a network that ignores a source of signal."""
    model = RNNClassifier(random_state=seed, n_threads=1, **NETWORKS[name])
    if without == "missing":
        model.set_params(missing="error")
    elif without == "gaps":
        model.set_params(time_gaps=False)
    return model


def other(name: str, seed: int):
    """Return a model that reads aggregates."""
    boosting = HistGradientBoostingClassifier(
        categorical_features="from_dtype", random_state=seed
    )
    if name == "boosting":
        return boosting
    if name == "boosting searched":
        grid = {
            "learning_rate": [0.03, 0.1],
            "max_leaf_nodes": [4, 8, 31],
            "max_iter": [100, 300],
        }
        return GridSearchCV(boosting, grid, scoring="roc_auc", cv=3)
    numbers = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore"),
            make_column_selector(dtype_include="category"),
        ),
    )
    return make_pipeline(
        columns,
        LogisticRegressionCV(
            scoring="neg_log_loss",
            l1_ratios=(0,),
            use_legacy_attributes=False,
            max_iter=1000,
        ),
    )


def aggregates(ward: Ward) -> pd.DataFrame:
    """Return a row for each patient.

    Of each column of numbers mean, deviation, least, largest and last value, slope by
    the hour, how many were measured and which share was not; of each of categories the
    last one, and how often each came; number of visits, mean and last gap; and what is
    known of patients.
    """
    vitals = ward.vitals
    patient = vitals.index.get_level_values("patient")
    time = vitals.index.get_level_values("time").to_series(index=vitals.index)
    first = time.groupby(level="patient").transform("first")
    hours = (time - first) / pd.Timedelta("1h")
    gaps = hours.groupby(level="patient").diff().groupby(level="patient")
    n_visits = hours.groupby(level="patient").size()
    found = {"visits": n_visits, "mean gap": gaps.mean(), "last gap": gaps.last()}
    for name, column in vitals.items():
        groups = column.groupby(level="patient")
        if isinstance(column.dtype, pd.CategoricalDtype):
            found[f"{name}, last"] = groups.last()
            counts = pd.crosstab(patient, np.asarray(column))
            found |= {f"{name}, {kind}": counts[kind] for kind in counts}
            continue
        for statistic in ("mean", "std", "min", "max", "last", "count"):
            found[f"{name}, {statistic}"] = groups.agg(statistic)
        found[f"{name}, missing"] = 1 - groups.count() / n_visits
        when = hours.where(column.notna())
        when = when - when.groupby(level="patient").transform("mean")
        products = (when * column).groupby(level="patient").sum(min_count=2)
        squares = when.pow(2).groupby(level="patient").sum()
        found[f"{name}, slope"] = products / squares.where(squares > 0)
    table = pd.DataFrame(found).reindex(ward.patients.index)
    return table.join(ward.patients.astype({"sex": "category", "came": "category"}))
