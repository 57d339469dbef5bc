"""Pooling by compiled code against torch."""

import pytest
import torch

from skseq.networks import POOLINGS, compiled, compiled_pooling

pytestmark = pytest.mark.skipif(compiled.library() is None, reason="no compiled code")
ERRORS = {torch.float64: 1e-10, torch.float32: 1e-5}
NAMES = ("mean", "max", "concat")
SHAPES = [(1, 1, 1), (5, 9, 3), (4, 300, 64), (2, 6, 37)]


PAYS = compiled_pooling.pays


@pytest.fixture(autouse=True)
def wherever_it_can(monkeypatch):
    """Take compiled code even where it is not the fastest."""

    def pays(x, lengths, asked):
        return PAYS(x, torch.ones(1), asked)

    monkeypatch.setattr(compiled_pooling, "pays", pays)


def results(pooling, x, lengths):
    x = x.detach().requires_grad_()
    y = pooling(x, lengths)
    factors = torch.linspace(-1, 2, y.numel(), dtype=x.dtype).view_as(y)
    return y, *torch.autograd.grad((factors * y).sum(), x)


def assert_same(found, expected, error):
    for one, other in zip(found, expected, strict=True):
        scale = max(1, other.abs().max().item())
        torch.testing.assert_close(one.double(), other, rtol=0, atol=error * scale)


@pytest.mark.parametrize("dtype", ERRORS, ids=str)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_what_torch_does(shape, name, dtype, instructions, plainly):
    n_samples, n_steps, size = shape
    torch.manual_seed(0)
    pooling = POOLINGS[name](size, n_backwards=size // 3)
    x = torch.randn(shape, dtype=torch.float64)
    some = torch.randint(1, n_steps + 1, (n_samples,))
    for lengths in (None, some):
        expected = plainly(results, pooling, x, lengths)
        found = results(pooling, x.to(dtype), lengths)
        assert found[0].dtype == dtype
        assert_same(found, expected, ERRORS[dtype])


@pytest.mark.parametrize("name", NAMES)
def test_equal_steps_and_what_is_no_number(name, plainly):
    pooling = POOLINGS[name](5)
    x = torch.randint(2, (4, 12, 5)).double()
    assert_same(results(pooling, x, None), plainly(results, pooling, x, None), 1e-10)
    x[1, 3, 2] = torch.nan
    torch.testing.assert_close(
        pooling(x, None), plainly(pooling, x, None), equal_nan=True
    )


@pytest.mark.parametrize("name", NAMES)
def test_layouts_do_not_matter_and_bits_are_the_same(name):
    pooling = POOLINGS[name](20, n_backwards=10)
    x, lengths = torch.randn(5, 12, 20), torch.tensor([12, 3, 1, 7, 12])
    expected = results(pooling, x, lengths)
    turned = x.transpose(0, 1).contiguous().transpose(0, 1)
    wide = torch.cat([x, x], dim=2)[..., :20]
    thin = x.mT.contiguous().mT
    for other in (x, turned, wide, thin):
        assert all(map(torch.equal, results(pooling, other, lengths), expected))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8], ids=str)
def test_lengths_may_be_any_whole_numbers(name, dtype):
    pooling, x = POOLINGS[name](3), torch.randn(4, 9, 3, dtype=torch.float64)
    lengths = torch.tensor([2, 9, 1, 5])
    found = results(pooling, x, lengths.to(dtype))
    assert_same(found, results(pooling, x, lengths), 0)


@pytest.mark.parametrize("name", NAMES)
def test_gradients_have_gradients(name):
    pooling = POOLINGS[name](3, n_backwards=1)
    x = torch.randn(3, 5, 3, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([5, 2, 4])
    y = pooling(x, lengths)
    assert "_PooledBackward" in y.grad_fn.name()

    def call(x):
        return pooling(x, lengths).square()

    assert torch.autograd.gradcheck(call, x)
    assert torch.autograd.gradgradcheck(call, x)
    rows = torch.eye(y.shape[1], dtype=x.dtype).unsqueeze(1).expand(-1, 3, -1)
    each = torch.autograd.grad(y, x, rows, is_grads_batched=True, retain_graph=True)[0]
    (together,) = torch.autograd.grad(y, x, torch.ones_like(y))
    torch.testing.assert_close(each.sum(0), together)


def test_whoever_looks_into_it_sees_torch(monkeypatch):
    pooling, x = POOLINGS["concat"](3), torch.randn(3, 5, 3)
    expected = pooling(x, None)
    found = torch.func.vmap(lambda one: pooling(one[None], None)[0])(x)
    torch.testing.assert_close(found, expected)
    assert compiled_pooling.pays(x, None, pooling.asked)
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "can_call", lambda *args: False)
        assert not compiled_pooling.pays(x, None, pooling.asked)
    monkeypatch.setattr(compiled, "library", lambda: None)
    assert not compiled_pooling.pays(x, None, pooling.asked)


def test_one_operation_of_torch_is_left_to_torch():
    small, large, lengths = torch.randn(1, 9, 3), torch.randn(40, 90, 8), torch.ones(1)
    for x, name, given, expected in [
        (small, "mean", None, False),
        (large, "mean", None, False),
        (large, "mean", lengths, True),
        (small, "max", None, False),
        (large, "max", None, True),
        (small, "concat", None, True),
    ]:
        assert PAYS(x, given, POOLINGS[name].asked) == expected
