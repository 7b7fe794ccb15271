from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional

from nas_trial.errors import CandidateRejected
from nas_trial.training.regularize import add_dropout


def test_dropout_is_before_the_last_layer_and_in_training_only() -> None:
    network = nn.Sequential(nn.Linear(4, 100), nn.Linear(100, 3))
    nn.init.ones_(network[1].weight)  # type: ignore[arg-type]
    nn.init.zeros_(network[1].bias)  # type: ignore[arg-type]
    plain = copy.deepcopy(network)
    add_dropout(network, 0.5, outputs=3)
    x = torch.randn(64, 4)
    torch.manual_seed(0)
    dropped = network(x)
    torch.manual_seed(0)
    assert torch.allclose(dropped, functional.dropout(plain[0](x), 0.5).sum(1, keepdim=True).expand(-1, 3), atol=1e-4)
    assert torch.equal(network.eval()(x), plain(x))
    assert network.state_dict().keys() == plain.state_dict().keys()


def test_no_dropout_changes_nothing() -> None:
    network = nn.Conv2d(1, 1, 1)
    add_dropout(network, 0.0, outputs=1)
    assert not network._forward_pre_hooks


def test_a_network_without_a_linear_end() -> None:
    with pytest.raises(CandidateRejected, match="does not end in a linear layer"):
        add_dropout(nn.Linear(4, 7), 0.1, outputs=3)
