"""Indices of time: what they hold, the step they make, and how they go on."""

from skseq.data.times._following import (
    first_wrong,
    following,
    leading_to,
    plain,
    steps_until,
)
from skseq.data.times._index import as_times, distances
from skseq.data.times._steps import describe_gap, read_freq, steps_of

__all__ = [
    "as_times",
    "describe_gap",
    "distances",
    "first_wrong",
    "following",
    "leading_to",
    "plain",
    "read_freq",
    "steps_of",
    "steps_until",
]
