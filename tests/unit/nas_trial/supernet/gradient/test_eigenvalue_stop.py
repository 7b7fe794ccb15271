from __future__ import annotations

import pytest
import torch

from nas_trial.supernet.gradient.eigenvalue_stop import Sharpness, dominant_eigenvalue, rolled_back_to

FLAT = [0.2] * 12


def test_a_search_whose_loss_stays_flat_goes_on() -> None:
    assert all(rolled_back_to(FLAT[:epochs]) is None for epochs in range(13))
    assert rolled_back_to([0.4 - 0.02 * epoch for epoch in range(12)]) is None


def test_it_ends_when_the_mean_of_five_epochs_has_grown_by_a_third_in_five() -> None:
    # The mean of the last 5 is 0.2 * (1 + 1.75 / 5) = 0.27, and 0.2 / 0.27 < 0.75.
    assert rolled_back_to([*FLAT, 0.55]) == 8
    assert rolled_back_to([*FLAT, 0.52]) is None


def test_it_does_not_end_before_the_tenth_epoch() -> None:
    rising = [0.1 * 1.5**epoch for epoch in range(10)]

    assert [rolled_back_to(rising[:epochs]) for epochs in (5, 9, 10)] == [None, None, 5]


def test_negative_eigenvalues_say_nothing() -> None:
    assert rolled_back_to([-1.0] * 5 + [-0.1] * 5) is None
    assert rolled_back_to([0.1] * 5 + [-1.0] * 5) is None


@pytest.mark.parametrize("largest", [3.0, -3.0])
def test_the_eigenvalue_is_the_one_of_the_greatest_size(largest: float) -> None:
    basis, _ = torch.linalg.qr(torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0)))
    matrix = basis @ torch.diag(torch.tensor([largest, 1.0, -0.5, 0.1, 0.0], dtype=torch.float64)) @ basis.T
    one, other = torch.zeros(2, dtype=torch.float64), torch.zeros(3, 1, dtype=torch.float64)
    parameters = [one.requires_grad_(), other.requires_grad_()]
    point = torch.cat([parameter.reshape(-1) for parameter in parameters])

    found = dominant_eigenvalue(
        0.5 * point @ matrix @ point + point.sum(), parameters, torch.Generator().manual_seed(1)
    )

    assert found == pytest.approx(largest, rel=1e-2)


def test_a_hessian_of_zeros_has_the_eigenvalue_0() -> None:
    parameter = torch.ones(3, requires_grad=True)

    assert dominant_eigenvalue((parameter.square() * 0).sum(), [parameter], torch.Generator()) == 0


def test_the_architecture_is_that_of_five_epochs_ago_also_when_resumed() -> None:
    alpha = torch.zeros(2, 3)
    sharpness = Sharpness({"alpha.cell": alpha}, epochs=20)
    for epochs, eigenvalue in enumerate([*FLAT, 0.55], start=1):
        assert sharpness.rolled_back is None
        alpha.fill_(epochs)
        sharpness.note(epochs, eigenvalue)
        again = Sharpness({"alpha.cell": alpha}, epochs=20)
        again.load({name: value.clone() for name, value in sharpness.state().items()})
        sharpness = again

    assert sharpness.rolled_back is not None
    assert sharpness.rolled_back["alpha.cell"].eq(8).all()
