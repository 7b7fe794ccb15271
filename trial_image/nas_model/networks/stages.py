"""Networks in stages, from the blueprint that `nas_core.spaces.stages_space` reads an architecture as.

Small images: strides are published for 224 pixels. On smaller ones the earliest (the stem's first) are left out, so
that the last map keeps at least 2 positions a side: images of 28 or 32 pixels are halved four times (28, 14, 7, 4, 2),
those of 64 pixels or more five times, as published.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn
from torch.nn import functional

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.stages import Blueprint
from nas_core.spaces.stages_space import StagesSpace
from nas_model.networks.blocks import ACTIVATIONS, block, conv_bn
from nas_model.networks.sharing import shared_as
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import ImageInput, Inputs, Signature

LEAST_SIDE = 2
"""Positions a side that strides leave."""


def fitting_strides(strides: Sequence[int], side: int) -> list[int]:
    """Return the strides with the earliest replaced by 1, so that a side of the map keeps 2 positions."""
    fitting: list[int] = []
    # From the last to the first, so that it is the earliest that give way.
    for stride in reversed(strides):
        shorter = -(-side // stride)  # rounded up, as padded convolutions do
        fits = stride == 1 or shorter >= LEAST_SIDE
        fitting.append(stride if fits else 1)
        side = shorter if fits else side
    return fitting[::-1]


class StagesNetwork(nn.Module):
    """The whole network, from images to logits."""

    def __init__(self, blueprint: Blueprint, image: ImageInput, outputs: int) -> None:
        super().__init__()
        act = ACTIVATIONS[blueprint.activation]
        height, width = (max(1, round(blueprint.resolution * side)) for side in (image.height, image.width))
        self.size = None if (height, width) == (image.height, image.width) else (height, width)
        layers = [layer for stage in blueprint.stages for layer in stage]
        strides = iter(fitting_strides([2, *(layer.stride for layer in layers)], min(height, width)))
        self.stem = nn.Sequential(conv_bn(image.channels, blueprint.stem, 3, next(strides)), act())
        channels, stages = blueprint.stem, []
        for stage in blueprint.stages:
            blocks: list[nn.Module] = []
            for layer in stage:
                made = block(layer, channels, next(strides), blueprint.activation)
                blocks.append(shared_as(made, f"{len(blocks)} {layer.block}"))
                channels = layer.width
            stages.append(nn.Sequential(*blocks))
        self.stages = nn.Sequential(*stages)
        self.head = nn.Sequential(conv_bn(channels, blueprint.head, 1), act())
        self.classifier = nn.Linear(blueprint.head, outputs)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the outputs (N, outputs) of ``image`` (N, C, H, W)."""
        images = inputs["image"]
        if self.size:
            # Antialiased: a smaller resolution must not see other patterns than the images have.
            images = functional.interpolate(images, size=self.size, mode="bilinear", antialias=True)
        features = self.head(self.stages(self.stem(images)))  # (N, head, H', W'), at least 2 x 2
        outputs: Tensor = self.classifier(features.mean((2, 3)))  # (N, outputs)
        return outputs


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture of a space in stages, ready-made or the user's own.

    Raises:
        CandidateRejected: if the data has no images.
    """
    space = get_space(spec)
    assert isinstance(space, StagesSpace)
    if signature.image is None:
        raise unsuitable(space.name, "images", signature)
    return StagesNetwork(space.blueprint(architecture), signature.image, signature.outputs)
