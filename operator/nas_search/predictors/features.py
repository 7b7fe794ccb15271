"""The features of a candidate: numbers for every decision, scaled so that distances mean the same for all.

Of cells they are numbers about the whole cell instead: whose edges choose operations (`cell_paths`), or whose nodes
choose inputs (`input_paths`).

The squared distance of two candidates is a sum over parts, each between 0 and 1: of a choice 1 when the options differ,
of a subset the share of members that differ. A number has two parts, whose weights are learned apart: the squared
difference as a share of the range, for what changes smoothly over all of it, and the difference itself, for what does
not. And 1 is what a part adds when its decision applies to one of the two only.

The difference itself is a squared distance too, of rows that count the steps up to a number: with it the kernel is that
of Ornstein and Uhlenbeck, which promises nothing beyond a number's nearest neighbours (Rasmussen & Williams 2006, 4.2).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.spaces import Architecture, SearchSpace
from nas_core.spaces.decisions import Choice, Decision, Integer, Subset
from nas_core.spaces.edge_cells import EdgeCells
from nas_core.spaces.input_cells import InputCells
from nas_core.spaces.joint import JointSpace
from nas_search.predictors.cell_paths import CellPaths
from nas_search.predictors.input_paths import InputPaths
from nas_search.ranking import Floats

STEPS = 16
"""Of a number's range at most; between them differences are squared."""


class Features:
    """Turns candidates of a space into rows of numbers; remembers those of the history."""

    def __init__(self, space: SearchSpace) -> None:
        self._space = space
        cells = space.space if isinstance(space, JointSpace) else space
        self._paths = _paths_of(cells)
        # Hyperparameters beside cells have parts of their own, as all decisions of other spaces have.
        within = {decision.name for decision in cells.decisions} if self._paths else set()
        others = [decision for decision in space.decisions if decision.name not in within]
        self._parts = [part for decision in others for part in _parts(decision)]
        widths = [*(self._paths.widths if self._paths else ()), *(part.width for part in self._parts)]
        self.owners = np.repeat(np.arange(len(widths)), widths)
        """The part that each column belongs to, shape (columns,)."""
        self._known: dict[str, tuple[CandidateSpec, Floats]] = {}

    def rows(self, values: Sequence[Architecture]) -> Floats:
        """Return the rows of some candidates, given as the space joins them; shape (candidates, columns)."""
        return np.array([self._row(candidate) for candidate in values]).reshape(len(values), len(self.owners))

    def remembered(self, candidates: Sequence[CandidateSpec]) -> Floats:
        """Return the rows of candidates of the history, which come again at every ask; shape (candidates, columns)."""
        return np.array([self._remember(candidate) for candidate in candidates]).reshape(
            len(candidates), len(self.owners)
        )

    def _remember(self, candidate: CandidateSpec) -> Floats:
        known = self._known.get(candidate.id)
        # The same architecture may be encoded otherwise in another history.
        if known is None or (known[0] is not candidate and known[0].architecture != candidate.architecture):
            row = self._row(self._space.join(candidate.architecture, candidate.hyperparameters))
            known = self._known[candidate.id] = candidate, row
        return known[1]

    def _row(self, values: Architecture) -> Floats:
        row = self._paths.columns(values) if self._paths else []
        return np.array(row + [n for part in self._parts for n in part.columns(values.get(part.decision.name))])


def _paths_of(space: SearchSpace) -> CellPaths | InputPaths | None:
    if isinstance(space, EdgeCells):
        return CellPaths(space)
    return InputPaths(space) if isinstance(space, InputCells) else None


@dataclass(frozen=True)
class _Part:
    decision: Decision
    present: Callable[[str], list[float]]
    """Gives the columns of a value."""
    count: int
    """Number of these columns."""
    absent: float
    """Entry of one more column where the decision does not apply, if it is conditional."""

    @property
    def width(self) -> int:
        return self.count + (self.decision.when is not None)

    def columns(self, value: str | None) -> list[float]:
        columns = [0.0] * self.count if value is None else self.present(value)
        if self.decision.when is not None:
            columns.append(self.absent if value is None else 0.0)
        return columns


def _parts(decision: Decision) -> Iterator[_Part]:
    if isinstance(decision, Choice):
        # A one-hot vector is at a squared distance of 1/2 from zeros, and this column adds the other 1/2.
        half = math.sqrt(0.5)
        yield _Part(decision, _one_hot(decision.options, half), decision.width, half)
    elif isinstance(decision, Subset):
        share = math.sqrt(1 / decision.width)
        yield _Part(
            decision, lambda value: [share * number for number in decision.features(value)], decision.width, 1.0
        )
    else:
        # A small integer has a step for each of its values, then stairs count them exactly.
        steps = min(max(decision.count - 1, 1), STEPS) if isinstance(decision, Integer) else STEPS
        yield _Part(decision, decision.features, 1, 1.0)
        yield _Part(decision, lambda value: _stairs(decision.features(value)[0], steps), steps, 1.0)


def _one_hot(options: Sequence[str], entry: float) -> Callable[[str], list[float]]:
    """Return what gives the columns of a value: by its place, as comparing it with hundreds of options takes long."""
    places = {option: place for place, option in enumerate(options)}

    def columns(value: str) -> list[float]:
        row = [0.0] * len(options)
        row[places[value]] = entry
        return row

    return columns


def _stairs(place: float, steps: int) -> list[float]:
    """Return how much of each step lies below a place between 0 and 1."""
    size = math.sqrt(1 / steps)
    return [size * min(max(place * steps - step, 0.0), 1.0) for step in range(steps)]
