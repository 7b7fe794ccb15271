"""The operations of cells, by the names in the search spaces (`nas_core.api.cell.Operation`).

Each maps (N, C, H, W) to the same channels and, at stride 2, half the height and width, rounded up. Convolutions come
after a ReLU, have no bias, and are followed by batch normalisation (Liu et al. 2019, arXiv:1806.09055, section 3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

Make = Callable[[str, int, int], nn.Module]
"""Makes what stands at one place of a cell, from its name there, channels and stride: an operation, as
:func:`operation` does, or in a supernet several of which one is chosen."""

_SQUARE = re.compile(r"(conv|sep_conv|dil_conv|avg_pool|max_pool)_([0-9])x\2")
_STACKED = re.compile(r"conv_1x([0-9])_\1x1")


def operation(name: str, channels: int, stride: int = 1) -> nn.Module:
    """Return an operation.

    Raises:
        ValueError: if the name is none of the library's.
    """
    if name == "none":
        return Zero(stride)
    if name == "skip_connect":
        return nn.Identity() if stride == 1 else FactorizedReduction(channels, channels)
    if match := _STACKED.fullmatch(name):
        return stacked_conv(channels, int(match[1]), stride)
    if not (match := _SQUARE.fullmatch(name)):
        raise ValueError(f"unknown operation {name!r}")
    kernel = int(match[2])
    match match[1]:
        case "conv":
            return relu_conv_bn(channels, channels, kernel, stride)
        case "sep_conv":  # twice, as in NASNet and DARTS
            return nn.Sequential(separable(channels, kernel, stride), separable(channels, kernel))
        case "dil_conv":
            return separable(channels, kernel, stride, dilation=2)
        case "avg_pool":
            return nn.AvgPool2d(kernel, stride, padding=kernel // 2, count_include_pad=False)
        case _:
            return nn.MaxPool2d(kernel, stride, padding=kernel // 2)


class Zero(nn.Module):
    """The operation ``none``."""

    def __init__(self, stride: int = 1) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros."""
        return torch.zeros_like(x[:, :, :: self.stride, :: self.stride])


def relu_conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """ReLU, convolution without bias, batch normalisation."""
    return nn.Sequential(
        nn.ReLU(inplace=False),
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(c_out),
    )


def separable(channels: int, kernel: int, stride: int = 1, dilation: int = 1) -> nn.Sequential:
    """ReLU, a convolution of each channel, a 1x1 convolution, batch normalisation."""
    padding = dilation * (kernel // 2)
    return nn.Sequential(
        nn.ReLU(inplace=False),
        nn.Conv2d(channels, channels, kernel, stride, padding, dilation, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
    )


def stacked_conv(channels: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """ReLU, a 1xk and a kx1 convolution, batch normalisation."""
    half = kernel // 2
    return nn.Sequential(
        nn.ReLU(inplace=False),
        nn.Conv2d(channels, channels, (1, kernel), (1, stride), (0, half), bias=False),
        nn.Conv2d(channels, channels, (kernel, 1), (stride, 1), (half, 0), bias=False),
        nn.BatchNorm2d(channels),
    )


class FactorizedReduction(nn.Module):
    """Halves the image without losing every second pixel: two 1x1 convolutions, one a pixel aside, joined."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.here = nn.Conv2d(c_in, c_out // 2, 1, stride=2, bias=False)
        self.aside = nn.Conv2d(c_in, c_out - c_out // 2, 1, stride=2, bias=False)
        self.norm = nn.BatchNorm2d(c_out)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, c_in, H, W) to (N, c_out, ceil(H/2), ceil(W/2))."""
        x = functional.relu(x)
        # One pixel down and right: the strided convolution then sees just those that the other one skips.
        aside = functional.pad(x, (0, 1, 0, 1))[:, :, 1:, 1:]  # (N, c_in, H, W)
        out: Tensor = self.norm(torch.cat([self.here(x), self.aside(aside)], 1))
        return out
