"""Back-propagation through time written by hand (Werbos, 1990), for CPUs.

Each function runs all steps of a recurrent layer as one node of the autograd graph.
Tensors are laid out (T, H, B), so that a gate is a contiguous block; the weights'
gradients are one matrix product after the loop. This is faster than an unrolled graph
always, and faster than torch.nn on small batches of narrow simple and GRU layers.

All take inputs (T, F, B), a state before the first step (H, B), the parameters of a
torch.nn layer, and the mask (H, B) of recurrent dropout, or None.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

__all__ = ["ElmanSteps", "GRUSteps", "LSTMSteps"]


def _inputs(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return what the inputs contribute to the gates of all steps, (T, G, B)."""
    return torch.baddbmm(bias.view(1, -1, 1), weight.expand(len(x), -1, -1), x)


def _states(n_steps: int, first: Tensor) -> Tensor:
    """Return room for the states of all steps, (T + 1, H, B), after a first one."""
    states = first.new_empty(n_steps + 1, *first.shape)
    states[0] = first
    return states


def _masked(states: Tensor, mask: Tensor | None) -> Tensor:
    return states if mask is None else states * mask


def _gradients(
    x: Tensor, h: Tensor, weight: Tensor, d_input: Tensor, d_recurrent: Tensor, ctx
) -> tuple[Tensor | None, ...]:
    """Return the gradients of x, both weights and both biases, over all steps.

    The states h (T, H, B) are those before each step, as the step saw them.
    """
    flat_input = d_input.transpose(0, 1).flatten(1)  # (G, T B)
    flat_recurrent = flat_input
    if d_recurrent is not d_input:
        flat_recurrent = d_recurrent.transpose(0, 1).flatten(1)
    return (
        weight.t() @ d_input if ctx.needs_input_grad[0] else None,
        flat_input @ x.transpose(0, 1).flatten(1).t(),
        flat_recurrent @ h.transpose(0, 1).flatten(1).t(),
        flat_input.sum(1),
        flat_recurrent.sum(1),
    )


class ElmanSteps(Function):
    """Steps of a simple recurrent layer; returns the states (T, H, B)."""

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask, relu):
        inputs = _inputs(x, w_x, b_x + b_h)
        states = _states(len(x), h0)
        activate = torch.relu_ if relu else torch.tanh_
        for gates, before, after in zip(inputs, states, states[1:], strict=False):
            torch.addmm(gates, w_h, _masked(before, mask), out=after)
            activate(after)
        ctx.save_for_backward(x, w_x, w_h, states, mask)
        ctx.relu = relu
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs):
        x, w_x, w_h, states, mask = ctx.saved_tensors
        slope = (states[1:] > 0).to(x.dtype) if ctx.relu else 1 - states[1:].square()
        w_t = w_h.t().contiguous()
        d = torch.empty_like(slope)
        dh = torch.zeros_like(states[0])
        for t in range(len(x) - 1, -1, -1):
            torch.mul(slope[t], dh.add_(d_outputs[t]), out=d[t])
            dh = _masked(w_t @ d[t], mask)
        d_x, *rest = _gradients(x, _masked(states[:-1], mask), w_x, d, d, ctx)
        return d_x, dh, *rest, None, None


class GRUSteps(Function):
    """Steps of a gated recurrent unit, gates r, z, n; returns the states (T, H, B)."""

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask):
        size = len(h0)
        bias = b_x.clone()
        bias[: 2 * size] += b_h[: 2 * size]
        inputs = _inputs(x, w_x, bias)  # becomes r, z, n
        recurrent = torch.empty_like(inputs)
        states = _states(len(x), h0)
        b_n = b_h[2 * size :].unsqueeze(1)
        for gates, sums, before, after in zip(
            inputs, recurrent, states, states[1:], strict=False
        ):
            torch.mm(w_h, _masked(before, mask), out=sums)
            rz = gates[: 2 * size].add_(sums[: 2 * size]).sigmoid_()
            remembered = sums[2 * size :].add_(b_n)
            n = gates[2 * size :].addcmul_(rz[:size], remembered).tanh_()
            torch.lerp(n, before, rz[size:], out=after)
        ctx.save_for_backward(x, w_x, w_h, inputs, recurrent, states, mask)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs):
        x, w_x, w_h, gates, recurrent, states, mask = ctx.saved_tensors
        r, z, n = gates.chunk(3, dim=1)
        before = states[:-1]
        size = before.shape[1]
        remembered = recurrent[:, 2 * size :]
        # What a gradient of the state is multiplied by to be one of r, z, n:
        slope = torch.empty_like(gates)
        to_n = (1 - n.square()) * (1 - z)
        torch.mul(to_n * remembered, r * (1 - r), out=slope[:, :size])
        torch.mul((before - n) * z, 1 - z, out=slope[:, size : 2 * size])
        slope[:, 2 * size :] = to_n
        slope = slope.unflatten(1, (3, size))
        d_input, d_recurrent = torch.empty_like(slope), torch.empty_like(slope)
        w_t = w_h.t().contiguous()
        dh = torch.zeros_like(states[0])
        for t in range(len(x) - 1, -1, -1):
            dh = dh + d_outputs[t]
            torch.mul(slope[t], dh, out=d_input[t])
            d_recurrent[t, :2] = d_input[t, :2]
            torch.mul(d_input[t, 2], r[t], out=d_recurrent[t, 2])
            if mask is None:
                dh = torch.addmm(dh * z[t], w_t, d_recurrent[t].flatten(0, 1))
            else:
                through = w_t @ d_recurrent[t].flatten(0, 1)
                dh = torch.addcmul(dh * z[t], through, mask)
        d_x, *rest = _gradients(
            x,
            _masked(before, mask),
            w_x,
            d_input.flatten(1, 2),
            d_recurrent.flatten(1, 2),
            ctx,
        )
        return d_x, dh, *rest, None


