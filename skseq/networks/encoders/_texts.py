"""What the docstrings of encoders share."""

from skseq._describing import described

__all__ = ["as_encoder"]

as_encoder = described(
    n_features="""
    n_features : int
        Number of features F per time step.
    """,
    output_size="""
    output_size : int
        Number of features D per step of the output.
    """,
    n_backwards="""
    n_backwards : int
        How many of them, the last ones, come from reading backwards.
    """,
)
