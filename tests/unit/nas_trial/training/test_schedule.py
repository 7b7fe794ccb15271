from __future__ import annotations

import pytest
import torch
from torch import nn

from nas_core.api.evaluation import Evaluation, Optimizer
from nas_trial.training.defaults import with_defaults
from nas_trial.training.schedule import make_optimizer, rate_factor


def complete(evaluation: Evaluation) -> Evaluation:
    return with_defaults(evaluation, "image-classification")


def test_the_cosine_goes_from_one_to_zero() -> None:
    assert [rate_factor(step, 4) for step in range(5)] == pytest.approx([1, 0.8535534, 0.5, 0.1464466, 0])


def test_before_it_the_rate_rises_in_a_line() -> None:
    assert [rate_factor(step, 8, warmup=4) for step in range(9)] == pytest.approx(
        [0.25, 0.5, 0.75, 1, 1, 0.8535534, 0.5, 0.1464466, 0]
    )
    assert [rate_factor(step, 2, warmup=4) for step in range(2)] == [0.25, 0.5]


def test_optimisers() -> None:
    network = nn.Linear(2, 2)
    sgd = make_optimizer(
        network,
        complete(Evaluation(optimizer=Optimizer(momentum="0.8", weight_decay="0.01"))),
    )
    assert isinstance(sgd, torch.optim.SGD)
    assert (sgd.defaults["lr"], sgd.defaults["momentum"], sgd.defaults["weight_decay"]) == (0.1, 0.8, 0.01)
    assert sgd.defaults["nesterov"] is True
    plain = make_optimizer(network, complete(Evaluation(optimizer=Optimizer(momentum="0"))))
    assert plain.defaults["nesterov"] is False
    adamw = make_optimizer(
        network,
        complete(Evaluation(optimizer=Optimizer(name="adamw", learning_rate="0.001"))),
    )
    assert isinstance(adamw, torch.optim.AdamW)
    assert adamw.defaults["lr"] == 0.001
