"""Convolution, pooling and attention mixed: each layer chooses; the first stage, whose map is large, has no attention.

In the spirit of CoAtNet (Dai et al., NeurIPS 2021, arXiv:2106.04803: convolution stages before attention stages),
LeViT (Graham et al., ICCV 2021, arXiv:2104.01136) and MetaFormer (Yu et al., CVPR 2022, arXiv:2111.11418: pooling in
the place of attention). CoAtNet-0 has a stem of 64 channels and stages of 96, 192, 384 and 768.
"""

from __future__ import annotations

from nas_core.api.stages import BlockName
from nas_core.spaces.stages import Macro, Stage


def _mixed(widths: tuple[int, ...], blocks: tuple[BlockName, ...]) -> Stage:
    return Stage(
        widths,
        blocks=blocks,
        kernels=(3, 5),
        expansions=(2, 4),
        se=("no", "yes"),
        heads=(4, 8),
        depth=(1, 3),
        stride=2,
    )


HYBRID_VISION = Macro(
    stem=64,
    stages=(
        _mixed((64, 96), ("mbconv", "fused-mbconv", "pool")),
        _mixed((128, 192), ("mbconv", "fused-mbconv", "pool", "attention")),
        _mixed((256, 384), ("mbconv", "pool", "attention")),
        _mixed((512, 768), ("mbconv", "pool", "attention")),
    ),
    head=768,
    activation="silu",
)
"""At about CoAtNet-0's size."""
