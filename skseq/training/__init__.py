"""Training: a skorch net without a user's loop. The only imports of skorch."""

from skseq.training._budget import Budget
from skseq.training._callbacks import check_callbacks
from skseq.training._checkpoint import Checkpoint
from skseq.training._continuation import Continuation
from skseq.training._fingerprint import plain_attributes
from skseq.training._net import SequenceNet
from skseq.training._optimizer import OPTIMIZERS
from skseq.training._portable import without_training
from skseq.training._train import predict_batch, train
from skseq.training._watcher import Watcher

__all__ = [
    "OPTIMIZERS",
    "Budget",
    "Checkpoint",
    "Continuation",
    "SequenceNet",
    "Watcher",
    "check_callbacks",
    "plain_attributes",
    "predict_batch",
    "train",
    "without_training",
]
