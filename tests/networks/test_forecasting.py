from dataclasses import replace

import pytest
import torch

from skseq.networks import (
    WINDOW_SCALES,
    ForecastNetwork,
    InputGate,
    SegmentEncoder,
    Window,
)
from skseq.networks.normalization import LEAST_VARIANCE


def test_the_last_value_that_is_there_is_the_center():
    x = torch.tensor([[[1.0, 5.0], [2.0, 5.0]], [[7.0, 0.0], [7.0, 3.0]]])
    missing = torch.tensor([[[0, 0], [0, 1]], [[1, 1], [1, 0]]]).bool()
    center, scale = WINDOW_SCALES["last"](x, missing)
    assert center.tolist() == [[[2, 5]], [[7, 3]]]  # 7 is from before the window
    assert (scale == 1).all()


def test_a_window_is_scaled_by_its_own_mean_and_deviation():
    x = torch.tensor([[[1.0], [3.0], [3.0]], [[7.0], [7.0], [7.0]]])
    missing = torch.tensor([[[0], [0], [1]], [[1], [1], [1]]]).bool()
    center, scale = WINDOW_SCALES["window"](x, missing)
    assert center.flatten().tolist() == [2, 7]
    least = LEAST_VARIANCE
    expected = [(1 + least) ** 0.5, least**0.5]
    assert scale.flatten().tolist() == pytest.approx(expected)


def network(fresh=False, **options):
    sizes = {"window_length": 12, "horizon": 4, "n_targets": 3, "n_future": 2}
    settings = {
        **sizes,
        "n_static": 1,
        "n_locations": 2,
        "n_log_scales": 1,
        "shared": True,
        "skip": True,
        "masked": False,
        "window_scale": WINDOW_SCALES["window"],
        "dropout": 0.0,
        **options,
    }
    n_features = (1 if settings["shared"] else 3) + 4  # two past, two known
    n_features *= 1 + settings["masked"]
    torch.manual_seed(0)
    module = ForecastNetwork(SegmentEncoder(n_features, 8, 3, 3), 8, **settings)
    for part in module.modules():
        if isinstance(part, torch.nn.Linear) and not fresh:  # near rows say nothing
            torch.nn.init.normal_(part.weight, std=0.3)
    return module.double()


def window(n=5):
    torch.manual_seed(1)
    sizes = ((n, 12, 7), (n, 4, 2), (n, 1))
    return Window(*(torch.randn(size, dtype=torch.float64) for size in sizes))


def test_training_starts_from_the_center_of_the_window():
    module, given = network(fresh=True), window()
    center = module.window_scale(given.past[:, :, :3]).center
    torch.testing.assert_close(module(given)[:, :, :, 0], center.expand(-1, 4, -1))


def test_a_head_that_does_not_start_at_zero_teaches_the_encoder_at_once():
    for zero_head in (True, False):
        module = network(fresh=True, zero_head=zero_head, n_future=0)
        module(replace(window(), future=torch.zeros(5, 4, 0))).sum().backward()
        taught = module.encoder.convolution.weight.grad.any()
        assert taught == (not zero_head)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("n_segments", [1, 2, 3])
def test_outputs_have_a_place_for_each_step_and_target(shared, skip, n_segments):
    module = network(shared=shared, skip=skip, n_segments=n_segments)
    assert module(window()).shape == (5, 4, 3, 3)


class Told(torch.nn.Module):
    """An encoder whose steps are given."""

    def __init__(self, *steps):
        super().__init__()
        self.steps = torch.tensor(steps)

    def forward(self, x, lengths):
        return self.steps.expand(len(x), -1).unsqueeze(2), None


