"""A frozen encoder stays as it is while what follows is trained."""

import torch

from skseq.networks import ConvEncoder, SequenceNetwork, StepHead


def test_statistics_and_weights_stay_bit_for_bit():
    encoder = ConvEncoder(2, (4, 4), (3, 3), dropout=0.5)
    network = SequenceNetwork(encoder, StepHead(4, (3,), 1, dropout=0.5)).train()
    before = {name: w.clone() for name, w in network.state_dict().items()}
    network.freeze_encoder()
    network.train()
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.1)
    x = torch.randn(8, 6, 2)
    torch.testing.assert_close(network.read(x, None), network.read(x, None))
    network(x).square().mean().backward()
    optimizer.step()
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name]) == name.startswith("encoder")
    assert network.training
    assert not encoder.training
    assert network.head.training
