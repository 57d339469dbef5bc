"""Labels, targets, weights and texts, good and broken, each by one expression."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from scipy import sparse

from abusing.data import _objects

CLASSES = ("two", "three", "strings", "bools", "indicators", "rare", "series", "list")
NUMBERS = ("floats", "columns", "ints", "column", "list", "series", "float32")
BROKEN = (
    *("one_class", "nan", "inf", "huge", "none_inside", "None", "short", "long"),
    *("empty", "number", "string", "complex", "multioutput", "three_dims", "sparse"),
    *("mixed", "dates", "ragged", "dict", "shuffled", "bytes", "torch", "wide", "nat"),
)


def targets(kind="two", n=6, seed=0):
    """One target per sequence, or a row of them."""
    rng = np.random.RandomState(seed)
    ints, floats = np.arange(n) % 2, rng.randn(n)
    letters = np.array(list("abc"))[np.arange(n) % 3]
    make = {
        "two": lambda: ints,
        "three": lambda: np.arange(n) % 3,
        "strings": lambda: letters,
        "bools": lambda: ints.astype(bool),
        "indicators": lambda: rng.randint(0, 2, size=(n, 3)),
        "rare": lambda: (np.arange(n) == 0).astype(int),
        "series": lambda: pd.Series(ints),
        "list": lambda: ints.tolist(),
        "floats": lambda: floats,
        "float32": lambda: floats.astype(np.float32),
        "columns": lambda: rng.randn(n, 2),
        "ints": lambda: np.arange(n),
        "column": lambda: floats[:, None],
        "one_class": lambda: np.zeros(n, int),
        "nan": lambda: np.append(floats[1:], np.nan),
        "inf": lambda: np.append(floats[1:], np.inf),
        "huge": lambda: floats * 1e300,
        "none_inside": lambda: np.append(ints[1:].astype(object), None),
        "None": lambda: None,
        "short": lambda: ints[1:],
        "long": lambda: np.append(ints, 1),
        "empty": lambda: [],
        "number": lambda: 1,
        "string": lambda: "ab" * n,
        "complex": lambda: floats + 1j,
        "multioutput": lambda: rng.randint(0, 3, size=(n, 2)),
        "three_dims": lambda: rng.randn(n, 2, 2),
        "sparse": lambda: sparse.csr_array(rng.randint(0, 2, size=(n, 3))),
        "mixed": lambda: np.array([*"ab"[: min(n, 2)], *ints[2:]], dtype=object),
        "dates": lambda: pd.date_range("2024-01-01", periods=n),
        "nat": lambda: pd.Series([pd.NaT] * n),
        "ragged": lambda: [floats[: i % 3 + 1] for i in range(n)],
        "dict": lambda: {"a": ints},
        "shuffled": lambda: pd.Series(ints, index=range(n))[::-1],
        "bytes": lambda: letters.astype("S1"),
        "torch": lambda: torch.as_tensor(ints),
        "wide": lambda: rng.randn(n, 30),
    }
    return make[kind]()


WEIGHTS = ("ones", "random", "some_zero")
BROKEN_WEIGHTS = ("zeros", "negative", "nan", "inf", "short", "string", "column", "2")


def weights(kind="ones", n=6, seed=0):
    """A weight per sequence."""
    drawn = np.random.RandomState(seed).uniform(0.5, 2, size=n)
    make = {
        "ones": lambda: np.ones(n),
        "random": lambda: drawn,
        "some_zero": lambda: np.arange(n) % 2,
        "zeros": lambda: np.zeros(n),
        "negative": lambda: -drawn,
        "nan": lambda: np.append(drawn[1:], np.nan),
        "inf": lambda: np.append(drawn[1:], np.inf),
        "short": lambda: drawn[1:],
        "string": lambda: "balanced",
        "column": lambda: drawn[:, None],
        "2": lambda: 2,
    }
    return make[kind]()


STEP_KINDS = ("steps", "step_list", "step_strings", "step_panel", "step_objects")


def step_targets(X, kind="steps", seed=0):
    """Labels of the steps of X: right ones wherever X has steps at all."""
    rng = np.random.RandomState(seed)
    names = np.array([0, 1] if kind != "step_strings" else ["a", "b"])
    if hasattr(X, "iloc") and X.index.nlevels == 2:
        return pd.Series(rng.choice(names, size=len(X)), index=X.index)
    X = X.to_numpy() if hasattr(X, "iloc") else X
    try:
        lengths = [len(x) for x in X]
    except TypeError:
        return names
    labels = [rng.choice(names, size=length) for length in lengths]
    if kind == "steps" and len(set(lengths)) == 1:
        return np.array(labels)
    return _objects(labels) if kind == "step_objects" else labels


TEXTS = ("text", "texts", "split", "series", "array", "some_empty", "unicode", "short")
BROKEN_TEXTS = (
    *("empty", "empties", "None", "numbers", "bytes", "mixed", "table", "dict", "nan"),
    *("blanks", "special", "generator", "number", "NA"),
)


def texts(kind="texts", n=6, seed=0):
    """One text, or a list of them."""
    rng = np.random.RandomState(seed)
    words = ["anna", "bob", "Cé", "d-e", "it's", "f."]
    items = [" ".join(rng.choice(words, size=rng.randint(1, 5))) for _ in range(n)]
    make = {
        "text": lambda: " ".join(items),
        "texts": lambda: items,
        "split": lambda: [item.split() for item in items],
        "series": lambda: pd.Series(items, dtype="str"),
        "array": lambda: np.array(items),
        "some_empty": lambda: ["", *items],
        "unicode": lambda: ["\u0000\ud7ff", "👍🏽é\n\t", *items],
        "short": lambda: ["a"] * n,
        "empty": lambda: "",
        "empties": lambda: [""] * n,
        "None": lambda: None,
        "numbers": lambda: [1, 2, 3],
        "bytes": lambda: b"abc",
        "mixed": lambda: [*items, 3],
        "table": lambda: np.array([items, items]),
        "dict": lambda: {"a": 1},
        "nan": lambda: [*items, np.nan],
        "NA": lambda: pd.Series([*items, None], dtype="str"),
        "blanks": lambda: ["  ", "\n"],
        "special": lambda: ["<end><unk>", "<start>", "<pad> <end>"],
        "generator": lambda: (item for item in items),
        "number": lambda: 3,
    }
    return make[kind]()
