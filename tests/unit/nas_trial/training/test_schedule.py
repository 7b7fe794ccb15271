from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_trial.training.defaults import with_defaults
from nas_trial.training.schedule import Schedule, decay_groups, make_optimizer, rate_factor


def complete(evaluation: Evaluation) -> Evaluation:
    return with_defaults(evaluation, "image-classification")


def test_the_cosine_goes_from_one_to_zero() -> None:
    assert [rate_factor(step, 4) for step in range(5)] == pytest.approx([1, 0.8535534, 0.5, 0.1464466, 0])


def test_before_it_the_rate_rises_in_a_line() -> None:
    assert [rate_factor(step, 8, warmup=4) for step in range(9)] == pytest.approx(
        [0.25, 0.5, 0.75, 1, 1, 0.8535534, 0.5, 0.1464466, 0]
    )
    assert [rate_factor(step, 2, warmup=4) for step in range(2)] == [0.25, 0.5]


def test_constant_and_step() -> None:
    assert [rate_factor(step, 8, 2, "constant") for step in range(8)] == [0.5, *[1] * 7]
    assert [rate_factor(step, 8, 2, "step") for step in range(8)] == [0.5, 1, 1, 1, 0.1, 0.1, 0.01, 0.01]


@pytest.mark.parametrize("steps", [2, 3, 4, 10, 1000])
def test_the_schedules_are_those_of_pytorch(steps: int) -> None:
    def rates(make: Callable[[torch.optim.Optimizer], Any]) -> list[float]:
        optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
        scheduler, found = make(optimizer), []
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step() if len(found) < steps else None
        return found

    schedulers = torch.optim.lr_scheduler
    expected: dict[Schedule, list[float]] = {
        "cosine": rates(lambda optimizer: schedulers.CosineAnnealingLR(optimizer, steps)),
        "one-cycle": rates(lambda optimizer: schedulers.OneCycleLR(optimizer, 1.0, steps, cycle_momentum=False)),
    }
    if steps % 4 == 0:
        milestones = [steps // 2, steps * 3 // 4]
        expected["step"] = rates(lambda optimizer: schedulers.MultiStepLR(optimizer, milestones))
    for schedule, factors in expected.items():
        assert [rate_factor(step, steps, 0, schedule) for step in range(steps)] == pytest.approx(factors, abs=1e-9)


def test_one_cycle_has_a_rise_of_its_own() -> None:
    assert rate_factor(0, 100, 50, "one-cycle") == pytest.approx(0.04)
    assert rate_factor(29, 100, 50, "one-cycle") == 1


def test_only_weights_of_layers_decay() -> None:
    network = nn.ModuleDict(
        {
            "conv": nn.Conv2d(1, 2, 3),
            "norm": nn.BatchNorm2d(2),
            "words": nn.Embedding(5, 4),
            "lstm": nn.LSTM(4, 3),
            "head": nn.Linear(3, 2),
        }
    )
    names = {parameter: name for name, parameter in network.named_parameters()}
    network["frozen"] = nn.Linear(1, 1).requires_grad_(False)
    decayed, others = decay_groups(network, 0.1)
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0)
    assert [names[parameter] for parameter in decayed["params"]] == [
        *("conv.weight", "lstm.weight_ih_l0", "lstm.weight_hh_l0", "head.weight")
    ]
    assert len(others["params"]) == len(names) - 4


def test_optimisers() -> None:
    network = nn.Linear(2, 2)
    sgd = make_optimizer(
        network,
        complete(Evaluation(optimizer=Optimizer(momentum="0.8", weight_decay="0.01"))),
    )
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.defaults["lr"], sgd.defaults["momentum"], sgd.param_groups[0]["weight_decay"]) == (0.1, 0.8, 0.01)
    assert sgd.defaults["nesterov"] is True
    plain = make_optimizer(network, complete(Evaluation(optimizer=Optimizer(momentum="0"))))
    assert plain.defaults["nesterov"] is False
    adamw = make_optimizer(
        network,
        complete(Evaluation(optimizer=Optimizer(name="adamw", learning_rate="0.001"))),
    )
    assert isinstance(adamw, torch.optim.AdamW)
    assert adamw.defaults["lr"] == 0.001
