"""The first weights of a network tell where it is, whatever was done to it."""

import copy
import gc
import pickle
import weakref

import torch
from torch import nn

from skseq.networks.first_weights import first_weights


def test_the_first_weights_go_where_the_network_goes():
    network = nn.Sequential(nn.ReLU(), nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1)))
    first = first_weights(network)
    assert first is network[1][0].weight
    assert first_weights(network.double()).dtype == torch.float64
    assert first_weights(network.to("meta")).is_meta
    assert first_weights(network) is network[1][0].weight


def test_a_copy_has_first_weights_of_its_own_and_nothing_is_kept_of_either():
    network = nn.Linear(2, 3)
    first_weights(network)
    for other in (copy.deepcopy(network), pickle.loads(pickle.dumps(network))):
        assert first_weights(other) is other.weight
    kept = weakref.ref(network)
    del network
    gc.collect()
    assert kept() is None
