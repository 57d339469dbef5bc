"""What is wild, by hand."""

import numpy as np
import pytest

from skseq import SequenceArray
from skseq.data import bounds
from skseq.data.bounds import Bounds, extremes, refuse_huge
from skseq.data.scaling import StepScaler, sequence_scale

HUNDRED = np.arange(100.0)[:, None]  # 2 % of 99 steps are 1.98, so the bounds 2 and 97
ORDINARY = np.random.default_rng(0).normal(5, 2, size=(300, 2))


def test_bounds_by_hand():
    found = Bounds.of(np.hstack([HUNDRED, -3 * HUNDRED]))
    assert found.low.tolist() == [2, -291]
    assert found.high.tolist() == [97, -6]
    least, most = found.beyond(4)
    assert least.tolist() == [2 - 4 * 95, -291 - 4 * 285]
    assert most.tolist() == [97 + 4 * 95, -6 + 4 * 285]


def test_one_value_in_fifty_does_not_count():
    values = np.arange(50.0)[:, None]
    values[7] = 1e9
    found = Bounds.of(values)
    assert (found.low.item(), found.high.item()) == (1, 49)


def test_wild_values_are_clipped_and_errors_count_as_the_nearer_bound():
    found = Bounds.of(HUNDRED)
    given = np.array(
        [[-9499], [-9498], [-378.5], [1], [477], [477.5], [9597], [9598], [1e300]]
    )
    before = given.copy()
    expected = [2, -378, -378, 1, 477, 477, 477, 97, 97]
    assert found.clip(given).ravel().tolist() == expected
    np.testing.assert_array_equal(given, before)
    single = given[:-1].astype(np.float32)
    clipd = found.clip(single)
    assert clipd.dtype == np.float32
    assert clipd.ravel().tolist() == expected[:-1]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_ordinary_is_the_very_same_array(dtype, tmp_path):
    np.save(tmp_path / "values.npy", ORDINARY.astype(dtype))
    values = np.load(tmp_path / "values.npy", mmap_mode="r")
    found = Bounds.of(values)
    assert found.clip(values) is values
    sequences = SequenceArray(values, [0, 50], [200, 250])
    scaler = StepScaler(True).fit(sequences, None, clip=True)
    assert scaler.clip(sequences).values.base is sequences.values.base
    plain = StepScaler(True).fit(sequences, None)
    for name in ("mean_", "scale_"):
        one, other = getattr(scaler.scaler, name), getattr(plain.scaler, name)
        np.testing.assert_array_equal(one, other)
    transformed = [s.transform(sequences, dtype).values for s in (scaler, plain)]
    np.testing.assert_array_equal(*transformed)


@pytest.mark.parametrize(
    "values",
    [
        np.where(np.arange(100) % 60, 0.0, 1e9)[:, None],  # rare events
        np.full((100, 1), 3.0),
        HUNDRED[: bounds.LEAST - 1],  # few
    ],
)
def test_what_cannot_be_told_has_no_bounds(values):
    found = Bounds.of(values)
    assert not found.exist
    far = np.array([[-1e200], [1e200]])
    assert found.clip(far) is far


def test_a_feature_without_bounds_leaves_others_theirs():
    found = Bounds.of(np.hstack([HUNDRED, 0 * HUNDRED]))
    assert found.exist
    clipd = found.clip(np.array([[1e9, 1e9], [-1e9, -1e9]]))
    assert clipd.tolist() == [[97, 1e9], [2, -1e9]]


def test_rows_of_a_large_table_are_spread_over_it(monkeypatch):
    monkeypatch.setattr(bounds, "MOST", 1000)
    values = np.arange(40_000.0)[:, None]
    values[:, 0] %= 40  # a stride of 40 would see one value
    found = Bounds.of(values)
    assert (found.low.item(), found.high.item()) == (0, 39)


@pytest.mark.parametrize("n_rows", [1, 63, 64, 65, 200])
def test_extremes(n_rows, monkeypatch):
    monkeypatch.setattr(bounds, "CHUNK", 130)
    smallest, largest = extremes(ORDINARY[:n_rows])
    np.testing.assert_array_equal(smallest, ORDINARY[:n_rows].min(axis=0))
    np.testing.assert_array_equal(largest, ORDINARY[:n_rows].max(axis=0))


def test_scales_are_those_without_wild_values():
    values = np.hstack([HUNDRED, HUNDRED])
    values[50] = 1e12, -1e12
    sequences = SequenceArray(values, [0, 40], [60, 60])
    scaler = StepScaler(True).fit(sequences, None, clip=True)
    tame = values.copy()
    tame[50] = 98, 1  # the third largest, and smallest, of all
    expected = StepScaler(True).fit(SequenceArray(tame, [0, 40], [60, 60]), None)
    np.testing.assert_array_equal(scaler.scaler.mean_, expected.scaler.mean_)
    seen = scaler.transform(sequences, np.float64).values
    np.testing.assert_array_equal(
        seen[50] * scaler.scaler.scale_, [98, 1] - scaler.scaler.mean_
    )
    mean, _ = sequence_scale(scaler.clip(sequences))
    np.testing.assert_allclose(mean[0], tame[:60].mean(axis=0))


def test_a_step_that_no_sequence_uses_decides_nothing():
    values = np.concatenate([HUNDRED, HUNDRED * 1e9])
    found = StepScaler(True).fit(
        SequenceArray(values, [0, 0], [100, 30]), None, clip=True
    )
    assert found.bounds.high.tolist() == [97]


def test_values_whose_squares_overflow_are_refused():
    refuse_huge(HUNDRED * 1e140, "X")
    with pytest.raises(
        ValueError, match=r"y holds values as large as 9\.9e\+301.*1e\+150"
    ):
        refuse_huge(-HUNDRED * 1e300, "y")
