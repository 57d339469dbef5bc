"""Back-propagation through time written by hand (Werbos, 1990), for CPUs.

Each function runs all steps of a recurrent layer as one node of the autograd graph.
Tensors are laid out (T, H, B), so that a gate is a contiguous block. What a step is
given is one block, too: its inputs, a row of ones and the state before, so that one
product with all weights makes the gates and one product after it all gradients of the
weights. What does not need the step after is done for blocks of steps that stay in the
processor's cache. This is faster than an unrolled graph always, and faster than
torch.nn for simple and GRU layers but the largest.

All take inputs (T, F, B), a state before the first step (H, B), the parameters of a
torch.nn layer, and the mask (H, B) of recurrent dropout, or None.

As ``tanh(x) = 2 sigmoid(2 x) - 1`` and PyTorch's sigmoid takes a sixth of the time of
its tanh, weights into a tanh are doubled once and the sigmoid is used.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

__all__ = ["ElmanSteps", "GRUSteps", "LSTMSteps"]

BLOCK = 2**16  # values of a state in a block of steps

sigmoid_slope = torch.ops.aten.sigmoid_backward  # (d, s) -> d * s * (1 - s)
tanh_slope = torch.ops.aten.tanh_backward  # (d, t) -> d * (1 - t ** 2)


def _given(x: Tensor, state: Tensor) -> Tensor:
    """Return what steps are given, (T + 1, F + 1 + H, B); of states only the first.

    The last step, which is none, has room for the state after all others.
    """
    n_timesteps, *networks, size, n_samples = x.shape
    n_given = size + 1 + state.shape[-2]
    given = x.new_empty(n_timesteps + 1, *networks, n_given, n_samples)
    given[:-1, ..., :size, :] = x
    given[..., size, :] = 1
    given[0, ..., size + 1 :, :] = state
    return given


def _joined(w_x: Tensor, bias: Tensor, w_h: Tensor) -> Tensor:
    """Return the weights of what a step is given, (G, F + 1 + H)."""
    return torch.cat([w_x, bias.unsqueeze(-1), w_h], dim=-1)


def _parted(joined: Tensor, w_x: Tensor) -> tuple[Tensor, ...]:
    """Return gradients (F + 1 + H, G) in the order of a torch.nn layer's parameters."""
    size = w_x.shape[-1]
    bias = joined[..., size, :]
    return joined[..., :size, :].mT, joined[..., size + 1 :, :].mT, bias, bias.clone()


def _way_back(ctx, x_shape: torch.Size, w_x: Tensor, w_h: Tensor):
    """Return weights that lead back, and room for gradients of what steps are given.

    Of all, of the inputs (None if nobody asks), and of the states.
    """
    n_timesteps, size, n_samples = x_shape[0], *x_shape[-2:]
    if not ctx.needs_input_grad[0]:
        w_t = w_h.mT.contiguous()
        room = w_x.new_empty(*w_t.shape[:-1], n_samples)
        room = room.expand(n_timesteps, *room.shape)
        return w_t, room, None, room
    w_t = torch.cat([w_x, w_h], dim=-1).mT.contiguous()
    room = w_x.new_empty(n_timesteps, *w_t.shape[:-1], n_samples)
    return w_t, room, room[..., :size, :], room[..., size:, :]


