"""Back-propagation through time written by hand (Werbos, 1990), for CPUs.

Each function runs all steps of a recurrent layer as one node of the autograd graph.
Tensors are laid out (T, H, B), so that a gate is a contiguous block. What does not
need the step after is done for blocks of steps that stay in the processor's cache:
slopes before the loop, the weights' gradients after it. This is faster than an
unrolled graph always, and faster than torch.nn for simple and GRU layers but the
largest.

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


def _inputs(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Return what the inputs contribute to the gates of all steps, (T, G, B)."""
    return torch.baddbmm(bias.view(1, -1, 1), weight.expand(len(x), -1, -1), x)


def _states(n_steps: int, first: Tensor) -> Tensor:
    """Return room for the states of all steps, (T + 1, H, B), after a first one."""
    states = first.new_empty(n_steps + 1, *first.shape)
    states[0] = first
    return states


def _seen(states: Tensor, mask: Tensor | None) -> Tensor:
    """Return the states (T, H, B) as the next step sees them; with a mask, room."""
    before = states[:-1]
    return before if mask is None else torch.empty_like(before)


def _steps(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Walk through tensors of equally many steps side by side."""
    return zip(*(tensor.unbind() for tensor in tensors), strict=True)


def _steps_back(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Walk through tensors of equally many steps from the last to the first."""
    return zip(*(tensor.unbind()[::-1] for tensor in tensors), strict=True)


def _state_gradients(d_outputs: Tensor) -> Tensor:
    """Return room for gradients of all states, (T + 1, H, B), with those of outputs."""
    d_states = d_outputs.new_empty(len(d_outputs) + 1, *d_outputs.shape[1:])
    d_states[0] = 0
    d_states[1:] = d_outputs
    return d_states


def _blocks_back(states: Tensor) -> Iterator[slice]:
    """Cut steps into blocks, the last ones first."""
    size = max(1, BLOCK // states[0].numel())
    for stop in range(len(states), 0, -size):
        yield slice(max(0, stop - size), stop)


def _through(d_before: Tensor, w_t: Tensor, d_gates: Tensor, mask: Tensor | None):
    """Add to the gradient of a state what comes through the next step's gates."""
    if mask is None:
        d_before.addmm_(w_t, d_gates)
    else:
        d_before.addcmul_(w_t @ d_gates, mask)


class _Gradients:
    """Gradients of x, of both weights and of both biases, gathered block by block."""

    def __init__(self, ctx, x: Tensor, w_x: Tensor, w_h: Tensor):
        self.x, self.w_x_t = x, w_x.t()
        self.d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        # Transposed, as narrow inputs are faster so.
        self.d_weights = [x.new_zeros(w.shape[::-1]) for w in (w_x, w_h)]
        self.d_biases = [x.new_zeros(len(w)) for w in (w_x, w_h)]

    def add(self, steps: slice, seen: Tensor, d_input: Tensor, d_recurrent: Tensor):
        """Take in those of the gates, (steps, G, B), and the states they saw."""
        flat_input = _flat(d_input)
        same = d_recurrent is d_input
        flat_recurrent = flat_input if same else _flat(d_recurrent)
        self.d_weights[0].addmm_(_flat(self.x[steps]), flat_input.t())
        self.d_weights[1].addmm_(_flat(seen), flat_recurrent.t())
        self.d_biases[0].add_(flat_input.sum(1))
        self.d_biases[1].add_(flat_recurrent.sum(1))
        if self.d_x is not None:
            torch.matmul(self.w_x_t, d_input, out=self.d_x[steps])

    @property
    def of_parameters(self) -> list[Tensor]:
        """In the order of a torch.nn layer."""
        return [*(weight.t() for weight in self.d_weights), *self.d_biases]


def _flat(steps: Tensor) -> Tensor:
    """(T, G, B) to (G, T * B)."""
    return steps.transpose(0, 1).flatten(1)


class ElmanSteps(Function):
    """Steps of a simple recurrent layer; returns the states (T, H, B)."""

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask, relu):
        factor = 1 if relu else 2
        inputs = _inputs(x, factor * w_x, factor * (b_x + b_h))
        weight = factor * w_h
        states = _states(len(x), h0)
        seen = _seen(states, mask)
        minus_one = torch.full_like(h0, -1)
        h = h0
        for sums, shown, after in _steps(inputs, seen, states[1:]):
            if mask is not None:
                torch.mul(h, mask, out=shown)
            sums.addmm_(weight, shown)
            if relu:
                torch.clamp(sums, min=0, out=after)
            else:
                torch.add(minus_one, sums.sigmoid_(), alpha=2, out=after)
            h = after
        ctx.save_for_backward(x, w_x, w_h, seen, states, mask)
        ctx.relu = relu
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs):
        x, w_x, w_h, seen, states, mask = ctx.saved_tensors
        gradients = _Gradients(ctx, x, w_x, w_h)
        w_t = w_h.t().contiguous()
        d_states = _state_gradients(d_outputs)
        dh = d_states[-1]
        for block in _blocks_back(d_outputs):
            after = states[1:][block]
            slope = (after > 0).to(x.dtype) if ctx.relu else 1 - after.square()
            for d, d_before in _steps_back(slope, d_states[block]):
                d.mul_(dh)
                _through(d_before, w_t, d, mask)
                dh = d_before
            gradients.add(block, seen[block], slope, slope)
        return gradients.d_x, dh, *gradients.of_parameters, None, None


