from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch
from torch import Tensor

from nas_trial.supernet.gradient.architecture_loss import gradients
from nas_trial.supernet.gradient.second_order import WeightStep, second_order, weight_step

RATE, DECAY = 0.3, 0.1
Loss = Callable[[Tensor, Tensor], Tensor]


def losses() -> tuple[Loss, Loss]:
    """Return the losses of a mixture of three operations on two sets of numbers."""
    generator = torch.Generator().manual_seed(3)
    (x, y), (u, v) = (torch.randn(2, 12, 4, generator=generator, dtype=torch.float64) for _ in range(2))

    def loss(inputs: Tensor, targets: Tensor, weight: Tensor, alpha: Tensor) -> Tensor:
        options = torch.stack([torch.tanh(inputs @ weight), inputs @ weight.T, inputs])
        return ((torch.softmax(alpha, 0)[:, None, None] * options).sum(0) - targets).square().mean()

    return lambda w, a: loss(x, y, w, a), lambda w, a: loss(u, v, w, a)


def exact(training: Loss, validation: Loss, weight: Tensor, alpha: Tensor, push: Tensor) -> Tensor:
    """Differentiate through the step itself."""
    (gradient,) = torch.autograd.grad(training(weight, alpha), weight, create_graph=True)
    stepped = weight - RATE * (gradient + DECAY * weight + push)
    (found,) = torch.autograd.grad(validation(stepped, alpha), alpha)
    return found


@pytest.fixture
def problem() -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    weight, push = torch.randn(2, 4, 4, generator=generator, dtype=torch.float64)
    alpha = torch.tensor([0.3, -0.2, 0.1], dtype=torch.float64)
    return weight.requires_grad_(), alpha.requires_grad_(), 0.1 * push


def test_it_is_the_gradient_through_the_step(problem: tuple[Tensor, Tensor, Tensor]) -> None:
    weight, alpha, push = problem
    training, validation = losses()
    before = weight.detach().clone()

    def of(loss: Loss) -> Callable[[Sequence[Tensor]], list[Tensor]]:
        return lambda tensors: gradients(loss(weight, alpha), tensors)

    (found,) = second_order(of(training), of(validation), [alpha], WeightStep([weight], RATE, [DECAY], [push]))

    expected = exact(training, validation, weight, alpha, push)
    (direct,) = second_order(of(training), of(validation), [alpha], WeightStep([weight], 0.0, [DECAY], [push]))
    assert torch.allclose(found, expected, rtol=1e-3)
    # The sign of the second term matters here: with the other one it would be far off.
    assert (found - expected).norm() < 0.01 * (expected - direct).norm()
    assert torch.equal(weight, before)


def test_the_step_is_that_of_the_optimiser() -> None:
    decayed, free = (torch.ones(2, requires_grad=True) for _ in range(2))
    groups = [{"params": [decayed], "weight_decay": 0.5}, {"params": [free], "weight_decay": 0.0}]
    optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    decayed.grad, free.grad = torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])
    optimizer.step()

    ahead = weight_step(optimizer)

    assert (ahead.rate, ahead.decays) == (0.1, [0.5, 0.0])
    assert [push is not None and push.tolist() for push in ahead.pushes] == [
        pytest.approx([0.9 * 1.5, 0.9 * 2.5]),
        pytest.approx([0.9 * 3.0, 0.9 * 4.0]),
    ]


def test_an_optimiser_without_momentum_steps_along_the_gradient() -> None:
    ahead = weight_step(torch.optim.AdamW([torch.ones(2, requires_grad=True)], lr=0.1, weight_decay=0.2))

    assert (ahead.rate, ahead.decays, ahead.pushes) == (0.1, [0.0], [None])
