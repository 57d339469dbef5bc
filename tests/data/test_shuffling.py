import numpy as np
import pytest
import torch

from skseq.data import shuffling
from skseq.data.shuffling import Permutation, shuffled_batches


def order_of(n, seed=0):
    batches = shuffled_batches(n, 3, torch.Generator().manual_seed(seed))
    return torch.cat(list(batches)).tolist()


@pytest.mark.parametrize("n", [2, 7, 64, 65, 1000])
def test_an_order_that_is_computed_has_every_number_once(monkeypatch, n):
    monkeypatch.setattr(shuffling, "MOST", 1)
    monkeypatch.setattr(shuffling, "AT_ONCE", 8)
    assert sorted(order_of(n)) == list(range(n))
    assert order_of(n) == order_of(n)
    assert n < 10 or order_of(n, 1) != order_of(n)


def test_an_order_that_fits_into_memory_is_torch_s():
    expected = torch.randperm(20, generator=torch.Generator().manual_seed(0))
    assert order_of(20) == expected.tolist()


def test_a_computed_order_is_as_even_as_a_drawn_one():
    """Of 4000 orders of 6 numbers, each number stands as often in each place."""
    counts = np.zeros((6, 6))
    generator = torch.Generator().manual_seed(0)
    for _ in range(4000):
        found = Permutation(6, generator).at(np.arange(6))
        counts[np.arange(6), found] += 1
    chi2 = ((counts - 4000 / 6) ** 2 / (4000 / 6)).sum()
    assert chi2 < 52.6  # the quantile of 99.9 % of 25 degrees of freedom
