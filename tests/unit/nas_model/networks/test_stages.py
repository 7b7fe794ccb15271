from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from nas_core.api.space import SearchSpaceSpec
from nas_core.api.space_names import SpaceName
from nas_core.spaces import get_space
from nas_core.spaces.efficientnet import EFFICIENTNET
from nas_core.spaces.stages import Blueprint, Layer, Macro, Stage
from nas_core.spaces.stages_space import StagesSpace
from nas_model.networks.build import build_network
from nas_model.networks.stages import StagesNetwork, fitting_strides
from nas_model.signature import ImageInput, Signature, TextInput
from nas_trial.errors import CandidateRejected
from nas_trial.measuring import measure

IMAGENET = Signature(1000, ImageInput(3, 224, 224))


def published(blueprint: Blueprint) -> tuple[int, int]:
    """Return parameters and multiply-adds for ImageNet."""
    assert IMAGENET.image
    network = StagesNetwork(blueprint, IMAGENET.image, 1000)
    return measure.parameters(network), measure.count_flops(network, IMAGENET.zeros())


def b0(scale: str) -> Blueprint:
    """Tan & Le 2019, table 1."""
    architecture = {"scale": scale, "resolution": "1"}
    rows = [(3, 1, 16), (3, 2, 24), (5, 2, 40), (3, 3, 80), (5, 3, 112), (5, 4, 192), (3, 1, 320)]
    for number, (kernel, depth, width) in enumerate(rows, start=1):
        decided = {"kernel": kernel, "depth": depth, "width": width, "se": "yes", "expansion": 6}
        architecture |= {f"s{number}.{name}": str(value) for name, value in decided.items()}
    del architecture["s1.expansion"]
    space = StagesSpace("efficientnet", EFFICIENTNET)
    space.validate(architecture)
    return space.blueprint(architecture)


def test_mobilenet_v2_is_as_published() -> None:
    """Sandler et al. 2018, tables 2 and 4: 3.4 M parameters and 300 M multiply-adds; torchvision has 3,504,872."""
    rows = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
    stages = tuple(Stage((c,), expansions=(t,), depth=(n, n), stride=s) for t, c, n, s in rows)
    network = StagesSpace("mobilenet-v2", Macro(32, stages, 1280, "relu6")).blueprint({})
    parameters, flops = published(network)
    assert parameters == 3_504_872
    assert flops == pytest.approx(300e6, rel=0.01)


def test_efficientnet_b0_is_as_published() -> None:
    """5.3 M parameters, 0.39 G multiply-adds; torchvision has 5,288,548."""
    parameters, flops = published(b0("0"))
    assert parameters == 5_288_548
    assert flops == pytest.approx(390e6, rel=0.02)


def test_one_step_of_compound_scaling_is_b2() -> None:
    """9.2 M parameters, 1.0 G multiply-adds; torchvision has 9,109,994."""
    parameters, flops = published(b0("1"))
    assert parameters == 9_109_994
    assert flops == pytest.approx(1.0e9, rel=0.02)


def test_resnet_50_is_as_published() -> None:
    """He et al. 2016: 25,557,032 parameters, of which the stem of 7x7 has 9,408, ours of 3x3 1,728; no head."""
    rows = [(256, 3, 2), (512, 4, 2), (1024, 6, 2), (2048, 3, 2)]
    stages = tuple(Stage((c,), blocks=("bottleneck",), depth=(n, n), stride=s) for c, n, s in rows)
    parameters, _ = published(StagesSpace("resnet-50", Macro(64, stages, 2048)).blueprint({}))
    head = 2048 * 2048 + 2 * 2048
    assert parameters - head == 25_557_032 - 9_408 + 1_728


