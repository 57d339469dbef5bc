"""
From a table to a model
=======================

A long table with time stamps, holes and categories, and a second one with a row each.

A made-up ward: nurses write down pulse, lactate, where a patient lies and what was
given, whenever they come; laboratories are not asked every time; age and sex are known.
Some patients get worse. Nothing is filled, resampled or encoded by hand. Hospitals are
kept together in cross-validation. Shown are one patient, with what was measured and the
risk as the network sees it after each visit, the ROC curve beside that of gradient
boosting on aggregates made by hand, and what each source of signal is worth. Takes
about 40 seconds::

    python examples/from_a_table.py [folder for the pictures]
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import RocCurveDisplay, roc_auc_score
from sklearn.model_selection import (
    StratifiedGroupKFold,
    cross_val_predict,
    cross_val_score,
)

from skseq import RNNClassifier, SequenceArray

FOLDS = StratifiedGroupKFold(5, shuffle=True, random_state=0)


def make_ward(n_patients: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a table by patient and time, and one by patient."""
    rng = np.random.default_rng(seed)
    names = [f"p{i:03}" for i in range(n_patients)]
    patients = pd.DataFrame(
        {
            "age": rng.normal(65, 14, n_patients).round(),
            "sex": rng.choice(["f", "m"], n_patients),
            "hospital": rng.integers(12, size=n_patients),
        },
        index=pd.Index(names, name="patient"),
    )
    odds = -0.4 + 0.05 * (patients["age"] - 65) + 0.5 * (patients["sex"] == "m")
    patients["worse"] = rng.random(n_patients) < 1 / (1 + np.exp(-odds))
    rows = []
    for name, patient in patients.iterrows():
        pulse, lactate = rng.normal(80, 9), rng.normal(1.5, 0.4)
        begin, hour, pressed = rng.uniform(0, 48), 0.0, False
        while hour < 48:
            since = (hour - begin) / 16  # an illness of a day, or one that stays
            ill = float(np.clip(since, 0, 1))
            if not patient["worse"]:
                ill = min(ill, max(0.0, 2 - since))
            asked = rng.random(2) < [0.9, 0.2 + 0.3 * ill]
            drug = rng.choice(["none", "fluids", "vasopressor"], p=[0.7, 0.2, 0.1])
            pressed |= drug == "vasopressor"
            response = pressed * (0.5 if patient["worse"] else -0.3)
            values = [pulse + 8 * ill, lactate + 0.4 * ill + response]
            values += rng.normal(size=2) * [9, 0.5]
            place = "monitored" if rng.random() < 0.1 + 0.4 * ill else "general"
            rows.append((name, hour, *np.where(asked, values, np.nan), place, drug))
            hour += rng.gamma(3, 1.4 - 0.5 * ill)
    columns = ["patient", "time", "pulse", "lactate", "ward", "drug"]
    vitals = pd.DataFrame(rows, columns=columns)
    minutes = pd.to_timedelta((60 * vitals["time"]).round(), unit="min")
    vitals["time"] = pd.Timestamp("2024-03-01") + minutes
    return vitals.set_index(["patient", "time"]), patients


def make_network(**parameters) -> RNNClassifier:
    """Return the network: small, so that the example is quick."""
    shown = {"missing": "mask", "time_gaps": True, "max_epochs": 12}
    return RNNClassifier(hidden_size=16, random_state=0, **{**shown, **parameters})


def aggregates(vitals: pd.DataFrame, static: pd.DataFrame) -> pd.DataFrame:
    """Return what one makes of such tables by hand: a row for each patient."""
    numbers = vitals[["pulse", "lactate"]].groupby(level="patient")
    table = numbers.agg(["mean", "std", "min", "max", "last", "count"])
    table.columns = [" ".join(pair) for pair in table.columns]
    for name in ("ward", "drug"):
        kinds = pd.get_dummies(vitals[name], prefix=name)
        table = table.join(kinds.groupby(level="patient").sum())
    table["visits"] = numbers.size()
    return table.join(static.astype({"sex": "category"}))


