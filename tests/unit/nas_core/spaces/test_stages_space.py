from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import ArchitectureError, SearchSpace, get_space
from nas_core.spaces.mobilenet import MOBILENET
from nas_core.spaces.stages import Macro, Stage
from nas_core.spaces.stages_space import StagesSpace
from nas_core.testing.space_conformance import SpaceConformance, features

READY_MADE: tuple[SpaceName, ...] = ("mobilenet", "mobilenet-v2", "efficientnet", "hybrid-vision", "tiny")
SMALL = StagesSpace(
    "small",
    Macro(
        stem=8,
        stages=(
            Stage((8, 16), blocks=("conv", "mbconv", "pool"), kernels=(3, 5), depth=(1, 2)),
            Stage((24,), blocks=("mbconv", "attention"), se=("no", "yes"), heads=(2, 4), stride=2, per_layer=False),
        ),
        head=32,
    ),
)


class TestSmall(SpaceConformance):
    space: ClassVar[SearchSpace] = SMALL


class TestMobileNet(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(SearchSpaceSpec(name="mobilenet"))


class TestEfficientNet(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(SearchSpaceSpec(name="efficientnet"))


class TestHybridVision(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(SearchSpaceSpec(name="hybrid-vision"))


class TestTiny(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(SearchSpaceSpec(name="tiny"))


@pytest.mark.parametrize("name", READY_MADE)
def test_a_thousand_random_architectures(name: SpaceName) -> None:
    space, rng = get_space(SearchSpaceSpec(name=name)), np.random.default_rng(0)
    length = len(features(space, space.sample(rng)))
    parent = space.sample(rng)
    for _ in range(1000):
        other = space.sample(rng)
        child = space.mutate(space.crossover(parent, other, rng), rng)
        space.validate(child)
        assert space.parse(space.text(child)) == child
        assert len(features(space, child)) == length
        assert len(space.canonical_id(child)) == 16
        parent = other


def test_decisions_are_there_only_for_what_there_is() -> None:
    """A layer needs its depth, a setting a block that has it, and a decision two values."""
    assert [(d.name, d.when and (d.when.decision, sorted(d.when.values))) for d in SMALL.decisions] == [
        ("s1.depth", None),
        ("s1.width", None),
        ("s1.l0.op", None),
        ("s1.l0.kernel", ("s1.l0.op", ["conv", "mbconv"])),
        ("s1.l1.op", ("s1.depth", ["2"])),
        ("s1.l1.kernel", ("s1.l1.op", ["conv", "mbconv"])),
        ("s2.op", None),
        ("s2.se", ("s2.op", ["mbconv"])),
        ("s2.heads", ("s2.op", ["attention"])),
    ]
    assert SMALL.size == 2 * (5 + 5 * 5) * 4


def test_a_setting_that_every_block_has_waits_for_the_layer_alone() -> None:
    space = StagesSpace("one", Macro(8, (Stage((8,), kernels=(3, 5), depth=(1, 2)),), 8))
    assert [(d.name, d.when and d.when.decision) for d in space.decisions] == [
        ("s1.depth", None),
        ("s1.l0.kernel", None),
        ("s1.l1.kernel", "s1.depth"),
    ]


ONE = {"s1.depth": "2", "s1.width": "16", "s1.l0.op": "mbconv", "s1.l0.kernel": "5", "s1.l1.op": "pool"}


@pytest.mark.parametrize(
    ("architecture", "text"),
    [
        ({**ONE, "s2.op": "mbconv", "s2.se": "yes"}, "s1(16,mbconv:k5e4,pool:e4) s2(24,1xmbconv:k3e4se)"),
        ({**ONE, "s2.op": "attention", "s2.heads": "2"}, "s1(16,mbconv:k5e4,pool:e4) s2(24,1xattention:e4h2)"),
    ],
)
def test_the_text_shows_what_was_decided_and_what_was_given(architecture: dict[str, str], text: str) -> None:
    assert SMALL.text(architecture) == text
    assert SMALL.parse(text) == architecture


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("s1(16,conv:k5) s2(24,1xmbconv:k3e6)", "write 's1.16,conv:k5. s2.24,1xmbconv:k3e4.'"),
        ("s1(16,conv:k5) s2(32,1xmbconv:k3e4)", "write 's1.16,conv:k5. s2.24,1xmbconv:k3e4.'"),
        ("s1(16,conv:k5,conv:k3,conv:k3) s2(24,1xmbconv:k3e4)", "'s1.depth' is '3'; it has to be one of 1, 2"),
        ("s1(16,conv:k7) s2(24,1xmbconv:k3e4)", "'s1.l0.kernel' is '7'; it has to be one of 3, 5"),
        ("s1(16,dense:k5) s2(24,1xmbconv:k3e4)", "'s1.l0.op' is 'dense'; it has to be one of conv, mbconv, pool"),
        ("s1(16,conv:k5) s2(24,1xmbconv+k3)", r"'1xmbconv\+k3' in s2 is not of the form block:settings"),
        ("s1(16,conv:k5)", "'s2.op' is missing; give one of mbconv, attention"),
        ("s1(16,conv:k5) s2(24,1xmbconv:k3e4) s3(24,1xmbconv:k3e4)", "is not a text of small; write"),
        ("s1(16)", r"'s1\(16\)' in .* is not of the form"),
    ],
)
def test_texts_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=message):
        SMALL.parse(text)


def test_the_blueprint_is_what_was_decided() -> None:
    first, second = SMALL.blueprint({**ONE, "s2.op": "attention", "s2.heads": "2"}).stages
    assert [(layer.block, layer.width, layer.stride, layer.kernel) for layer in first] == [
        ("mbconv", 16, 1, 5),
        ("pool", 16, 1, 0),
    ]
    [layer] = second
    assert (layer.block, layer.width, layer.stride, layer.expansion, layer.heads) == ("attention", 24, 2, 4, 2)


def test_decisions_that_lead_to_one_network_are_one_architecture() -> None:
    """A microcontroller's first widths are 8 channels whatever they are multiplied with."""
    space = StagesSpace("few", Macro(8, (Stage((8,), kernels=(3, 5)),), 8, multipliers=("0.5", "1", "2")))
    ids = [space.canonical_id({"width": width, "s1.l0.kernel": "3"}) for width in ("0.5", "1", "2")]
    assert ids[0] == ids[1] != ids[2]
    assert len(space.distinct) == 4


def test_mobilenet_is_as_large_as_published() -> None:
    """Cai et al. 2020: some 2 x 10^19 networks."""
    assert get_space(SearchSpaceSpec(name="mobilenet")).size == (9**2 + 9**3 + 9**4) ** 5


def test_width_scales_all_channels_and_drops_equal_ones() -> None:
    scaled = MOBILENET.scaled(16, None)
    assert (scaled.stem, scaled.head) == (16, 640)
    assert [stage.widths for stage in scaled.stages] == [(8,), (16,), (24,), (40,), (48,), (96,), (160,)]
    assert MOBILENET.scaled(32, None) == MOBILENET
    assert Stage((12, 16, 20, 64)).scaled(0.5, 1).widths == (8, 16, 32)


def test_depth_is_the_most_layers_of_a_stage() -> None:
    assert [stage.depth for stage in MOBILENET.scaled(None, 2).stages] == [(1, 1), *[(1, 2)] * 5, (1, 1)]
    assert [stage.depth for stage in MOBILENET.scaled(None, 8).stages] == [(2, 2), *[(4, 8)] * 5, (2, 2)]


def test_compound_scaling_grows_depth_width_and_resolution() -> None:
    """Layers that are added are like the last."""
    stage = Stage((24,), kernels=(3, 5), depth=(3, 3), stride=2)
    space = StagesSpace("compound", Macro(16, (stage,), 64, scales=(0, 1, 2), resolutions=("0.5", "1")))
    kernels = {"s1.l0.kernel": "3", "s1.l1.kernel": "3", "s1.l2.kernel": "5"}
    network = space.blueprint({"scale": "2", "resolution": "0.5", **kernels})
    assert [(layer.kernel, layer.width, layer.stride) for layer in network.stages[0]] == [
        (3, 32, 2),
        (3, 32, 1),
        *[(5, 32, 1)] * 3,
    ]
    assert (network.stem, network.head) == (24, 80)
    assert network.resolution == pytest.approx(0.5 * 1.15**2)


def test_a_space_whose_texts_are_too_long_says_what_to_do() -> None:
    with pytest.raises(ValueError, match=r"up to \d{4} characters of 1024; have fewer stages, fewer layers a stage"):
        get_space(SearchSpaceSpec(name="mobilenet", depth=64))


STAGES: list[dict[str, Any]] = [
    {"blocks": ["fused-mbconv", "conv"], "widths": [12, 20], "expansions": [1, 4], "squeezeExcitation": "search"},
    {"blocks": ["attention", "pool"], "widths": [32], "depth": {"min": 1, "max": 2}, "stride": 2, "heads": [2, 4]},
]


def own(**fields: Any) -> SearchSpaceSpec:
    return SearchSpaceSpec.model_validate({"stages": STAGES, **fields})


class TestOwnStages(SpaceConformance):
    space: ClassVar[SearchSpace] = get_space(own(resolutions=["0.5", "1"]))


def test_own_stages_are_built_as_written() -> None:
    space = get_space(own())
    assert isinstance(space, StagesSpace)
    assert space.size == 2 * (1 + 2 * 2) * (3 + 3 * 3)
    network = space.blueprint(space.parse("s1(20,fused-mbconv:k3e1se) s2(32,pool:e4,attention:e4h2)"))
    assert network.form == "1:12:relu:20/1(fused-mbconv:k3e1se) 32/2(pool:e4,attention:e4h2):32"


def test_own_stages_scale() -> None:
    space = get_space(own(width=24, depth=4))
    assert isinstance(space, StagesSpace)
    assert space.macro.stem == 24
    assert [(stage.widths, stage.depth) for stage in space.macro.stages] == [((24, 40), (2, 2)), ((64,), (2, 4))]


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([{"widths": [8]}], "stages leave nothing to decide"),
        ([{"widths": [8, 8]}], "'s1.width': give at least one option, each once"),
        ([{"widths": [8, 16], "depth": {"min": 3, "max": 2}}], "'s1.depth': low must not exceed high"),
    ],
)
def test_own_stages_that_make_no_space(stages: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        get_space(own(stages=stages))
