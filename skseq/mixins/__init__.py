"""Task mixins: how a user gives targets and gets predictions."""

from skseq.mixins._classification import SequenceClassifierMixin
from skseq.mixins._regression import SequenceRegressorMixin
from skseq.mixins._tagging import SequenceTaggerMixin

__all__ = ["SequenceClassifierMixin", "SequenceRegressorMixin", "SequenceTaggerMixin"]
