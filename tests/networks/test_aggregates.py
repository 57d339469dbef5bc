"""Aggregates of sequences, beside NumPy's."""

import numpy as np
import torch

from skseq.networks.aggregates import AggregateLinear, aggregates

LENGTHS = [7, 1, 2, 5]
X = [np.random.default_rng(i).normal(size=(n, 2)) for i, n in enumerate(LENGTHS)]


def expected(x):
    times = np.arange(len(x))
    slope = np.polyfit(times, x, 1)[0] if len(x) > 2 else (x[-1] - x[0]) * 1.0
    if len(x) == 2:  # the least-squares line is divided by one at least
        slope = (x[1] - x[0]) / 2
    parts = [x.mean(0), x.std(0), x.min(0), x.max(0), x[-1], x[-3:].mean(0), slope]
    return np.concatenate(parts)


def padded(fill):
    batch = torch.full((len(X), max(LENGTHS), 2), fill, dtype=torch.float64)
    for row, x in zip(batch, X, strict=True):
        row[: len(x)] = torch.from_numpy(x)
    return batch


def test_aggregates_are_numpys_whatever_the_padding():
    for fill in (0.0, 1e9, torch.inf):
        found = aggregates(padded(fill), torch.tensor(LENGTHS))
        for row, x in zip(found, X, strict=True):
            np.testing.assert_allclose(row, expected(x), atol=1e-12)


def test_of_equal_lengths_none_need_be_given():
    x = torch.randn(3, 6, 2, dtype=torch.float64)
    found = aggregates(x, None)
    torch.testing.assert_close(found, aggregates(x, torch.tensor([6, 6, 6])))
    np.testing.assert_allclose(found[1], expected(x[1].numpy()), atol=1e-12)


def test_a_linear_map_looks_at_the_first_features_and_is_not_trained():
    linear = AggregateLinear(1, 3).double()
    x = torch.randn(4, 6, 2, dtype=torch.float64)
    found = linear(x, None)
    torch.testing.assert_close(found, linear.linear(aggregates(x[..., :1], None)))
    assert not any(parameter.requires_grad for parameter in linear.parameters())
