"""NAS-Bench-201's network: a stem, three stages of cells at widths C, 2C and 4C, a reduction between two of them.

Reference: Dong & Yang 2020, arXiv:2001.00326, section 2.1 and figure 1. The published networks are C = 16, 5 cells, and
reduce by residual blocks. The cells of `nas_core.spaces.edge_cells` that users describe have the same network, which
reduces by a cell if the space has one for it.
Shapes: N batch, C channels, H and W image size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.edge_cells import EdgeCells, edges_of, live_edges
from nas_model.networks.operations import Make, Zero, operation, relu_conv_bn
from nas_model.networks.sharing import shared_as
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature

WIDTH, DEPTH = 16, 5


class EdgeCell(nn.Module):
    """Nodes that are each the sum of the operations on their incoming edges; the last is the output."""

    def __init__(self, architecture: Mapping[str, str], channels: int, stride: int = 1, make: Make = operation) -> None:
        """Take the operations by edges (``0-1``); ``stride`` is that of the edges from the input."""
        super().__init__()
        self.nodes, self.stride = 1 + max(int(edge.split("-")[1]) for edge in architecture), stride
        self.live = live_edges(architecture)
        self.nothing = Zero(stride)
        self.edges = nn.ModuleDict(
            {
                edge: shared_as(
                    make(architecture[edge].removeprefix("nor_"), channels, stride if edge[0] == "0" else 1),
                    f"{edge} {architecture[edge]}",
                )
                for edge in edges_of(self.nodes)  # in a fixed order, whatever the mapping's: it fixes the first weights
            }
        )

    def drop_dead(self) -> None:
        """Drop the operations that no input reaches or no output reads: what is deployed has none of them."""
        for edge in list(self.edges):
            if edge not in self.live:
                del self.edges[edge]

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, C, ceil(H/stride), ceil(W/stride))."""
        nodes = {0: x}  # each (N, C, H, W), but the input where the stride halves it
        for target in range(1, self.nodes):
            edges = ((source, f"{source}-{target}") for source in range(target))
            inputs = [self.edges[edge](nodes[source]) for source, edge in edges if edge in self.edges]
            if inputs:
                nodes[target] = sum(inputs[1:], inputs[0])
        last = self.nodes - 1
        return nodes[last] if last in nodes else self.nothing(x)


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

    def __init__(
        self,
        architecture: Mapping[str, str],
        in_channels: int,
        classes: int,
        width: int,
        depth: int,
        reduce: Mapping[str, str] | None = None,
        make: Make = operation,
    ) -> None:
        """Take the cell and, if images are to be halved by a cell instead of a residual block, the one for it.

        ``make``: makes the operations of the cells.
        """
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )
        layers: list[nn.Module] = []
        for stage in range(3):
            channels = width * 2**stage
            if stage and not reduce:
                layers.append(Reduction(channels // 2, channels))
            elif stage and reduce:
                # A cell keeps its channels, so a convolution doubles them before it.
                layers += [relu_conv_bn(channels // 2, channels, 1), EdgeCell(reduce, channels, 2, make)]
            layers += [EdgeCell(architecture, channels, make=make) for _ in range(depth)]
        self.cells = nn.Sequential(*layers)
        self.width, self.reached = width, True
        self.head = nn.Sequential(nn.BatchNorm2d(4 * width), nn.ReLU(inplace=True))
        self.classifier = nn.Linear(4 * width, classes)

    @property
    def edge_cells(self) -> list[EdgeCell]:
        """The cells, the first to compute first."""
        return [layer for layer in self.cells if isinstance(layer, EdgeCell)]

    def drop_dead(self) -> None:
        """Drop what no input reaches or no output reads: what is deployed has none of it."""
        cells = self.edge_cells
        # Behind a cell without a way through, nothing depends on the images.
        self.reached = all(cell.live for cell in cells)
        if not self.reached:
            self.stem, self.cells = nn.Sequential(), nn.Sequential()
        for cell in cells:
            cell.drop_dead()

    def exchange(self, operations: Sequence[Mapping[str, nn.Module]]) -> None:
        """Take these operations for each of :attr:`edge_cells`, by edges: only those that are live."""
        for cell, those in zip(self.edge_cells, operations, strict=True):
            cell.edges.clear()
            cell.edges.update(those)
        self.reached = all(operations)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the logits (N, classes) of ``image``."""
        images = inputs["image"]
        features = (
            self.cells(self.stem(images)) if self.reached else images.new_zeros(images.shape[0], 4 * self.width, 1, 1)
        )
        features = self.head(features)  # (N, 4 width, H / 4, W / 4)
        logits: Tensor = self.classifier(features.mean((2, 3)))  # (N, classes)
        return logits


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture.

    Raises:
        CandidateRejected: if the data has no images.
    """
    space = get_space(spec)
    assert isinstance(space, EdgeCells)
    return of_cells(spec, [space.cell(architecture, cell) for cell in space.cells], signature)


def of_cells(
    spec: SearchSpaceSpec, cells: Sequence[Mapping[str, str]], signature: Signature, make: Make = operation
) -> NasBench201Network:
    """Return the network of a space's cells, in its order, each with what ``make`` is asked for by edges.

    Raises:
        CandidateRejected: if the data has no images.
    """
    if signature.image is None:
        raise unsuitable(get_space(spec).name, "images", signature)
    return NasBench201Network(
        cells[0],
        signature.image.channels,
        signature.outputs,
        spec.width or WIDTH,
        spec.depth or DEPTH,
        reduce=cells[1] if len(cells) > 1 else None,
        make=make,
    )
