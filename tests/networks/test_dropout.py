import copy
import pickle

import torch

from skseq.networks import Dropout
from skseq.networks.dropout import seed_dropout


def test_values_are_dropped_or_scaled_up():
    dropout = Dropout(0.25).train()
    y = dropout(torch.ones(20_000, dtype=torch.float64))
    assert set(y.unique().tolist()) == {0.0, 1 / 0.75}
    assert abs((y == 0).double().mean() - 0.25) < 0.02
    assert dropout.eval()(y) is y


def test_the_generator_decides_and_the_global_one_is_left_alone():
    layers = torch.nn.Sequential(Dropout(0.5), Dropout(0.5)).train()
    x = torch.ones(50)
    before = torch.get_rng_state()
    results = []
    for _ in range(2):
        seed_dropout(layers, torch.Generator().manual_seed(1))
        results.append(layers(x))
    assert torch.equal(*results)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_copy_does_not_hold_the_generator():
    dropout = Dropout(0.5)
    seed_dropout(dropout, torch.Generator())
    assert copy.deepcopy(dropout).generator is None
    assert pickle.loads(pickle.dumps(dropout)).generator is None
    assert dropout.generator is not None
