"""The mobile space of ProxylessNAS and Once-For-All: each inverted bottleneck has its own kernel and expansion.

References: Cai, Zhu & Han, "ProxylessNAS", ICLR 2019, arXiv:1812.00332 (the widths and strides, ReLU6); Cai et al.,
"Once-for-All", ICLR 2020, arXiv:1908.09791 (section 3: five stages of 2 to 4 layers, kernels 3, 5 and 7, expansions
3, 4 and 6; some 2 x 10^19 networks). The published networks have a stem of 32 channels.
"""

from __future__ import annotations

from nas_core.spaces.stages import Macro, Stage


def _searched(width: int, stride: int) -> Stage:
    return Stage((width,), kernels=(3, 5, 7), expansions=(3, 4, 6), depth=(2, 4), stride=stride)


MOBILENET = Macro(
    stem=32,
    stages=(
        Stage((16,), expansions=(1,)),
        _searched(24, 2),
        _searched(40, 2),
        _searched(80, 2),
        _searched(96, 1),
        _searched(192, 2),
        Stage((320,), expansions=(6,)),
    ),
    head=1280,
    activation="relu6",
)
"""At the published size."""
