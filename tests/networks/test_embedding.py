"""Tokens become vectors."""

import torch

from skseq.networks import TokenEmbedding

VECTORS = torch.tensor([[0.0, 0.0], [1.0, 2.0], [3.0, 4.0]])
TOKENS = torch.tensor([[[2], [0]], [[1], [1]]])


def test_each_token_becomes_its_row():
    found = TokenEmbedding(VECTORS)(TOKENS)
    expected = [[[3.0, 4.0], [0.0, 0.0]], [[1.0, 2.0], [1.0, 2.0]]]
    assert found.tolist() == expected


def test_the_gradient_of_a_row_counts_its_uses():
    embedding = TokenEmbedding(VECTORS)
    embedding(TOKENS).sum().backward()
    assert embedding.table.weight.grad.tolist() == [[1.0, 1.0], [2.0, 2.0], [1.0, 1.0]]
    assert not TokenEmbedding(VECTORS, trainable=False).table.weight.requires_grad


def test_values_are_dropped_in_training_only():
    embedding = TokenEmbedding(torch.ones(5, 1000), dropout=0.25)
    assert (embedding(TOKENS) == 0).float().mean().sub(0.25).abs() < 0.05
    assert (embedding.eval()(TOKENS) == 1).all()


def test_vectors_of_tokens_that_no_training_meets_are_zero():
    known = torch.tensor([False, True, True, False])
    vectors = TokenEmbedding.draw(known, 1000)
    assert (vectors[~known] == 0).all()
    assert (vectors[known].std(dim=1) - 0.1).abs().max() < 0.02
