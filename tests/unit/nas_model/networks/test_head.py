from __future__ import annotations

import torch
from torch import nn

from nas_model.networks.head import Float32Linear, head_in_float32, head_of


def test_outputs_are_float32_in_narrow_arithmetic() -> None:
    network = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 3))
    weights = {name: value.clone() for name, value in network.state_dict().items()}
    head_in_float32(network, 3)
    with torch.autocast("cpu", torch.bfloat16):
        assert network[0](torch.ones(2, 4)).dtype == torch.bfloat16
        outputs = network(torch.rand(64, 4))
    assert outputs.dtype == torch.float32
    assert len(outputs[:, 0].unique()) > 32
    assert isinstance(network[1], Float32Linear) and type(network[0]) is nn.Linear
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_a_network_without_a_linear_head() -> None:
    assert head_of(nn.Conv2d(3, 3, 1), 3) is None
    head_in_float32(nn.Conv2d(3, 3, 1), 3)
