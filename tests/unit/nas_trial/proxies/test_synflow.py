from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas_trial.proxies import synflow

TARGETS = torch.tensor([0, 1])


class Network(nn.Module):
    def __init__(self, name: str, *layers: nn.Module) -> None:
        super().__init__()
        self.name, self.layers = name, nn.Sequential(*layers)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.layers(inputs[self.name])


def score(network: nn.Module, name: str, values: Tensor) -> float:
    return synflow.score(network, {name: values}, TARGETS, functional.cross_entropy)


def chain() -> Network:
    network = Network("numeric", nn.Linear(2, 2, bias=False), nn.ReLU(), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        network.layers[0].weight.copy_(torch.tensor([[1.0, -2.0], [-3.0, 4.0]]))  # type: ignore[operator]
        network.layers[2].weight.copy_(torch.tensor([[-5.0, 6.0]]))  # type: ignore[operator]
    return network


def test_each_layer_carries_the_whole_flow() -> None:
    # Of ones, through the absolute values: 3 * 5 + 7 * 6 = 57, in each of the two layers.
    assert score(chain(), "numeric", torch.zeros(2, 2)) == pytest.approx(2 * 57)


def test_no_data_are_needed() -> None:
    assert score(chain(), "numeric", torch.randn(2, 2)) == score(chain(), "numeric", torch.full((2, 2), torch.nan))


def test_it_is_positive_whatever_the_weights() -> None:
    for seed in range(5):
        torch.manual_seed(seed)
        network = Network("image", nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(16, 2))
        assert score(network, "image", torch.randn(2, 3, 4, 4)) > 0


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(2), nn.LayerNorm(2), nn.GroupNorm(1, 2)])
def test_normalisations_are_taken_out(norm: nn.Module) -> None:
    network = chain()
    nn.init.constant_(norm.weight, 100)  # type: ignore[arg-type]
    network.layers.insert(1, norm)
    assert score(network, "numeric", torch.zeros(2, 2)) == pytest.approx(2 * 57)


def test_deep_networks_do_not_overflow() -> None:
    layers = [nn.Linear(10, 10, bias=False) for _ in range(50)]
    for layer in layers:
        nn.init.constant_(layer.weight, 10)
    assert score(Network("numeric", *layers), "numeric", torch.zeros(2, 10)) == pytest.approx(50 * 10 * 100.0**50)


def test_ceilings_are_lifted() -> None:
    network = chain()
    network.layers[1] = nn.ReLU6()
    assert score(network, "numeric", torch.zeros(2, 2)) == pytest.approx(2 * 57)


def test_tokens_are_ones_where_there_are_such() -> None:
    network = Network("tokens", nn.Embedding(2, 1), nn.Flatten(), nn.Linear(2, 1, bias=False))
    with torch.no_grad():
        network.layers[0].weight.copy_(torch.tensor([[3.0], [-5.0]]))  # type: ignore[operator]
        network.layers[2].weight.fill_(1)  # type: ignore[operator]
    # The second column of the batch has no token but 0.
    assert score(network, "tokens", torch.tensor([[0, 0], [1, 0]])) == pytest.approx(2 * (5 + 3))
