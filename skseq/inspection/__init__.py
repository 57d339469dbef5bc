"""What a fitted model looks at: importance and saliency of time steps and features."""

from skseq.inspection._permutation import permutation_importance
from skseq.inspection._saliency import saliency

__all__ = ["permutation_importance", "saliency"]
