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


@pytest.mark.parametrize("normalize", ["last", "feature"])
def test_scales_that_update_learns_again_are_learned_again_path_by_path(normalize):
    """A series new with zeros, and one that was constant in fit, beside a usual one."""
    days = pd.date_range("2020-01-01", periods=80, name="day")
    wave = pd.Series(10 + np.sin(np.arange(80.0)), days)
    names = ["usual", "constant"]
    known = pd.concat([wave[:40], 0 * wave[:40] + 3], keys=names, names=["series"])
    model = RNNForecaster(
        window_length=8,
        horizon=2,
        normalize=normalize,
        seasonality=3,
        missing="mask",
        max_epochs=1,
        random_state=0,
    ).fit(known)
    new = pd.concat([0 * wave[20:40]], keys=["new"], names=["series"])
    model.update(new)
    names = ["new", "usual", "constant"]
    later = pd.concat([1000 * wave[40:52], wave[40:52], 5 * wave[40:52]], keys=names)
    later = later.rename_axis(["series", "day"])
    later.loc[("new", days[44])] = np.nan
    paths = model.rolling_forecast(later)
    before = later.copy()
    for i in range(11):
        forecast = model.predict()
        for name in names:
            path = paths.loc[name].loc[days[39 + i]].to_numpy()[:, 0]
            np.testing.assert_allclose(path, forecast[name], rtol=1e-6)
        model.update(later[later.index.get_level_values("day") == days[40 + i]])
    pd.testing.assert_series_equal(later, before)
    # A series that restarts is one that is told now.
    alone = later.loc[["new"]].rename(index={"new": "other"})
    anew = model.rolling_forecast(alone, restart=True).loc["other"].to_numpy()
    model.update(alone[:8])
    again = model.rolling_forecast(alone[8:]).to_numpy()
    np.testing.assert_allclose(anew, again, rtol=1e-6)
