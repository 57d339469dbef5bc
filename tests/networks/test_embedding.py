"""Tokens become vectors."""

import copy

import torch
from torch import nn

from skseq.networks import TokenEmbedding
from skseq.networks.embedding import copied_to
from skseq.networks.side_by_side import side_by_side

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


def test_a_copy_in_another_precision_looks_vectors_up_in_the_table_that_is_there():
    vectors = torch.tensor([[0.1, 0.2], [0.3, 0.7]])
    network = nn.Sequential(TokenEmbedding(vectors), nn.Linear(2, 3))
    found = copied_to(network, torch.float64)
    assert [p.shape for p in found.parameters()] == [(3, 2), (3,)]  # and no table
    assert {p.dtype for p in network.parameters()} == {torch.float32}
    tokens = torch.tensor([[[1], [0]]])
    whole = copy.deepcopy(network).double()(tokens)
    assert torch.equal(found(tokens), whole)
    with torch.no_grad():
        network[0].table.weight += 1
    assert torch.equal(found(tokens), copied_to(network, torch.float64)(tokens))


def test_tables_side_by_side_are_shared_with_a_copy_too():
    network = side_by_side([TokenEmbedding(VECTORS + i) for i in range(2)])
    tokens = torch.cat([TOKENS, TOKENS])
    found = copied_to(network, torch.float64)
    assert not [*found.parameters()]
    assert torch.equal(found(tokens), network(tokens).double())
