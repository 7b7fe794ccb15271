"""Networks of edge cells that are not built: one network's operations are exchanged for those of another.

A step of shared weights has another network than the step before, and building one takes about as long as a small one
computes. All networks of such a space are the same but for the operations on the edges, and their weights have the same
shapes in each; so an operation that is bound to its weights once can stand in all networks that have it.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from nas_core.spaces import Architecture
from nas_core.spaces.edge_cells import EdgeCells, live_edges
from nas_model.networks.nas_bench_201 import NasBench201Network


class Exchange:
    """One network, which becomes every network of a space."""

    def __init__(self, space: EdgeCells, build: Callable[[Architecture], nn.Module]) -> None:
        """``build``: returns the network of an architecture as it is written, bound to the shared weights."""
        self._space, self._build = space, build
        self._network: NasBench201Network | None = None
        # By the cell's place, the edge and the operation: no more than the supernet has.
        self._operations: dict[tuple[int, str, str], nn.Module] = {}

    def network(self, architecture: Architecture) -> nn.Module:
        """Return the network of an architecture, without operations that no input reaches or no output reads.

        It is the same object each time: what it was before is lost.

        Raises:
            CandidateRejected: if the architecture is not of the space, or some of its weights are not shared.
        """
        chosen = [self._space.cell(architecture, cell) for cell in self._space.cells]
        live = [live_edges(operations) for operations in chosen]
        if self._network is None:
            self._learn(architecture)
        assert self._network is not None
        wanted: list[dict[str, nn.Module]] = []
        for place, cell in enumerate(self._network.edge_cells):
            kind = int(cell.stride > 1)  # a space has a second cell to halve images
            keys = {edge: (place, edge, chosen[kind][edge]) for edge in self._space.edges if edge in live[kind]}
            if not all(key in self._operations for key in keys.values()):
                self._learn(architecture)
            wanted.append({edge: self._operations[key] for edge, key in keys.items()})
        self._network.exchange(wanted)
        return self._network

    def _learn(self, architecture: Architecture) -> None:
        """Build a network, and keep its operations."""
        network = self._build(architecture)
        assert isinstance(network, NasBench201Network)
        chosen = [self._space.cell(architecture, cell) for cell in self._space.cells]
        for place, cell in enumerate(network.edge_cells):
            for edge, operation in cell.edges.items():
                self._operations.setdefault((place, edge, chosen[cell.stride > 1][edge]), operation)
        self._network = self._network or network
