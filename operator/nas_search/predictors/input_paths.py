"""Numbers that say what a cell computes whose nodes choose their inputs, as DARTS's and NASNet's do.

Its paths begin at one of the cell's two inputs and end at a state that is joined to the output; a path counts by the
operations along it and its input, not by the nodes that it goes through. So two encodings of a cell have one row, which
a column for each decision does not give them. Identities are left out of paths. `features` takes these columns in place
of the decisions', as those of `cell_paths` for cells whose edges choose operations.

References: White, Neiswanger & Savani, "BANANAS", AAAI 2021, arXiv:1910.11858 (paths from the inputs, long ones left
out); Liu, Simonyan & Yang, "DARTS", ICLR 2019, arXiv:1806.09055 (the cells).
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable

from nas_core.spaces import Architecture
from nas_core.spaces.edge_cells import SKIP
from nas_core.spaces.input_cells import INPUTS, InputCell, InputCells
from nas_search.predictors.cell_paths import KEPT, Word, words

Path = tuple[int, Word]
"""The input that a path begins at, and the operations along it, without identities."""


class InputPaths:
    """The columns of a space of such cells, all between 0 and 1 and in parts, as `features.Features` wants them."""

    def __init__(self, space: InputCells) -> None:
        self._space = space
        self._named = tuple(op for op in space.operations if op != SKIP)
        kept = list(words(self._named, len(space.nodes), INPUTS))
        self._places = {
            path: place for place, path in enumerate((given, word) for given in range(INPUTS) for word in kept)
        }
        self._cell: Callable[[InputCell], tuple[float, ...]] = functools.lru_cache(KEPT)(self._columns)

    @property
    def widths(self) -> list[int]:
        """The number of columns of each part, in order."""
        # The paths are one part; all others are numbers, each of which is learned to matter more or less.
        numbers = len(self._space.operations) + len(self._named) + 4
        return [len(self._places) + 1, *[1] * numbers] * len(self._space.cells)

    def columns(self, architecture: Architecture) -> list[float]:
        """Return the columns of an architecture."""
        cells = (self._space.cell(architecture, cell) for cell in self._space.cells)
        return [number for cell in cells for number in self._cell(cell)]

    def _columns(self, cell: InputCell) -> tuple[float, ...]:
        paths = _paths(cell)
        depth, count = len(cell.nodes), sum(paths.values())
        shares = [0.0] * (len(self._places) + 1)
        for path, times in paths.items():
            # The last column is that of all paths that are too long for one of their own.
            shares[self._places.get(path, -1)] += times / count
        used = Counter(op for terms in cell.nodes for op, _ in terms)
        # Each state but the inputs has at most as many paths as both states that it reads.
        most = sum(INPUTS ** (place + 1) for place in range(depth))
        return (
            # Of two cells with all paths different, the squared distance of the roots is at most 1.
            *(math.sqrt(share / 2) for share in shares),
            *(used[op] / (INPUTS * depth) for op in self._space.operations),
            *(max(word.count(op) for _, word in paths) / depth for op in self._named),
            max(len(word) for _, word in paths) / depth,
            sum(len(word) * times for (_, word), times in paths.items()) / count / depth,
            min(count / most, 1.0),
            sum(times for (given, _), times in paths.items() if given == 0) / count,
        )


def _paths(cell: InputCell) -> Counter[Path]:
    """Return how many paths from an input to a state of the output there are of each kind."""
    reached = [Counter({(given, Word()): 1}) for given in range(INPUTS)]
    for terms in cell.nodes:
        here: Counter[Path] = Counter()
        for op, source in terms:
            for (given, word), times in reached[source].items():
                here[given, word if op == SKIP else (*word, op)] += times
        reached.append(here)
    return sum((reached[state] for state in cell.outputs), Counter())
