from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from tests.support.one_input import OneInput
from torch import Tensor, nn
from torch.nn import functional

from nas_trial.errors import CandidateRejected
from nas_trial.proxies import epe_nas, jacob_cov
from nas_trial.proxies.jacobian import correlations, jacobian

X = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 2.0, 0.0]])
TARGETS = torch.tensor([0, 1, 1])


class Function(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        return self.function(inputs["numeric"]) + self.bias


def squares(x: Tensor) -> Tensor:
    return x.square()


def of(network: nn.Module) -> float:
    return jacob_cov.score(network, {"numeric": X}, TARGETS, functional.cross_entropy)


def test_the_jacobian_has_a_row_for_each_example() -> None:
    torch.testing.assert_close(jacobian("p", Function(squares), {"numeric": X}), 2 * X.double())


def test_embeddings_stand_for_tokens() -> None:
    network = nn.Sequential(OneInput("tokens"), nn.Embedding(5, 2), nn.Flatten(), nn.Linear(6, 1))
    found = jacobian("p", network, {"tokens": torch.tensor([[1, 2, 3], [0, 0, 4]])})
    torch.testing.assert_close(found, network[3].weight.detach().double().expand(2, 6))  # type: ignore[operator]


def test_a_network_of_codes_alone_is_rejected() -> None:
    network = nn.Sequential(OneInput("tokens"))
    with pytest.raises(CandidateRejected, match=r"proxy jacob_cov.*no input is a number or embedded") as caught:
        jacob_cov.score(network, {"tokens": torch.tensor([[1, 2]])}, TARGETS, functional.cross_entropy)
    assert caught.value.reason == "ProxyUnsuitable"


def test_jacob_cov_of_two_examples_by_hand() -> None:
    # Two rows that correlate by -0.5: the eigenvalues are 0.5 and 1.5.
    x = torch.tensor([[1.0, 0.0, -1.0], [0.0, -1.0, 1.0]])
    score = jacob_cov.score(Function(squares), {"numeric": x}, TARGETS[:2], functional.cross_entropy)
    k = jacob_cov.OFFSET
    assert score == pytest.approx(-sum(math.log(v + k) + 1 / (v + k) for v in (0.5, 1.5)))


def test_jacob_cov_ranks_a_constant_network_last() -> None:
    constant = of(Function(lambda x: 0 * x))
    linear = of(Function(lambda x: x @ torch.tensor([[1.0], [2.0], [4.0]])))
    assert constant == pytest.approx(linear)  # the same answer to every change: nothing is told apart
    assert constant < of(Function(squares))
    assert math.isfinite(constant)


def test_epe_nas_of_two_classes_by_hand() -> None:
    rows = correlations(2 * X.double())[1:, 1:]
    k = epe_nas.OFFSET
    within = sum(math.log(abs(float(value)) + k) for value in rows.flatten())
    score = epe_nas.score(Function(squares), {"numeric": X}, TARGETS, functional.cross_entropy)
    assert score == pytest.approx(abs(math.log(1 + k)) + abs(within))


def test_epe_nas_needs_classes() -> None:
    with pytest.raises(CandidateRejected, match="targets are numbers"):
        epe_nas.score(Function(squares), {"numeric": X}, torch.zeros(3), functional.mse_loss)