def worth_of_sources(vitals, static, y, hospital) -> pd.Series:
    """Return the AUC without each source of signal, and with all."""
    numbers = ["pulse", "lactate"]
    filled = vitals.assign(**vitals[numbers].groupby(level="patient").ffill())
    filled = filled.fillna({"pulse": 80, "lactate": 1.5})  # known beforehand
    asked = {
        "all": (vitals, static, {}),
        "no mask, but filled": (filled, static, {"missing": "error"}),
        "no time gaps": (vitals, static, {"time_gaps": False}),
        "no categories": (vitals[numbers], static, {}),
        "no static columns": (vitals, None, {}),
    }
    found = {}
    for name, (table, known, parameters) in asked.items():
        X = SequenceArray.from_frame(table, static=known)
        scores = cross_val_score(
            make_network(**parameters),
            X,
            y.loc[X.instances],
            scoring="roc_auc",
            cv=FOLDS,
            groups=hospital.loc[X.instances],
        )
        found[name] = scores.mean()
    return pd.Series(found)


def draw_patient(model, name, vitals, static) -> plt.Figure:
    """Draw what was measured of a patient, and the risk after each visit."""
    record = vitals.loc[name]
    beginnings = {i: record.iloc[:i] for i in range(1, len(record) + 1)}
    known = pd.concat([static.loc[[name]]] * len(record)).set_axis(list(beginnings))
    X = SequenceArray.from_frame(pd.concat(beginnings, names=["visits"]), static=known)
    figure, axes = plt.subplots(3, sharex=True, figsize=(7, 6), layout="constrained")
    for ax, column in zip(axes, ("pulse", "lactate"), strict=False):
        ax.plot(record[column].dropna(), "o-", markersize=4)
        missing = record.index[record[column].isna()]
        ax.vlines(missing, 0, 0.06, "C7", transform=ax.get_xaxis_transform())
        ax.set_ylabel(column)
    given = record.index[record["drug"] == "vasopressor"]
    ends = axes[1].get_xaxis_transform()
    axes[1].vlines(given, 0, 1, "C1", "--", label="vasopressor", transform=ends)
    axes[1].legend()
    axes[2].step(record.index, model.predict_proba(X)[:, 1], where="post", color="C3")
    axes[2].set(ylabel="risk", ylim=(0, 1), xlabel="Short grey lines: not measured")
    axes[0].set_title(f"Patient {name}, of a hospital the network does not know")
    return figure


def main(folder: str | None = None) -> None:
    """Cross-validate, compare, draw."""
    vitals, patients = make_ward(400, seed=0)
    static, worse = patients[["age", "sex"]], patients["worse"]
    print(vitals.head(), static.head(), sep="\n\n", end="\n\n")

    X = SequenceArray.from_frame(vitals, static=static)
    print(X)
    y, hospital = worse.loc[X.instances], patients["hospital"].loc[X.instances]
    folds = {"cv": FOLDS, "groups": hospital, "method": "predict_proba"}
    scores = {
        "network": cross_val_predict(make_network(), X, y, **folds)[:, 1],
        "gradient boosting": cross_val_predict(
            HistGradientBoostingClassifier(categorical_features="from_dtype"),
            aggregates(vitals, static).loc[X.instances],
            y,
            **folds,
        )[:, 1],
    }
    figure, ax = plt.subplots(figsize=(5, 5), layout="constrained")
    for name, score in scores.items():
        print(f"{name}: AUC {roc_auc_score(y, score):.3f}")
        RocCurveDisplay.from_predictions(y, score, name=name, ax=ax)
    ax.set_title("Who gets worse, told by two models")
    figures = {"table_roc": figure}

    is_known = (hospital > 0).to_numpy()  # of one hospital, nobody was seen
    model = make_network().fit(X[is_known], y[is_known])
    risk = pd.Series(model.predict_proba(X[~is_known])[:, 1], y.index[~is_known])
    name = risk[y[~is_known]].idxmax()
    figures["table_patient"] = draw_patient(model, name, vitals, static)

    worth = worth_of_sources(vitals, static, worse, patients["hospital"])
    print(worth.round(3).to_string())
    figure, ax = plt.subplots(figsize=(6, 2.5), layout="constrained")
    worth[::-1].plot.barh(ax=ax, color=["C0"] * (len(worth) - 1) + ["C3"])
    ax.set(title="What each source is worth", xlim=(0.5, 1))
    ax.set_xlabel("AUC, hospitals kept together")
    figures["table_sources"] = figure
    if folder is None:
        plt.show()
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        path = Path(folder) / f"{name}.png"
        figure.savefig(path, dpi=120)
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:2])
