import numpy as np
import pytest
import torch

from skseq.core.tasks import Classification, MultilabelClassification, Regression


def test_classes_become_codes_and_outputs_probabilities():
    task = Classification(np.array(["a", "b", "c"]))
    assert task.n_outputs == 3
    assert task.encode(np.array(["c", "a", "c"]), np.float32).tolist() == [2, 0, 2]
    proba = task.decode(np.log([[1.0, 2, 5], [1, 1, 2]]))
    np.testing.assert_allclose(proba, [[1 / 8, 2 / 8, 5 / 8], [1 / 4, 1 / 4, 1 / 2]])
    with pytest.raises(ValueError, match=r"label 'z', which is not among .*'a', 'b'"):
        task.encode(np.array(["a", "z"]), np.float32)


def test_the_score_of_two_classes_is_the_log_odds():
    task = Classification(np.array([3, 7]))
    outputs = np.array([[1.0, 3.0], [0.5, -1.0]])
    proba = task.decode(outputs)
    np.testing.assert_allclose(
        task.to_scores(outputs), np.log(proba[:, 1] / proba[:, 0])
    )


def test_label_indicators():
    task = MultilabelClassification(2)
    y = np.array([[0, 1], [1, 1]])
    assert task.encode(y, np.float32).dtype == np.float32
    np.testing.assert_allclose(task.decode(np.log([[1.0, 3.0]])), [[1 / 2, 3 / 4]])
    with pytest.raises(
        ValueError, match=r"shape \(2, 3\); expected .*\(n_samples, 2\)"
    ):
        task.encode(np.zeros((2, 3)), np.float32)


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
@pytest.mark.parametrize("normalize", [True, False])
def test_numbers_go_there_and_back(shape, normalize):
    y = np.random.RandomState(0).normal(1e6, 5, size=(20, *shape))
    task = Regression(shape, normalize)
    task.learn_scale(y, None)
    encoded = task.encode(y, np.float64)
    assert encoded.shape == (20, task.n_outputs)
    if normalize:
        np.testing.assert_allclose(encoded.mean(axis=0), 0, atol=1e-9)
        np.testing.assert_allclose(encoded.std(axis=0), 1)
    np.testing.assert_allclose(task.decode(encoded), y)
    with pytest.raises(ValueError, match="as in the first fit"):
        task.encode(np.zeros((20, 4)), np.float64)


def test_weights_decide_the_scale_of_numbers():
    task = Regression((), normalize=True)
    task.learn_scale(np.array([0.0, 4.0]), np.array([3.0, 1.0]))
    np.testing.assert_allclose(task.decode(np.array([[0.0]])), [1.0])


@pytest.mark.parametrize(
    "task",
    [Classification(np.arange(2)), MultilabelClassification(2), Regression((2,), 1)],
)
def test_every_criterion_gives_losses_per_sample(task):
    outputs = torch.zeros(3, 2)
    y = torch.zeros(3, dtype=torch.long) if task.stratifies else torch.zeros(3, 2)
    losses = task.criterion(reduction="none")(outputs, y)
    assert len(losses) == 3
