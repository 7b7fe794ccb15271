"""Published cells in the form of the project, and the parameters of operations counted by hand."""

from __future__ import annotations

DARTS_V2 = (
    "normal=sep_conv_3x3~0+sep_conv_3x3~1|sep_conv_3x3~0+sep_conv_3x3~1|skip_connect~0+sep_conv_3x3~1|"
    "skip_connect~0+dil_conv_3x3~2 "
    "reduce=max_pool_3x3~0+max_pool_3x3~1|max_pool_3x3~1+skip_connect~2|max_pool_3x3~0+skip_connect~2|"
    "max_pool_3x3~1+skip_connect~2"
)
"""Liu et al. 2019, figures 4 and 5."""
NASNET_A = (
    "normal=sep_conv_5x5~1+sep_conv_3x3~0|sep_conv_5x5~0+sep_conv_3x3~0|avg_pool_3x3~1+skip_connect~0|"
    "avg_pool_3x3~0+avg_pool_3x3~0|sep_conv_3x3~1+skip_connect~1 "
    "reduce=sep_conv_5x5~1+sep_conv_7x7~0|max_pool_3x3~1+sep_conv_7x7~0|avg_pool_3x3~1+sep_conv_5x5~0|"
    "skip_connect~3+avg_pool_3x3~2|sep_conv_3x3~2+max_pool_3x3~1"
)
"""Zoph et al. 2018, figure 4."""


def operation_parameters(name: str, c: int, stride: int = 1) -> int:
    """Return the weights of the convolutions, and two of the normalisation for each channel."""
    return {
        "none": 0,
        "skip_connect": 0 if stride == 1 else c * c + 2 * c,
        "conv_1x1": c * c + 2 * c,
        "conv_3x3": 9 * c * c + 2 * c,
        "sep_conv_3x3": 2 * (9 * c + c * c + 2 * c),
        "sep_conv_5x5": 2 * (25 * c + c * c + 2 * c),
        "sep_conv_7x7": 2 * (49 * c + c * c + 2 * c),
        "dil_conv_3x3": 9 * c + c * c + 2 * c,
        "dil_conv_5x5": 25 * c + c * c + 2 * c,
        "conv_1x3_3x1": 6 * c * c + 2 * c,
        "conv_1x7_7x1": 14 * c * c + 2 * c,
        "avg_pool_3x3": 0,
        "max_pool_3x3": 0,
        "max_pool_5x5": 0,
        "max_pool_7x7": 0,
    }[name]
