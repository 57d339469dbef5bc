"""Scores of what scikit-learn's metrics cannot take as it is."""

from skseq.metrics._language import bits_per_character
from skseq.metrics._steps import concat_steps, step_scorer

__all__ = ["bits_per_character", "concat_steps", "step_scorer"]
