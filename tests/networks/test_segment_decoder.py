import pytest
import torch

from skseq.networks import (
    CELLS,
    ConvRecurrentEncoder,
    RecurrentEncoder,
    SegmentDecoder,
    SegmentEncoder,
)


def decoder(cell="gru", n_segments=3, n_series=2):
    torch.manual_seed(0)
    convolution = SegmentEncoder(2, 4, 3, 3)
    recurrence = RecurrentEncoder(4, CELLS[cell], (5, 6))
    encoder = ConvRecurrentEncoder(convolution, recurrence, skip=False)
    return SegmentDecoder(encoder, n_segments, n_series).double()


def windows(n=6):
    torch.manual_seed(1)
    return torch.randn(n, 12, 2, dtype=torch.float64)


@pytest.mark.parametrize("cell", CELLS)
def test_a_query_is_read_like_one_more_segment(cell):
    module, x = decoder(cell), windows()
    decoded, lengths = module(x, None)
    assert lengths is None
    assert decoded.shape == (6, 3, module.output_size)
    found, _ = module.encoder.convolution(x)
    for row in range(6):
        for segment in range(3):
            # the two series take turns
            query = torch.cat([module.series[row % 2, 0], module.positions[0, segment]])
            steps = torch.cat([found[row], query[None]])
            read, _ = module.encoder.recurrence(steps[None], None)
            torch.testing.assert_close(decoded[row, segment], read[0, -1])


def test_past_and_future_are_read_with_the_same_weights():
    few, many = decoder(n_segments=1), decoder(n_segments=10)
    sizes = [sum(p.numel() for p in module.parameters()) for module in (few, many)]
    assert sizes[1] - sizes[0] == 9 * 2  # half a vector for each further segment


def test_what_is_told_of_a_series_or_a_segment_moves_that_only():
    module, x = decoder(), windows()
    before = module(x)[0]
    module.positions.data[0, 1] += 1
    moved = (module(x)[0] != before).any(dim=2)
    assert moved.tolist() == [[False, True, False]] * 6
    before = module(x)[0]
    module.series.data[0] += 1
    moved = (module(x)[0] != before).any(dim=2)
    assert moved.tolist() == [[True] * 3, [False] * 3] * 3
