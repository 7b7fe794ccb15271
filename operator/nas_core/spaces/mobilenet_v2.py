"""Around MobileNetV2: its stages, widths and strides, with its kernels and expansions and others to choose from.

The published network is one of the architectures, so its published weights fit (`evaluation.initFrom`).
Reference: Sandler et al., "MobileNetV2", CVPR 2018, arXiv:1801.04381 (table 2). The published network has a stem of
32 channels.
"""

from __future__ import annotations

from nas_core.spaces.stages import Macro, Stage


def _searched(width: int, layers: int, stride: int) -> Stage:
    return Stage(
        (width,),
        kernels=(3, 5, 7),
        expansions=(3, 6),
        depth=(max(1, layers - 1), layers),
        stride=stride,
        per_layer=True,
    )


MOBILENET_V2 = Macro(
    stem=32,
    stages=(
        Stage((16,), expansions=(1,)),
        _searched(24, 2, 2),
        _searched(32, 3, 2),
        _searched(64, 4, 2),
        _searched(96, 3, 1),
        _searched(160, 3, 2),
        _searched(320, 1, 1),
    ),
    head=1280,
    activation="relu6",
)
"""At the published size."""
