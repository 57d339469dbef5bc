"""Task mixins: how a user gives targets and gets predictions."""

from skseq.core.mixins._classification import SequenceClassifierMixin
from skseq.core.mixins._regression import SequenceRegressorMixin
from skseq.core.mixins._tagging import SequenceTaggerMixin

__all__ = ["SequenceClassifierMixin", "SequenceRegressorMixin", "SequenceTaggerMixin"]
