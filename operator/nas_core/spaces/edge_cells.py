"""Cells whose edges choose operations: every node is the sum over the edges from all nodes before it.

The first node is the cell's input, the last its output. NAS-Bench-201's cells (`nas_bench_201`) and users' own
(`spec_cell`) are of this kind.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice

NONE, SKIP = "none", "skip_connect"
"""The operations that the canonical form folds away."""

_TERM = re.compile(r"^([a-z0-9_]+)~([0-9])$")


def edges_of(nodes: int) -> tuple[str, ...]:
    """Return the edges between so many nodes as source-target, in the order of NAS-Bench-201's encoding."""
    return tuple(f"{source}-{target}" for target in range(1, nodes) for source in range(target))


class EdgeCells(SearchSpace):
    """One or several cells with a given number of nodes; a single cell needs no name."""

    def __init__(self, name: str, nodes: int, operations: Sequence[str], cells: Sequence[str] = ("",)) -> None:
        self.cells, self.nodes, self.operations = tuple(cells), nodes, tuple(operations)
        self.edges = edges_of(nodes)
        super().__init__(name, [Choice(_name(cell, edge), self.operations) for cell in cells for edge in self.edges])

    def cell(self, architecture: Architecture, cell: str) -> dict[str, str]:
        """Return the operations of one of the cells by their edges."""
        return {edge: architecture[_name(cell, edge)] for edge in self.edges}

    def canonical(self, architecture: Architecture) -> str:
        """Return NAS-Bench-201's unique string: zeroes and identities folded away, the inputs of a node sorted."""
        return " ".join(_canonical(tuple(self.cell(architecture, cell).values()), self.nodes) for cell in self.cells)

    def text(self, architecture: Architecture) -> str:
        """Return NAS-Bench-201's form, ``|none~0|+|none~0|none~1|``; cells with a name as ``normal=|… reduce=|…``."""
        words = []
        for cell in self.cells:
            nodes: dict[str, list[str]] = {}
            for edge, op in self.cell(architecture, cell).items():
                source, target = edge.split("-")
                nodes.setdefault(target, []).append(f"{op}~{source}")
            words.append((f"{cell}=" if cell else "") + "+".join(f"|{'|'.join(terms)}|" for terms in nodes.values()))
        return " ".join(words)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        architecture: dict[str, str] = {}
        for word in text.split(" "):
            # From the right: without a name, as for a single cell, all of the word is the nodes.
            cell, _, nodes = word.rpartition("=")
            for target, node in enumerate(nodes.split("+"), start=1):
                for term in node.strip("|").split("|"):
                    match = _TERM.match(term)
                    if not match:
                        raise ArchitectureError(f"{term!r} in {text!r} is not of the form operation~source")
                    architecture[_name(cell, f"{match[2]}-{target}")] = match[1]
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the published form; write {self.text(architecture)!r}")
        return {decision.name: architecture[decision.name] for decision in self.decisions}


def _name(cell: str, inside: str) -> str:
    return f"{cell}.{inside}" if cell else inside


# As many as NAS-Bench-201 has cells.
@functools.lru_cache(maxsize=15_625)
def _canonical(ops: tuple[str, ...], nodes: int) -> str:
    # The symbols are those of `to_unique_str` in the published code, so that forms can be compared.
    zero, sums, edge = "#", ["0"], iter(ops)
    for target in range(1, nodes):
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
