"""Forecasters read frames of polars and pyarrow as they read those of pandas."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from skseq import (
    CNNLSTMForecaster,
    RNNForecaster,
    Seq2SeqForecaster,
    SequenceAnomalyDetector,
)

N, LATER = 40, 3
rng = np.random.default_rng(0)
PLAIN = pd.DataFrame(
    {
        "promo": rng.random(N + LATER) < 0.4,  # known ahead
        "holiday": pd.Categorical(rng.choice(["none", "fair"], N + LATER)),
        "weather": rng.choice(["dry", "rain", None], N + LATER),  # of the past
        "code": pd.Categorical(rng.choice(["1", "2"], N + LATER)),
        "price": rng.normal(size=N + LATER),
        "kind": pd.Categorical(["kiosk"] * (N + LATER)),  # static
        "sales": rng.normal(size=N + LATER),
    }
)
PAST = ["weather", "code", "price"]
TARGET = "sales"
COVARIATES = [name for name in PLAIN if name != TARGET]
SMALL = {
    "window_length": 5,
    "horizon": LATER,
    "hidden_size": 4,
    "max_epochs": 2,
    "random_state": 0,
    "shrink_to_naive": False,
    "known_future": ["holiday", "promo"],
    "static": ["kind"],
}


def as_polars(frame):
    types = {
        "holiday": pl.Enum(["fair", "none"]),
        "code": pl.Categorical,
        "kind": pl.Categorical,
        "weather": pl.String,
        "price": pl.Float64,
        TARGET: pl.Float64,
    }
    columns = {
        name: column.astype(object).where(column.notna(), None).tolist()
        for name, column in frame.items()
    }
    types = {name: types.get(name, pl.Boolean) for name in columns}
    return pl.DataFrame(columns, schema=types)


def as_backed(frame):
    """In types of pyarrow, categories as dictionaries."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return table.to_pandas(types_mapper=pd.ArrowDtype).set_axis(frame.index)


FRAMES = {
    "polars": as_polars,
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "backed": as_backed,
    "nullable": lambda frame: frame.convert_dtypes(),
}
every_frame = pytest.mark.parametrize("kind", FRAMES)
KNOWN, NEXT = PLAIN[COVARIATES][:N], PLAIN[COVARIATES][N:].copy()
NEXT[["weather", "code", "price"]] = np.nan  # which nobody knows


@every_frame
@pytest.mark.parametrize("cls", [RNNForecaster, CNNLSTMForecaster, Seq2SeqForecaster])
def test_categories_of_any_part_are_read_alike(cls, kind):
    options = SMALL if cls is not CNNLSTMForecaster else {**SMALL, "kernel_size": 2}
    y = PLAIN[TARGET][:N]
    expected = cls(**options).fit(KNOWN, y)
    own = cls(**options).fit(FRAMES[kind](KNOWN), y.to_numpy())
    assert own._categories.may_miss == expected._categories.may_miss
    pairs = zip(own._categories.known, expected._categories.known, strict=True)
    for found, known in pairs:
        assert (found is None) == (known is None)
        assert found is None or found.tolist() == known.tolist()
    assert own.feature_names_in_.tolist() == COVARIATES
    assert [known is None for known in own._categories.known].count(True) == 1
    forecast = np.asarray(expected.predict(NEXT))
    np.testing.assert_array_equal(np.asarray(own.predict(FRAMES[kind](NEXT))), forecast)
    other = NEXT.assign(holiday=pd.Categorical(["none", "fair", "fair"]))
    assert (np.asarray(own.predict(FRAMES[kind](other))) != forecast).any()
    own.update(FRAMES[kind](PLAIN[COVARIATES][N:]), PLAIN[TARGET][N:].to_numpy())
    expected.update(PLAIN[COVARIATES][N:], PLAIN[TARGET][N:])
    later = NEXT.set_axis(NEXT.index + LATER)
    np.testing.assert_array_equal(
        np.asarray(own.predict(FRAMES[kind](later))),
        np.asarray(expected.predict(later)),
    )


@every_frame
def test_targets_may_stand_among_them(kind):
    columns = ["promo", "holiday", "kind", TARGET]
    own, expected = RNNForecaster(**SMALL), RNNForecaster(**SMALL)
    expected.fit(PLAIN[columns][:N])
    own.fit(FRAMES[kind](PLAIN[columns][:N]))
    later = PLAIN[columns][N:].assign(**{TARGET: np.nan})
    np.testing.assert_array_equal(
        np.asarray(own.predict(FRAMES[kind](later))),
        np.asarray(expected.predict(later)),
    )


@every_frame
def test_a_detector_reads_them_alike(kind):
    def detector():
        forecaster = RNNForecaster(**{**SMALL, "horizon": 1, "static": ()})
        return SequenceAnomalyDetector(forecaster)

    columns = ["promo", "holiday", TARGET]
    expected = detector().fit(PLAIN[columns])
    own = detector().fit(FRAMES[kind](PLAIN[columns]))
    np.testing.assert_allclose(
        np.asarray(own.score_samples(FRAMES[kind](PLAIN[columns]))),
        np.asarray(expected.score_samples(PLAIN[columns])),
    )


def test_what_is_wrong_names_the_column():
    table = pa.Table.from_pandas(PLAIN)
    with pytest.raises(
        ValueError, match="Column 'weather' of X holds categories, but "
    ):
        RNNForecaster(window_length=3, horizon=1).fit(
            table.select(["weather", "price"])
        )
    day = table.append_column("day", pa.array(pd.date_range("2024", periods=N + LATER)))
    with pytest.raises(ValueError, match="Column 'day' of X holds timestamp"):
        RNNForecaster(window_length=3, horizon=1).fit(day.select(["day", "price"]))
    holes = PLAIN.assign(price=np.where(PLAIN.index == 7, np.nan, PLAIN["price"]))
    for frame in (pa.Table.from_pandas(holes), as_polars(holes)):
        with pytest.raises(ValueError, match=r"NaN in row 7 among the past .*'price'"):
            RNNForecaster(window_length=3, horizon=1).fit(
                frame.select(["code", "price"]), PLAIN["sales"].to_numpy()
            )
