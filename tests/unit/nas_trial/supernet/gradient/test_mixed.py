from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from nas_model.networks.operations import operation
from nas_trial.errors import CandidateRejected
from nas_trial.supernet.gradient.mixed import Choices, Mixed, OnEdge

OPTIONS = ("none", "skip_connect", "nor_conv_3x3", "avg_pool_3x3")


def mixed(now: OnEdge, stride: int = 1, partial: int = 1, *, auxiliary: bool = False) -> Mixed:
    torch.manual_seed(0)
    choices = Choices()
    choices.set({"cell": [OnEdge(), now]})
    return Mixed(choices, "cell", 1, OPTIONS, 4, stride, partial=partial, auxiliary=auxiliary)


def weights(*values: float) -> tuple[Tensor, ...]:
    return torch.tensor(values, requires_grad=True).unbind()


@pytest.mark.parametrize("stride", [1, 2])
def test_a_mixture_is_the_weighted_sum_of_all_options(stride: int) -> None:
    edge = mixed(OnEdge(weights=weights(0.4, 0.1, 0.2, 0.3)), stride)
    x = torch.randn(3, 4, 5, 5)

    expected = sum(w * edge[name](x) for w, name in zip((0.4, 0.1, 0.2, 0.3), OPTIONS, strict=True))

    assert torch.allclose(edge(x), expected, atol=1e-6)


def test_a_path_is_its_option_and_nothing_else_is_computed() -> None:
    edge = mixed(OnEdge(2))
    called: list[str] = []
    for name in OPTIONS:
        edge[name].register_forward_hook(lambda *_, name=name: called.append(name))
    x = torch.randn(3, 4, 5, 5)

    out = edge(x)

    assert called == ["nor_conv_3x3"]
    assert torch.equal(out, edge["nor_conv_3x3"](x))


def test_a_weight_with_a_path_is_a_factor_that_learns() -> None:
    leaf = torch.tensor([0.0, 0.0, 1.0, 0.0], requires_grad=True)
    edge = mixed(OnEdge(2, leaf.unbind()))
    x = torch.randn(3, 4, 5, 5)

    edge(x).sum().backward()

    assert leaf.grad is not None
    assert leaf.grad[2] == pytest.approx(edge["nor_conv_3x3"](x).sum().item(), abs=1e-4)
    assert leaf.grad[[0, 1, 3]].tolist() == [0, 0, 0]


@pytest.mark.parametrize(("stride", "size"), [(1, 5), (2, 3)])
def test_an_edge_without_a_choice_adds_nothing(stride: int, size: int) -> None:
    assert torch.equal(mixed(OnEdge(), stride)(torch.randn(2, 4, 5, 5)), torch.zeros(2, 4, size, size))
    none = mixed(OnEdge(weights=weights(1.0, 0.0, 0.0, 0.0)))
    assert not none(torch.randn(2, 4, 5, 5)).any()


def test_the_weight_of_an_edge_scales_all_of_it() -> None:
    x = torch.randn(2, 4, 5, 5)

    assert torch.allclose(mixed(OnEdge(1, scale=torch.tensor(0.25)))(x), 0.25 * x)


def test_normalisations_have_no_scale_or_shift_that_learns() -> None:
    edge = mixed(OnEdge(2))

    assert {name for name, weight in edge.named_parameters() if weight.requires_grad} == {"nor_conv_3x3.1.weight"}
    assert edge["nor_conv_3x3"].state_dict().keys() == operation("conv_3x3", 4).state_dict().keys()


@pytest.mark.parametrize(("stride", "size"), [(1, 5), (2, 3)])
def test_partial_channels_mix_the_first_and_pass_the_others_by(stride: int, size: int) -> None:
    edge = mixed(OnEdge(3), stride, partial=2)
    x = torch.randn(2, 4, 5, 5)

    out = edge(x)

    assert out.shape == (2, 4, size, size)
    # Shuffled: a mixed channel, one that was passed by, and so on.
    assert torch.equal(out[:, ::2], edge["avg_pool_3x3"](x[:, :2]))
    passed = x[:, 2:] if stride == 1 else nn.functional.max_pool2d(x[:, 2:], 2, ceil_mode=True)
    assert torch.equal(out[:, 1::2], passed)


def test_partial_channels_have_to_divide_the_channels() -> None:
    with pytest.raises(CandidateRejected, match="3 does not divide the 4 channels"):
        mixed(OnEdge(1), partial=3)


def test_the_auxiliary_skip_is_added_with_its_weight() -> None:
    edge = mixed(OnEdge(0), auxiliary=True)
    x = torch.randn(2, 4, 5, 5)
    assert not edge(x).any()

    edge.choices.auxiliary = 0.5

    assert torch.allclose(edge(x), 0.5 * x)
    assert mixed(OnEdge(0), 2, auxiliary=True)(x).shape == (2, 4, 3, 3)


def test_a_mixture_stays_in_narrow_arithmetic() -> None:
    edge = mixed(OnEdge(weights=weights(0.0, 0.0, 0.5, 0.5)))

    with torch.autocast("cpu", torch.bfloat16):
        out = edge(torch.randn(2, 4, 5, 5).bfloat16())

    assert out.dtype == torch.bfloat16
