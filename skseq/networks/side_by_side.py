"""Modules of one form side by side, computed as one.

Batches of k networks lie one behind the other, (k B, ...), so that all that works
sample by sample, such as poolings, activations and masks, is left as it is. What has
weights holds those of all networks, one behind the other in the first dimension, under
the names that one network has for its own: linear layers become one batched product,
recurrent layers one walk through time, stacks of convolutions grouped ones. A layer of
any other kind is called network by network.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from skseq.networks.convolution import ChannelsLastConv1d, MaskedBatchNorm
from skseq.networks.dropout import Dropout
from skseq.networks.encoders import ConvEncoder
from skseq.networks.kinds import CELLS
from skseq.networks.recurrent import (
    State,
    read_backwards,
    reads_in_place,
    unmixed_on_cpu,
)

__all__ = ["OneByOne", "side_by_side", "weights_of"]

Tensors = dict[str, Tensor]


def side_by_side(modules: Sequence[Any]) -> Any:
    """Return a module that does for k batches what k modules do, one for each.

    Parameters
    ----------
    modules : sequence of nn.Module
        They differ in their weights only.

    Returns
    -------
    module : nn.Module
        Has copies of their weights.
    """
    return _joined(modules, _JOINED)


def weights_of(networks: Tensors, i: int, like: Tensors) -> Tensors:
    """Return the weights of one network of several.

    Parameters
    ----------
    networks : dict of str to Tensor
        The state of what `side_by_side` returned.
    i : int
        Which network.
    like : dict of str to Tensor
        The state of a single network of this form.

    Returns
    -------
    weights : dict of str to Tensor
        Views, shaped as in `like`.
    """
    return {
        name: one
        if one.shape == like[name].shape
        else one.view(-1, *like[name].shape)[i]
        for name, one in networks.items()
    }


def _joined(
    modules: Sequence[Any], known: dict[type, Callable[[Sequence[Any]], nn.Module]]
) -> Any:
    first = modules[0]
    if isinstance(first, ConvEncoder):
        known = _GROUPED
    if type(first) in known:
        return known[type(first)](modules)
    if first._parameters or first._buffers:
        return OneByOne(modules)
    joined = copy.copy(first)
    joined._modules = {
        name: None
        if child is None
        else _joined([m._modules[name] for m in modules], known)
        for name, child in first._modules.items()
    }
    if hasattr(joined, "n_networks"):
        joined.n_networks = len(modules)
    return joined


class OneByOne(nn.Module):
    """Modules that are called one by one, each with its part of the batch.

    Parameters
    ----------
    modules : sequence of nn.Module
        They take and return tensors that begin with the axis of the batch, or tuples
        of them, or None.
    """

    def __init__(self, modules: Sequence[Any]):
        super().__init__()
        self.n_networks = len(modules)
        dropouts = {id(m): m for m in modules[0].modules() if isinstance(m, Dropout)}
        form = copy.deepcopy(modules[0], dropouts)  # whose generators are set here
        self._form = (form.to("meta"),)  # a tuple, as it is not part of the module
        _hold(self, modules)

    @property
    def form(self) -> Any:
        """One of the modules, without weights."""
        return self._form[0]

    def train(self, mode: bool = True) -> OneByOne:
        """Set training or evaluation, of the form as well."""
        self.form.train(mode)
        return super().train(mode)

    def forward(self, *args: Any) -> Any:
        form = self.form
        names, tensors = zip(
            *self.named_parameters(), *self.named_buffers(), strict=True
        )
        apart = zip(*(tensor.unbind() for tensor in tensors), strict=True)
        results = []
        for i, own in enumerate(apart):
            weights = dict(zip(names, own, strict=True))
            given = tuple(_part(arg, i, self.n_networks) for arg in args)
            results.append(torch.func.functional_call(form, weights, given))
        return _together(results)


def _hold(holder: nn.Module, modules: Sequence[Any]) -> None:
    """Give a module the weights of several, by the same names."""
    holder._parameters = _collected(modules, "_parameters", torch.stack)
    holder._buffers = _collected(modules, "_buffers", torch.stack)
    for name, child in modules[0]._modules.items():
        if child is None or isinstance(child, Dropout):
            holder.add_module(name, child)
            continue
        holder.add_module(name, nn.Module())
        _hold(getattr(holder, name), [m._modules[name] for m in modules])


def _collected(modules: Sequence[Any], kind: str, join: Callable) -> dict[str, Any]:
    """Return tensors by their names, those of all modules joined."""
    found: dict[str, Any] = {}
    for name, first in getattr(modules[0], kind).items():
        found[name] = first
        if first is None:
            continue
        tensor = join([getattr(module, kind)[name].detach() for module in modules])
        if isinstance(first, nn.Parameter):
            tensor = nn.Parameter(tensor, requires_grad=first.requires_grad)
        found[name] = tensor
    return found


def _part(value: Any, i: int, n: int) -> Any:
    """Return what one of n networks is given."""
    if isinstance(value, tuple):
        return tuple(_part(each, i, n) for each in value)
    return value.chunk(n)[i] if isinstance(value, Tensor) else value


def _together(results: Sequence[Any]) -> Any:
    """Return what several networks found, batches one behind the other."""
    if isinstance(results[0], tuple):
        return tuple(map(_together, zip(*results, strict=True)))
    return torch.cat(list(results)) if isinstance(results[0], Tensor) else results[0]


class LinearSideBySide(nn.Module):
    """Linear layers as one batched product."""

    weight: Tensor  # (k, D', D)
    bias: Tensor | None  # (k, D')

    def __init__(self, modules: Sequence[nn.Linear]):
        super().__init__()
        self._parameters = _collected(modules, "_parameters", torch.stack)

    def forward(self, x: Tensor) -> Tensor:
        rows = x.reshape(len(self.weight), -1, x.shape[-1])
        if self.bias is None:
            y = rows @ self.weight.mT
        else:
            y = torch.baddbmm(self.bias.unsqueeze(1), rows, self.weight.mT)
        return y.view(*x.shape[:-1], -1)


class EmbeddingSideBySide(nn.Embedding):
    """Tables of vectors as one table, one behind the other."""

    def __init__(self, modules: Sequence[nn.Embedding]):
        first = modules[0]
        super().__init__(first.num_embeddings, first.embedding_dim, device="meta")
        self._parameters = _collected(modules, "_parameters", torch.stack)

    def forward(self, tokens: Tensor) -> Tensor:
        table = self.weight.flatten(0, 1)  # of (k, V, E)
        first = torch.arange(0, len(table), self.num_embeddings, device=table.device)
        found = tokens.unflatten(0, (len(first), -1))
        found = found + first.view(-1, *(1 for _ in tokens.shape))
        return functional.embedding(found.flatten(0, 1), table)


class RecurrenceSideBySide(OneByOne):
    """Recurrent layers of one direction as one walk through time, where that pays."""

    @property
    def n_states(self) -> int:
        """How many tensors a state has."""
        return self.form.n_states

    @property
    def hidden_size(self) -> int:
        """Number of units of each network's layer."""
        return self.form.hidden_size

    @unmixed_on_cpu
    def forward(
        self,
        x: Tensor,
        state: State | None = None,
        lengths: Tensor | None = None,
        reverse: bool = False,
    ) -> tuple[Tensor, State]:
        form = self.form
        if reverse and not reads_in_place(form, x, lengths):
            return read_backwards(self, x, lengths, state)
        if form.pays_by_hand(x, lengths):
            return form.run_by_hand(x, state, lengths, self, reverse=reverse)
        if lengths is not None or not form.has_kernel:
            return super().forward(x, state, lengths)
        state = state or form.first_state(len(x), self)
        state = state or (x.new_zeros(len(x), form.hidden_size),) * form.n_states
        run = getattr(torch, form.kernel.mode.lower())
        weights = zip(*(p.unbind() for p in self.kernel.parameters()), strict=True)
        batches = zip(
            *(part.chunk(self.n_networks) for part in (x, *state)), strict=True
        )
        results = []
        for own, (x_i, *state_i) in zip(weights, batches, strict=True):
            h = tuple(part.unsqueeze(0) for part in state_i)
            h = h if len(h) > 1 else h[0]
            y, *last = run(x_i, h, own, True, 1, 0.0, self.training, False, True)
            results.append((y, tuple(part.squeeze(0) for part in last)))
        return _together(results)


def _widened(modules: Sequence[Any]) -> Any:
    """Return a layer whose channels are those of several, side by side."""
    joined = copy.copy(modules[0])
    joined._parameters = _collected(modules, "_parameters", _behind_each_other)
    joined._buffers = _collected(modules, "_buffers", _behind_each_other)
    for name in ("groups", "in_channels", "out_channels", "num_features"):
        if hasattr(joined, name):
            setattr(joined, name, getattr(joined, name) * len(modules))
    return joined


def _behind_each_other(tensors: Sequence[Tensor]) -> Tensor:
    if not tensors[0].ndim:  # how many batches were counted
        return tensors[0].clone()
    return torch.cat(list(tensors))


_GROUPED: dict[type, Callable] = {
    ChannelsLastConv1d: _widened,
    MaskedBatchNorm: _widened,
}
_JOINED: dict[type, Callable] = {
    nn.Linear: LinearSideBySide,
    nn.Embedding: EmbeddingSideBySide,
    **dict.fromkeys(CELLS.values(), RecurrenceSideBySide),
}
