"""Cross-validation in the order of time, where predictions need what came before."""

from skseq.model_selection._context import ContextTimeSeriesSplit, context_scorer
from skseq.model_selection._panel import PanelTimeSeriesSplit

__all__ = ["ContextTimeSeriesSplit", "PanelTimeSeriesSplit", "context_scorer"]
