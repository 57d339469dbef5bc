"""An encoder that goes on from what it has read, into the segments that follow."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from skseq.networks.encoders import ConvRecurrentEncoder

__all__ = ["SegmentDecoder"]


class SegmentDecoder(nn.Module):
    """One recurrent step into each segment of the future (Lin et al., 2023, "SegRNN").

    What the recurrent layers remember of the past goes one step on, for all segments of
    the future side by side. The weights are those that read the past; instead of a
    segment, the step is given a learned vector that tells of which series, and which
    segment to forecast.

    Parameters
    ----------
    encoder : ConvRecurrentEncoder
        Reads the past; its recurrent layers read in one direction.
    n_segments : int
        Number of segments N of the future.
    n_series : int, default=1
        Number of series C whose windows take turns in the batch.

    Attributes
    ----------
    output_size : int
        Number of features D per segment.
    """

    def __init__(
        self, encoder: ConvRecurrentEncoder, n_segments: int, n_series: int = 1
    ):
        super().__init__()
        self.encoder = encoder
        size = encoder.convolution.output_size
        self.series = nn.Parameter(torch.randn(n_series, 1, size // 2))
        self.positions = nn.Parameter(torch.randn(1, n_segments, size - size // 2))
        self.output_size = encoder.recurrence.output_size

    def forward(self, x: Tensor, lengths: None = None) -> tuple[Tensor, None]:
        """Return what is decoded of each segment, (B, N, D)."""
        recurrence = self.encoder.recurrence
        n_series, n_segments = len(self.series), self.positions.shape[1]
        found, _ = self.encoder.convolution(x, None)
        _, states = recurrence.run(found)
        begun = [
            tuple(part.repeat_interleave(n_segments, dim=0) for part in state)
            for state in states
        ]
        steps = torch.cat(
            [
                self.series.expand(-1, n_segments, -1),
                self.positions.expand(n_series, -1, -1),
            ],
            dim=2,
        ).repeat(len(x) // n_series, 1, 1)  # (B, N, F)
        decoded, _ = recurrence.run(steps.flatten(0, 1).unsqueeze(1), None, begun)
        return decoded.unflatten(0, (-1, n_segments)).squeeze(2), None
