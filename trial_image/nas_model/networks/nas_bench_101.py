"""NAS-Bench-101's network: a convolution, three stacks of cells at widths C, 2C and 4C, max pooling between them.

Reference: Ying et al. 2019, arXiv:1902.09635, section 2 and figure 1. The published networks are C = 128, 3 cells.
Batch normalisation forgets at PyTorch's rate, not at the published 0.003 a step, which would need thousands of steps.
Shapes: N batch, C channels, H and W image size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import nas_bench_101 as space
from nas_model.errors import CandidateRejected
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature


def conv_bn_relu(c_in: int, c_out: int, kernel: int) -> nn.Sequential:
    """Convolution without bias, batch normalisation, ReLU."""
    return nn.Sequential(
        nn.Conv2d(c_in, c_out, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(c_out), nn.ReLU()
    )


def operation(name: str, channels: int) -> nn.Module:
    """Return the operation of a vertex; it keeps the shape (N, C, H, W)."""
    match name:
        case "conv3x3-bn-relu":
            return conv_bn_relu(channels, channels, 3)
        case "conv1x1-bn-relu":
            return conv_bn_relu(channels, channels, 1)
        case "maxpool3x3":
            return nn.MaxPool2d(3, stride=1, padding=1)
    raise ValueError(f"unknown operation {name!r}")


def vertex_channels(matrix: Sequence[Sequence[int]], channels: int) -> list[int]:
    """Return the channels of each vertex between input and output, as published.

    The output's channels are divided among the vertices that lead to it, the first ones taking what is left over;
    any other vertex has as many as the widest that it leads to. ``matrix`` is that of `space.Cell`.
    """
    inner, output = range(1, len(matrix) - 1), len(matrix) - 1
    last = [vertex for vertex in inner if matrix[vertex][output]]
    widths = dict.fromkeys(inner, 0)
    for place, vertex in enumerate(last):
        widths[vertex] = channels // len(last) + (place < channels % len(last))
    # From the output backwards, so that every vertex's targets have their width already.
    for vertex in reversed(inner):
        if vertex not in last:
            widths[vertex] = max(widths[target] for target in inner if matrix[vertex][target])
    return [widths[vertex] for vertex in inner]


class VertexCell(nn.Module):
    """Vertices add up what arrives, their output cut to the target's channels; those before the output are joined.

    The cell's input is projected by a 1x1 convolution to the channels of each vertex that it leads to.
    """

    def __init__(self, cell: space.Cell, c_in: int, c_out: int) -> None:
        super().__init__()
        self.matrix, self.widths = cell.matrix, vertex_channels(cell.matrix, c_out)
        self.ops = nn.ModuleList(operation(op, width) for op, width in zip(cell.ops, self.widths, strict=True))
        self.projections = nn.ModuleDict(
            {
                str(target): conv_bn_relu(c_in, width, 1)
                for target, width in enumerate([*self.widths, c_out], start=1)
                if cell.matrix[0][target]
            }
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, c_in, H, W) to (N, c_out, H, W)."""
        values = [x]  # of each vertex so far; the first is the cell's input
        for target, (op, width) in enumerate(zip(self.ops, self.widths, strict=True), start=1):
            # A wider vertex gives its first channels: the published rule, which needs no projection inside the cell.
            arriving = [values[s][:, :width] for s in range(1, target) if self.matrix[s][target]]
            values.append(op(self._with_input(x, target, arriving)))  # (N, width, H, W)
        output = len(self.matrix) - 1
        joined = [values[s] for s in range(1, output) if self.matrix[s][output]]
        # Joined, not added: their channels make up the output's. Without any, only the projected input is left.
        return self._with_input(x, output, [torch.cat(joined, 1)] if joined else [])  # (N, c_out, H, W)

    def _with_input(self, x: Tensor, target: int, arriving: list[Tensor]) -> Tensor:
        """Return the sum of what arrives at a vertex, the projected input among it if there is that edge."""
        if self.matrix[0][target]:
            arriving = [*arriving, self.projections[str(target)](x)]
        return sum(arriving[1:], arriving[0])


class NasBench101Network(nn.Module):
    """The whole network, from images to logits.

    Raises:
        CandidateRejected: if ``width`` is less than the number of vertices that share the output's channels.
    """

    def __init__(self, cell: space.Cell, in_channels: int, classes: int, width: int, depth: int) -> None:
        super().__init__()
        if width < (sharing := sum(row[-1] for row in cell.matrix[1:])):
            raise CandidateRejected(
                "SpecInvalid",
                f"searchSpace.width is {width}; {sharing} vertices share the channels, so give at least {sharing}",
            )
        layers: list[nn.Module] = [conv_bn_relu(in_channels, width, 3)]
        channels = width
        for stack in range(3):
            if stack:
                layers.append(nn.MaxPool2d(2, stride=2, ceil_mode=True))
            for _ in range(depth):
                layers.append(VertexCell(cell, channels, width * 2**stack))
                channels = width * 2**stack
        self.layers = nn.Sequential(*layers)
        self.classifier = nn.Linear(channels, classes)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the logits (N, classes) of ``image``."""
        features = self.layers(inputs["image"])  # (N, 4 width, H / 4, W / 4)
        logits: Tensor = self.classifier(features.mean((2, 3)))  # (N, classes)
        return logits


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no images, or the width is too small.
    """
    if signature.image is None:
        raise unsuitable("nas-bench-101", "images", signature)
    cell = space.NasBench101().cell(architecture)
    return NasBench101Network(cell, signature.image.channels, signature.outputs, spec.width or 16, spec.depth or 3)
