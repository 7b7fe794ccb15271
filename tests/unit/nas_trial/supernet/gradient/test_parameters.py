from __future__ import annotations

import torch

from nas_trial.supernet.gradient.cells import MixedCell
from nas_trial.supernet.gradient.parameters import Parameters

CELLS = (MixedCell("normal", ("0-1",), ("a", "b", "c")), MixedCell("reduce", ("0-1",), ("a", "b", "c")))


def made(seed: int = 0, *, edge_weights: bool = True) -> Parameters:
    return Parameters(CELLS, 0.01, 0.1, seed, edge_weights=edge_weights)


def step(parameters: Parameters, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    parameters.step([torch.randn(value.shape, generator=generator) for value in parameters.all])


def test_there_is_a_tensor_for_each_kind_of_cell() -> None:
    assert {name: tuple(value.shape) for name, value in made().named.items()} == {
        "alpha.normal": (1, 3),
        "alpha.reduce": (1, 3),
        "beta.normal": (1,),
        "beta.reduce": (1,),
    }
    assert not made(edge_weights=False).betas


def test_all_options_are_about_as_likely_at_first_and_the_seed_decides() -> None:
    values = torch.cat([value.reshape(-1) for value in made().all])

    assert 0 < values.abs().max() < 0.01
    assert torch.equal(made().alphas["normal"], made().alphas["normal"])
    assert not torch.equal(made().alphas["normal"], made(1).alphas["normal"])


def test_a_state_that_is_put_back_goes_on_as_the_first_would_have() -> None:
    one, other = made(), made(7)
    names = {name: value.shape for name, value in one.state().items()}
    for seed in range(3):
        step(one, seed)
    assert {name: value.shape for name, value in one.state().items()} == names

    other.load({name: value.clone() for name, value in one.state().items()})
    for seed in range(3, 6):
        step(one, seed)
        step(other, seed)

    assert all(torch.equal(a, b) for a, b in zip(one.all, other.all, strict=True))


def test_a_state_of_the_beginning_is_a_beginning() -> None:
    one, other = made(), made(7)
    other.load(one.state())

    step(one, 0)
    step(other, 0)

    assert all(torch.equal(a, b) for a, b in zip(one.all, other.all, strict=True))
