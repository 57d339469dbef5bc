"""Importance and saliency of forecasters beside values by hand and differences."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import make_scorer, mean_pinball_loss, r2_score

from skseq import RNNForecaster, Seq2SeqForecaster
from skseq.forecasting._ahead import Asked
from skseq.inspection import permutation_importance, saliency
from skseq.plotting import ImportanceDisplay

N, L, H = 60, 5, 2
rng = np.random.default_rng(0)
DAYS = pd.date_range("2024-01-01", periods=N, freq="D", name="day")


def shop(level, kind):
    noise = rng.normal(size=(N, 3))
    return pd.DataFrame(
        {
            "price": noise[:, 0],
            "visits": 9 * noise[:, 1] + 50,
            "kind": kind,
            "sales": level * (20 + 2 * noise[:, 0] + noise[:, 2]),
        },
        DAYS,
    )


PANEL = pd.concat({"n": shop(1, 2.0), "s": shop(7, 5.0)}, names=["shop"])
FIT = PANEL.groupby("shop").head(40).copy()
FIT.loc[("s", DAYS[36]), "sales"] = np.nan  # within the last window
FIT.loc[("s", DAYS[35]), "visits"] = np.nan  # where that starts
LATER = PANEL.groupby("shop").tail(20)
X_LATER, Y_LATER = LATER.drop(columns="sales"), LATER["sales"]


def small(cls, **options):
    options = {"window_length": L, "horizon": H, "max_epochs": 4, **options}
    return cls(hidden_size=4, random_state=0, lr=0.01, **options)


@pytest.fixture(scope="module", params=[RNNForecaster, Seq2SeqForecaster])
def model(request):
    model = small(
        request.param,
        known_future=["price"],
        static=["kind"],
        missing="mask",
        shrink_to_naive=False,
    ).fit(FIT.drop(columns="sales"), FIT["sales"])
    model.module_.double()  # for differences
    return model


def ahead():
    return X_LATER.groupby("shop").head(H).copy()


# Saliency -----------------------------------------------------------------------------


def test_gradients_are_those_of_finite_differences(model):
    """Holes, whose value is the last one seen, included."""
    found = saliency(model, ahead(), step=2)
    context = model._context
    assert found.feature_names.tolist() == ["sales", "visits", "price"]
    assert found.instances.tolist() == ["n", "s"]
    np.testing.assert_array_equal(found.times[: L + H], range(1 - L, H + 1))

    def said(i):
        return model.predict(ahead()).to_numpy()[2 * i + 1]

    for i, row, column in np.ndindex(2, L, 3):
        at = context.edges[i] + row, column
        value = context.values[at]
        if np.isnan(value):
            assert found[i][row, column] == 0
            continue
        low, high = value - 1e-3, value + 1e-3
        context.values[at] = high
        difference = said(i)
        context.values[at] = low
        difference = (difference - said(i)) / (high - low)
        context.values[at] = value
        assert found[i][row, column] == pytest.approx(difference, rel=1e-4, abs=1e-6)
    known = [ahead(), ahead()]
    known[0].iloc[1, 0] += 1e-3
    known[1].iloc[1, 0] -= 1e-3
    high, low = (model.predict(X).iloc[1] for X in known)
    assert found[0][L + 1, 2] == pytest.approx((high - low) / 2e-3, rel=1e-4)
    assert (found[0][L:, :2] == 0).all()  # which nobody sees
    assert (found.static.values != 0).all()


def test_a_forecast_is_the_mean_of_its_steps_if_none_is_chosen(model):
    steps = [saliency(model, ahead(), step=step).values for step in (1, 2)]
    np.testing.assert_allclose(
        saliency(model, ahead()).values, np.mean(steps, axis=0), rtol=1e-9, atol=1e-12
    )
    last = saliency(model, ahead(), "sales", step=-1).values
    np.testing.assert_array_equal(last, steps[1])
    with pytest.raises(ValueError, match=r"step=2 is not among the 1 steps"):
        saliency(model, ahead().groupby("shop").head(1), step=2)


def test_shares_add_up_to_the_difference_to_average_rows(model):
    found = saliency(model, ahead(), method="integrated_gradients", n_points=64)
    total = [x.sum() for x in found] + found.static.values.sum(axis=1)
    forecast = model.predict(ahead()).to_numpy().reshape(2, H).mean(axis=1)
    scaler, context = model._scaler, model._context
    rows, known = [], ahead()
    for name, values in zip(context.names, context.series(), strict=True):
        mean = scaler.scales[name][0]
        rows.append(np.where(np.isnan(values), np.nan, mean))
        known.loc[[name], "price"] = mean[2]
    flat = context.with_series(rows)
    values, edges = known[["price"]].to_numpy(), np.array([H, H])
    average = (
        model._fed_back(Asked(flat, values, edges, None)).reshape(2, H).mean(axis=1)
    )
    np.testing.assert_allclose(total, forecast - average, rtol=1e-3)  # kinks of ReLU


def test_rows_of_the_past_alone():
    """Without X, names or static columns; of a target among several."""
    y = rng.normal(size=(50, 2))
    model = small(RNNForecaster, loss="quantile", shrink_to_naive=False).fit(y)
    found = saliency(model, None, 1, step=1)
    assert found.shape == (1, L, 2)
    assert found.feature_names.tolist() == ["x0", "x1"]
    assert found.static is None
    assert found.instances is None
    assert (found[0][:, 0] == 0).all()  # each target by itself
    assert (found[0][:, 1] != 0).any()


def test_categories_have_no_gradient():
    frame = PANEL.loc["n", ["price", "sales"]].assign(
        day=rng.choice(["fair", "usual"], N)
    )
    model = small(RNNForecaster, known_future=["day"], shrink_to_naive=False)
    model.fit(frame[["price", "day"]][:40], frame["sales"][:40])
    found = saliency(model, frame[["price", "day"]][40 : 40 + H])
    assert found.feature_names.tolist() == ["sales", "price", "day"]
    assert (found.values[:, 2] == 0).all()
    assert (found.values[:L, :2] != 0).any(axis=0).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": "profit"}, r"target='profit' must be .* or one of \['sales'\]"),
        ({"step": 0}, r"step=0 is not among the 2 steps .* X\[0\], 1 to 2"),
        ({"step": 1.5}, "step=1.5 must be an integer"),
        ({"X": X_LATER}, "X has 20 rows of a series; .* up to horizon=2"),
    ],
)
def test_saliency_says_what_is_wrong(model, options, message):
    with pytest.raises(ValueError, match=message):
        saliency(model, **{"X": ahead(), **options})


# Permutation importance ---------------------------------------------------------------


def test_the_baseline_is_the_score_of_a_rolling_forecast(model):
    """Importances are what is lost: one permutation by hand."""
    result = permutation_importance(
        model, X_LATER, Y_LATER, by="feature", n_repeats=1, random_state=0
    )
    names = ["sales", "visits", "price", "kind"]
    assert result.feature_names.tolist() == names
    assert result.importances.shape == (1, 4, 1)
    np.testing.assert_array_equal(result.steps, [1 - L])
    paths = model.rolling_forecast(X_LATER, Y_LATER)["sales"]
    truth = [
        Y_LATER[name].to_numpy()[i : i + H] for name in "ns" for i in range(20 - H + 1)
    ]
    score = r2_score(np.ravel(truth), paths)
    seed = np.random.RandomState(0).randint(2**31 - 1, size=4)[0]
    order = np.random.RandomState(seed).permutation(len(truth))
    table = model._rows_rolled(X_LATER, Y_LATER, False)[0].cut(L + H)
    rows = table.values.reshape(-1, L + H, 4)
    rows[:, :, 0] = rows[order][:, :, 0]
    outputs = model._outputs(table.with_series(list(rows)))
    means, scales = model._scaler.target_scales(("n", "s"))
    means, scales = (np.repeat(part, 19, axis=0) for part in (means, scales))
    permuted = model._in_units(outputs, means, scales)[..., 0]
    lost = score - r2_score(np.ravel(truth), permuted.ravel())
    assert result.importances[0, 0, 0] == pytest.approx(lost)


def test_where_in_the_window_and_ahead():
    """y is the price of its day and what other was the day before: no more is used."""
    price, other = rng.normal(size=(2, 300))
    y = 2 * price + np.roll(other, 1)
    X = np.column_stack([price, other])
    model = small(
        RNNForecaster, horizon=1, known_future=[0], max_epochs=30, shrink_to_naive=False
    ).fit(X[:250], y[:250])
    options = {"n_repeats": 3, "random_state": 0}
    result = permutation_importance(model, X[250:], y[250:], **options)
    assert result.feature_names.tolist() == ["y", "x1", "x0"]
    np.testing.assert_array_equal(result.steps, range(1 - L, 2))
    found = result.importances_mean
    assert found[-1, 2] == found.max() > 1
    assert found[-2, 1] > 0.1
    assert (found[-1, :2] == 0).all()
    scores = permutation_importance(
        model,
        X,
        y,
        by="step",
        step_size=2,
        restart=True,
        scoring=["r2", "neg_mean_absolute_error"],
        **options,
    )
    result = scores["neg_mean_absolute_error"]
    np.testing.assert_array_equal(result.steps, [-4, -3, -1, 1])
    assert result.importances_mean.argmax() == 3
    assert result.feature_names is None
    display = ImportanceDisplay.from_importances(result)
    assert len(display.bars_) == 4


def test_weights_quantiles_and_rows_without_targets():
    y = pd.Series(rng.normal(size=N).cumsum(), DAYS)
    model = small(RNNForecaster, loss="quantile", missing="mask").fit(y[:40])
    later = y[40:].copy()
    later.iloc[3] = np.nan

    def score(asked, windows, y_true, sample_weight=None):
        assert len(y_true) == 19 * H - 2  # two paths meet the hole
        q = asked.predict_quantiles(windows, (0.3,))[:, 0]
        return -mean_pinball_loss(y_true, q, sample_weight=sample_weight, alpha=0.3)

    options = {"by": "feature", "n_repeats": 2, "random_state": 0}
    found = permutation_importance(model, later, None, scoring=score, **options)
    assert found.importances_mean[0, 0] > 0
    scorer = make_scorer(mean_pinball_loss, greater_is_better=False)
    even, uneven = (
        permutation_importance(
            model, later, None, scoring=scorer, sample_weight=weights, **options
        ).importances_mean
        for weights in (np.full(20, 2.0), np.arange(20.0))
    )
    plain = permutation_importance(model, later, None, scoring=scorer, **options)
    np.testing.assert_allclose(even, plain.importances_mean)
    assert not np.allclose(uneven, even)
    with pytest.raises(ValueError, match="y is given, but fit was without one"):
        permutation_importance(model, later, later)
    with pytest.raises(ValueError, match=r"does not follow|must follow|not continue"):
        permutation_importance(model, y[:30], None)
