"""What holds for every proxy."""

from __future__ import annotations

import math

import pytest
import torch
from tests.support.trials import architecture
from torch import Tensor, nn
from torch.nn import functional

from nas_core.api.types import ProxyName
from nas_model.networks.nas_bench_201 import NasBench201Network
from nas_trial.errors import CandidateRejected
from nas_trial.proxies.base import Batch, working_copy
from nas_trial.proxies.scores import PROXIES, score_all


def batch(examples: int = 6) -> Batch:
    generator = torch.Generator().manual_seed(3)
    images = torch.randn(examples, 1, 8, 8, generator=generator)
    return Batch({"image": images}, torch.arange(examples) % 3, functional.cross_entropy)


def cell(ops: str) -> NasBench201Network:
    torch.manual_seed(11)
    return NasBench201Network(architecture(ops), in_channels=1, classes=3, width=4, depth=1)


class Careless(nn.Module):
    """Normalises, drops, computes in place, has been trained before and is half frozen."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True), nn.Dropout(), nn.Flatten(), nn.Linear(144, 3)
        )
        self.layers[1].eval()
        self.layers[0].weight.requires_grad_(False)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.layers(inputs["image"])


@pytest.mark.parametrize("ops", ["333333", "312410", "000000", "111111", "444444", "001400"])
def test_all_run_on_cells(ops: str) -> None:
    scores = score_all(cell(ops), batch(), PROXIES)
    assert scores.keys() == PROXIES.keys()
    assert all(type(score) is float and math.isfinite(score) for score in scores.values())


@pytest.mark.parametrize("name", PROXIES)
def test_the_network_is_left_as_it_was_found(name: ProxyName) -> None:
    network, given = Careless(), batch()
    given.loss(network(given.inputs), given.targets).backward()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    gradients = [None if p.grad is None else p.grad.clone() for p in network.parameters()]
    modes = [module.training for module in network.modules()]
    inputs, state = given.inputs["image"].clone(), torch.get_rng_state()

    score_all(network, given, [name])

    assert all(torch.equal(before[key], value) for key, value in network.state_dict().items())
    for parameter, gradient in zip(network.parameters(), gradients, strict=True):
        assert (parameter.grad is None) == (gradient is None)
        assert gradient is None or (parameter.grad is not None and torch.equal(parameter.grad, gradient))
    assert [module.training for module in network.modules()] == modes
    assert [p.requires_grad for p in network.parameters()] == [False] + [True] * 5
    assert all(not m._forward_hooks and not m._forward_pre_hooks for m in network.modules())
    assert network.layers[2].inplace
    assert torch.equal(given.inputs["image"], inputs) and not given.inputs["image"].requires_grad
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("name", PROXIES)
def test_a_score_depends_on_seed_network_and_batch_alone(name: ProxyName) -> None:
    network, given = cell("312410"), batch()
    first = score_all(network, given, [name], seed=5)
    torch.manual_seed(99)
    assert score_all(network, given, ["zen", name], seed=5)[name] == first[name]


def test_random_inputs_follow_the_seed() -> None:
    network, given = cell("312410"), batch()
    assert score_all(network, given, ["zen"], seed=1) != score_all(network, given, ["zen"], seed=2)


def test_a_score_that_is_not_finite_is_rejected() -> None:
    network, given = cell("333333"), batch()
    with torch.no_grad():
        network.classifier.weight.fill_(math.inf)
    with pytest.raises(CandidateRejected, match="proxy snip is nan") as caught:
        score_all(network, given, ["snip"])
    assert caught.value.reason == "ProxyNotFinite"


def test_copies_train_without_dropout_and_write_over_nothing() -> None:
    copied = working_copy(Careless().eval())
    assert copied.training and copied.layers[1].training  # type: ignore[index,union-attr]
    assert not copied.layers[3].training  # type: ignore[index,union-attr]
    assert not copied.layers[2].inplace  # type: ignore[index,union-attr]
