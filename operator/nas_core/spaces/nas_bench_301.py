"""NAS-Bench-301's space: the cells of DARTS, a normal and a reduction cell of 4 nodes, 7 operations, some 10^18.

References: Liu, Simonyan & Yang, "DARTS: Differentiable Architecture Search", ICLR 2019, arXiv:1806.09055; Zela, Siems,
Zimmer, Lukasik, Keuper & Hutter, "Surrogate NAS Benchmarks", ICLR 2022, arXiv:2008.09777 (NAS-Bench-301).
"""

from __future__ import annotations

from nas_core.spaces.input_cells import InputCells

OPS = (
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
NODES = 4
"""Nodes of a cell, beside its two inputs."""


class NasBench301(InputCells):
    """Cells of DARTS: each of 4 nodes adds up two operations on distinct states, and the nodes are joined."""

    def __init__(self) -> None:
        super().__init__("nas-bench-301", NODES, OPS, ("normal", "reduce"))
