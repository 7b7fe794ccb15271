"""NAS-Bench-201's cells: a complete graph of 4 nodes whose 6 edges each carry one of 5 operations.

Reference: Dong & Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
arXiv:2001.00326. Of the 15,625 encodings 6,466 are distinct by the paper's canonical string.
"""

from __future__ import annotations

from nas_core.spaces.edge_cells import EdgeCells, edges_of

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
NODES = 4
"""Nodes of a cell, its input and output included."""
EDGES = edges_of(NODES)
"""Edges as source-target, in the order of the published encoding."""


class NasBench201(EdgeCells):
    """The cell space of NAS-Bench-201; its text is the published one."""

    def __init__(self) -> None:
        super().__init__("nas-bench-201", NODES, OPS)
