import numpy as np
import pytest

rng = np.random.RandomState(0)
FIRST = np.random.RandomState(0).randn()


@pytest.mark.parametrize("run", range(2))
def test_tests_draw_the_same_numbers_whatever_ran_before(run):
    assert rng.randn() == FIRST
