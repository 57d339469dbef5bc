import numpy as np
import pandas as pd
import pytest

from skseq.forecasting._time import following, join_spans, span_of

INDICES = {
    "numbers": pd.RangeIndex(3, 30, 3),
    "floats": pd.Index([0.1, 0.2, 0.3, 0.4, 0.5]),
    "days": pd.date_range("2024-02-20", periods=9, freq="D"),
    "months": pd.date_range("2023-11-30", periods=6, freq="ME"),
    "business days": pd.bdate_range("2024-02-20", periods=9),
    "quarters": pd.period_range("2020Q3", periods=6, freq="Q"),
    "hours over a clock change": pd.date_range(
        "2024-03-30 20:00", periods=24, freq="h", tz="Europe/Berlin"
    ),
}


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
@pytest.mark.parametrize("keeps_frequency", [True, False])
def test_an_index_goes_on_as_it_began(index, keeps_frequency):
    known = index[:-2]
    if not keeps_frequency and isinstance(index, pd.DatetimeIndex):
        known = pd.DatetimeIndex(known, freq=None)
    later = following(span_of(known, "X"), 2)
    if later.dtype.kind == "f":
        assert later.to_numpy() == pytest.approx(index[-2:].to_numpy())
    else:
        assert later.equals(index[-2:])


@pytest.mark.parametrize("index", [INDICES["days"], INDICES["quarters"]], ids=str)
def test_a_gap_is_named(index):
    gapped = index.delete(4)
    with pytest.raises(ValueError, match=f"row 4, {index[5]!s}, follows {index[3]!s}"):
        span_of(gapped, "X")


def test_an_unsorted_index_is_named():
    with pytest.raises(ValueError, match="but 1 follows 2 at row 2"):
        span_of(pd.Index([0, 2, 1, 3]), "X")
    with pytest.raises(ValueError, match="but 2 follows 2 at row 2"):
        span_of(pd.Index([0, 2, 2, 3]), "X")


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.Index(["a", "b"]), "expected numbers, dates or periods"),
        (pd.DatetimeIndex(["2024-01-01", None]), "missing values"),
    ],
)
def test_other_indices_are_refused(index, message):
    with pytest.raises(ValueError, match=message):
        span_of(index, "X")


@pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)
def test_rows_must_follow(index):
    before, later = span_of(index[:-2], "X"), span_of(index[-2:], "X")
    joined = join_spans(before, later, 2, "X")
    assert joined.first == index[0]
    assert joined.last == index[-1]
    for wrong in (index[:2], index[-3:-1], index[-1:]):
        with pytest.raises(ValueError, match="is expected"):
            join_spans(before, span_of(wrong, "X"), len(wrong), "X")
    unnamed = join_spans(before, None, 2, "X")  # believed to follow
    assert following(unnamed, 1)[0] == following(before, 3)[-1]
    assert join_spans(None, later, 2, "X") is None


def test_large_numbers_are_told_apart():
    seconds = pd.Index(1_700_000_000 + 3600 * np.arange(50))
    with pytest.raises(ValueError, match="is expected"):
        join_spans(span_of(seconds, "X"), span_of(seconds[-4:], "X"), 4, "X")


def test_one_row_says_nothing_of_the_step():
    span = span_of(pd.DatetimeIndex(["2024-01-01"]), "X")
    with pytest.raises(ValueError, match="give it a frequency"):
        following(span, 1)
