import torch

from skseq.networks.masking import reverse_sequences, valid_steps


def test_valid_steps_by_hand():
    mask = valid_steps(torch.tensor([1, 3, 2]), 3)
    assert mask.tolist() == [[True, False, False], [True] * 3, [True, True, False]]


def test_reverse_by_hand_and_back():
    x = torch.tensor([[[1], [2], [3], [0]], [[4], [0], [0], [0]], [[5], [6], [7], [8]]])
    lengths = torch.tensor([3, 1, 4])
    turned = reverse_sequences(x, lengths)
    assert turned[..., 0].tolist() == [[3, 2, 1, 0], [4, 0, 0, 0], [8, 7, 6, 5]]
    assert torch.equal(reverse_sequences(turned, lengths), x)
    assert torch.equal(reverse_sequences(x, None), x.flip(1))
