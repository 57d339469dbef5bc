"""What compiled code sees of measurements against what torch does."""

import itertools

import pytest
import torch

from skseq.networks import Inputs, StepColumns, compiled, compiled_seeing
from skseq.networks.seeing import Before
from skseq.networks.side_by_side import side_by_side

pytestmark = pytest.mark.skipif(compiled.library() is None, reason="no compiled code")
ERRORS = {torch.float64: 1e-10, torch.float32: 1e-5}
SHAPES = [(1, 1, 1, 1), (5, 7, 1, 2), (3, 40, 3, 2), (4, 9, 17, 1)]  # B, T, F, V
CATEGORIES = 4


def make(
    shape, decays, both_ways, beside=False, own_scale=False, dtype=torch.float64, seed=0
):
    """A module with generic weights, some of which let nothing fade."""
    _, _, n_values, n_views = shape
    torch.manual_seed(seed)
    columns = StepColumns(n_values, n_views)
    if beside:
        columns = columns._replace(has_gaps=True, n_categories=(CATEGORIES,))
    usual = tuple(torch.randn(n_values * n_views).tolist())
    inputs = Inputs(columns, True, usual, decays, both_ways, own_scale).to(dtype)
    for weight in inputs.parameters():
        torch.nn.init.uniform_(weight, -0.2, 0.8)
    inputs.hide.generator = torch.Generator()
    return inputs


def steps(shape, beside=False, dtype=torch.float64, holes=0.5):
    n_samples, n_steps, n_values, n_views = shape
    x = torch.randn(n_samples, n_steps, n_values * n_views, dtype=dtype)
    is_hole = torch.rand(n_samples, n_steps, n_values) < holes
    x[is_hole.repeat(1, 1, n_views)] = torch.nan
    if not beside:
        return x
    gaps = torch.rand(n_samples, n_steps, 1, dtype=dtype)
    codes = torch.randint(2 + CATEGORIES, (n_samples, n_steps, 1)).to(dtype)
    return torch.cat([x, gaps, codes], dim=2)


def before(shape, dtype=torch.float64):
    n_samples, _, n_values, n_views = shape
    values = torch.randn(n_samples, n_values * n_views, dtype=dtype)
    waited, gap = torch.rand(n_samples, n_values), torch.rand(n_samples, 1)
    return Before(values, waited.to(dtype), gap.to(dtype))


def results(read, inputs, *args):
    """All that is found, and the gradients of all weights."""
    inputs.hide.generator.manual_seed(3)
    found, after = read(*args)
    factors = torch.linspace(-1, 2, found.numel(), dtype=found.dtype).view_as(found)
    weights = list(inputs.parameters())
    gradients = torch.autograd.grad((factors * found).sum(), weights) if weights else ()
    return [found, *after, *gradients]


def assert_same(found, expected, error):
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == other.dtype
        scale = max(1, other.abs().max().item())
        torch.testing.assert_close(one, other, rtol=0, atol=error * scale)


@pytest.mark.parametrize("dtype", ERRORS)
@pytest.mark.parametrize("decays", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_it_is_what_torch_does(shape, decays, dtype, instructions, plainly):
    options = itertools.product([False, True], repeat=5)
    for both_ways, beside, own_scale, goes_on, with_lengths in options:
        inputs = make(shape, decays, both_ways, beside, own_scale, dtype)
        x = steps(shape, beside, dtype)
        known = before(shape, dtype) if goes_on else None
        lengths = torch.randint(1, shape[1] + 1, (shape[0],)) if with_lengths else None
        for training in (True, False):
            args = inputs.train(training), x, known, lengths
            found = results(inputs.read, inputs, *args[1:])
            assert_same(found, results(_of(plainly, *args), *args), ERRORS[dtype])


def _of(plainly, inputs, *_):
    return lambda *args: plainly(inputs.read, *args)


def test_without_a_value_that_was_ever_seen_there_is_what_is_usual(plainly):
    shape = SHAPES[2]
    inputs, x = make(shape, True, True).eval(), steps(shape, holes=1.0)
    found = inputs.read(x)[0]
    n_seen = shape[2] * shape[3]
    usual = torch.tensor(inputs.usual, dtype=x.dtype)
    assert torch.equal(found[..., :n_seen], usual.expand(*x.shape[:2], -1))
    assert torch.equal(found, plainly(inputs.read, x)[0])


@pytest.mark.parametrize("size", [1e6, 1e30])
def test_what_is_usual_is_left_of_a_wild_value_that_is_gone(size, instructions):
    inputs = make((1, 1, 1, 2), True, False, dtype=torch.float32).eval()
    torch.nn.init.constant_(inputs.decay.weight, 10.0)
    x = torch.full((1, 40, 2), torch.nan)
    x[:, 0] = size
    found = inputs.read(x)[0][0, :, :2]
    usual = torch.tensor(inputs.usual)
    assert torch.equal(found[0], x[0, 0])
    torch.testing.assert_close(found[20:], usual.expand(20, -1))


def test_gradients_are_those_of_finite_differences():
    shape = SHAPES[1]
    inputs, x = make(shape, True, True).eval(), steps(shape)
    measured = compiled_seeing.Measured(x, shape[2], inputs._usual(x))

    def found(rates, biases):
        return compiled_seeing.see(measured, rates, biases, both_ways=True)[0]

    assert torch.autograd.gradcheck(found, (inputs.decay.weight, inputs.decay.bias))


def test_layouts_do_not_matter():
    shape = SHAPES[2]
    inputs, x = make(shape, True, True), steps(shape)
    turned = x.permute(2, 1, 0).contiguous().permute(2, 1, 0)
    wide = torch.cat([x, x], dim=2)[..., : x.shape[2]]
    expected = results(inputs.read, inputs, x)
    for other in (turned, wide):
        assert all(map(torch.equal, results(inputs.read, inputs, other), expected))


@pytest.mark.parametrize("decays", [False, True])
def test_networks_side_by_side_have_the_bits_of_each_alone(decays):
    shape = SHAPES[2]
    each = [make(shape, decays, True, seed=seed).eval() for seed in range(3)]
    for other in each[1:]:
        other.usual = each[0].usual
    joined = side_by_side(each)
    x = torch.cat([steps(shape) for _ in each])
    found = joined(x)
    parts = [one(part) for one, part in zip(each, x.chunk(3), strict=True)]
    assert torch.equal(found, torch.cat(parts))
    if decays:
        found.sin().sum().backward()
        sum(part.sin().sum() for part in parts).backward()
        alone = torch.stack([one.decay.weight.grad for one in each])
        torch.testing.assert_close(joined.decay.weight.grad, alone)


def test_what_asks_for_gradients_of_measurements_is_left_to_torch():
    inputs, x = make(SHAPES[2], True, True).eval(), steps(SHAPES[2])
    x.requires_grad_()
    assert not compiled_seeing.pays(x)
    gradient = torch.autograd.grad(inputs(x).sum(), x)[0]
    assert gradient[~x.isnan()].any()


def test_it_is_left_to_torch_where_the_code_is_of_other_sources(monkeypatch):
    x = steps(SHAPES[0])
    assert compiled_seeing.pays(x)
    monkeypatch.setattr(compiled, "can_call", lambda *args: False)
    assert not compiled_seeing.pays(x)
    monkeypatch.undo()
    monkeypatch.setattr(compiled, "library", lambda: None)
    assert not compiled_seeing.pays(x)