def test_each_segment_of_the_horizon_comes_from_its_own_step():
    settings = {"n_targets": 1, "n_future": 0, "n_static": 0, "n_locations": 1}
    module = ForecastNetwork(
        Told(9.0, 1.0, 2.0),
        1,
        window_length=4,
        horizon=5,
        n_segments=2,
        n_log_scales=0,
        shared=True,
        skip=False,
        masked=False,
        window_scale=WINDOW_SCALES["last"],
        dropout=0.0,
        **settings,
    )
    module.head.weight.data = torch.tensor([[1.0], [10.0], [100.0]])
    past = torch.zeros(1, 4, 1)
    outputs = module(Window(past, torch.zeros(1, 5, 0), torch.zeros(1, 0)))
    assert outputs.flatten().tolist() == [1, 10, 100, 2, 20]  # the sixth is cut off


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("kind", ["last", "window"])
def test_forecasts_follow_the_level_and_width_of_their_window(shared, kind):
    module = network(shared=shared, window_scale=WINDOW_SCALES[kind])
    given = window()
    outputs = module(given)
    past = given.past.clone()
    past[:, :, :3] = past[:, :, :3] + 100
    moved = module(replace(given, past=past))
    torch.testing.assert_close(moved[..., :2], outputs[..., :2] + 100)
    torch.testing.assert_close(moved[..., 2], outputs[..., 2])
    if kind == "window":  # but for the least variance
        past[:, :, :3] = given.past[:, :, :3] * 1000
        wide = module(replace(given, past=past))
        past[:, :, :3] *= 1000
        wider = module(replace(given, past=past))
        torch.testing.assert_close(
            wider[..., :2], wide[..., :2] * 1000, rtol=1e-2, atol=1
        )


def test_a_shared_network_forecasts_each_target_by_itself():
    module, given = network(), window()
    outputs = module(given)
    swapped = given.past[:, :, [1, 0, 2, 3, 4, 5, 6]]
    other = module(replace(given, past=swapped))
    torch.testing.assert_close(other, outputs[:, :, [1, 0, 2]])
    past = given.past.clone()
    past[:, :, 2] = 0
    changed = module(replace(given, past=past))
    torch.testing.assert_close(changed[:, :, :2], outputs[:, :, :2])


def test_every_part_of_a_window_matters():
    module, given = network(), window()
    outputs = module(given)
    for name in ("past", "future", "static"):
        part = getattr(given, name).clone()
        part[:, 0] += 1
        assert not torch.equal(module(replace(given, **{name: part})), outputs), name


@pytest.mark.parametrize("n_segments", [1, 2, 3])
def test_what_is_known_of_a_step_moves_that_step_only(n_segments):
    module, given = network(n_segments=n_segments), window()
    future = given.future.clone()
    future[:, 2] += 1
    moved = (module(replace(given, future=future)) != module(given)).flatten(2).any(2)
    assert moved.any(0).tolist() == [False, False, True, False]


@pytest.mark.parametrize("shared", [True, False])
def test_what_is_known_of_a_step_tells_of_those_around_it_once_learned(shared):
    module = network(shared=shared, horizon=17)
    torch.nn.init.normal_(module.near.convolution.weight)
    given = replace(window(), future=torch.randn(5, 17, 2, dtype=torch.float64))
    future = given.future.clone()
    future[:, 8] += 1
    moved = (module(replace(given, future=future)) != module(given)).flatten(2).any(2)
    assert moved.any(0).tolist() == [False] + 15 * [True] + [False]


@pytest.mark.parametrize("shared", [True, False])
def test_holes_are_seen_as_such(shared):
    """Of every target by itself, if the network is shared; of covariates by all."""
    module, given = network(masked=True, shared=shared), window()
    missing = torch.zeros(5, 12, 5, dtype=torch.bool)
    seen = module(replace(given, missing=missing))
    torch.testing.assert_close(seen, module(given))
    for column, changed in ((1, [not shared, True, not shared]), (4, [True] * 3)):
        holed = missing.clone()
        holed[:, 10, column] = True
        moved = module(replace(given, missing=holed)) != seen
        assert moved.any(3).any(1).any(0).tolist() == changed


def test_a_closed_gate_keeps_features_from_the_network():
    gate = InputGate(7)
    module, given = network(gate=gate, shared=False, skip=False), window()
    outputs = module(given)
    gate.is_open[3:5] = 0  # the past covariates
    closed = module(given)
    assert not torch.allclose(closed, outputs)
    past = given.past.clone()
    past[:, :, 3:5] += 9
    torch.testing.assert_close(module(replace(given, past=past)), closed)


def test_segments_end_with_the_last_step():
    encoder = SegmentEncoder(1, 1, 3, 3)
    torch.nn.init.ones_(encoder.convolution.weight)
    torch.nn.init.zeros_(encoder.convolution.bias)
    sums, _ = encoder(torch.arange(1.0, 9.0).reshape(1, 8, 1))
    assert sums.flatten().tolist() == [3 + 4 + 5, 6 + 7 + 8]
