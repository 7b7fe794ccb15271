"""Networks for microcontrollers: few channels, depthwise-separable layers, the images and all widths scaled as well.

References: Howard et al., "MobileNets", 2017, arXiv:1704.04861 (separable layers, width and resolution multipliers; 8
channels to begin with are a quarter of the paper's); Lin et al., "MCUNet", NeurIPS 2020, arXiv:2007.10319 (width and
resolution decide whether a network fits into the memory, kernel, expansion and depth how good it is).
"""

from __future__ import annotations

from nas_core.spaces.stages import Macro, Stage


def _searched(width: int, stride: int) -> Stage:
    return Stage(
        (width,),
        blocks=("separable", "mbconv"),
        kernels=(3, 5, 7),
        expansions=(3, 4, 6),
        depth=(1, 3),
        stride=stride,
        per_layer=False,
    )


TINY = Macro(
    stem=8,
    stages=(_searched(16, 1), _searched(24, 2), _searched(40, 2), _searched(64, 2), _searched(96, 2)),
    head=128,
    activation="relu6",
    multipliers=("0.5", "0.75", "1"),
    resolutions=("0.5", "0.75", "1"),
)
"""At its own size."""
