"""Several networks trained as one, whose answers are averaged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor, cat, nn, stack
from torch.nn import functional

from skseq.networks.encoders import ConvEncoder, ConvRecurrentEncoder
from skseq.networks.heads import SequenceNetwork
from skseq.networks.side_by_side import side_by_side

__all__ = [
    "SequenceNetworks",
    "mean_of_classes",
    "mean_of_gaussians",
    "mean_of_labels",
    "mean_of_rates",
    "mean_of_values",
]


class SequenceNetworks(SequenceNetwork):
    """Networks that are given the same sequences (Lakshminarayanan et al., 2017).

    In training each answers for itself, (k B, ...), one behind the other; in
    evaluation they answer together, (B, ...).

    Parameters
    ----------
    networks : sequence of SequenceNetwork
        They differ in their weights only.
    average : callable
        Outputs (k, B, ...) -> outputs (B, ...) that mean the average.
    """

    def __init__(
        self,
        networks: Sequence[SequenceNetwork],
        average: Callable[[Tensor], Tensor],
    ):
        joined = side_by_side(networks)
        super().__init__(joined.encoder, joined.head, joined.embedding)
        self.beside = networks[0].beside  # the same of all
        self.n_networks = len(networks)
        self.average = average
        first = self.encoder
        if isinstance(first, ConvRecurrentEncoder):
            first = first.convolution
        self.repeats_input = True
        if isinstance(first, ConvEncoder) and isinstance(self.embedding, nn.Identity):
            self.repeats_input = False
            first.share_input()

    def read(self, x: Tensor, lengths: Tensor | None) -> tuple[Tensor, Tensor | None]:
        if self.repeats_input:
            lengths = None if lengths is None else lengths.repeat(self.n_networks)
            x = x.repeat(self.n_networks, 1, 1)
        return super().read(x, lengths)

    def answer(
        self,
        steps: Tensor,
        n_steps: Tensor | None,
        x: Tensor,
        lengths: Tensor | None,
    ) -> Tensor:
        static = self._static(x[:, :1].repeat(self.n_networks, 1, 1))
        outputs = self.head(steps, n_steps, *static).unflatten(0, (self.n_networks, -1))
        if self.beside is not None:
            outputs = outputs + self._said_beside(x, lengths)
        return outputs.flatten(0, 1) if self.training else self.average(outputs)

    def pool(self, steps: Tensor, lengths: Tensor | None) -> Tensor:
        pooled = super().pool(steps, lengths)
        return cat(pooled.chunk(self.n_networks), dim=1)  # (B, k D)


def mean_of_classes(outputs: Tensor) -> Tensor:
    """Return the logarithms of the mean probabilities of classes.

    Parameters
    ----------
    outputs : Tensor of shape (k, ..., n_classes)
        Logarithms of the probabilities that k networks give, up to a constant.

    Returns
    -------
    outputs : Tensor of shape (..., n_classes)
    """
    return outputs.log_softmax(dim=-1).logsumexp(dim=0) - math.log(len(outputs))


def mean_of_labels(outputs: Tensor) -> Tensor:
    """Return the log-odds of the mean probability of each label.

    Parameters
    ----------
    outputs : Tensor of shape (k, ..., n_labels)
        Log-odds that k networks give.

    Returns
    -------
    outputs : Tensor of shape (..., n_labels)
    """
    having = functional.logsigmoid(outputs).logsumexp(dim=0)
    return having - functional.logsigmoid(-outputs).logsumexp(dim=0)


def mean_of_values(outputs: Tensor) -> Tensor:
    """Return the mean of what k networks say, (k, ...) -> (...)."""
    return outputs.mean(dim=0)


def mean_of_rates(outputs: Tensor) -> Tensor:
    """Return the logarithms of the mean of rates, of their logarithms (k, ...)."""
    return outputs.logsumexp(dim=0) - math.log(len(outputs))


def mean_of_gaussians(outputs: Tensor) -> Tensor:
    """Return mean and deviation of the mixture of normal distributions.

    Parameters
    ----------
    outputs : Tensor of shape (k, ..., 2 C)
        The mean of each of C numbers and the logarithm of its deviation in turn, as k
        networks say.

    Returns
    -------
    outputs : Tensor of shape (..., 2 C)
    """
    means, log_scales = outputs[..., 0::2], outputs[..., 1::2]
    mean = means.mean(dim=0)
    variance = (2 * log_scales).exp().mean(dim=0) + (means - mean).square().mean(dim=0)
    return stack([mean, variance.log() / 2], dim=-1).flatten(-2)
