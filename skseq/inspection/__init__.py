"""What a fitted model looks at: importance, saliency and Shapley values."""

from skseq.inspection._permutation import permutation_importance
from skseq.inspection._saliency import saliency
from skseq.inspection._shapley import shapley

__all__ = ["permutation_importance", "saliency", "shapley"]
