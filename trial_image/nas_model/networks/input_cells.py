"""The network of cells whose nodes choose their inputs (`nas_core.spaces.input_cells`): DARTS's skeleton.

A stem, then three stages of ``depth`` normal cells with a reduction cell between two of them: 3 x depth + 2 cells,
reductions at a third and two thirds. Each cell reads the last two. Reference: Liu et al. 2019, arXiv:1806.09055,
section 3.1.2; NASNet's (Zoph et al. 2018, arXiv:1707.07012, figure 2) is the same. The published networks for CIFAR-10
are C = 36, depth 6 (20 cells). The auxiliary head and drop-path of their training are left out.
Shapes: N batch, C channels, H and W image size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import get_space
from nas_core.spaces.input_cells import INPUTS, InputCell, InputCells
from nas_model.networks.operations import FactorizedReduction, Make, operation, relu_conv_bn
from nas_model.networks.sharing import shared_as
from nas_model.networks.unsuitable import unsuitable
from nas_model.signature import Inputs, Signature

WIDTH, DEPTH = 16, 2
"""What the cells are searched with in the paper: 16 channels, 8 cells."""
STEM = 3
"""Channels of the stem for each of the first cell's."""


class TwoInputCell(nn.Module):
    """Brings the last two cells' outputs to its channels, computes the nodes, joins the outputs."""

    def __init__(
        self,
        cell: InputCell,
        c_before: int,
        c_last: int,
        channels: int,
        *,
        reduction: bool,
        halved: bool,
        make: Make = operation,
    ) -> None:
        """Take the channels of the last cell but one and of the last.

        ``reduction``: operations on the cell's inputs have stride 2; ``halved``: the last cell was a reduction, so the
        output of the one before is of twice the size; ``make``: makes the operations.
        """
        super().__init__()
        self.cell = cell
        bring = FactorizedReduction(c_before, channels) if halved else relu_conv_bn(c_before, channels, 1)
        self.bring = nn.ModuleList([bring, relu_conv_bn(c_last, channels, 1)])

        def stride(state: int) -> int:
            return 2 if reduction and state < INPUTS else 1

        self.ops = nn.ModuleList(
            nn.ModuleList(
                # On the left or on the right of the sum, an operation on a state is the same.
                shared_as(make(name, channels, stride(source)), f"{source} {name}")
                for name, source in terms
            )
            for terms in cell.nodes
        )
        loose = [state for state in cell.outputs if state < INPUTS]
        self.passed = nn.ModuleDict({str(state): operation("skip_connect", channels, stride(state)) for state in loose})
        self.width = channels * len(cell.outputs)

    def forward(self, before: Tensor, last: Tensor) -> Tensor:
        """Map two (N, C, H, W), the first perhaps of twice the size, to (N, width, H, W) or half the size."""
        states = [bring(x) for bring, x in zip(self.bring, (before, last), strict=True)]
        for ops, terms in zip(self.ops, self.cell.nodes, strict=True):
            assert isinstance(ops, nn.ModuleList)
            results = [op(states[source]) for op, (_, source) in zip(ops, terms, strict=True)]
            states.append(sum(results[1:], results[0]))  # (N, channels, H, W)
        # An input that is an output itself still has its size: it is brought to that of the nodes.
        joined = [self.passed[str(s)](states[s]) if s < INPUTS else states[s] for s in self.cell.outputs]
        return torch.cat(joined, 1)


class InputCellNetwork(nn.Module):
    """The whole network, from images to logits."""

    def __init__(
        self,
        normal: InputCell,
        reduce: InputCell,
        in_channels: int,
        classes: int,
        width: int,
        depth: int,
        make: Make = operation,
    ) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, STEM * width, 3, padding=1, bias=False), nn.BatchNorm2d(STEM * width)
        )
        self.cells = nn.ModuleList()
        # The first cell has only the stem before it, and reads it twice.
        c_before, c_last, channels, halved = STEM * width, STEM * width, width, False
        for place in range(3 * depth + 2):
            reduction = place in (depth, 2 * depth + 1)
            channels *= 2 if reduction else 1
            chosen = reduce if reduction else normal
            cell = TwoInputCell(chosen, c_before, c_last, channels, reduction=reduction, halved=halved, make=make)
            self.cells.append(cell)
            c_before, c_last, halved = c_last, cell.width, reduction
        self.classifier = nn.Linear(c_last, classes)

    def forward(self, inputs: Inputs) -> Tensor:
        """Return the logits (N, classes) of ``image``."""
        before = last = self.stem(inputs["image"])
        for cell in self.cells:
            before, last = last, cell(before, last)
        logits: Tensor = self.classifier(last.mean((2, 3)))
        return logits


def build(spec: SearchSpaceSpec, architecture: Mapping[str, str], signature: Signature) -> nn.Module:
    """Return the network of an architecture. A space of one cell has it for the reductions, too.

    Raises:
        CandidateRejected: if the data has no images.
    """
    space = get_space(spec)
    assert isinstance(space, InputCells)
    return of_cells(spec, [space.cell(architecture, cell) for cell in space.cells], signature)


def of_cells(
    spec: SearchSpaceSpec, cells: Sequence[InputCell], signature: Signature, make: Make = operation
) -> InputCellNetwork:
    """Return the network of a space's cells, in its order, with what ``make`` makes of the names in them.

    Raises:
        CandidateRejected: if the data has no images.
    """
    if signature.image is None:
        raise unsuitable(get_space(spec).name, "images", signature)
    width, depth = spec.width or WIDTH, spec.depth or DEPTH
    return InputCellNetwork(cells[0], cells[-1], signature.image.channels, signature.outputs, width, depth, make)
