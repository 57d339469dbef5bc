import numpy as np
import pytest
import torch

from skseq.forecasting._categories import ColumnCategories
from skseq.forecasting._indicators import make_indicators
from skseq.forecasting._roles import Roles
from skseq.forecasting._table import Columns, Table
from skseq.forecasting._windows import WindowDataset

nan = np.nan


@pytest.mark.parametrize("order", ["C", "F"])
def test_holes_are_where_they_are_however_a_table_lies_in_memory(order):
    values = np.arange(24.0).reshape(6, 4)
    values[1, 0] = values[2, 2] = values[4, 1] = nan
    table = Table(
        np.asarray(values, order=order), np.array([0, 6]), (None,), (None,), None
    )
    none = np.array([], dtype=int)
    roles = Roles(none, np.array([0]), np.array([1]), none)
    columns = Columns(2, 1, 1, 0)
    numbers = ColumnCategories((None, None), (False, False))
    windows = WindowDataset(
        table,
        make_indicators(numbers, roles, columns),
        window_length=3,
        horizon=2,
        device=torch.device("cpu"),
    ).within(np.array([0]), np.array([6]))
    first, second = windows.gather(torch.arange(2)).x.missing.int().tolist()
    assert first == [[0, 0, 0], [1, 0, 0], [0, 0, 1]]
    assert second == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    targets = windows.gather(torch.tensor([0])).y
    np.testing.assert_array_equal(targets[0], [[12, 13], [16, nan]])
