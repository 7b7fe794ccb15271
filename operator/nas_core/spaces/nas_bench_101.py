"""NAS-Bench-101's cells: directed acyclic graphs of at most 7 vertices and 9 edges, with 3 operations on the vertices.

Reference: Ying, Klein, Christiansen, Real, Murphy & Hutter, "NAS-Bench-101: Towards Reproducible Neural Architecture
Search", ICML 2019, arXiv:1902.09635. Vertices that no path from input to output goes through mean nothing and are
pruned, so the graphs of fewer vertices are in the encodings of 7. By the paper's hash 423,624 are distinct.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice

OPS = ("conv3x3-bn-relu", "conv1x1-bn-relu", "maxpool3x3")
"""Operations of the vertices between, in the order of the published labels 0, 1 and 2."""
VERTICES = 7
"""Most vertices of a cell, input and output included."""
MAX_EDGES = 9
"""Most edges of a cell, after pruning."""

INPUT_LABEL, OUTPUT_LABEL = -1, -2
"""What the published hash calls the first and the last vertex."""


def upper(vertices: int) -> tuple[tuple[int, int], ...]:
    """Return the edges that there may be: the upper triangle of the matrix, row by row."""
    return tuple(itertools.combinations(range(vertices), 2))


EDGES = upper(VERTICES)


@dataclass(frozen=True)
class Cell:
    """A pruned cell: every vertex is on a path from the input (the first) to the output (the last)."""

    matrix: tuple[tuple[int, ...], ...]
    """Shape (V, V), 0 or 1: whether an edge leads from the row's vertex to the column's."""
    ops: tuple[str, ...]
    """Operations of the V - 2 vertices between."""


def module_hash(matrix: Sequence[Sequence[int]], labels: Sequence[int]) -> str:
    """Return the published hash of a graph: 32 hexadecimal digits that isomorphic graphs share.

    Colour refinement: a vertex begins with the MD5 of its degrees and label, and takes V times the MD5 of the sorted
    colours of its sources, those of its targets and its own. ``matrix`` is (V, V), ``labels`` are V: -1, the numbers of
    the operations, -2.
    """
    places = range(len(labels))
    sources = [[s for s in places if matrix[s][v]] for v in places]
    targets = [[t for t in places if matrix[v][t]] for v in places]
    # Edges out before edges in, as the published code has it: the tables are keyed by this very text.
    colours = [_md5(str((len(targets[v]), len(sources[v]), labels[v]))) for v in places]
    for _ in places:
        colours = [
            _md5(
                "|".join(
                    (
                        "".join(sorted(colours[s] for s in sources[v])),
                        "".join(sorted(colours[t] for t in targets[v])),
                        colours[v],
                    )
                )
            )
            for v in places
        ]
    return _md5(str(sorted(colours)))


def _md5(text: str) -> str:
    # The published tables are keyed by MD5; nothing here has to be secure.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _edge(source: int, target: int) -> str:
    return f"edge.{source}-{target}"


def _op(vertex: int) -> str:
    return f"op.{vertex}"


class NasBench101(SearchSpace):
    """The cell space of NAS-Bench-101: one decision an edge of the matrix, one a vertex between input and output.

    With fewer ``vertices`` than 7 it is a part of it, whose cells have the same hashes.
    """

    def __init__(self, vertices: int = VERTICES) -> None:
        self.vertices, self._upper = vertices, upper(vertices)
        edges = [Choice(_edge(source, target), ("0", "1")) for source, target in self._upper]
        super().__init__("nas-bench-101", [*edges, *(Choice(_op(vertex), OPS) for vertex in range(1, vertices - 1))])

    def fault(self, architecture: Architecture) -> str | None:
        """Refuse cells whose output is not reached, and, as published, those with more than 9 edges after pruning."""
        matrix = self._matrix(architecture)
        kept = _on_a_path(matrix)
        if not kept:
            last = self.vertices - 1
            return (
                f"no path of edges leads from vertex 0 (input) to vertex {last} (output); set edges to 1 that make one"
            )
        # After pruning, as published: edges on no path do not count.
        edges = sum(matrix[source][target] for source in kept for target in kept)
        if edges > MAX_EDGES:
            return f"{edges} edges are on paths from input to output; set some to 0, there may be {MAX_EDGES}"
        return None

    def cell(self, architecture: Architecture) -> Cell:
        """Return the pruned cell."""
        matrix = self._matrix(architecture)
        kept = _on_a_path(matrix)
        return Cell(
            tuple(tuple(matrix[source][target] for target in kept) for source in kept),
            tuple(architecture[_op(vertex)] for vertex in kept[1:-1]),
        )

    def canonical(self, architecture: Architecture) -> str:
        """Return the published module hash."""
        cell = self.cell(architecture)
        return module_hash(cell.matrix, [INPUT_LABEL, *map(OPS.index, cell.ops), OUTPUT_LABEL])

    def text(self, architecture: Architecture) -> str:
        """Return the published matrix, row by row, and the operations: ``0100000,…,0000000 input,…,output``."""
        rows = ",".join("".join(map(str, row)) for row in self._matrix(architecture))
        return f"{rows} {','.join(['input', *self._ops(architecture), 'output'])}"

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        matrix, _, ops = text.partition(" ")
        rows, labels, count = matrix.split(","), ops.split(","), self.vertices
        if [len(row) for row in rows] != [count] * count or len(labels) != count:
            raise ArchitectureError(
                f"{text[:200]!r} is not {count} rows of {count} digits and {count} operations: write "
                "0100000,…,0000000 input,maxpool3x3,…,output"
            )
        architecture = {_edge(source, target): rows[source][target] for source, target in self._upper}
        architecture |= {_op(vertex): labels[vertex] for vertex in range(1, count - 1)}
        self.validate(architecture)
        if self.text(architecture) != text:
            raise ArchitectureError(f"{text!r} is not of the published form; write {self.text(architecture)!r}")
        return architecture

    def _matrix(self, architecture: Architecture) -> list[list[int]]:
        """Return the adjacency matrix, shape (vertices, vertices)."""
        matrix = [[0] * self.vertices for _ in range(self.vertices)]
        for source, target in self._upper:
            matrix[source][target] = int(architecture[_edge(source, target)])
        return matrix

    def _ops(self, architecture: Architecture) -> list[str]:
        """Return the operations of the vertices between input and output."""
        return [architecture[_op(vertex)] for vertex in range(1, self.vertices - 1)]


def _on_a_path(matrix: Sequence[Sequence[int]]) -> list[int]:
    """Return the vertices on paths from input to output, in order; none if there is no path."""
    last, edges = len(matrix) - 1, upper(len(matrix))
    ahead, behind = {0}, {last}
    for source, target in edges:  # row by row: a source is known before its targets
        if matrix[source][target] and source in ahead:
            ahead.add(target)
    for source, target in reversed(edges):
        if matrix[source][target] and target in behind:
            behind.add(source)
    return sorted(ahead & behind) if last in ahead else []
