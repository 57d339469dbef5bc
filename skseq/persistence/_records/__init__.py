"""Classes whose instances stand in files, by the rooms that they are of."""

from skseq.persistence._records._form import RECORD_FORM, RECORDS

__all__ = ["RECORDS", "RECORD_FORM"]
