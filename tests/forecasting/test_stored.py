"""Rows in a file are forecast as those in memory, and are not read as a whole."""

import numpy as np
import pandas as pd
import pytest
import torch

from skseq import CNNLSTMForecaster, RNNForecaster, Seq2SeqForecaster
from skseq.callbacks import Checkpoint
from skseq.forecasting._last_seen import EVERY, LastSeen, filled_forward
from skseq.forecasting._roles import Roles
from skseq.forecasting._stored import StoredRows, Unscaled
from skseq.forecasting._stored_windows import WindowStarts

rng = np.random.default_rng(0)
N = 240
ROWS = rng.normal(size=(N, 3)).cumsum(axis=0)
HOLES = np.where(rng.random((N, 3)) < 0.2, np.nan, ROWS)
HOLES[20 : 40 + EVERY, 1] = np.nan  # longer than a block
HOLE = np.where(np.arange(N)[:, None] == 50, np.nan, ROWS)  # few windows start there
KNOWN = np.column_stack([ROWS[:, :2], np.arange(N) % 5, np.repeat([0, 1], N // 2)])
INDEX = pd.MultiIndex.from_product([["b", "a"], pd.date_range("2024", periods=N // 2)])
SMALL = {
    "window_length": 6,
    "horizon": 2,
    "hidden_size": 2,
    "max_epochs": 1,
    "random_state": 0,
}
ROLES = {"known_future": [2], "static": [3]}
FITS = {
    "targets": (RNNForecaster(**SMALL), ROWS, None),
    "held out": (CNNLSTMForecaster(**SMALL, early_stopping=True), ROWS, None),
    "conformal": (RNNForecaster(**SMALL, conformal=True, seasonality=5), ROWS, None),
    "holes": (RNNForecaster(**SMALL, missing="mask"), HOLES, None),
    "a hole": (RNNForecaster(**SMALL, missing="mask"), HOLE, None),
    "float32": (RNNForecaster(**SMALL, normalize="window"), ROWS.astype("f4"), None),
    "integers": (RNNForecaster(**SMALL), (ROWS * 9).astype("i2"), None),
    "unscaled": (RNNForecaster(**SMALL, normalize=None), ROWS, None),
    "mapped": (RNNForecaster(**SMALL, transformer="box-cox"), np.exp(ROWS / 9), None),
    "rates": (RNNForecaster(**SMALL, loss="poisson"), np.exp(ROWS / 9), None),
    "writes": (Seq2SeqForecaster(**SMALL), ROWS[:, :1], None),
    "y": (RNNForecaster(**SMALL), ROWS[:, :2], ROWS[:, 2]),
    "categories": (
        RNNForecaster(**SMALL, **ROLES, categorical_features=[2, 3]),
        KNOWN,
        ROWS[:, 0],
    ),
}


def assert_same(model, *answers):
    """Compare losses and forecasts with those before, which are summed as a whole."""
    losses, expected = answers
    np.testing.assert_allclose(model.loss_curve_, losses, rtol=1e-9)
    np.testing.assert_allclose(model.predict(), expected, rtol=1e-6)


@pytest.mark.parametrize("name", [name for name in FITS if name != "categories"])
def test_a_file_gives_what_memory_gives(in_file, name):
    model, X, y = FITS[name]
    given = X.copy()
    model.fit(X, y)
    answers = model.loss_curve_, model.predict()
    assert_same(model.fit(in_file(X), None if y is None else in_file(y)), *answers)
    assert isinstance(model._context.values, np.ndarray)
    assert_same(model.fit(X, y), *answers)  # in memory, large as well
    np.testing.assert_array_equal(X, given)


def test_series_in_a_frame_over_a_file(in_file):
    """Of its columns that play a part, those of categories included, with weights."""
    model, X, y = FITS["categories"]
    weights = np.linspace(0, 1, N)

    def fit(X, y):
        frame = pd.DataFrame(X, INDEX, copy=False)
        target = pd.Series(y, INDEX, copy=False)
        return model.fit(frame, target, weights)

    later = pd.MultiIndex.from_product(
        [["a", "b"], pd.date_range("2024-04-30", periods=2)]
    )
    ahead = pd.DataFrame(
        [[0, 0, 1, 1], [0, 0, 4, 1], [0, 0, 3, 0], [0, 0, 2, 0]], later
    )
    losses, expected = fit(X, y).loss_curve_, model.predict(ahead)
    fit(in_file(X), None if y is None else in_file(y))
    np.testing.assert_allclose(model.loss_curve_, losses, rtol=1e-9)
    pd.testing.assert_frame_equal(
        model.predict(ahead).to_frame(), expected.to_frame(), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("place", "value", "options", "message"),
    [
        ((200, 1), np.nan, {}, r"contains NaN in row 200 among the targets, column 1"),
        ((9, 0), np.inf, {"missing": "mask"}, "contains infinity in row 9 "),
        ((150, 2), -1, {"transformer": "log1p"}, "got -1 in row 150, column 2"),
        ((150, 2), -1, {"loss": "poisson"}, "got -1 in target 2 in row 150"),
        ((170, 2), 7, {"static": [2]}, r"Static column 2 changes .* from 1 to 7"),
    ],
)
def test_a_value_that_is_refused_is_found(in_file, place, value, options, message):
    table = np.ones((N, 3))
    table[place] = value
    with pytest.raises(ValueError, match=message):
        RNNForecaster(**SMALL, **options).fit(in_file(table))


def test_a_checkpoint_knows_the_rows_again(in_file, tmp_path):
    for rows in (ROWS, ROWS, ROWS[::-1]):
        model = RNNForecaster(**SMALL, callbacks=[Checkpoint(tmp_path / "fit.pt")])
        file = in_file(rows)
        if rows is ROWS:
            model.fit(file)
    with pytest.raises(ValueError, match="holds another fit"):
        model.fit(file)


def test_what_was_seen_before_any_row():
    edges = np.array([0, 90, N])
    roles = Roles(np.arange(3), *(np.arange(0),) * 3)
    categories = FITS["targets"][0].fit(ROWS[:20])._categories
    rows = StoredRows.of_series(Unscaled(HOLES, None, roles, categories), edges)
    seen = LastSeen(rows)
    at = np.array([0, 1, 30, 89, 90, 91, 200, N - 1])
    found = seen.before(rows.source, at, np.searchsorted(edges, at, side="right") - 1)
    for row, values in zip(at, found, strict=True):
        own = HOLES[edges[edges <= row][-1] : row]
        nothing = np.full(3, np.nan)
        expected = filled_forward(own, nothing)[-1] if len(own) else nothing
        np.testing.assert_array_equal(values, expected)


def test_starts_of_windows_are_counted():
    edges, first, last = np.array([0, 9, 12, 30]), np.array([0, 2, 5]), [9, 3, 17]
    starts = WindowStarts(edges, first, np.array(last), 4)
    expected = [*range(6), *range(17, 26)]
    assert len(starts) == len(expected)
    assert starts[torch.arange(len(starts))].tolist() == expected