class LSTMSteps(Function):
    """Steps of an LSTM, gates i, f, g, o, with peepholes (3, H) or None.

    Returns the states (T, H, B) and the cell after the last step (H, B).
    """

    @staticmethod
    def forward(ctx, x, h0, c0, w_x, w_h, b_x, b_h, peepholes, mask):
        size = len(h0)
        inputs = _inputs(x, w_x, b_x + b_h)  # becomes i, f, g, o
        states, cells = _states(len(x), h0), _states(len(x), c0)
        bounded = torch.empty_like(cells[1:])  # tanh of the cells
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.unsqueeze(2)
        for t, gates in enumerate(inputs):
            gates.addmm_(w_h, _masked(states[t], mask))
            i, f, g, o = gates.split(size)
            if peepholes is not None:
                i.addcmul_(p_i, cells[t])
                f.addcmul_(p_f, cells[t])
            gates[: 2 * size].sigmoid_()
            g.tanh_()
            torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, g)
            if peepholes is not None:
                o.addcmul_(p_o, cells[t + 1])
            o.sigmoid_()
            torch.tanh(cells[t + 1], out=bounded[t])
            torch.mul(o, bounded[t], out=states[t + 1])
        ctx.save_for_backward(
            x, w_x, w_h, inputs, states, cells, bounded, peepholes, mask
        )
        return states[1:], cells[-1]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs, dc):
        x, w_x, w_h, gates, states, cells, bounded, peepholes, mask = ctx.saved_tensors
        i, f, g, o = gates.chunk(4, dim=1)
        size = states.shape[1]
        to_o = bounded * o * (1 - o)  # from the state to gate o
        to_c = (1 - bounded.square()) * o  # from the state to the cell
        # What a gradient of the cell is multiplied by to be one of i, f, g:
        to_gates = g * i * (1 - i), cells[:-1] * f * (1 - f), i * (1 - g.square())
        slope = torch.stack(to_gates, dim=1)  # (T, 3, H, B)
        d = torch.empty_like(gates)
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.unsqueeze(2)
        w_t = w_h.t().contiguous()
        dh = torch.zeros_like(states[0])
        dc = dc.clone()
        for t in range(len(x) - 1, -1, -1):
            dh = dh.add_(d_outputs[t])
            d_i, d_f, _, d_o = d[t].split(size)
            torch.mul(dh, to_o[t], out=d_o)
            dc.addcmul_(dh, to_c[t])
            if peepholes is not None:
                dc.addcmul_(d_o, p_o)
            torch.mul(slope[t], dc, out=d[t, : 3 * size].view(3, size, -1))
            dc.mul_(f[t])
            if peepholes is not None:
                dc.addcmul_(d_i, p_i).addcmul_(d_f, p_f)
            dh = _masked(w_t @ d[t], mask)
        d_x, *rest = _gradients(x, _masked(states[:-1], mask), w_x, d, d, ctx)
        d_peepholes = None
        if peepholes is not None:
            d_i, d_f, _, d_o = d.chunk(4, dim=1)
            seen = (d_i * cells[:-1], d_f * cells[:-1], d_o * cells[1:])
            d_peepholes = torch.stack([part.sum(dim=(0, 2)) for part in seen])
        return d_x, dh, dc, *rest, d_peepholes, None
