from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_model.signature import ImageInput, Signature
from nas_trial.training.growth import Region, place, quiet_blocks, regions

STAGES: dict[str, Any] = {
    "stages": [
        {"blocks": ["conv"], "widths": [8, 12], "kernels": [3, 5]},
        {
            "blocks": ["mbconv"],
            "widths": [12, 16],
            "depth": {"min": 1, "max": 3},
            "stride": 2,
            "kernels": [3, 5],
            "expansions": [2, 4],
            "squeezeExcitation": "on",
        },
        {"blocks": ["fused-mbconv"], "widths": [16, 20], "stride": 2, "kernels": [3, 7], "expansions": [1, 3]},
        {"blocks": ["bottleneck"], "widths": [24, 32], "depth": {"min": 1, "max": 2}, "expansions": [4, 2]},
        {"blocks": ["separable"], "widths": [32, 40], "kernels": [3, 5]},
    ]
}


def ends(space: Any, place_: int) -> dict[str, str]:
    """Return the architecture with the first, or the last, value of each decision."""
    chosen: dict[str, str] = {}
    for decision in space.decisions:
        if decision.when is None or chosen.get(decision.when.decision) in decision.when.values:
            values = getattr(decision, "options", None) or (str(decision.low), str(decision.high))
            chosen[decision.name] = values[place_]
    return chosen


def networks(space: dict[str, Any], channels: int = 3) -> tuple[nn.Module, nn.Module]:
    """Return the smallest and the largest network of a space, as after some training."""
    torch.manual_seed(0)
    spec = SearchSpaceSpec.model_validate(space)
    signature = Signature(5, image=ImageInput(channels, 32, 32))
    found = get_space(spec)
    small, large = (build_network(spec, ends(found, place_), signature).eval() for place_ in (0, -1))
    for module in small.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, std=0.1)  # type: ignore[arg-type]
            nn.init.uniform_(module.running_var, 0.5, 1.5)  # type: ignore[arg-type]
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
    return small, large


def grow(small: nn.Module, large: nn.Module) -> set[str]:
    """Put one network into the other; return the names of the tensors that have something of it."""
    weights, own = small.state_dict(), large.state_dict()
    there = {name: value for name, value in weights.items() if name in own}
    found = regions(large, {name: tuple(value.shape) for name, value in there.items()})
    filled = set()
    for name, value in there.items():
        if name in found:
            place(own[name], found[name], value)
        elif value.shape == own[name].shape:
            own[name].copy_(value)
        else:
            continue
        filled.add(name)
    quiet_blocks(large, [*filled])
    return filled


@pytest.mark.parametrize("space", [STAGES, {"name": "mobilenet-v2", "width": 16}], ids=["stages", "mobilenet-v2"])
def test_a_larger_network_computes_the_same(space: dict[str, Any]) -> None:
    small, large = networks(space)
    assert sum(one.numel() for one in large.parameters()) > 2 * sum(one.numel() for one in small.parameters())
    assert grow(small, large) == set(small.state_dict()), "all of the smaller network is in it"
    x = {"image": torch.randn(4, 3, 32, 32)}
    with torch.no_grad():
        expected = small(x)
        assert expected.std() > 1e-3 and torch.allclose(large(x), expected, atol=1e-5)


def test_all_that_was_added_is_trained() -> None:
    small, large = networks(STAGES)
    grow(small, large)
    before = {name: value.clone() for name, value in large.named_parameters()}
    optimizer = torch.optim.SGD(large.train().parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        large({"image": torch.randn(8, 3, 32, 32)}).square().sum().backward()
        optimizer.step()
    same = {name: (value == before[name]) for name, value in large.named_parameters()}
    # One by one a few may stay, behind an activation that is off: of the few that weigh channels, all.
    assert not [name for name, equal in same.items() if equal.float().mean() > 0.5 and ".weigh." not in name]


def test_outputs_are_not_added() -> None:
    """Three classes are not the first three of five."""
    small, large = networks(STAGES)
    own = large.state_dict()
    shapes = {name: tuple(value.shape) for name, value in small.state_dict().items()}
    shapes["classifier.weight"] = (3, shapes["classifier.weight"][1])
    shapes["classifier.bias"] = (3,)
    found = regions(large, shapes)
    assert "head.0.0.weight" in found and not any(name.startswith("classifier") for name in found)
    assert set(found) <= set(own)


def test_a_block_is_widened_whole_or_not_at_all() -> None:
    small, large = networks(STAGES)
    shapes = {name: tuple(value.shape) for name, value in small.state_dict().items()}
    del shapes["stages.1.0.body.0.1.bias"]
    found = regions(large, shapes)
    assert not any(name.startswith("stages.1.0.") for name in found)
    assert any(name.startswith("stages.2.0.") for name in found)


@pytest.mark.parametrize(
    ("layer", "shape", "region"),
    [
        (nn.Conv2d(2, 3, 5, padding=2), (3, 2, 3, 3), (slice(0, 3), slice(0, 2), slice(1, 4), slice(1, 4))),
        (nn.Conv2d(2, 3, 3, padding=1, stride=2), (3, 2, 1, 1), (slice(0, 3), slice(0, 2), slice(1, 2), slice(1, 2))),
        (nn.Conv2d(2, 3, (1, 7), padding=(0, 3)), (3, 2, 1, 3), (slice(0, 3), slice(0, 2), slice(0, 1), slice(2, 5))),
        # Patches, whose first pixel is in their corner; dilated ones, which see other pixels.
        (nn.Conv2d(2, 3, 4, stride=4), (3, 2, 2, 2), None),
        (nn.Conv2d(2, 3, 5, stride=5), (3, 2, 3, 3), None),
        (nn.Conv2d(2, 3, 5, padding=4, dilation=2), (3, 2, 3, 3), None),
        # Channels, in a network of which nobody knows whether they keep their places.
        (nn.Conv2d(2, 3, 5, padding=2), (3, 1, 3, 3), None),
        (nn.Conv2d(2, 3, 3, padding=1), (3, 2, 5, 5), None),
        (nn.Conv2d(4, 4, 3, padding=1, groups=2), (4, 1, 3, 3), None),
        (nn.Linear(2, 3), (3, 1), None),
    ],
)
def test_in_any_network_kernels_grow_and_nothing_else(
    layer: nn.Module, shape: tuple[int, ...], region: Region | None
) -> None:
    assert regions(nn.Sequential(layer), {"0.weight": shape}).get("0.weight") == region
