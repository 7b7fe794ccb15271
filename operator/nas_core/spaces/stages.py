"""Networks of stages of blocks: the choices of each stage, and the network that follows from them.

Flow: a :class:`Macro` has the choices. `nas_core.spaces.stages_space.StagesSpace` makes decisions of them, and turns an
architecture into a :class:`Blueprint`. `nas_model.networks.stages` builds the network from that.

A network is a 3x3 convolution (the stem), the stages, a 1x1 convolution (the head), the mean over the map, a linear
layer. The layers of a stage have one width; the first of them may halve the map.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from nas_core.api.stages import BlockName

Activation = Literal["relu", "relu6", "silu"]

DIMENSIONS: Mapping[BlockName, tuple[str, ...]] = {
    "conv": ("kernel",),
    "separable": ("kernel",),
    "mbconv": ("kernel", "expansion", "se"),
    "fused-mbconv": ("kernel", "expansion", "se"),
    "bottleneck": ("kernel", "expansion"),
    "pool": ("expansion",),
    "attention": ("expansion", "heads"),
}
"""What there is to choose of a block, beside its width."""

DIVISOR = 8
"""Scaled widths are multiples of it, as in the published networks."""

DEPTH, WIDTH, RESOLUTION = 1.2, 1.1, 1.15
"""Compound scaling: what one step of ``scale`` multiplies (Tan & Le 2019, arXiv:1905.11946, section 3.3)."""


def channels(wanted: float) -> int:
    """Round a scaled width to a multiple of 8, at least 8, and never below 90 % of what is wanted.

    Reference: Sandler et al. 2018 (MobileNetV2), and every mobile network since.
    """
    rounded = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
    return rounded if rounded >= 0.9 * wanted else rounded + DIVISOR


@dataclass(frozen=True)
class Stage:
    """The choices for the layers of a stage; with one value there is nothing to decide."""

    widths: tuple[int, ...]
    """Channels; one decision for the whole stage."""
    blocks: tuple[BlockName, ...] = ("mbconv",)
    kernels: tuple[int, ...] = (3,)
    expansions: tuple[int, ...] = (4,)
    se: tuple[str, ...] = ("no",)
    """Squeeze-and-excitation: ``no``, ``yes`` or both."""
    heads: tuple[int, ...] = (4,)
    depth: tuple[int, int] = (1, 1)
    """The fewest and the most layers."""
    stride: int = 1
    per_layer: bool = True
    """Whether each layer decides for itself, or one decision is for all."""

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Values of each thing that a layer decides: ``op``, ``kernel``, ``expansion``, ``se``, ``heads``."""
        return {
            "op": self.blocks,
            "kernel": tuple(map(str, self.kernels)),
            "expansion": tuple(map(str, self.expansions)),
            "se": self.se,
            "heads": tuple(map(str, self.heads)),
        }

    def scaled(self, width: float, depth: float) -> Stage:
        """Return the stage with widths and numbers of layers multiplied; widths that become equal are one."""
        least, most = self.depth
        return replace(
            self,
            # Where nothing is scaled widths stay as they are given, even one that is no multiple of 8.
            widths=self.widths if width == 1 else tuple(dict.fromkeys(channels(width * w) for w in self.widths)),
            depth=(math.ceil(depth * least), math.ceil(depth * most)),
        )


@dataclass(frozen=True)
class Macro:
    """A space of networks in stages."""

    stem: int
    """Channels of the first convolution, which halves the map. What `spec.width` of a search replaces."""
    stages: tuple[Stage, ...]
    head: int
    """Channels of the last convolution."""
    activation: Activation = "relu"
    scales: tuple[int, ...] = (0,)
    """Steps of compound scaling: ``scale``."""
    multipliers: tuple[str, ...] = ("1",)
    """What every width is multiplied with: ``width``."""
    resolutions: tuple[str, ...] = ("1",)
    """What the sides of the images are multiplied with: ``resolution``."""

    @property
    def choices(self) -> dict[str, tuple[str, ...]]:
        """Values of what is decided for the whole network: ``scale``, ``width`` and ``resolution``."""
        return {
            "scale": tuple(map(str, self.scales)),
            "width": self.multipliers,
            "resolution": self.resolutions,
        }

    def scaled(self, width: int | None, depth: int | None) -> Macro:
        """Return the space with a stem of ``width`` channels and at most ``depth`` layers a stage, all else in step."""
        wider = 1.0 if width is None else width / self.stem
        # By the deepest stage, so that none gets more layers than `depth`.
        deeper = 1.0 if depth is None else depth / max(stage.depth[1] for stage in self.stages)
        return replace(
            self,
            stem=width or self.stem,
            stages=tuple(stage.scaled(wider, deeper) for stage in self.stages),
            head=self.head if wider == 1 else channels(wider * self.head),
        )


@dataclass(frozen=True)
class Layer:
    """A layer of a blueprint. What the block does not have is 0 or False."""

    block: BlockName
    width: int
    """Channels that leave it."""
    stride: int = 1
    kernel: int = 0
    expansion: int = 0
    squeeze: bool = False
    heads: int = 0

    @property
    def code(self) -> str:
        """The layer without width and stride, for example ``mbconv:k3e6se``."""
        settings = (
            f"k{self.kernel}" if self.kernel else "",
            f"e{self.expansion}" if self.expansion else "",
            "se" if self.squeeze else "",
            f"h{self.heads}" if self.heads else "",
        )
        return f"{self.block}:{''.join(settings)}"


@dataclass(frozen=True)
class Blueprint:
    """All about a network that does not depend on the images."""

    stem: int
    stages: tuple[tuple[Layer, ...], ...]
    head: int
    activation: Activation
    resolution: float = 1.0
    """Sides of the network's images, as a multiple of those of the data."""

    @property
    def form(self) -> str:
        """Everything, as one line: equal for equal networks."""
        stages = (
            f"{stage[0].width}/{stage[0].stride}({','.join(layer.code for layer in stage)})" for stage in self.stages
        )
        # Rounded, since a resolution is a product of floats, which may differ in the last digit.
        return f"{self.resolution:.4g}:{self.stem}:{self.activation}:{' '.join(stages)}:{self.head}"
