"""What parameters may be."""

from fractions import Fraction
from numbers import Integral, Real

import numpy as np
import pytest

from skseq.parameters import Interval


@pytest.mark.parametrize("kind", [Integral, Real])
@pytest.mark.parametrize(
    "value", [True, np.True_, Fraction(1, 2), "1", None, [1], np.array(1), np.nan, 1j]
)
def test_what_is_no_plain_number_lies_in_no_interval(kind, value):
    assert not Interval(kind, 0, None, closed="left").is_satisfied_by(value)


@pytest.mark.parametrize("value", [10**400, np.inf, -np.inf])
def test_what_no_float_holds_lies_in_no_interval(value):
    assert not Interval(Real, None, None, closed="both").is_satisfied_by(value)


@pytest.mark.parametrize("value", [1, 1.0, np.float16(1), np.int8(1), np.float64(1)])
def test_numbers_of_any_type_lie_in_an_interval(value):
    assert Interval(Real, 1, None, closed="left").is_satisfied_by(value)
    assert not Interval(Real, 1, None, closed="neither").is_satisfied_by(value)
