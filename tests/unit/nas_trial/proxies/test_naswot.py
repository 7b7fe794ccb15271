from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from nas_trial.errors import CandidateRejected
from nas_trial.proxies import naswot


class Rectified(nn.Module):
    def __init__(self, activation: nn.Module) -> None:
        super().__init__()
        self.activation = activation

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.activation(inputs["numeric"])


def score(x: list[list[float]], activation: nn.Module | None = None) -> float:
    given = torch.tensor(x, dtype=torch.float32)
    return naswot.score(
        Rectified(activation or nn.ReLU()), {"numeric": given}, torch.zeros(len(given)), functional.mse_loss
    )


def test_two_examples_by_hand() -> None:
    # Codes 110 and 100: K = [[3, 2], [2, 3]], its determinant 5.
    assert score([[1, 2, -1], [5, -1, 0]]) == pytest.approx(math.log(5))


def test_it_grows_with_the_differences_of_the_codes() -> None:
    equal = score([[1.0, 1, 1, 1], [2, 2, 2, 2]])
    near = score([[1.0, 1, 1, 1], [1, 1, 1, -1]])
    far = score([[1.0, 1, 1, 1], [1, 1, -1, -1]])
    assert equal < near < far
    assert math.isfinite(equal)


def test_all_layers_count() -> None:
    stacked = nn.Sequential(nn.ReLU(), nn.ReLU())
    assert score([[1, 2, -1], [5, -1, 0]], stacked) == pytest.approx(math.log(6**2 - 4**2))


@pytest.mark.parametrize("activation", [nn.ReLU6(), nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.ReLU(inplace=True)])
def test_rectifiers_have_the_code_of_relu(activation: nn.Module) -> None:
    assert score([[1, 2, -1], [5, -1, 0]], activation) == pytest.approx(math.log(5))


def test_networks_without_rectifiers_are_rejected() -> None:
    with pytest.raises(CandidateRejected, match=r"proxy naswot.*none of ReLU") as caught:
        score([[1.0], [2.0]], nn.Tanh())
    assert caught.value.reason == "ProxyUnsuitable"
