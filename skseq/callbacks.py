"""What listens to a training: the parameter `callbacks` of every estimator."""

from skseq.training import Checkpoint, Continuation

__all__ = ["Checkpoint", "Continuation"]
