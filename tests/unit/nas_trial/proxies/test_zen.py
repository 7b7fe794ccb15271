from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas_trial.errors import CandidateRejected
from nas_trial.proxies import zen


class Network(nn.Module):
    def __init__(self, *layers: nn.Module, name: str = "image") -> None:
        super().__init__()
        self.name, self.layers = name, nn.Sequential(*layers)

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.layers(inputs[self.name])


IMAGES = torch.zeros(zen.EXAMPLES, 8, 16, 16)


def score(network: nn.Module, name: str = "image", values: Tensor = IMAGES) -> float:
    torch.manual_seed(0)
    return zen.score(network, {name: values}, torch.zeros(len(values)), functional.mse_loss)


def test_a_linear_map_changes_as_its_input_does() -> None:
    # The difference is STEP times a Gaussian of 8 x 16 x 16 numbers, each through 8 Gaussian weights.
    expected = math.log(zen.STEP * math.sqrt(8 * 16 * 16) * math.sqrt(8))
    assert score(Network(nn.Conv2d(8, 8, 1, bias=False))) == pytest.approx(expected, abs=0.35)


def test_the_initial_weights_do_not_count() -> None:
    one, other = nn.Conv2d(8, 4, 3), nn.Conv2d(8, 4, 3)
    nn.init.constant_(other.weight, 100)
    assert score(Network(one)) == score(Network(other))


def test_batch_normalisation_is_counted_back() -> None:
    # It divides by the deviation, whose logarithm is added: the score stays what it was without.
    plain = score(Network(nn.Conv2d(8, 8, 1, bias=False)))
    normalised = score(Network(nn.Conv2d(8, 8, 1, bias=False), nn.BatchNorm2d(8)))
    assert normalised == pytest.approx(plain, abs=0.1)


def test_deeper_and_wider_networks_score_higher() -> None:
    def network(width: int, depth: int) -> Network:
        layers: list[nn.Module] = []
        for layer in range(depth):
            layers += [nn.Conv2d(width if layer else 8, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        return Network(*layers)

    assert score(network(8, 1)) < score(network(8, 3)) < score(network(32, 3))


def test_features_are_taken_before_they_are_pooled() -> None:
    body = nn.Conv2d(8, 8, 1, bias=False)
    pooled = Network(body, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))
    assert score(pooled) == pytest.approx(score(Network(body)), abs=0.5)
    assert score(pooled) != score(Network(body, nn.AdaptiveAvgPool2d(1)), "image", IMAGES[:1])


def test_outputs_stand_for_features_where_there_are_no_places() -> None:
    assert score(Network(nn.Linear(4, 2), name="numeric"), "numeric", torch.zeros(6, 4)) > math.log(zen.LEAST)


def test_a_network_that_is_cut_through_scores_the_least() -> None:
    class Cut(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 0 * x

    assert score(Network(nn.Conv2d(8, 8, 1), Cut())) == pytest.approx(math.log(zen.LEAST))


def test_noise_cannot_be_added_to_tokens() -> None:
    with pytest.raises(CandidateRejected, match=r"proxy zen.*no input is a number"):
        score(Network(nn.Embedding(3, 2), name="tokens"), "tokens", torch.zeros(2, 3, dtype=torch.int64))
