"""Convolutions with recurrent layers behind them."""

from __future__ import annotations

from torch import Tensor, cat, nn

from skseq.networks.convolution import highest_of
from skseq.networks.dropout import DropPath
from skseq.networks.encoders._convolutional import ConvEncoder, SegmentEncoder
from skseq.networks.encoders._recurrent import RecurrentEncoder
from skseq.networks.encoders._texts import as_encoder

__all__ = ["ConvRecurrentEncoder"]


@as_encoder
class ConvRecurrentEncoder(nn.Module):
    """Convolutions extract, recurrent layers remember.

    Parameters
    ----------
    convolution : ConvEncoder or SegmentEncoder
        Reads the sequence.
    recurrence : RecurrentEncoder
        Reads what the convolutions found.
    skip : bool, default=True
        Whether what the convolutions found is passed on, too.
    pool_size : int, default=1
        Width of the maximum pooling between the two.
    drop_path : float, default=0.0
        Probability of dropping all that the recurrent layers remember of a sequence,
        where what the convolutions found is passed on, too.

    Attributes
    ----------
    {output_size}
    {n_backwards}
    """

    def __init__(
        self,
        convolution: ConvEncoder | SegmentEncoder,
        recurrence: RecurrentEncoder,
        skip: bool = True,
        *,
        pool_size: int = 1,
        drop_path: float = 0.0,
    ):
        super().__init__()
        self.convolution = convolution
        self.recurrence = recurrence
        self.skip = skip
        self.pool_size = pool_size
        self.drop_path = DropPath(drop_path)
        self.output_size = recurrence.output_size + skip * convolution.output_size
        self.n_backwards = recurrence.n_backwards

    @property
    def stride(self) -> int:
        """How many steps of the input lie between those of the output."""
        return getattr(self.convolution, "stride", 1) * self.pool_size

    def forward(
        self, x: Tensor, lengths: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        found, lengths = self.convolution(x, lengths)
        if self.pool_size > 1:  # padding is zero, as after ReLU, or the last step
            n = self.pool_size
            found = highest_of(found, n, n, ceil_mode=True)
            lengths = None if lengths is None else (lengths + n - 1) // n
        remembered, _ = self.recurrence(found, lengths)
        if self.skip:
            remembered = cat([found, self.drop_path(remembered)], dim=2)
        return remembered, lengths  # (B, T', D)
