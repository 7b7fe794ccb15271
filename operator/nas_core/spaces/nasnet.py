"""NASNet's space: a normal and a reduction cell of 5 blocks, 13 operations; AmoebaNet was found in it, too.

References: Zoph, Vasudevan, Shlens & Le, "Learning Transferable Architectures for Scalable Image Recognition", CVPR
2018, arXiv:1707.07012; Real, Aggarwal, Huang & Le, "Regularized Evolution for Image Classifier Architecture Search",
AAAI 2019, arXiv:1802.01548. Of the two ways to combine a block's results in the first paper only the sum is here, which
the second keeps, and all cells found use. States that nothing reads are joined, the cell's inputs among them: so do
the published networks, and no cell is left without effect.
"""

from __future__ import annotations

from nas_core.spaces.input_cells import InputCells

OPS = (
    "skip_connect",
    "conv_1x3_3x1",
    "conv_1x7_7x1",
    "dil_conv_3x3",
    "avg_pool_3x3",
    "max_pool_3x3",
    "max_pool_5x5",
    "max_pool_7x7",
    "conv_1x1",
    "conv_3x3",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "sep_conv_7x7",
)
"""Those of the first paper, section 3, in its order."""
BLOCKS = 5
"""Blocks of a cell, each adding up two operations."""


class NasNet(InputCells):
    """Cells of NASNet: each of 5 blocks adds up two operations on any two states, and the loose ends are joined."""

    def __init__(self) -> None:
        super().__init__("nasnet", BLOCKS, OPS, ("normal", "reduce"), loose_ends=True)
