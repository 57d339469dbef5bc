import torch

from skseq.networks.packing import Packing


def test_where_sequences_go():
    lengths = torch.tensor([2, 6, 3, 1])
    x = torch.arange(1.0, 25).view(4, 6, 1)
    packing = Packing(lengths, 6, gap=1)
    rows = packing.pack(x)
    assert rows[..., 0].tolist() == [
        [7, 8, 9, 10, 11, 12],
        [13, 14, 15, 0, 1, 2],
        [19] + [0] * 5,
    ]
    assert len(packing) == 3
    assert packing.mask.tolist() == (rows[..., 0] > 0).tolist()
    restored = packing.unpack(rows)
    assert restored.shape == x.shape
    for i, n in enumerate(lengths.tolist()):
        assert restored[i, :n].equal(x[i, :n])
        assert (restored[i, n:] == x[i, n - 1]).all()


def test_equal_lengths_stay_rows():
    x = torch.randn(3, 4, 2)
    packing = Packing(torch.tensor([4, 4, 4]), 4, gap=2)
    assert packing.pack(x).equal(x)
    assert packing.mask.all()
