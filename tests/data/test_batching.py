import numpy as np
import pytest
import torch

from skseq import SequenceArray
from skseq.data import batching
from skseq.data.batching import (
    Batch,
    BatchIterator,
    SequenceDataset,
    prediction_batches,
)
from skseq.networks import StepCrossEntropy

CPU = torch.device("cpu")
LENGTHS = np.random.RandomState(0).randint(1, 60, size=1000)
RAGGED = SequenceArray.from_list([np.full(n, i) for i, n in enumerate(LENGTHS)])


def dataset(sequences, **options):
    return SequenceDataset(
        sequences.map_values(lambda v: v.astype("f4")), CPU, **options
    )


@pytest.mark.parametrize(
    "sequences",
    [
        SequenceArray.from_array(np.random.RandomState(0).randn(6, 4, 2)),
        SequenceArray.from_array(np.random.RandomState(0).randn(6, 4, 2))[::-2],
        SequenceArray(
            np.random.RandomState(0).randn(9, 2), range(6), [4] * 6
        ),  # windows
        SequenceArray(np.random.RandomState(0).randn(9, 2), range(6), [4] * 5 + [3]),
    ],
)
def test_batches_hold_the_sequences(sequences):
    batch = dataset(sequences).gather(torch.tensor([2, 0]))
    for row, i in enumerate([2, 0]):
        n = sequences.lengths[i]
        np.testing.assert_allclose(batch.x[row, :n], sequences[i], rtol=1e-6)
        assert batch.lengths is None or batch.lengths[row] == n
    assert (batch.lengths is None) == (sequences.n_timesteps is not None)


def test_targets_and_weights_go_along():
    y, weights = np.arange(1000), np.arange(1000.0)
    batch = dataset(RAGGED, targets=y, weights=weights).gather(torch.tensor([3, 999]))
    assert batch.y.tolist() == [3, 999]
    assert batch.weights.tolist() == [3, 999]
    assert len(batch) == 2


def test_each_sequence_is_scaled_by_its_own():
    own = np.arange(1000.0)[:, None], np.full((1000, 1), 2.0)
    values = RAGGED.map_values(lambda v: v + 5.0)
    batch = SequenceDataset(values, CPU, scales=[own]).gather(torch.tensor([3, 999]))
    assert batch.x.dtype == torch.float32
    assert batch.x.unique().tolist() == [2.5]


def test_several_scales_are_several_views():
    own = np.arange(1000.0)[:, None], np.full((1000, 1), 2.0)
    common = np.array([[1.0]]), np.array([[4.0]])
    data = SequenceDataset(RAGGED, CPU, scales=[common, own])
    batch = data.gather(torch.tensor([3, 999]))
    assert batch.x[:, 0].tolist() == [[0.5, 0], [249.5, 0]]


@pytest.mark.parametrize("seed", [None, 0])
def test_an_epoch_holds_every_sample_once(seed):
    generator = None if seed is None else torch.Generator().manual_seed(seed)
    data = dataset(RAGGED, targets=np.arange(1000))
    iterator = BatchIterator(data, 32, generator)
    epochs = [torch.cat([batch.y for batch in iterator]) for _ in range(2)]
    assert len(iterator) == len(list(iterator)) == 32
    for order in epochs:
        assert order.sort().values.tolist() == list(range(1000))
    assert torch.equal(*epochs) == (seed is None)


def test_batches_of_unequal_sequences_waste_little():
    iterator = BatchIterator(dataset(RAGGED), 32, torch.Generator().manual_seed(0))
    padded = sum(batch.x.shape[0] * batch.x.shape[1] for batch in iterator)
    assert padded < 1.05 * LENGTHS.sum()


def test_prediction_batches_cover_all_and_waste_little():
    batches = list(prediction_batches(dataset(RAGGED)))
    index = torch.cat([index for index, _ in batches])
    assert sorted(index.tolist()) == list(range(1000))
    for index, batch in batches:
        assert batch.x[:, 0, 0].tolist() == index.tolist()


def test_prediction_batches_are_bounded_in_memory():
    long = SequenceArray(np.zeros((200_000, 1)), range(5), [100_000] * 4 + [150_000])
    sizes = [len(batch) for _, batch in prediction_batches(dataset(long))]
    assert sizes == [1] * 5


@pytest.mark.parametrize(
    ("device", "sizes"), [("cpu", [100] * 4), ("meta", [100, 300])]
)
def test_prediction_batches_are_larger_where_there_are_no_caches(
    device, sizes, monkeypatch
):
    monkeypatch.setattr(batching, "PREDICTION_STEPS", 500)
    monkeypatch.setattr(batching, "PREDICTION_STEPS_ON_GPU", 2000)
    data = dataset(SequenceArray.from_array(np.zeros((400, 5, 1))))
    gather = data.gather

    def elsewhere(index):
        x, *others = gather(index)
        return Batch(x.to(device), *others)

    monkeypatch.setattr(data, "gather", elsewhere)
    assert [len(batch) for _, batch in prediction_batches(data)] == sizes


@pytest.mark.parametrize("per_step", [False, True])
def test_prediction_batches_are_bounded_by_what_they_answer(monkeypatch, per_step):
    monkeypatch.setattr(batching, "PREDICTION_NUMBERS", 12_000)
    found = list(prediction_batches(dataset(RAGGED), 1, 100, per_step))
    n_rows = [len(x) * x.shape[1] ** per_step for _, (x, *_) in found]
    assert 60 < max(n_rows) <= 120
    assert sum(len(index) for index, _ in found) == len(RAGGED)


@pytest.mark.parametrize("table", [True, False], ids=["windows", "laid out"])
@pytest.mark.parametrize("lengths", [[4, 4, 4], [4, 2, 3]])
def test_targets_per_step_are_gathered_as_the_steps_are(table, lengths):
    """Here a step's class is its value; a step of padding has none."""
    X = SequenceArray(np.arange(6)[:, None], range(3), lengths)
    y = X if table else SequenceArray.from_list(X.to_list())
    batch = dataset(X, targets=y).gather(torch.tensor([2, 0, 1]))
    for row, i in enumerate([2, 0, 1]):
        n = lengths[i]
        assert batch.y[row, :n].tolist() == X[i][:, 0].tolist()
        assert (batch.y[row, n:] == StepCrossEntropy.padding).all()
    assert batch.y.shape == batch.x.shape[:2]
    assert batch.y.dtype == torch.int64
