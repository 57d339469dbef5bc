"""Anomalies: rows that no forecast expected."""

from skseq.anomaly._detector import SequenceAnomalyDetector

__all__ = ["SequenceAnomalyDetector"]
