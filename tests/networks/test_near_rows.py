import pytest
import torch

from skseq.networks.near_rows import NearRows


def near_rows(reach=1):
    module = NearRows(1, 3, reach)
    weight = module.convolution.weight.data
    weight[0, 0, 0] = 1  # the first row in reach
    weight[1, 0, -1] = 1  # the last one
    weight[2, 1, -1] = 1  # whether that is known
    return module


def column(*values):
    return torch.tensor(values).reshape(1, -1, 1)


@pytest.mark.parametrize(
    ("reach", "first", "last"),
    [(1, [9, 2, 3], [3, 4, 0]), (2, [8, 9, 2], [4, 0, 0]), (4, [6, 7, 8], [0, 0, 0])],
)
def test_rows_before_come_from_the_window_and_rows_behind_are_unknown(
    reach, first, last
):
    found = near_rows(reach)(column(5.0, 6.0, 7.0, 8.0, 9.0), column(2.0, 3.0, 4.0))
    known = [float(value > 0) for value in last]
    assert found[0].T.tolist() == [first, last, known]


def test_a_short_window_has_rows_before_it_that_are_unknown():
    module = near_rows(reach=3)
    module.convolution.weight.data[2, 1] = torch.eye(7)[0]
    found = module(column(9.0), column(2.0, 3.0, 4.0))
    assert found[0].T.tolist() == [[0, 0, 9], [0, 0, 0], [0, 0, 1]]


def test_nothing_is_told_before_training():
    found = NearRows(2, 5, 3)(torch.randn(4, 6, 2), torch.randn(4, 3, 2))
    assert found.shape == (4, 3, 5)
    assert not found.any()
