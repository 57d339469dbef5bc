import numpy as np
import pytest

from skseq import SequenceArray
from skseq.data import stored
from skseq.data.scaling import StepScaler, sequence_scale

rng = np.random.RandomState(0)
VALUES = rng.normal([5, -1e6], [2, 30], size=(50, 2))


@pytest.mark.parametrize("weights", [None, np.array([1.0, 3.0, 2.0])])
def test_windows_count_as_if_laid_out(weights):
    windows = SequenceArray(VALUES, [0, 10, 15], [20, 20, 20])
    scaler = StepScaler(True).fit(windows, weights).scaler
    laid_out = np.concatenate(windows.to_list())
    repeated = None if weights is None else np.repeat(weights, 20)
    np.testing.assert_allclose(scaler.mean_, np.average(laid_out, 0, repeated))
    variance = np.average((laid_out - scaler.mean_) ** 2, 0, repeated)
    np.testing.assert_allclose(scaler.var_, variance)


def test_steps_outside_of_the_sequences_do_not_count():
    part = SequenceArray.from_array(VALUES.reshape(5, 10, 2))[[1, 4]]
    scaler = StepScaler(True).fit(part, None).scaler
    expected = np.concatenate([VALUES[10:20], VALUES[40:]]).mean(axis=0)
    np.testing.assert_allclose(scaler.mean_, expected)


def test_precision_survives_large_values_and_chunks():
    values = 1e6 + rng.normal(size=(stored.ROWS + 5, 1))
    sequences = SequenceArray(values, [0], [len(values)])
    scaled = StepScaler(True).fit(sequences, None).transform(sequences, np.float32)
    assert scaled.dtype == np.float32
    expected = (values - values.mean()) / values.std()
    np.testing.assert_allclose(scaled.values, expected, atol=1e-6)


def test_a_constant_feature_becomes_zero():
    sequences = SequenceArray.from_array(np.full((3, 4, 1), 1e6 + 0.1))
    scaled = StepScaler(True).fit(sequences, None).transform(sequences, np.float32)
    assert np.abs(scaled.values).max() < 1e-6


def test_no_normalization_passes_values_on():
    sequences = SequenceArray.from_array(VALUES.reshape(5, 10, 2))
    same = StepScaler(False).fit(sequences, None).transform(sequences, np.float64)
    np.testing.assert_array_equal(same.values, VALUES)


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_the_scale_of_each_sequence(chunk, monkeypatch):
    monkeypatch.setattr(stored, "ROWS", chunk)
    sequences = SequenceArray(VALUES, [0, 3, 3, 20, 49], [5, 1, 9, 30, 1])
    mean, std = sequence_scale(sequences)
    for i, sequence in enumerate(sequences):
        np.testing.assert_allclose(mean[i], sequence.mean(axis=0))
        expected = sequence.std(axis=0) if len(sequence) > 1 else 1
        np.testing.assert_allclose(std[i], expected)


def test_a_constant_feature_of_a_sequence_has_no_scale():
    sequences = SequenceArray.from_list([np.full((7, 1), 1e6 + 0.1), [[1.0], [3.0]]])
    mean, std = sequence_scale(sequences)
    assert std.tolist() == [[1], [1]]
    np.testing.assert_allclose(mean, [[1e6 + 0.1], [2]])