class GRUSteps(Function):
    """Steps of a gated recurrent unit, gates r, z, n; returns the states (T, H, B)."""

    @staticmethod
    def forward(ctx, x, h0, w_x, w_h, b_x, b_h, mask):
        size = len(h0)
        rz, new = slice(2 * size), slice(2 * size, None)
        factor = torch.ones_like(b_x)
        factor[new] = 2
        bias = factor * b_x
        bias[rz] += b_h[rz]
        inputs = _inputs(x, factor.unsqueeze(1) * w_x, bias)  # becomes r, z, n
        weight = factor.unsqueeze(1) * w_h
        w_rz, w_n, b_n = weight[rz], weight[new], 2 * b_h[new].unsqueeze(1)
        b_n = b_n.expand_as(h0).contiguous()
        states = _states(len(x), h0)
        remembered = torch.empty_like(states[1:])  # what r multiplies, twice
        seen = _seen(states, mask)
        minus_one = torch.full_like(h0, -1)
        h = h0
        for gates, r, z, n, memory, shown, after in _steps(
            inputs[:, rz], *inputs.chunk(3, dim=1), remembered, seen, states[1:]
        ):
            if mask is not None:
                torch.mul(h, mask, out=shown)
            gates.addmm_(w_rz, shown).sigmoid_()
            torch.addmm(b_n, w_n, shown, out=memory)
            n.addcmul_(r, memory).sigmoid_()
            torch.add(minus_one, n, alpha=2, out=n)
            torch.lerp(n, h, z, out=after)
            h = after
        ctx.save_for_backward(x, w_x, w_h, inputs, remembered, seen, states, mask)
        return states[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs):
        x, w_x, w_h, gates, remembered, seen, states, mask = ctx.saved_tensors
        gradients = _Gradients(ctx, x, w_x, w_h)
        size = len(states[0])
        rolled = w_h.roll(size, 0)  # rows n, r, z
        w_t = rolled.t().contiguous()
        d_states = _state_gradients(d_outputs)
        dh = d_states[-1]
        for block in _blocks_back(d_outputs):
            r, z, n = gates[block].chunk(3, dim=1)
            # A gradient of the state times these is one of what r multiplies, of r, of
            # z, and of n: first the recurrent gates n, r, z, last those of the input.
            to_n = tanh_slope(1 - z, n)
            to_r = sigmoid_slope(to_n * remembered[block], r).div_(2)
            to_z = sigmoid_slope(states[:-1][block] - n, z)
            slope = torch.stack([to_n * r, to_r, to_z, to_n], dim=1)
            for d, d_gates, keep, d_before in _steps_back(
                slope, slope[:, :3].flatten(1, 2), z, d_states[block]
            ):
                d.mul_(dh)
                d_before.addcmul_(dh, keep)
                _through(d_before, w_t, d_gates, mask)
                dh = d_before
            gradients.add(
                block,
                seen[block],
                slope[:, 1:].flatten(1, 2),
                slope[:, [1, 2, 0]].flatten(1, 2),
            )
        return gradients.d_x, dh, *gradients.of_parameters, None


