from __future__ import annotations

import numpy as np
import pytest
import torch

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.networks.trained import trained_network
from nas_model.signature import Signature, TableInput

SPACE = SearchSpaceSpec(name="tabular", width=8)
SIGNATURE = Signature(2, table=TableInput(3))
ARCHITECTURE = get_space(SPACE).sample(np.random.default_rng(1))


def test_the_weights_are_those_given_and_the_programs_random_numbers_stay() -> None:
    weights = {name: value + 1 for name, value in trained_network_state().items()}
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    network = trained_network(SPACE, ARCHITECTURE, SIGNATURE, weights)
    assert torch.equal(torch.rand(1), expected)
    assert not network.training and not any(p.requires_grad for p in network.parameters())
    assert all(torch.equal(value, weights[name]) for name, value in network.state_dict().items())


def test_weights_of_another_network_are_refused() -> None:
    with pytest.raises(RuntimeError, match="head"):
        trained_network(SPACE, ARCHITECTURE, Signature(5, table=TableInput(3)), trained_network_state())


def trained_network_state() -> dict[str, torch.Tensor]:
    return build_network(SPACE, ARCHITECTURE, SIGNATURE).state_dict()
