"""Rows that a decoder draws one after the other, told of each."""

import numpy as np
import pytest
import torch

from skseq import Seq2SeqForecaster
from skseq.core.conformal import Units
from skseq.forecasting._ancestral import Drawn, Following
from skseq.forecasting._conformal import normal_scores
from skseq.networks import Window
from skseq.persistence import load, save

QUICK = {
    **{"window_length": 8, "horizon": 4, "hidden_size": 4, "max_epochs": 1},
    **{"random_state": 0, "conformal": True},
}
WALK = np.random.RandomState(1).randn(600).cumsum()


@pytest.fixture(scope="module")
def fitted():
    return Seq2SeqForecaster(**QUICK, loss="gaussian").fit(WALK)


def test_normal_scores_are_those_of_what_is_there():
    scores = np.array([3.0, np.nan, 1, 2, np.nan])[:, None, None]
    found = normal_scores(scores).ravel()
    np.testing.assert_allclose(found[[0, 2, 3]], [0.6744898, -0.6744898, 0], atol=1e-7)
    assert np.isnan(found[[1, 4]]).all()


# The decoder ------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"channels": "shared", "normalize": "window"}])
def test_who_is_told_what_it_said_says_what_it_would(options):
    y = np.stack([WALK[:200], 5 * WALK[200:400]], axis=1)
    model = Seq2SeqForecaster(**QUICK, shrink_to_naive=False, **options).fit(y)
    past = torch.as_tensor(y[-8:])[None]
    none = torch.zeros(1, 4, 0), torch.zeros(1, 0)
    window, said = Window(past, *none), []
    later = []
    with torch.inference_mode():
        model.module_.follow(window, lambda step, row: said.append(row) or row)
        expected = model.module_(window)[0, :, :, 0]
        model.module_.follow(window, lambda step, row: later.append(row) or row + 1)
    np.testing.assert_allclose(torch.cat(said), expected, rtol=1e-5)
    moved = torch.cat(later) - torch.cat(said)
    assert (moved[0] == 0).all()  # nothing was told before the first row
    assert (moved[1:] != 0).all()


# What errors tell -------------------------------------------------------------------


def test_the_share_of_the_row_before_and_of_what_the_decoder_says():
    """z2 = .6 z1 + .8 e2; z3 is told by z2 and by half of how far it was moved."""
    rng = np.random.RandomState(0)
    z1, e2, move, e3 = rng.randn(4, 4000)
    z2 = 0.6 * z1 + 0.8 * e2
    z3 = 0.3 * z2 + 0.5 * move + np.sqrt(1 - 0.09 - 0.25) * e3
    scores = 3 * np.stack([z1, z2, z3], axis=1)[:, :, None]  # in units of a third
    shifts = np.stack([0 * z1, -9 * z2, 3 * move], axis=1)[:, :, None]
    found = Following.learned(scores, shifts)
    np.testing.assert_allclose(found.before[:, 0], [0, 0.6, 0.3], atol=0.03)
    np.testing.assert_allclose(found.moved[:, 0], [0, 0, 0.5 / 3], atol=0.02)
    left = found.noise[:, 0, 0] ** 2
    np.testing.assert_allclose(left, [1, 0.64, 0.66], atol=0.04)


def test_of_one_origin_errors_are_those_of_a_walk():
    """With trust of 1 / 4 in nothing: .75 of a walk's sqrt(.5), sqrt(2 / 3)."""
    scores = np.array([1.0, -1.0, 2.0])[None, :, None]
    found = Following.learned(scores, np.zeros((1, 3, 1)))
    expected = 0.75 * np.sqrt([0, 1 / 2, 2 / 3])
    np.testing.assert_allclose(found.before[:, 0], expected)
    np.testing.assert_allclose(found.noise[:, 0, 0] ** 2, 0.75 / np.arange(1, 4))


def test_targets_of_a_row_belong_together():
    rng = np.random.RandomState(0)
    first, other = rng.randn(2, 2000, 2)
    scores = np.stack([first, 0.8 * first + 0.6 * other], axis=2)
    found = Following.learned(scores, np.zeros(scores.shape))
    for factor in found.noise:
        assert abs((factor @ factor.T)[0, 1] - 0.8) < 0.04


def test_each_row_is_told_and_follows_from_the_one_before():
    """Rows of a decoder that adds half of what it was told; units are 2."""
    shape = (3, 1, 1)
    following = Following(np.full((2, 1), 0.5), np.full((2, 1), 0.5), np.ones(shape))
    ones = np.ones((1, 2, 1))
    known = np.linspace(-2, 2, 399) * np.ones((2, 1, 1))
    noise = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0]])[:, :, None]
    ranks = np.linspace(-3, 3, 101) * np.ones((2, 1, 1))
    drawn = Drawn(following, Units(0 * ones, 2 * ones, 2 * ones), known, ones, noise)
    drawn.ranks, drawn._expected = ranks, np.linspace(-3, 3, 101)  # as they are
    drawn._are_pilots = False
    told = drawn(0, torch.ones(3, 1))
    scores = told.numpy()[:, 0] / 2
    np.testing.assert_allclose(scores, [1.369, -1.369, 0], atol=0.01)  # level .8413
    drawn(1, 1 + told / 2)  # moved by 1.369 / 2 units, after a score of 1
    own = 0.5 * 1.369 / 2 + 0.5 * 1
    level = 0.5 + 0.5 * torch.erf(torch.tensor(own / 2**0.5)).item()
    np.testing.assert_allclose(
        drawn.rows[:, 1, 0] / 2, np.array([1, -1, 0]) * (4 * level - 2), atol=0.01
    )


# Paths ------------------------------------------------------------------------------


def test_rows_have_the_quantiles_of_the_interval_and_go_together_as_a_walk(fitted):
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    paths = fitted.sample(n_paths=4000, random_state=0)
    known = fitted.predict_quantiles(quantiles=levels)
    share = (paths[:, :, None] <= known[:, None]).mean(axis=1)
    np.testing.assert_allclose(share, np.tile(levels, (4, 1)), atol=0.04)
    steps = np.arange(1, 5)
    walk = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    np.testing.assert_allclose(np.corrcoef(paths), walk, atol=0.12)


def test_what_follows_changes_no_path(fitted):
    """Neither further rows, nor further paths, nor further series."""
    paths = fitted.sample(n_paths=3, random_state=1)
    more = fitted.sample(n_paths=5, n_steps=9, random_state=1)
    np.testing.assert_allclose(more[:4, :3], paths, rtol=1e-5)
    np.testing.assert_array_equal(fitted.sample(n_paths=3, random_state=1), paths)
    assert (fitted.sample(n_paths=3, random_state=2) != paths).all()


def test_in_a_row_by_row_stream_and_in_files(fitted, tmp_path):
    model = Seq2SeqForecaster(**QUICK, missing="mask")
    y = WALK.copy()
    y[40:560:7] = np.nan
    model.fit(y).update(WALK[:3])
    assert model._errors.shifts.shape == model._errors.scores.shape
    assert np.isfinite(model._errors.shifts).all()
    paths = model.sample(n_paths=2, random_state=0)
    save(model, tmp_path / "model")
    again = load(tmp_path / "model")
    np.testing.assert_array_equal(again.sample(n_paths=2, random_state=0), paths)
    again.update(WALK[3:5])
    assert again._errors.shifts.shape == model._errors.scores.shape
