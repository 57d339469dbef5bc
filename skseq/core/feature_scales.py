"""Scales of what a frozen encoder finds.

A linear layer learns at one rate from all of its inputs, which suits features of about
mean zero and deviation one. An encoder that learns comes towards the layer; one that is
frozen cannot.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from skseq.data.batching import prediction_batches
from skseq.networks.masking import valid_steps

__all__ = ["learn_feature_scales"]

ROUNDING = 16  # units in the last place by which constant features differ
# Deviations count as so much of the typical one at least: what hardly varies among few
# samples may vary among others.
LEAST_SHARE = 0.01


@torch.no_grad()
def learn_feature_scales(network: Any, data: Any) -> None:
    """Give the features that a head is shown mean zero and deviation one.

    Samples count by their weights, steps of padding do not. Where attention pools, it
    is by its first weights.

    Parameters
    ----------
    network : SequenceNetwork, or several side by side
        Its head begins with a `Standardization`, which is changed.
    data : SequenceDataset
        The samples.
    """
    part, n_networks = network.head.dense[0], getattr(network, "n_networks", 1)
    scaler = StandardScaler()
    shown: list[Tensor] = []
    hook = part.register_forward_pre_hook(lambda _, given: shown.append(given[0]))
    was_training = network.training
    network.eval()
    for _, batch in prediction_batches(data):
        network.to(batch.x.device)
        steps, n_steps = network.read(batch.x, batch.lengths)
        network.answer(steps, n_steps, batch.x, batch.lengths)
        features = shown.pop().unflatten(0, (n_networks, -1))  # (k, B, D), (k, B, T, D)
        features = features.movedim(0, -2).flatten(-2)
        weights = torch.ones(len(batch)) if batch.weights is None else batch.weights
        weights = weights.cpu().double()
        if features.ndim > 2:
            weights = weights.unsqueeze(1).repeat(1, features.shape[1])
            if n_steps is not None:
                real = valid_steps(n_steps[: len(batch)], features.shape[1])
                weights = weights * real.cpu()
        rows = features.flatten(0, -2).cpu().double().numpy()
        scaler.partial_fit(rows, sample_weight=weights.flatten().numpy())
    hook.remove()
    network.train(was_training)
    scales = np.sqrt(scaler.var_).reshape(n_networks, -1)
    means = scaler.mean_.reshape(n_networks, -1)
    eps = torch.finfo(part.scale.dtype).eps
    is_constant = scales <= ROUNDING * eps * np.abs(means)
    typical = np.sqrt(np.mean(scales**2, axis=1, keepdims=True))
    scales = np.maximum(scales, LEAST_SHARE * typical)
    scales[is_constant] = 1
    part.mean.copy_(torch.from_numpy(means).view_as(part.mean))
    part.scale.copy_(torch.from_numpy(scales).view_as(part.scale))
