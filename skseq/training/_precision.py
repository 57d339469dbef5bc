"""Whether a network computes in bfloat16 what it does in float32."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from skseq.networks import Dropout
from skseq.networks.recurrent import RecurrentLayer
from skseq.resources import seeded_torch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from skseq.data.batching import Batch

__all__ = ["wrong_layer"]

# Rounding to bfloat16 changes a layer's outputs by about 2**-9 of their norm, a wrong
# kernel by about all of it.
SHARE = 2**-5  # of the norm of outputs
FACTOR = 8  # by which more may change than if inputs and weights alone are rounded


def wrong_layer(module: nn.Module, batch: Batch) -> str | None:
    """Compare all layers in autocast with themselves in float32, on the same inputs.

    Processors and releases of torch have had kernels that are wrong in bfloat16. Each
    layer is asked by itself, so that no normalisation behind it hides what it does, but
    recurrent ones as a whole, as they choose what they run. Only copies run: weights,
    statistics and random generators stay as they are.

    Parameters
    ----------
    module : nn.Module
        (x, lengths) -> outputs.
    batch : Batch
        What they are asked about.

    Returns
    -------
    name : str or None
        The first layer whose outputs differ by more than rounding explains, or that has
        none, in words.
    """
    if next(module.parameters()).dtype != torch.float32:
        return None
    device = next(module.parameters()).device.type
    plain = _deterministic(module)
    rounded = copy.deepcopy(plain)
    with torch.no_grad():
        for weights in rounded.parameters():
            weights.copy_(_round(weights))
    twins = dict(rounded.named_modules())
    found: list[str] = []
    busy = False

    def compare(name: str) -> Callable[..., None]:
        def hook(layer: nn.Module, args: Any, kwargs: Any, outputs: Any) -> None:
            nonlocal busy
            if busy or found:  # within a layer that is asked
                return
            busy = True
            try:
                with torch.autocast(device, torch.bfloat16):
                    mixed = layer.forward(*args, **kwargs)
            except RuntimeError:  # not every processor has a kernel for every layer
                mixed = None
            near = twins[name].forward(*_round(args), **_round(kwargs))
            busy = False
            values = map(_floats, (outputs, mixed, near))
            if mixed is None or any(map(_differ, *values)):
                found.append(f"{name or 'the whole'} ({type(layer).__name__})")

        return hook

    within: set[nn.Module] = set()
    for name, layer in plain.named_modules():
        if layer not in within:
            layer.register_forward_hook(compare(name), with_kwargs=True)
        if isinstance(layer, RecurrentLayer):
            within.update(layer.modules())
    with seeded_torch(0):
        plain(batch.x, batch.lengths)
    return found[0] if found else None


def _deterministic(module: nn.Module) -> nn.Module:
    """Return a copy for training that drops nothing and has no weights of zero."""
    module = copy.deepcopy(module).train()
    generator = torch.Generator().manual_seed(0)
    for part in module.modules():
        if isinstance(part, (Dropout, nn.modules.dropout._DropoutNd)):
            part.p = 0.0
    with torch.no_grad():
        for weights in module.parameters():
            if not weights.any():  # they would hide what their layer does
                weights.copy_(torch.randn(weights.shape, generator=generator) / 10)
    return module


def _round(value: Any) -> Any:
    """Return tensors as bfloat16 knows them."""
    if isinstance(value, Tensor):
        return value.bfloat16().float() if value.dtype == torch.float32 else value
    if type(value) in (tuple, list):
        return type(value)(_round(part) for part in value)
    if isinstance(value, dict):
        return {name: _round(part) for name, part in value.items()}
    return value


def _floats(value: Any) -> Iterator[Tensor]:
    """Yield the floating tensors among the outputs of a layer."""
    if isinstance(value, Tensor) and value.is_floating_point():
        yield value.detach().float()
    elif isinstance(value, (tuple, list)):
        for part in value:
            yield from _floats(part)
    elif isinstance(value, dict):
        yield from _floats(list(value.values()))


def _differ(plain: Tensor, mixed: Tensor, near: Tensor) -> bool:
    if plain.shape != mixed.shape:
        return True
    finite = plain.isfinite()
    error = torch.where(finite, mixed - plain, 0).norm()
    explained = SHARE * torch.where(finite, plain, 0).norm()
    if near.shape == plain.shape:
        explained += FACTOR * torch.where(finite, near - plain, 0).norm()
    return not error <= explained
