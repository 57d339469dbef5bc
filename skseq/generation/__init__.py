"""Language models that write texts of their own."""

from skseq.generation._generator import SequenceGenerator

__all__ = ["SequenceGenerator"]
