"""Export of fitted networks as ONNX models, node by node."""

from skseq.persistence._onnx.export import export_onnx

__all__ = ["export_onnx"]
