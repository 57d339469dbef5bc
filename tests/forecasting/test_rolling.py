import numpy as np
import pandas as pd
import pytest

from skseq import RNNForecaster

DAYS = pd.date_range("2024-01-01", periods=40, freq="D", name="day")
QUICK = {"window_length": 4, "horizon": 3, "max_epochs": 1, "hidden_size": 2}
WAVE = pd.Series(np.sin(np.arange(40.0)), DAYS, name="wave")


def small(**options):
    return RNNForecaster(**QUICK, random_state=0, **options)


def test_a_series_gives_a_row_for_each_origin_and_step():
    paths = small().fit(WAVE[:30]).rolling_forecast(WAVE[30:36])
    origins = pd.MultiIndex.from_product(
        [DAYS[29:33], [1, 2, 3]], names=["origin", "step"]
    )
    assert paths.index.equals(origins)
    assert paths.index.names == ["origin", "step"]
    assert list(paths) == ["wave"]
    for i in range(4):
        known = small().fit(WAVE[:30])
        if i:
            known.update(WAVE[30 : 30 + i])
        np.testing.assert_allclose(
            paths.loc[DAYS[29 + i], "wave"], known.predict(), rtol=1e-5
        )


def test_a_panel_gives_its_series_first():
    panel = pd.concat({"b": WAVE, "a": -WAVE}, names=["shop"]).to_frame()
    until = panel.index.get_level_values("day") < DAYS[30]
    model = small().fit(panel[until])
    paths = model.rolling_forecast(panel[~until])
    assert paths.index.names == ["shop", "origin", "step"]
    assert paths.loc["a"].index.equals(paths.loc["b"].index)
    assert paths.index.get_level_values(0).unique().tolist() == ["b", "a"]
    first = model.predict().loc["a", "wave"]
    np.testing.assert_allclose(paths.loc["a"].loc[DAYS[29], "wave"], first, rtol=1e-5)
    anew = model.rolling_forecast(panel[~until], restart=True)
    assert anew.loc["b"].index[0] == (DAYS[33], 1)


def test_arrays_stay_arrays():
    paths = small().fit(WAVE.to_numpy()[:30]).rolling_forecast(WAVE.to_numpy()[30:])
    assert isinstance(paths, np.ndarray)
    assert paths.shape == (8, 3, 1)


@pytest.mark.filterwarnings("ignore:X has an index of time, but y")
@pytest.mark.parametrize("index", [pd.RangeIndex(40), DAYS.to_period()], ids=str)
def test_targets_of_their_own_name_the_columns(index):
    X = pd.DataFrame({"other": np.cos(np.arange(40))}, index)
    y = pd.DataFrame({"u": WAVE.to_numpy(), "v": 1 - WAVE.to_numpy()}, index)
    paths = small().fit(X[:30], y[:30]).rolling_forecast(X[30:], y[30:])
    assert list(paths) == ["u", "v"]
    assert paths.index[-1] == (index[36], 3)
    bare = small().fit(X[:30], y[:30].to_numpy())
    assert list(bare.rolling_forecast(X[30:], y[30:].to_numpy())) == [0, 1]
