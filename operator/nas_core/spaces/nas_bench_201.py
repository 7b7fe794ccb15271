"""NAS-Bench-201's cells: a complete graph of 4 nodes whose 6 edges each carry one of 5 operations.

Reference: Dong & Yang, "NAS-Bench-201: Extending the Scope of Reproducible Neural Architecture Search", ICLR 2020,
arXiv:2001.00326. Of the 15,625 encodings 6,466 are distinct by the paper's canonical string.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice
from nas_core.spaces.graph import Edge, Graph, Node

OPS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
EDGES = ("0-1", "0-2", "1-2", "0-3", "1-3", "2-3")
"""Edges as source-target, in the order of the published encoding."""

PATHS = ((3,), (0, 4), (1, 5), (0, 2, 5))
"""The ways through the cell, as indices of edges: 0-3, 0-1-3, 0-2-3, 0-1-2-3."""

_SEQUENCES = [ops for length in (1, 2, 3) for ops in itertools.product(OPS, repeat=length)]
_TERM = re.compile(r"^([a-z0-9_]+)~([0-2])$")


class NasBench201(SearchSpace):
    """The cell space of NAS-Bench-201."""

    def __init__(self) -> None:
        super().__init__("nas-bench-201", [Choice(edge, OPS) for edge in EDGES])

    def canonical(self, architecture: Architecture) -> str:
        """Return the paper's unique string: zeroes and identities folded away, the inputs of a node sorted."""
        return _canonical(tuple(architecture[edge] for edge in EDGES))

    def text(self, architecture: Architecture) -> str:
        """Return the published form, for example ``|none~0|+|none~0|none~1|+|none~0|none~1|none~2|``."""
        nodes: dict[str, list[str]] = {"1": [], "2": [], "3": []}
        for edge in EDGES:
            source, target = edge.split("-")
            nodes[target].append(f"{architecture[edge]}~{source}")
        return "+".join(f"|{'|'.join(terms)}|" for terms in nodes.values())

    def parse(self, text: str) -> dict[str, str]:
        """Read the published form."""
        architecture: dict[str, str] = {}
        for target, node in enumerate(text.split("+"), start=1):
            for term in node.strip("|").split("|"):
                found = _TERM.match(term)
                if not found:
                    raise ArchitectureError(f"{term!r} in {text!r} is not of the form operation~source")
                architecture[f"{found[2]}-{target}"] = found[1]
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the published form; write {self.text(architecture)!r}")
        return {edge: architecture[edge] for edge in EDGES}

    def graph(self, architecture: Architecture) -> Graph:
        """Return the cell: four nodes that add up what arrives; edges without an operation are left out."""
        nodes = (Node("0", "input"), Node("1", "sum 1"), Node("2", "sum 2"), Node("3", "output"))
        kept = [edge for edge in EDGES if architecture[edge] != "none"]
        return Graph(nodes, tuple(Edge(edge[0], edge[-1], architecture[edge]) for edge in kept))

    @functools.cached_property
    def encodings(self) -> Mapping[str, Callable[[Architecture], NDArray[np.float64]]]:
        """One-hot, the adjacency (which edges carry anything), and paths (White, Neiswanger & Savani 2021)."""
        return {"one-hot": self.one_hot, "adjacency": self._adjacency, "path": self._path}

    def _adjacency(self, architecture: Architecture) -> NDArray[np.float64]:
        return np.array([float(architecture[edge] != "none") for edge in EDGES])

    def _path(self, architecture: Architecture) -> NDArray[np.float64]:
        """Tell of every sequence of operations whether some way from input to output has it; shape (155,)."""
        present = {tuple(architecture[EDGES[edge]] for edge in path) for path in PATHS}
        return np.array([float(sequence in present) for sequence in _SEQUENCES])


@functools.lru_cache(maxsize=15_625)
def _canonical(ops: tuple[str, ...]) -> str:
    zero, nodes, edge = "#", ["0"], iter(ops)
    for target in range(1, 4):
        inputs = []
        for source in range(target):
            op = next(edge)
            if op == "none" or nodes[source] == zero:
                inputs.append(zero)
            elif op == "skip_connect":
                inputs.append(nodes[source])
            else:
                inputs.append(f"({nodes[source]})@{op}")
        nodes.append("+".join(sorted(inputs)))
    return nodes[-1]
