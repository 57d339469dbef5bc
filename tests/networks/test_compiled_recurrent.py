"""Compiled recurrent layers against steps that autograd takes one by one."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch.nn import functional

from skseq.networks import CELLS, compiled, compiled_recurrent
from skseq.networks.encoders import BidirectionalLayer
from skseq.networks.side_by_side import side_by_side, weights_of

needed = pytest.mark.skipif(compiled.library() is None, reason="no compiled code")
ALL = [("rnn", "tanh"), ("rnn", "relu"), ("gru", "tanh"), ("lstm", "tanh")]
ALL += [("peephole_lstm", "tanh")]
OPTIONS = [  # recurrent dropout, unequal lengths, reversed
    *((False, lengths, reverse) for lengths in (False, True) for reverse in (0, 1)),
    (True, False, False),
    (True, True, True),
]
SHAPES = [(3, 6, 2, 4), (1, 1, 1, 1), (33, 3, 5, 33), (2, 130, 17, 16)]  # B, T, F, H
ERRORS = {torch.float64: 1e-10, torch.float32: 1e-5}


def make(cell, nonlinearity="tanh", size=(2, 4), dtype=torch.float64):
    torch.manual_seed(0)
    layer = CELLS[cell](*size, nonlinearity).to(dtype)
    for parameter in layer.parameters():
        torch.nn.init.normal_(parameter, std=size[1] ** -0.5)
    return layer


N_ELAPSED = 3  # times by which a state decays, behind the inputs


def given(layer, shape, dropout=False, lengths=False, decays=False):
    """Arguments of `run`, all that can have a gradient asking for one."""
    n_samples, n_steps, n_inputs, n_units = shape
    dtype = next(layer.parameters()).dtype
    x = torch.randn(n_samples, n_steps, n_inputs, dtype=dtype)
    rates = torch.randn(n_units, N_ELAPSED, dtype=dtype), torch.randn(n_units)
    if decays:
        elapsed = torch.rand(n_samples, n_steps, N_ELAPSED, dtype=dtype)
        x = torch.cat([x, elapsed], dim=2)
    state = torch.randn(layer.n_states, n_samples, n_units, dtype=dtype)
    options = {
        "mask": (torch.rand(n_samples, n_units) > 0.3).to(dtype) / 0.7,
        "lengths": torch.randint(1, n_steps + 1, (n_samples,)),
        "decay": tuple(part.to(dtype).requires_grad_() for part in rates),
    }
    asked = {"mask": dropout, "lengths": lengths, "decay": decays}
    options = {name: value for name, value in options.items() if asked[name]}
    return x.requires_grad_(), tuple(state.requires_grad_()), options


def run(layer, x, state, **options):
    """All steps by compiled code, whether they pay or not."""
    peepholes = getattr(layer, "weight_peephole", None)
    weights = tuple(layer.kernel.parameters())
    return compiled_recurrent.run(
        layer.kernel.mode, x, state, weights, peepholes=peepholes, **options
    )


def unrolled(layer, x, state, mask=None, lengths=None, decay=None, reverse=False):
    """The same as one small graph a step."""
    w_x, w_h, b_x, b_h = layer.kernel.parameters()
    n_steps = x.shape[1]
    if decay is not None:
        x, elapsed = x.tensor_split([-N_ELAPSED], dim=2)
        decays = functional.linear(elapsed, *decay).relu().neg().exp()
    ends = torch.full((len(x),), n_steps) if lengths is None else lengths
    outputs, last = [None] * n_steps, state
    for t in reversed(range(n_steps)) if reverse else range(n_steps):
        before = state if decay is None else (state[0] * decays[:, t],)
        shown = before[0] if mask is None else before[0] * mask
        gates = functional.linear(x[:, t], w_x, b_x), functional.linear(shown, w_h, b_h)
        after = layer._step(*gates, before)
        begun = ((t < ends) | (not reverse)).unsqueeze(1)
        state = tuple(map(torch.where, [begun] * 2, after, state))
        here = ((t == ends - 1) | reverse).unsqueeze(1)
        last = tuple(map(torch.where, [here] * 2, state, last))
        outputs[t] = state[0]
    return torch.stack(outputs, dim=1), last


def results(way, layer, x, state, options):
    """Outputs, last state, and the gradients of all that goes in."""
    outputs, last = way(layer, x, state, **options)
    factors = torch.linspace(-1, 2, outputs.numel(), dtype=x.dtype).view(outputs.shape)
    loss = (factors * outputs).sum() + sum(part.square().sum() for part in last)
    wanted = [x, *state, *layer.parameters()]
    wanted += options.get("decay", ())
    return [outputs, *last, *torch.autograd.grad(loss, wanted)]


def assert_same(found, expected, error):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        scale = other.abs().max().item()
        torch.testing.assert_close(one, other, rtol=0, atol=error * max(scale, 1))


# Built ---------------------------------------------------------------------------


@pytest.mark.skipif(os.environ.get(compiled.SWITCH) == "0", reason="switched off")
@pytest.mark.skipif(
    sys.platform == "win32" or not shutil.which("cc"), reason="no compiler"
)
def test_where_a_compiler_is_the_code_was_built():
    assert compiled.library() is not None
    assert compiled.describe().startswith("compiled")


@pytest.mark.parametrize("how", ["switched off", "not built", "of other sources"])
def test_layers_do_without_the_code(how, monkeypatch, tmp_path):
    layer = make("gru")
    x = torch.randn(3, 6, 2, dtype=torch.float64)
    expected = layer(x)
    compiled.library.cache_clear()
    try:
        if how == "switched off":
            monkeypatch.setenv(compiled.SWITCH, "0")
        elif how == "not built":
            monkeypatch.setattr(compiled, "PATH", tmp_path / "none.so")
        else:
            fields = [*compiled_recurrent._Call._fields_, ("more", ctypes.c_int64)]
            other = type("Other", (ctypes.Structure,), {"_fields_": fields})
            monkeypatch.setattr(compiled_recurrent, "_Call", other)
        if how != "of other sources":
            assert compiled.library() is None
            assert compiled.describe().startswith("PyTorch")
        assert "GRUSteps" in repr(layer(x)[0].grad_fn.next_functions)
        torch.testing.assert_close(layer(x), expected, rtol=1e-10, atol=1e-10)
    finally:
        compiled.library.cache_clear()


def test_it_is_loaded_by_the_first_layer_that_runs():
    program = (
        "import skseq, torch; from skseq.networks import compiled, GRULayer;"
        "assert not compiled.library.cache_info().currsize;"
        "GRULayer(1, 1)(torch.zeros(4, 2, 1));"
        "assert compiled.library.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# The same numbers ----------------------------------------------------------------


@needed
@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("cell", "nonlinearity"), ALL)
def test_they_are_those_of_the_unrolled_steps(
    cell, nonlinearity, shape, dtype, instructions
):
    layer = make(cell, nonlinearity, shape[2:], dtype)
    for decays in (False, True) if cell == "gru" else (False,):
        for dropout, lengths, reverse in OPTIONS:
            x, state, options = given(layer, shape, dropout, lengths, decays)
            options["reverse"] = bool(reverse)
            found = results(run, layer, x, state, options)
            expected = results(unrolled, layer, x, state, options)
            assert_same(found, expected, ERRORS[dtype])


@needed
@pytest.mark.parametrize(("cell", "nonlinearity"), ALL)
def test_gradients_are_those_of_finite_differences(cell, nonlinearity):
    layer = make(cell, nonlinearity, (2, 3))
    x, state, options = given(layer, (2, 4, 2, 3), True, True)
    names, weights = zip(*layer.named_parameters(), strict=True)

    def of(i, x, *tensors):
        state, own = tensors[: layer.n_states], tensors[layer.n_states :]
        own = dict(zip(names, own, strict=True))
        kernel = tuple(t for name, t in own.items() if "kernel" in name)
        peepholes = own.get("weight_peephole")
        outputs, last = compiled_recurrent.run(
            layer.kernel.mode, x, state, kernel, peepholes=peepholes, **options
        )
        return (outputs, *last)[i]

    for i in range(1 + layer.n_states):  # each output on its own
        assert torch.autograd.gradcheck(of, (i, x, *state, *weights))


@needed
@pytest.mark.parametrize("asked", ["x", "state", "weights", "decay"])
def test_they_are_the_same_where_few_gradients_are_asked_for(asked):
    layer = make("gru").requires_grad_(False)
    x, state, options = given(layer, (3, 6, 2, 4), True, False, True)
    x, h, *decay = (t.detach() for t in (x, state[0], *options.pop("decay")))
    every = {"x": [x], "state": [h], "decay": decay}
    wanted = {**every, "weights": list(layer.parameters())}[asked]
    for tensor in wanted:
        tensor.requires_grad_()
    found = []
    for way in (run, unrolled):
        outputs, _ = way(layer, x, (h,), decay=decay, **options)
        found.append(torch.autograd.grad(outputs.sin().sum(), wanted))
    assert_same(*found, 1e-10)


@needed
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("decays", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_without_gradients_the_bits_are_the_same(cell, decays, reverse):
    if decays and cell != "gru":
        pytest.skip("its state does not decay")
    layer = make(cell, dtype=torch.float32)
    x, state, options = given(layer, (5, 9, 2, 4), lengths=True, decays=decays)
    options["reverse"] = reverse
    outputs, last = run(layer, x, state, **options)
    with torch.no_grad():
        again, last_again = run(layer, x, state, **options)
    assert not again.requires_grad
    assert torch.equal(outputs, again)
    assert all(map(torch.equal, last, last_again))


@needed
@pytest.mark.parametrize("cell", CELLS)
def test_layouts_of_inputs_and_gradients_do_not_matter(cell):
    layer = make(cell, dtype=torch.float32)
    x, state, _ = given(layer, (5, 9, 2, 4))
    factors = torch.randn(5, 9, 4)
    found = []
    for turned in (False, True):
        x_now, factors_now = x.detach(), factors
        if turned:  # (F, T, B) in memory
            x_now, factors_now = (
                t.permute(2, 1, 0).contiguous().permute(2, 1, 0)
                for t in (x_now, factors)
            )
        outputs, _ = run(layer, x_now, state)
        found.append(torch.autograd.grad(outputs, layer.parameters(), factors_now))
    assert all(map(torch.equal, *found))


@needed
@pytest.mark.parametrize("cell", CELLS)
def test_gradients_that_are_one_number_are_read(cell):
    layer = make(cell)
    x, state, _ = given(layer, (3, 6, 2, 4))
    found = torch.autograd.grad(run(layer, x, state)[0].mean(), layer.parameters())
    expected = unrolled(layer, x, state)[0].mean()
    assert_same(found, torch.autograd.grad(expected, layer.parameters()), 1e-10)


@needed
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 1e30])
@pytest.mark.parametrize(("cell", "nonlinearity"), ALL)
def test_what_is_not_finite_goes_where_it_goes_in_torch(
    cell, nonlinearity, value, instructions
):
    layer = make(cell, nonlinearity, dtype=torch.float32)
    x, state, options = given(layer, (3, 6, 2, 4))
    with torch.no_grad():
        x[1, 2, 0] = value
    found = results(run, layer, x, state, options)
    expected = results(unrolled, layer, x, state, options)
    torch.testing.assert_close(found[0], expected[0], equal_nan=True)
    for one, other in zip(found, expected, strict=True):  # 0 or almost, times infinity
        finite = other.isfinite()
        assert torch.equal(one.isfinite(), finite)
        torch.testing.assert_close(one[finite], other[finite], rtol=1e-4, atol=1e-4)


@needed
@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="of x86")
@pytest.mark.parametrize("flushed", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_denormal_numbers_are_zero_and_the_thread_has_its_setting_back(cell, flushed):
    layer = make(cell, dtype=torch.float32)
    x, state, _ = given(layer, (3, 6, 2, 4))
    tiny = torch.full((3, 6, 4), 1e-40)
    torch.set_flush_denormal(flushed)
    try:
        outputs, _ = run(layer, x, state)
        found = torch.autograd.grad(outputs, layer.parameters(), tiny)
        assert (torch.tensor([1e-40]) * 0.5).any() == (not flushed)
    finally:
        torch.set_flush_denormal(False)
    assert not any(part.any() for part in found)


# Networks side by side -------------------------------------------------------------


@needed
@pytest.mark.parametrize("cell", CELLS)
def test_networks_side_by_side_have_the_bits_of_each_alone(cell):
    layers = []
    for seed in range(3):
        torch.manual_seed(seed)
        layers.append(CELLS[cell](2, 5))
    joined = side_by_side(layers)
    x, lengths = torch.randn(12, 6, 2), torch.randint(1, 7, (12,))
    outputs, last = joined(x, None, lengths)
    (outputs.sin().sum() + last[0].sum()).backward()
    gradients = {name: p.grad for name, p in joined.named_parameters()}
    for i, layer in enumerate(layers):
        part = slice(4 * i, 4 * i + 4)
        own, own_last = layer(x[part], None, lengths[part])
        assert torch.equal(own, outputs[part])
        assert all(map(torch.equal, own_last, (t[part] for t in last)))
        (own.sin().sum() + own_last[0].sum()).backward()
        like = dict(layer.named_parameters())
        for name, gradient in weights_of(gradients, i, like).items():
            torch.testing.assert_close(gradient, like[name].grad)


@needed
@pytest.mark.parametrize("cell", ["lstm", "peephole_lstm", "gru_d"])
def test_what_was_kept_may_lie_elsewhere_on_the_way_back(cell):
    """As checkpoints recompute it and hooks move it."""
    layer = make("gru" if cell == "gru_d" else cell)
    x, state, options = given(layer, SHAPES[0], True, True, cell == "gru_d")
    wanted = [x, *state, *layer.parameters(), *options.get("decay", ())]

    def loss():
        outputs, last = run(layer, x, state, **options)
        return outputs.sin().sum() + sum(part.cos().sum() for part in last)

    expected = torch.autograd.grad(loss(), wanted)
    with torch.autograd.graph.saved_tensors_hooks(torch.clone, lambda kept: kept):
        later = loss()
    taken = [torch.randn(n, dtype=torch.float64) for n in range(16, 2000, 8)]
    for one, other in zip(torch.autograd.grad(later, wanted), expected, strict=True):
        assert torch.equal(one, other)
    assert taken  # the room that was freed


@needed
@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("w_x", lambda x, state, options: (x[..., :1], state, options)),
        ("h", lambda x, state, options: (x, (state[0][:2], state[1]), options)),
        ("c", lambda x, state, options: (x, (state[0], state[1].float()), options)),
        ("mask", lambda x, s, o: (x, s, {**o, "mask": o["mask"][:, :2]})),
        (
            "w_decay",
            lambda x, s, o: (x, s, {**o, "decay": [p[1:] for p in o["decay"]]}),
        ),
        ("b_decay", lambda x, s, o: (x, s, {**o, "decay": o["decay"][:1] * 2})),
        ("lengths", lambda x, s, o: (x, s, {**o, "lengths": o["lengths"].int()})),
        ("lengths", lambda x, s, o: (x, s, {**o, "lengths": o["lengths"][:1]})),
    ],
)
def test_what_would_be_read_beyond_its_end_is_refused(name, change):
    layer = make("lstm")
    x, state, options = change(*given(layer, SHAPES[0], True, True, True))
    with pytest.raises(ValueError, match=rf"^{name} of a recurrent layer is \("):
        run(layer, x, state, **options)


# The same bits again ---------------------------------------------------------------


def bits(layer, x):
    """Outputs and gradients."""
    x = x.clone().requires_grad_()
    outputs, _ = layer(x)
    wanted = [x, *layer.parameters()]
    return [outputs.detach(), *torch.autograd.grad(outputs.sin().sum(), wanted)]


@needed
@pytest.mark.parametrize("cell", CELLS)
def test_again_and_in_threads_the_bits_are_the_same(cell):
    torch.manual_seed(0)
    layers = [CELLS[name](3, 20) for name in (cell, "lstm")]
    x = torch.randn(9, 30, 3)
    expected = [bits(layer, x) for layer in layers]
    with ThreadPoolExecutor(4) as pool:
        jobs = [i % 2 for i in range(12)]
        found = list(pool.map(lambda i: bits(layers[i], x), jobs))
    for i, again in zip(jobs, found, strict=True):
        assert all(map(torch.equal, again, expected[i]))


PROCESSES = """
import multiprocessing, torch
from joblib import Parallel, delayed
from skseq.networks import GRULayer, compiled

