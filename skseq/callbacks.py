"""What listens to a training: the parameter `callbacks` of every estimator."""

from skseq.training import Checkpoint

__all__ = ["Checkpoint"]
