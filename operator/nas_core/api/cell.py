"""`searchSpace.cell`: a cell that the user describes. Networks for images are stacks of cells.

`nas_core.spaces.spec_cell` makes the space from it, `nas_model.networks.operations` has the operations.
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule

Operation = Literal[
    "none",
    "skip_connect",
    "conv_1x1",
    "conv_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
    "dil_conv_3x3",
    "dil_conv_5x5",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "avg_pool_3x3",
    "max_pool_3x3",
    "max_pool_5x5",
    "max_pool_7x7",
]


class CellSpec(ApiModel):
    """The cells of a search space."""

    rules: ClassVar = (
        Rule(
            "self.kind == 'edges' || !('none' in self.operations)",
            "the operation none is for kind edges only; remove it, or set kind to edges",
            field_path=".operations",
        ),
    )

    kind: Literal["edges", "inputs"] = Field(
        description=(
            "edges: every pair of nodes is joined by an edge that chooses an operation, none among them, as in "
            "NAS-Bench-201. inputs: every node chooses two earlier ones and an operation on each, as in DARTS."
        )
    )
    nodes: int = Field(
        default=4,
        ge=2,
        le=6,
        description=(
            "Nodes. With kind edges: all of them, input and output included. With kind inputs: those that choose."
        ),
    )
    operations: list[Operation] = Field(
        min_length=2,
        max_length=15,
        description=(
            "What may be chosen, each once: none, skip_connect, conv (full), sep_conv (depthwise separable, twice), "
            "dil_conv (depthwise separable, dilated), conv_1xk_kx1 (full, one after the other), avg_pool, max_pool."
        ),
    )
    reduction: bool = Field(
        default=False,
        description=(
            "Search a second cell, where images are halved. Without it, kind edges has a residual block "
            "there, and kind inputs the same cell at stride 2."
        ),
    )
