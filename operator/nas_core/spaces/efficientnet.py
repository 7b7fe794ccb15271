"""The space that EfficientNet-B0 was found in, and its compound scaling.

References: Tan et al., "MnasNet", CVPR 2019, arXiv:1807.11626 (section 4.1: the layers of a stage are alike; kernel,
squeeze-and-excitation, and around a hand-made network 0.75, 1 or 1.25 times its width and a layer more or fewer); Tan &
Le, "EfficientNet", ICML 2019, arXiv:1905.11946 (the network B0, which lies in the middle, and ``scale``, which grows
depth, width and resolution together). The published networks have a stem of 32 channels.
"""

from __future__ import annotations

from nas_core.spaces.stages import Macro, Stage


def _searched(width: int, layers: int, stride: int) -> Stage:
    return Stage(
        widths=(width * 3 // 4, width, width * 5 // 4),
        kernels=(3, 5),
        expansions=(3, 6),
        se=("no", "yes"),
        depth=(max(1, layers - 1), layers + 1),
        stride=stride,
        per_layer=False,
    )


EFFICIENTNET = Macro(
    stem=32,
    stages=(
        Stage((12, 16, 20), kernels=(3, 5), expansions=(1,), se=("no", "yes"), depth=(1, 2), per_layer=False),
        _searched(24, 2, 2),
        _searched(40, 2, 2),
        _searched(80, 3, 2),
        _searched(112, 3, 1),
        _searched(192, 4, 2),
        _searched(320, 1, 1),
    ),
    head=1280,
    activation="silu",
    scales=(0, 1, 2, 3),
    resolutions=("0.75", "1", "1.25"),
)
"""At the published size."""
