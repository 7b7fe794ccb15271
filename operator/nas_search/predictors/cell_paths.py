"""Numbers that say what a cell computes: which operations it has, and which of them follow each other on its paths.

Two cells that differ on every edge may compute nearly the same, and two that differ on one edge nothing alike: it
decides which paths lead from the input to the output, and what is done along them. So an operation that no path reads
counts as none, identities are left out of paths, and which nodes a path goes through does not count.

`features` takes these columns in place of one for each edge. References: White, Neiswanger & Savani, "BANANAS", AAAI
2021, arXiv:1910.11858 (paths as features); Ying et al., "NAS-Bench-101", ICML 2019, arXiv:1902.09635 (what is pruned).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from nas_core.spaces import Architecture
from nas_core.spaces.edge_cells import NONE, SKIP, WITHOUT_WEIGHTS, EdgeCells, live_edges

MOST_WORDS = 256
"""Columns for the paths of a cell at most. Paths that are too long for them share one more."""
KEPT = 16_384
"""Cells whose columns are remembered: those of a search come again at every ask."""

Word = tuple[str, ...]
"""The operations along a path, without identities."""


class CellPaths:
    """The columns of a space of edge cells, all between 0 and 1 and in parts, as `features.Features` wants them."""

    def __init__(self, space: EdgeCells) -> None:
        self._space = space
        self._operations = tuple(op for op in space.operations if op != NONE)
        self._named = tuple(op for op in self._operations if op != SKIP)
        self._places = {word: place for place, word in enumerate(words(self._named, space.nodes - 1))}
        self._cell: Callable[[Word], tuple[float, ...]] = functools.lru_cache(KEPT)(self._columns)

    @property
    def widths(self) -> list[int]:
        """The number of columns of each part, in order."""
        # The paths are one part; all others are numbers, each of which is learned to matter more or less.
        numbers = len(self._operations) + len(self._named) + 5
        return [len(self._places) + 1, *[1] * numbers] * len(self._space.cells)

    def columns(self, architecture: Architecture) -> list[float]:
        """Return the columns of an architecture."""
        cells = (self._space.cell(architecture, cell) for cell in self._space.cells)
        return [number for cell in cells for number in self._cell(tuple(cell.values()))]

    def _columns(self, operations: Word) -> tuple[float, ...]:
        edges = dict(zip(self._space.edges, operations, strict=True))
        live = live_edges(edges)
        edges = {edge: op for edge, op in edges.items() if edge in live}
        paths = _paths(edges, self._space.nodes)
        most_paths, depth = 2 ** (self._space.nodes - 2), self._space.nodes - 1
        shares = [0.0] * (len(self._places) + 1)
        for word, count in paths.items():
            shares[self._places.get(word, -1)] += count / most_paths
        used = Counter(edges.values())
        return (
            # Of two cells with all paths different, the squared distance of the roots is at most 2.
            *(math.sqrt(share / 2) for share in shares),
            *(used[op] / len(self._space.edges) for op in self._operations),
            *(max((word.count(op) for word in paths), default=0) / depth for op in self._named),
            max((sum(not op.startswith(WITHOUT_WEIGHTS) for op in word) for word in paths), default=0) / depth,
            max(map(len, paths), default=0) / depth,
            min(map(len, paths), default=0) / depth,
            sum(paths.values()) / most_paths,
            float(() in paths),
        )


def words(operations: Sequence[str], longest: int, starts: int = 1) -> Iterator[Word]:
    """Yield every word of at most so many operations, short ones first; of fewer where they would be too many.

    ``starts``: how many columns each word has.
    """
    while longest > 1 and starts * sum(len(operations) ** length for length in range(longest + 1)) > MOST_WORDS:
        longest -= 1
    so_long: list[Word] = [()]
    for length in range(longest + 1):
        yield from so_long
        if length < longest:
            so_long = [(*word, op) for word in so_long for op in operations]


def _paths(edges: Architecture, nodes: int) -> Counter[Word]:
    """Return how many paths from the input to the output have each word; ``edges`` are those that one goes along."""
    reached: list[Counter[Word]] = [Counter({(): 1}), *(Counter() for _ in range(nodes - 1))]
    for target in range(1, nodes):
        for source in range(target):
            op = edges.get(f"{source}-{target}")
            if op is not None:
                for word, count in reached[source].items():
                    reached[target][word if op == SKIP else (*word, op)] += count
    return reached[-1]
