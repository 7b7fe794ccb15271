from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_trial.supernet.gradient.statistics import normalisations, still


def test_running_statistics_stand_still_in_the_block_and_move_behind_it() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 1), nn.BatchNorm2d(2), nn.BatchNorm2d(2, track_running_stats=False))
    layers, x = normalisations(network), torch.randn(4, 1, 3, 3)
    assert layers == [network[1]]
    before = {name: value.clone() for name, value in network.state_dict().items()}

    with still(layers):
        inside = network(x)
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    outside = network(x)

    assert torch.equal(inside, outside)
    assert network[1].num_batches_tracked == 1


def test_they_move_again_also_behind_an_error() -> None:
    layer = nn.BatchNorm2d(2)

    with pytest.raises(KeyError), still([layer]):
        raise KeyError

    assert layer.track_running_stats