def _add_products(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add the sum over steps of products of left and transposed right."""
    if left.ndim == 3:
        total.addbmm_(left, right.mT)
        return
    for i, part in enumerate(total):
        part.addbmm_(left[:, i], right[:, i].mT)


def _masked(tensor: Tensor, mask: Tensor | None) -> Tensor:
    return tensor if mask is None else tensor * mask


def _tanh_factors(like: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Return a and b of ``a + b * sigmoid(2 x) = tanh(x) * mask``."""
    ones = _masked(torch.ones_like(like), mask)
    return -ones, 2 * ones


def _steps(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Walk through tensors of equally many steps side by side."""
    return zip(*(tensor.unbind() for tensor in tensors), strict=True)


def _steps_back(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Walk through tensors of equally many steps from the last to the first."""
    return zip(*(tensor.unbind()[::-1] for tensor in tensors), strict=True)


def _blocks_back(states: Tensor) -> Iterator[slice]:
    """Cut steps into blocks, the last ones first."""
    size = max(1, BLOCK // states[0].numel())
    for stop in range(len(states), 0, -size):
        yield slice(max(0, stop - size), stop)


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    """Add the product of left and right, of each network on its own."""
    if left.ndim == 2:
        total.addmm_(left, right)
    else:
        total.baddbmm_(left, right)


class ElmanSteps(Function):
    """Steps of a simple recurrent layer; returns the states (T, H, B)."""

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask, relu):
        weight = _joined(w_x, b_x + b_h, w_h)
        weight = weight if relu else 2 * weight
        given = _given(x, _masked(h0, mask))
        shown = given[1:, ..., -h0.shape[-2] :, :]
        gates = x.new_empty(shown.shape)
        a, b = _tanh_factors(h0, mask)
        for z, gate, after in _steps(given[:-1], gates, shown):
            torch.matmul(weight, z, out=gate)
            if not relu:
                torch.addcmul(a, b, gate.sigmoid_(), out=after)
            elif mask is None:
                torch.clamp(gate, min=0, out=after)
            else:
                torch.mul(gate.clamp_(min=0), mask, out=after)
        states = shown
        if mask is not None:
            states = gates if relu else gates.mul_(2).sub_(1)
        ctx.save_for_backward(w_x, w_h, given, states, mask)
        ctx.x_shape, ctx.relu = x.shape, relu
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, d_states):
        w_x, w_h, given, states, mask = ctx.saved_tensors
        w_t, d_given, d_x, d_shown = _way_back(ctx, ctx.x_shape, w_x, w_h)
        d_weight = w_x.new_zeros(*given.shape[1:-1], w_x.shape[-2])
        d_seen = torch.zeros_like(states[0])
        for block in _blocks_back(states):
            after = states[block]
            slope = (after > 0).to(w_x.dtype) if ctx.relu else 1 - after.square()
            d_gates = slope * d_states[block]
            for d, to_gate, d_z, d_before in _steps_back(
                d_gates, _masked(slope, mask), d_given[block], d_shown[block]
            ):
                d.addcmul_(to_gate, d_seen)
                torch.matmul(w_t, d, out=d_z)
                d_seen = d_before
            _add_products(d_weight, given[:-1][block], d_gates)
        return d_x, _masked(d_seen, mask), *_parted(d_weight, w_x), None, None


class GRUSteps(Function):
    """Steps of a gated recurrent unit, gates r, z, n; returns the states (T, H, B).

    Of a state that decays with time, as in GRU-D, decays (T, H, B) are what it is
    multiplied by before each step, else None.
    """

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask, decays=None):
        size, n_inputs = h0.shape[-2], w_x.shape[-1]
        w_rz, w_new = _joined(w_x, b_x + b_h, w_h).split([2 * size, size], dim=-2)
        w_n = 2 * torch.cat([w_new[..., :n_inputs], b_x[..., 2 * size :, None]], dim=-1)
        w_m = 2 * torch.cat(
            [b_h[..., 2 * size :, None], w_new[..., n_inputs + 1 :]], -1
        )
        w_rz = w_rz.contiguous()
        given = _given(x, h0)
        shown = given[..., -size:, :]
        ns = torch.matmul(w_n, given[:-1, ..., : n_inputs + 1, :])
        gates = x.new_empty(*x.shape[:-2], 2 * size, x.shape[-1])
        remembered = torch.empty_like(ns)  # what r multiplies, twice
        # Of a state, z keeps a part and U multiplies what is shown: decayed, masked.
        states = kept = shown
        if mask is not None or decays is not None:
            states = x.new_empty(shown.shape)
            states[0] = h0
            kept = states
        if decays is not None:
            kept = shown if mask is None else torch.empty_like(states)
            decaying = _steps(decays, kept[:-1])
        minus_one = torch.full_like(h0, -1)
        h = h0
        for z_all, z_h, gate, r, z, n, memory, seen, after in _steps(
            given[:-1],
            given[:-1, ..., n_inputs:, :],
            gates,
            *gates.chunk(2, dim=-2),
            ns,
            remembered,
            shown[:-1],
            states[1:],
        ):
            if decays is not None:
                decay, decayed = next(decaying)
                h = torch.mul(h, decay, out=decayed)
            if mask is not None:
                torch.mul(h, mask, out=seen)
            torch.matmul(w_rz, z_all, out=gate).sigmoid_()
            torch.matmul(w_m, z_h, out=memory)
            n.addcmul_(r, memory).sigmoid_()
            torch.add(minus_one, n, alpha=2, out=n)
            h = torch.lerp(n, h, z, out=after)
        ctx.save_for_backward(
            w_x, w_h, given, gates, ns, remembered, states, kept, mask, decays
        )
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs):
        w_x, w_h, given, gates, ns, remembered, *rest = ctx.saved_tensors
        states, kept, mask, decays = rest
        size, n_inputs = states.shape[-2], w_x.shape[-1]
        w_t = w_h.roll(size, -2).mT.contiguous()  # of n, r, z
        w_x_t = w_x.mT.contiguous()
        d_x = None
        if ctx.needs_input_grad[0]:
            d_x = w_x.new_empty(*ns.shape[:-2], n_inputs, ns.shape[-1])
        networks = w_x.shape[:-2]
        d_w_x = w_x.new_zeros(*networks, n_inputs + 1, 3 * size)  # of r, z, n
        d_w_h = w_x.new_zeros(*networks, 1 + size, 3 * size)  # of n, r, z
        d_states = ns.new_empty(states.shape)
        d_states[0] = 0
        d_states[1:] = d_outputs
        d_kept = d_states[:-1] if decays is None else torch.zeros_like(ns)
        dh = d_states[-1]
        for block in _blocks_back(ns):
            r, z = gates[block].chunk(2, dim=-2)
            n = ns[block]
            # A gradient of the state times these is one of what r multiplies, of r, of
            # z, and of n: first the recurrent gates n, r, z, last those of the input.
            to_n = tanh_slope(1 - z, n)
            to_r = sigmoid_slope(to_n * remembered[block], r).div_(2)
            to_z = sigmoid_slope(kept[:-1][block] - n, z)
            slope = torch.stack([to_n * r, to_r, to_z, to_n], dim=-3)
            d_recurrent = slope[..., :3, :, :].flatten(-3, -2)
            if decays is not None:
                decaying = _steps_back(decays[block], d_states[:-1][block])
            for d, d_gates, keep, d_before in _steps_back(
                slope, d_recurrent, z, d_kept[block]
            ):
                d.mul_(dh.unsqueeze(-3))
                d_before.addcmul_(dh, keep)
                if mask is None:
                    _add_product(d_before, w_t, d_gates)
                else:
                    d_before.addcmul_(w_t @ d_gates, mask)
                dh = d_before
                if decays is not None:
                    decay, d_undecayed = next(decaying)
                    dh = d_undecayed.addcmul_(d_before, decay)
            d_input, z_t = slope[..., 1:, :, :].flatten(-3, -2), given[:-1][block]
            _add_products(d_w_x, z_t[..., : n_inputs + 1, :], d_input)
            _add_products(d_w_h, z_t[..., n_inputs:, :], d_recurrent)
            if d_x is not None:
                torch.matmul(w_x_t, d_input, out=d_x[block])
        d_w_h = d_w_h.roll(-size, -1)
        d_weights = d_w_x[..., :-1, :].mT, d_w_h[..., 1:, :].mT
        d_biases = d_w_x[..., -1, :], d_w_h[..., 0, :]
        d_decays = None if decays is None else d_kept.mul_(states[:-1])
        return d_x, dh, *d_weights, *d_biases, None, d_decays


