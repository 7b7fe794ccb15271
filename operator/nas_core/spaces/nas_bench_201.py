"""NAS-Bench-201's cells: a complete graph of 4 nodes whose 6 edges each carry one of 5 operations.

Reference: Dong & Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
arXiv:2001.00326. Of the 15,625 encodings 6,466 are distinct by the paper's canonical string.
"""

from __future__ import annotations

import functools

from nas_core.spaces.base import Architecture
from nas_core.spaces.edge_cells import NONE, SKIP, EdgeCells, edges_of

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = 4
"""Nodes of a cell, its input and output included."""
EDGES = edges_of(NODES)
"""Edges as source-target, in the order of the published encoding."""


class NasBench201(EdgeCells):
    """The cell space of NAS-Bench-201; its text is the published one."""

    def __init__(self) -> None:
        super().__init__("nas-bench-201", NODES, OPS)

    def canonical(self, architecture: Architecture) -> str:
        """Return the published unique string: zeroes and identities folded away, the inputs of a node sorted.

        The benchmark's tables go by it, so it stays as it is: in 430 of the 6,466 classes it takes a convolution that
        is read twice for two convolutions, and some cells that differ in where zeros are added have two of them.
        """
        return _unique_string(tuple(architecture[edge] for edge in self.edges))


# As many as there are cells.
@functools.lru_cache(maxsize=15_625)
def _unique_string(ops: tuple[str, ...]) -> str:
    # The symbols are those of `to_unique_str` in the published code, so that forms can be compared.
    zero, sums, edge = "#", ["0"], iter(ops)
    for target in range(1, NODES):
        inputs = []
        for source in range(target):
            op = next(edge)
            if op == NONE or sums[source] == zero:
                inputs.append(zero)
            elif op == SKIP:
                inputs.append(sums[source])
            else:
                inputs.append(f"({sums[source]})@{op}")
        sums.append("+".join(sorted(inputs)))
    return sums[-1]
