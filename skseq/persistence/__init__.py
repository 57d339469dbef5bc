"""Fitted estimators in files: to keep, to hand on, to run elsewhere."""

from skseq.persistence._files import load, save
from skseq.persistence._onnx import export_onnx

__all__ = ["export_onnx", "load", "save"]