class LSTMSteps(Function):
    """Steps of an LSTM, gates i, f, g, o, with peepholes (3, H) or None.

    Returns the states and the cells (T, H, B). Inside, cells and gates g are doubled,
    as the sigmoid in place of tanh takes them.
    """

    @staticmethod
    def forward(ctx, x, h0, c0, w_x, w_h, b_x, b_h, peepholes, mask):
        size = h0.shape[-2]
        weight = _joined(w_x, b_x + b_h, w_h)
        weight[..., 2 * size : 3 * size, :] *= 2
        given = _given(x, _masked(h0, mask))
        shown = given[1:, ..., -size:, :]
        gates = x.new_empty(*x.shape[:-2], 4 * size, x.shape[-1])
        cells = x.new_empty(len(x) + 1, *h0.shape)
        cells[0] = 2 * c0
        squashed = torch.empty_like(cells[1:])  # sigmoids of the doubled cells
        a, b = _tanh_factors(h0, mask)
        minus_two = torch.full_like(h0, -2)
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.div(2).unsqueeze(-1).unbind(-3)
        c = cells[0]
        for z, gate, i, f, g, o, s, after, c_after in _steps(
            given[:-1], gates, *gates.chunk(4, dim=-2), squashed, shown, cells[1:]
        ):
            torch.matmul(weight, z, out=gate)
            if peepholes is None:
                gate.sigmoid_()
            else:
                i.addcmul_(p_i, c)
                f.addcmul_(p_f, c)
                gate[..., : 3 * size, :].sigmoid_()
            torch.add(minus_two, g, alpha=4, out=g)
            torch.mul(f, c, out=c_after).addcmul_(i, g)
            if peepholes is not None:
                o.addcmul_(p_o, c_after).sigmoid_()
            torch.sigmoid(c_after, out=s)
            torch.addcmul(a, b, s, out=after).mul_(o)
            c = c_after
        states = shown
        if mask is not None:
            states = (2 * squashed).sub_(1).mul_(gates[..., 3 * size :, :])
        ctx.save_for_backward(w_x, w_h, given, gates, cells, squashed, peepholes, mask)
        ctx.set_materialize_grads(False)
        ctx.x_shape = x.shape
        return states, cells[1:] / 2

    @staticmethod
    @once_differentiable
    def backward(ctx, d_states, d_cells):
        w_x, w_h, given, gates, cells, squashed, peepholes, mask = ctx.saved_tensors
        w_t, d_given, d_x, d_shown = _way_back(ctx, ctx.x_shape, w_x, w_h)
        d_weight = w_x.new_zeros(*given.shape[1:-1], w_x.shape[-2])
        d_seen = torch.zeros_like(cells[0])
        dc = keep_after = torch.zeros_like(d_seen)
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.div(2).unsqueeze(-1).unbind(-3)
            d_peepholes = torch.zeros_like(peepholes)
        for block in _blocks_back(squashed):
            i, f, g, o = gates[block].chunk(4, dim=-2)
            before, after, s = cells[:-1][block], cells[1:][block], squashed[block]
            # A gradient of the cell times these is one of i, f, g, or of the cell
            # before; one of the state times the others is one of o, or of the cell.
            to_i = sigmoid_slope(g, i)
            to_f = sigmoid_slope(before, f)
            to_g = tanh_slope(2 * i, g / 2)
            to_o = sigmoid_slope(2 * s - 1, o)
            to_cell = sigmoid_slope(2 * o, s)
            keep = f
            if peepholes is not None:
                keep = f + p_i * to_i + p_f * to_f
                to_cell.addcmul_(p_o, to_o)
            from_states = 0 if d_states is None else d_states[block].contiguous()
            d_gates = torch.stack([to_i, to_f, to_g, to_o * from_states], dim=-3)
            dcs = to_cell * from_states
            if d_cells is not None:
                dcs.add_(d_cells[block], alpha=0.5)
            d_flat = d_gates.flatten(-3, -2)
            for (
                d,
                d_ifg,
                d_o,
                o_slope,
                d_cell,
                c_slope,
                keep_before,
                d_z,
                d_before,
            ) in _steps_back(
                d_flat,
                d_gates[..., :3, :, :],
                d_gates[..., 3, :, :],
                _masked(to_o, mask),
                dcs,
                _masked(to_cell, mask),
                keep,
                d_given[block],
                d_shown[block],
            ):
                d_o.addcmul_(o_slope, d_seen)
                dc = d_cell.addcmul_(keep_after, dc).addcmul_(c_slope, d_seen)
                d_ifg.mul_(dc.unsqueeze(-3))
                torch.matmul(w_t, d, out=d_z)
                d_seen, keep_after = d_before, keep_before
            _add_products(d_weight, given[:-1][block], d_flat)
            if peepholes is not None:
                cell = torch.stack([before, before, after], dim=-3) / 2
                d_peepholes += (d_gates[..., [0, 1, 3], :, :] * cell).sum(dim=(0, -1))
        if peepholes is None:
            d_peepholes = None
        d_h0, d_c0 = _masked(d_seen, mask), 2 * keep_after * dc
        return d_x, d_h0, d_c0, *_parted(d_weight, w_x), d_peepholes, None
