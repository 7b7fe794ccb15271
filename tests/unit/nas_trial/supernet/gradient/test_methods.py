from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.distributions import Dirichlet

from nas_core.api.gradient import GRADIENTS
from nas_trial.supernet.gradient.cells import MixedCell
from nas_trial.supernet.gradient.darts import DartsMethod
from nas_trial.supernet.gradient.dr_nas import DrNasMethod, concentrations
from nas_trial.supernet.gradient.gdas import GdasMethod, temperature
from nas_trial.supernet.gradient.masks import masked
from nas_trial.supernet.gradient.method import Method, edge_scales, moved, on_edges
from nas_trial.supernet.gradient.methods import METHODS
from nas_trial.supernet.gradient.pc_darts import PcDartsMethod

ALPHA = torch.tensor([[0.0, 1.0, -1.0], [2.0, 0.0, 0.0]])
CPU = torch.device("cpu")


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_strategy_by_gradients_has_a_method() -> None:
    assert set(METHODS) == set(GRADIENTS.values())


@pytest.mark.parametrize("method", [made() for made in METHODS.values()], ids=lambda m: type(m).__name__)
class TestEvery:
    def test_the_mean_and_what_is_drawn_are_probabilities(self, method: Method) -> None:
        for drawn in (method.draw(ALPHA, 0.5, generator()), method.judged(ALPHA)):
            assert torch.allclose(drawn.weights.sum(-1), torch.ones(2))
            assert (drawn.weights >= 0).all()
        assert torch.allclose(method.mean(ALPHA).sum(-1), torch.ones(2))
        assert method.mean(ALPHA).argmax(-1).tolist() == [1, 0]

    def test_the_same_seed_draws_the_same_and_leaves_others_alone(self, method: Method) -> None:
        torch.manual_seed(1)
        expected = torch.rand(3)
        torch.manual_seed(1)

        one, other = (method.draw(ALPHA, 0.5, generator(4)) for _ in range(2))

        assert torch.equal(one.weights, other.weights) and one.path == other.path
        assert torch.equal(torch.rand(3), expected)

    def test_it_has_gradients(self, method: Method) -> None:
        alpha = ALPHA.clone().requires_grad_()

        method.draw(alpha, 0.5, generator()).weights.square().sum().backward()

        assert alpha.grad is not None and alpha.grad.isfinite().all() and alpha.grad.any()

    @pytest.mark.parametrize("shift", [None, torch.full((2, 3), 0.3)], ids=["as it is", "moved"])
    def test_what_is_masked_is_never_drawn_and_the_rest_learns(self, method: Method, shift: Tensor | None) -> None:
        mask = torch.tensor([[True, False, True], [False, False, True]])
        alpha = ALPHA.clone().requires_grad_()
        for seed in range(50):
            drawn = method.draw(masked(alpha, mask), 0.5, generator(seed), shift)
            assert not drawn.weights[~mask].any()
            assert torch.allclose(drawn.weights.sum(-1), torch.ones(2))
            assert drawn.path is None or all(mask[edge, option] for edge, option in enumerate(drawn.path))
            drawn.weights.square().sum().backward()
        assert alpha.grad is not None and alpha.grad.isfinite().all() and not alpha.grad[~mask].any()
        assert not method.mean(masked(ALPHA, mask))[~mask].any()
        assert method.judged(masked(ALPHA, mask)).weights[1].tolist() == [0, 0, 1]

    def test_a_shift_moves_the_probabilities(self, method: Method) -> None:
        shift = torch.tensor([[-1.0, -1.0, 1.0], [-1.0, -1.0, 1.0]])

        drawn = [method.draw(ALPHA, 1.0, generator(seed), shift).weights for seed in range(20)]

        assert torch.stack(drawn).mean(0).argmax(-1).tolist() == [2, 2]


def test_darts_mixes_by_softmax() -> None:
    assert torch.equal(DartsMethod().draw(ALPHA, 0.0, generator()).weights, torch.softmax(ALPHA, -1))


def test_gdas_draws_options_with_their_probabilities() -> None:
    paths = torch.tensor([GdasMethod().draw(ALPHA, 0.0, generator(seed)).path for seed in range(3000)])

    shares = torch.stack([(paths == option).float().mean(0) for option in range(3)], -1)
    assert torch.allclose(shares, torch.softmax(ALPHA, -1), atol=0.03)


def test_gdas_weights_are_exactly_the_chosen_ones_with_the_gradient_of_the_soft_ones() -> None:
    alpha = ALPHA.clone().requires_grad_()

    drawn = GdasMethod().draw(alpha, 0.0, generator())

    assert drawn.path is not None
    rows = drawn.weights.detach()
    assert torch.allclose(rows, torch.nn.functional.one_hot(torch.tensor(drawn.path), 3).float(), atol=1e-6)
    (found,) = torch.autograd.grad(drawn.weights[0, drawn.path[0]], alpha)
    noise = -(-torch.rand(2, 3, generator=generator()).log()).log()
    soft = torch.softmax((torch.log_softmax(alpha, -1) + noise) / 10.0, -1)
    (expected,) = torch.autograd.grad(soft[0, drawn.path[0]], alpha)
    assert torch.allclose(found, expected)


def test_the_temperature_falls_from_10_to_a_tenth() -> None:
    assert [temperature(share) for share in (0.0, 0.5, 1.0)] == pytest.approx([10, 5.05, 0.1])


def test_dr_nas_draws_from_the_dirichlet_of_its_concentrations() -> None:
    drawn = torch.stack([DrNasMethod().draw(ALPHA, 0.0, generator(seed)).weights for seed in range(3000)])

    expected = Dirichlet(concentrations(ALPHA))
    assert torch.allclose(drawn.mean(0), expected.mean, atol=0.02)
    assert torch.allclose(drawn.var(0), expected.variance, atol=0.01)
    assert torch.equal(concentrations(torch.zeros(1, 2)), torch.ones(1, 2))
    assert (concentrations(torch.full((1, 2), -50.0)) > 0).all()


def test_the_weights_of_the_edges_into_a_node_add_up_to_1() -> None:
    cell = MixedCell("cell", ("0-1", "0-2", "1-2"), ("a", "b"))

    assert edge_scales(torch.tensor([5.0, 0.0, 0.0]), cell).tolist() == pytest.approx([1.0, 0.5, 0.5])
    assert PcDartsMethod.edge_weights and not DartsMethod.edge_weights


def test_probabilities_that_are_moved_stay_probabilities() -> None:
    mean = torch.tensor([[0.5, 0.3, 0.2]])

    assert moved(mean, None) is mean
    assert torch.allclose(moved(mean, torch.tensor([[0.1, -0.4, 0.2]])), torch.tensor([[0.6, 0.0, 0.4]]))
    assert torch.equal(moved(mean, torch.full((1, 3), -1.0)), mean)


def test_a_path_is_given_a_factor_only_where_it_learns() -> None:
    method = GdasMethod()

    still, learning = (
        on_edges(method.draw(alpha, 0.0, generator()), None, CPU) for alpha in (ALPHA, ALPHA.clone().requires_grad_())
    )

    assert all(edge.path is not None and edge.weights is None for edge in still)
    assert all(edge.weights is not None and len(edge.weights) == 3 for edge in learning)
