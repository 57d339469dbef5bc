"""Transformers of sequences, and of tables into sequences."""

from skseq.preprocessing._column_transformer import SequenceColumnTransformer
from skseq.preprocessing._padder import SequencePadder
from skseq.preprocessing._scaler import SequenceScaler
from skseq.preprocessing._sliding_window import SlidingWindow
from skseq.preprocessing._splitter import SequenceSplitter
from skseq.preprocessing._swap_axes import SwapAxes
from skseq.preprocessing._tokenizer import Tokenizer
from skseq.preprocessing._windows import make_windows

__all__ = [
    "SequenceColumnTransformer",
    "SequencePadder",
    "SequenceScaler",
    "SequenceSplitter",
    "SlidingWindow",
    "SwapAxes",
    "Tokenizer",
    "make_windows",
]
