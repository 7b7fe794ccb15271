from __future__ import annotations

import torch

from nas_trial.supernet.momenta import start_momenta


def sgd(weights: list[torch.Tensor]) -> torch.optim.Optimizer:
    return torch.optim.SGD(weights, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01, fused=True)


def test_the_first_step_is_what_it_would_be_without() -> None:
    one, other = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    started, plain = sgd([one]), sgd([other])
    start_momenta(started)

    for _ in range(3):
        one.grad, other.grad = torch.full((3,), 2.0), torch.full((3,), 2.0)
        started.step()
        plain.step()

    assert torch.equal(one, other)


def test_weights_may_be_computed_for_the_first_time_later_than_others() -> None:
    early, late = torch.ones(3, requires_grad=True), torch.ones(3, requires_grad=True)
    optimizer = sgd([early, late])
    start_momenta(optimizer)

    early.grad = torch.ones(3)
    optimizer.step()
    assert torch.equal(late, torch.ones(3))  # nor has it decayed
    late.grad = torch.ones(3)
    optimizer.step()

    assert late[0] < 1


def test_an_optimiser_without_momentum_stays_as_it_is() -> None:
    optimizer = torch.optim.AdamW([torch.ones(3, requires_grad=True)])

    start_momenta(optimizer)

    assert not optimizer.state
