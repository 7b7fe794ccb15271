"""NAS-Bench-201's network: a stem, three stages of cells at widths C, 2C and 4C, residual reductions between them.

Reference: Dong & Yang 2020, arXiv:2001.00326, section 2.1 and figure 1. The published networks are C = 16, 5 cells.
Shapes: N batch, C channels, H and W image size.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces.nas_bench_201 import EDGES
from nas_trial.networks.unsuitable import unsuitable
from nas_trial.signature import Inputs, Signature


class Zero(nn.Module):
    """The operation ``none``."""

    def forward(self, x: Tensor) -> Tensor:
        """Return zeros of the input's shape."""
        return torch.zeros_like(x)


def relu_conv_bn(c_in: int, c_out: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """ReLU, convolution without bias, batch normalisation."""
    return nn.Sequential(
        nn.ReLU(inplace=False),
        nn.Conv2d(c_in, c_out, kernel, stride, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(c_out),
    )


def operation(name: str, channels: int) -> nn.Module:
    """Return the operation of an edge; it keeps the shape (N, C, H, W)."""
    match name:
        case "none":
            return Zero()
        case "skip_connect":
            return nn.Identity()
        case "nor_conv_1x1":
            return relu_conv_bn(channels, channels, 1)
        case "nor_conv_3x3":
            return relu_conv_bn(channels, channels, 3)
        case "avg_pool_3x3":
            return nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False)
    raise ValueError(f"unknown operation {name!r}")


class Cell(nn.Module):
    """Four nodes; each is the sum of the operations on its incoming edges, the last is the output."""

    def __init__(self, architecture: Mapping[str, str], channels: int) -> None:
        super().__init__()
        self.edges = nn.ModuleDict({edge: operation(architecture[edge], channels) for edge in EDGES})

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        nodes = [x]
        for target in range(1, 4):
            inputs = [self.edges[f"{source}-{target}"](nodes[source]) for source in range(target)]
            nodes.append(sum(inputs[1:], inputs[0]))
        return nodes[-1]


class Reduction(nn.Module):
    """The residual block between stages: halves the image, doubles the channels."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.conv_a = relu_conv_bn(c_in, c_out, 3, stride=2)
        self.conv_b = relu_conv_bn(c_out, c_out, 3)
        # ceil_mode, so that images of odd size agree with the strided convolution.
        pool = nn.AvgPool2d(2, stride=2, ceil_mode=True, count_include_pad=False)
        self.shortcut = nn.Sequential(pool, nn.Conv2d(c_in, c_out, 1, bias=False))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, 2C, ceil(H/2), ceil(W/2))."""
        out: Tensor = self.conv_b(self.conv_a(x)) + self.shortcut(x)
        return out


class NasBench201Network(nn.Module):
    """The whole network, from images to logits."""

    def __init__(self, architecture: Mapping[str, str], in_channels: int, classes: int, width: int, depth: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        layers: list[nn.Module] = []
        for stage in range(3):
            channels = width * 2**stage
            if stage:
                layers.append(Reduction(channels // 2, channels))
            layers += [Cell(architecture, channels) for _ in range(depth)]
        self.cells = nn.Sequential(*layers)
        self.head = nn.Sequential(nn.BatchNorm2d(4 * width), nn.ReLU(inplace=True))
        self.classifier = nn.Linear(4 * width, classes)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the logits (N, classes) of ``image``."""
        features = self.head(self.cells(self.stem(inputs["image"])))
        logits: Tensor = self.classifier(features.mean((2, 3)))
        return logits


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no images.
    """
    if signature.image is None:
        raise unsuitable("nas-bench-201", "images", signature)
    return NasBench201Network(
        architecture, signature.image.channels, signature.outputs, spec.width or 16, spec.depth or 5
    )
