"""`searchSpace.stages`: a convolutional network in stages, described by the user.

`nas_core.spaces.spec_stages` makes the space from it; `nas_core.spaces.stages` has the blocks.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import NUMBER_AS_TEXT, ApiModel, Rule, k8s

BlockName = Literal["conv", "separable", "mbconv", "fused-mbconv", "bottleneck", "pool", "attention"]
"""What a layer can be; `nas_model.networks.blocks` has each."""

Channels = Annotated[int, Field(ge=1, le=4096)]
Kernel = Annotated[
    int,
    Field(
        ge=1,
        le=11,
        # An odd kernel has a middle, so padding can keep the size of the map.
        json_schema_extra=k8s(rules=(Rule("self % 2 == 1", "the size of a kernel is odd; use 1, 3, 5, 7, 9 or 11"),)),
    ),
]
Small = Annotated[int, Field(ge=1, le=16)]
Resolution = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=4,
        pattern=r"^(0\.[0-9]?[1-9]|[1-4](\.[0-9]?[1-9])?)$",
        json_schema_extra=k8s(
            int_or_string=True, must="a number from '0.01' to '4.99' without zeros at its end, such as '0.5' or 1"
        ),
    ),
]


class DepthRange(ApiModel):
    """How many layers a stage has."""

    rules: ClassVar = (
        # The API server judges the default of a whole range before it fills in the parts.
        Rule("!has(self.min) || !has(self.max) || self.min <= self.max", "min must not exceed max", field_path=".min"),
    )

    min: int = Field(default=1, ge=1, le=16, description="The fewest.")
    max: int = Field(default=1, ge=1, le=16, description="The most.")


class StageSpec(ApiModel):
    """Layers with maps of one size. Each list has the values to choose from; one value leaves nothing to decide."""

    blocks: list[BlockName] = Field(
        default=["mbconv"],
        min_length=1,
        max_length=7,
        description=(
            "What a layer may be: conv, separable (depthwise and 1x1 convolution), mbconv (inverted bottleneck, "
            "MobileNetV2), fused-mbconv (EfficientNetV2), bottleneck (ResNet), pool (PoolFormer), attention (over the "
            "positions of the map)."
        ),
    )
    widths: list[Channels] = Field(
        min_length=1, max_length=16, description="Output channels of the stage, decided once for all its layers."
    )
    depth: DepthRange = Field(default=DepthRange(), description="Layers of the stage.")
    stride: int = Field(default=1, ge=1, le=2, description="2: the first layer halves the map's height and width.")
    kernels: list[Kernel] = Field(
        default=[3],
        min_length=1,
        max_length=6,
        description="Kernel sizes of convolutions, odd.",
    )
    expansions: list[Small] = Field(
        default=[4],
        min_length=1,
        max_length=8,
        description=(
            "How many times wider a block is inside: mbconv, fused-mbconv, and the feed-forward part of "
            "pool and attention. A bottleneck is that many times narrower inside."
        ),
    )
    squeeze_excitation: Literal["off", "on", "search"] = Field(
        default="off", description="Whether mbconv and fused-mbconv have squeeze-and-excitation."
    )
    heads: list[Small] = Field(default=[4], min_length=1, max_length=8, description="Heads of attention.")
    per_layer: bool = Field(
        default=True, description="true: each layer has its own decisions. false: the layers of the stage share them."
    )