class LSTMSteps(Function):
    """Steps of an LSTM, gates i, f, g, o, with peepholes (3, H) or None.

    Returns the states and the cells (T, H, B). Inside, cells and gates g are doubled,
    as the sigmoid in place of tanh takes them.
    """

    @staticmethod
    def forward(ctx, x, h0, c0, w_x, w_h, b_x, b_h, peepholes, mask):
        size = len(h0)
        factor = torch.ones_like(b_x)
        factor[2 * size : 3 * size] = 2
        inputs = _inputs(x, factor.unsqueeze(1) * w_x, factor * (b_x + b_h))
        weight = factor.unsqueeze(1) * w_h
        states, cells = _states(len(x), h0), _states(len(x), 2 * c0)
        bounded = torch.empty_like(states[1:])  # tanh of the cells
        seen = _seen(states, mask)
        minus_one, minus_two = torch.full_like(h0, -1), torch.full_like(h0, -2)
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.div(2).unsqueeze(2)
        h, c = states[0], cells[0]
        for gates, i, f, g, o, shown, tanh_c, h_after, c_after in _steps(
            inputs, *inputs.chunk(4, dim=1), seen, bounded, states[1:], cells[1:]
        ):
            if mask is not None:
                torch.mul(h, mask, out=shown)
            gates.addmm_(weight, shown)
            if peepholes is None:
                gates.sigmoid_()
            else:
                i.addcmul_(p_i, c)
                f.addcmul_(p_f, c)
                gates[: 3 * size].sigmoid_()
            torch.add(minus_two, g, alpha=4, out=g)
            torch.mul(f, c, out=c_after).addcmul_(i, g)
            if peepholes is not None:
                o.addcmul_(p_o, c_after).sigmoid_()
            torch.sigmoid(c_after, out=tanh_c)
            torch.add(minus_one, tanh_c, alpha=2, out=tanh_c)
            torch.mul(o, tanh_c, out=h_after)
            h, c = h_after, c_after
        ctx.save_for_backward(
            x, w_x, w_h, inputs, seen, cells, bounded, peepholes, mask
        )
        ctx.set_materialize_grads(False)
        return states[1:], cells[1:] / 2

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs, d_cells):
        x, w_x, w_h, gates, seen, cells, bounded, peepholes, mask = ctx.saved_tensors
        gradients = _Gradients(ctx, x, w_x, w_h)
        w_t = w_h.t().contiguous()
        if d_outputs is None:
            d_outputs = torch.zeros_like(bounded)
        d_states = _state_gradients(d_outputs)
        dh = d_states[-1]
        dc = torch.zeros_like(dh)
        if peepholes is not None:
            p_i, p_f, p_o = peepholes.div(2).unsqueeze(2)
            d_peepholes = torch.zeros_like(peepholes)
        for block in _blocks_back(d_outputs):
            i, f, g, o = gates[block].chunk(4, dim=1)
            before, after, tanh_c = cells[:-1][block], cells[1:][block], bounded[block]
            # A gradient of the cell times these is one of i, f, g; one of the state
            # times the fourth is one of o, and times to_c one of the cell.
            slopes = (
                sigmoid_slope(g, i),
                sigmoid_slope(before, f),
                tanh_slope(2 * i, g / 2),
                sigmoid_slope(tanh_c, o),
            )
            slope = torch.stack(slopes, dim=1)
            to_c = tanh_slope(o / 2, tanh_c)
            d_gates = slope.flatten(1, 2)
            to_cells = to_c if d_cells is None else d_cells[block] / 2
            for d, d_ifg, d_o, cell_slope, keep, d_before, d_cell in _steps_back(
                d_gates, slope[:, :3], slope[:, 3], to_c, f, d_states[block], to_cells
            ):
                if d_cells is not None:
                    dc.add_(d_cell)
                d_o.mul_(dh)
                dc.addcmul_(dh, cell_slope)
                if peepholes is not None:
                    dc.addcmul_(d_o, p_o)
                d_ifg.mul_(dc)
                dc.mul_(keep)
                if peepholes is not None:
                    dc.addcmul_(d_ifg[0], p_i).addcmul_(d_ifg[1], p_f)
                _through(d_before, w_t, d, mask)
                dh = d_before
            gradients.add(block, seen[block], d_gates, d_gates)
            if peepholes is not None:
                cell = torch.stack([before, before, after], dim=1) / 2
                d_peepholes += (slope[:, [0, 1, 3]] * cell).sum(dim=(0, 3))
        if peepholes is None:
            d_peepholes = None
        return gradients.d_x, dh, 2 * dc, *gradients.of_parameters, d_peepholes, None
