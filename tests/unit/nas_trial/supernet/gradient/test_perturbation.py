from __future__ import annotations

from collections.abc import Mapping

import pytest
import torch
from torch import Tensor

from nas_trial.supernet.gradient.method import moved
from nas_trial.supernet.gradient.perturbation import adversarial_shifts, random_shifts, reach

MEANS = {"normal": torch.full((2, 4), 0.25), "reduce": torch.tensor([[0.7, 0.1, 0.1, 0.1]])}


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def test_the_distance_grows_over_the_search() -> None:
    assert [reach(epoch, 10) for epoch in (0, 5)] == pytest.approx([0.03, 0.165])


def test_random_shifts_are_within_the_distance() -> None:
    shifts = random_shifts(MEANS, 0.2, generator())

    assert {cell: shift.shape for cell, shift in shifts.items()} == {cell: mean.shape for cell, mean in MEANS.items()}
    assert all(0 < shift.abs().max() <= 0.2 for shift in shifts.values())
    assert not torch.equal(shifts["normal"][0], shifts["normal"][1])


def test_adversarial_shifts_raise_the_loss_within_the_distance() -> None:
    costs = {cell: torch.linspace(-1, 1, 4).expand_as(mean) for cell, mean in MEANS.items()}

    def loss(mixtures: Mapping[str, Tensor]) -> Tensor:
        return torch.stack([(mixtures[cell] * costs[cell]).sum() for cell in MEANS]).sum()

    shifts = adversarial_shifts(MEANS, 0.1, generator(), lambda mixtures: [costs[cell] for cell in mixtures])

    assert all(shift.abs().max() <= 0.1 for shift in shifts.values())
    worst = {cell: moved(mean, shifts[cell]) for cell, mean in MEANS.items()}
    assert loss(worst) > loss(MEANS) + 0.1
    others = random_shifts(MEANS, 0.1, generator())
    assert loss(worst) > loss({cell: moved(mean, others[cell]) for cell, mean in MEANS.items()})
