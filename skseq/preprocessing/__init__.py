"""Transformers of sequences, and of tables into sequences."""

from skseq.preprocessing._sliding_window import SlidingWindow
from skseq.preprocessing._windows import make_windows

__all__ = ["SlidingWindow", "make_windows"]