def bits(seed):
    torch.manual_seed(seed)
    layer, x = GRULayer(3, 20), torch.randn(9, 30, 3)
    outputs, _ = layer(x)
    assert "CompiledSteps" in repr(outputs.grad_fn)
    found = torch.autograd.grad(outputs.sin().sum(), layer.parameters())
    return [t.detach().numpy().tobytes() for t in (outputs, *found)]

if __name__ == "__main__":
    torch.set_num_threads(1)  # a forked process has not OpenMP's others, and waits
    expected = list(map(bits, range(4)))
    if "fork" in multiprocessing.get_all_start_methods():
        with multiprocessing.get_context("fork").Pool(1) as pool:
            assert pool.map(bits, range(4)) == expected
    assert Parallel(2)(map(delayed(bits), range(4))) == expected
"""


@needed
def test_in_other_processes_the_bits_are_the_same(tmp_path):
    program = tmp_path / "processes.py"
    program.write_text(PROCESSES)
    run = subprocess.run([sys.executable, "-W", "ignore", str(program)])
    assert run.returncode == 0  # or else it says which bits differ


@needed
def test_a_sequence_has_the_same_bits_whoever_is_beside_it():
    layer = make("lstm", size=(2, 20), dtype=torch.float32)
    x = torch.randn(33, 9, 2)
    with torch.no_grad():
        whole, _ = layer(x)
        for i in (0, 7, 32):
            assert torch.equal(layer(x[i : i + 1])[0], whole[i : i + 1])


# Who runs it -----------------------------------------------------------------------


def is_compiled(outputs):
    return "CompiledSteps" in repr(outputs.grad_fn)


@needed
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("n_samples", [0, 1, 3])
def test_layers_run_it_and_agree_with_torch(cell, n_samples, monkeypatch):
    layer = make(cell)
    x = torch.randn(n_samples, 5, 2, dtype=torch.float64)
    outputs, last = layer(x)
    assert is_compiled(outputs) == (n_samples > 0)
    monkeypatch.setattr(compiled, "library", lambda: None)
    expected, expected_last = layer(x)
    assert not is_compiled(expected)
    torch.testing.assert_close(outputs, expected, rtol=1e-10, atol=1e-10)
    torch.testing.assert_close(last, expected_last, rtol=1e-10, atol=1e-10)


@needed
@pytest.mark.filterwarnings(
    "ignore:.*torch.jit.trace", "ignore::torch.jit.TracerWarning"
)
def test_it_is_left_where_it_does_not_pay_or_cannot_run(monkeypatch):
    layer, x = CELLS["lstm"](2, 4), torch.randn(4, 5, 2)
    assert is_compiled(layer(x)[0])
    with torch.autocast("cpu", torch.bfloat16):
        assert is_compiled(layer(x)[0])
    wide = CELLS["lstm"](2, 256)
    assert not is_compiled(wide(x[:1, :1])[0])  # its weights are read once
    assert is_compiled(wide(x[:1])[0])
    many = torch.randn(256, 1, 2)
    for n_threads, alone in ((1, True), (2, False)):
        monkeypatch.setattr(torch, "get_num_threads", lambda n=n_threads: n)
        assert is_compiled(wide(many)[0]) == alone
    half = CELLS["gru"](2, 4).to(torch.bfloat16)
    assert half(x.bfloat16())[0].dtype == torch.bfloat16
    traced = torch.jit.trace(layer, x, check_trace=False)
    other = torch.randn(4, 5, 2)
    torch.testing.assert_close(traced(other)[0], layer(other)[0])
    found = torch.func.grad(lambda x: layer(x)[0].sin().sum())(x)
    x.requires_grad_()
    (expected,) = torch.autograd.grad(layer(x)[0].sin().sum(), x)
    torch.testing.assert_close(found, expected)


@needed
@pytest.mark.parametrize("lengths", [None, torch.tensor([5, 1, 4])])
@pytest.mark.parametrize("cell", CELLS)
def test_both_directions_agree_with_sequences_that_are_turned(
    cell, lengths, monkeypatch
):
    layer = BidirectionalLayer(make(cell), make(cell))
    x = torch.randn(3, 5, 2, dtype=torch.float64)
    real = (
        torch.arange(5)
        < (torch.tensor([5] * 3) if lengths is None else lengths)[:, None]
    )
    found = []
    for how in ("compiled", "Python"):
        outputs, last = layer.run(x, None, lengths)
        alone = layer(x, lengths)
        made_by = repr(last[0].grad_fn.next_functions)  # before they were joined
        assert ("CompiledSteps" in made_by) == (how == "compiled")
        loss = sum(t.sin().sum() for t in (outputs[real], *last))
        gradients = torch.autograd.grad(loss, layer.parameters())
        found.append([outputs[real], alone[real], *last, *gradients])
        monkeypatch.setattr(compiled, "library", lambda: None)
    assert_same(*found, 1e-10)


@needed
def test_a_saved_step_that_is_changed_is_an_error():
    outputs, _ = make("gru")(torch.randn(3, 5, 2, dtype=torch.float64))
    with torch.no_grad():
        outputs.zero_()
    with pytest.raises(RuntimeError, match="modified inplace"):
        outputs.sum().backward()


@needed
def test_gradients_have_no_gradients():
    x = torch.randn(3, 5, 2, requires_grad=True)
    outputs, _ = CELLS["gru"](2, 4)(x)
    (found,) = torch.autograd.grad(outputs.square().sum(), x, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        found.sum().backward()