@pytest.mark.parametrize("name", ["mobilenet", "mobilenet-v2", "efficientnet", "hybrid-vision", "tiny"])
def test_random_architectures_learn_something(name: SpaceName) -> None:
    """Each of 20 is built, and every parameter gets a gradient."""
    spec, rng = SearchSpaceSpec(name=name, width=4, depth=2), np.random.default_rng(0)
    signature = Signature(3, ImageInput(1, 12, 12))
    x, y = {"image": torch.randn(4, 1, 12, 12)}, torch.tensor([0, 1, 2, 0])
    for _ in range(20):
        network = build_network(spec, get_space(spec).sample(rng), signature)
        logits = network(x)
        assert logits.shape == (4, 3)
        functional.cross_entropy(logits, y).backward()
        gradients = [parameter.grad for parameter in network.parameters()]
        assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 8, 8), (1, 28, 28), (3, 33, 17)])
def test_images_of_any_size_and_channels_fit(shape: tuple[int, int, int]) -> None:
    spec = SearchSpaceSpec(name="hybrid-vision", width=4)
    architecture = get_space(spec).sample(np.random.default_rng(5))
    network = build_network(spec, architecture, Signature(7, ImageInput(*shape)))
    assert network({"image": torch.randn(2, *shape)}).shape == (2, 7)


@pytest.mark.parametrize(
    ("side", "strides"),
    [
        (224, [2, 2, 2, 1, 2, 2]),
        (64, [2, 2, 2, 1, 2, 2]),
        (32, [1, 2, 2, 1, 2, 2]),
        (28, [1, 2, 2, 1, 2, 2]),
        (8, [1, 1, 1, 1, 2, 2]),
        (3, [1, 1, 1, 1, 1, 2]),
        (2, [1, 1, 1, 1, 1, 1]),
        (1, [1, 1, 1, 1, 1, 1]),
    ],
)
def test_small_images_lose_the_earliest_strides(side: int, strides: list[int]) -> None:
    assert fitting_strides([2, 2, 2, 1, 2, 2], side) == strides


def test_the_last_map_of_a_small_image_has_two_positions_a_side() -> None:
    layers = tuple((Layer("conv", 4, stride=2, kernel=3),) for _ in range(5))
    network = StagesNetwork(Blueprint(4, layers, 4, "relu"), ImageInput(1, 28, 34), 2)
    assert network.stages(network.stem(torch.randn(1, 1, 28, 34))).shape == (1, 4, 2, 3)


def test_the_resolution_resizes_the_images() -> None:
    """What is between the pixels of the smaller image is smoothed, not left out."""
    network = StagesNetwork(Blueprint(4, ((Layer("conv", 4, kernel=1),),), 4, "relu", 0.5), ImageInput(1, 8, 12), 2)
    seen: list[torch.Tensor] = []
    network.stem.register_forward_hook(lambda _module, inputs, _output: seen.append(inputs[0]))
    stripes = torch.tensor([0.0, 1.0]).repeat(6).expand(3, 1, 8, 12)
    network({"image": stripes})
    assert seen[0].shape == (3, 1, 4, 6)
    torch.testing.assert_close(seen[0][..., 1:-1], torch.full((3, 1, 4, 4), 0.5))


def test_own_stages_are_built() -> None:
    fields: dict[str, Any] = {"stages": [{"blocks": ["conv"], "widths": [6], "kernels": [3, 5]}]}
    spec = SearchSpaceSpec.model_validate(fields)
    network = build_network(spec, {"s1.l0.kernel": "5"}, Signature(2, ImageInput(1, 8, 8)))
    assert measure.parameters(network) == (6 * 9 + 12) + (6 * 6 * 25 + 12) + (6 * 6 + 12) + (6 * 2 + 2)


def test_data_without_images_is_rejected() -> None:
    spec = SearchSpaceSpec(name="tiny")
    architecture = get_space(spec).sample(np.random.default_rng(0))
    with pytest.raises(CandidateRejected, match="searchSpace tiny is for images; the data has text"):
        build_network(spec, architecture, Signature(2, text=TextInput(10, 5)))
