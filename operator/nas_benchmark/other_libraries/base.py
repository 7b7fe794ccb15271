"""What an adapter of another library has to do."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

from nas_core.api.strategy import Objective
from nas_core.objectives import costs_of
from nas_core.spaces import Architecture, SearchSpace


class LibraryEntrant(ABC):
    """An entrant that keeps its own history. It may ask for the same architecture again: that costs a query too."""

    one_objective: ClassVar[bool] = True
    several_objectives: ClassVar[bool] = False

    def __init__(self, space: SearchSpace, objectives: Sequence[Objective], seed: int) -> None:
        self.space, self.objectives, self.seed = space, objectives, seed

    @abstractmethod
    def ask(self, index: int) -> Architecture | None:
        """Return what query ``index`` evaluates; None: not before another result has come, or never again."""

    @abstractmethod
    def tell(self, index: int, metrics: Mapping[str, float] | None) -> None:
        """Take the result of a query; None: it failed."""

    def costs(self, metrics: Mapping[str, float] | None) -> list[float] | None:
        """Return a value an objective, less being better; None where one is missing."""
        if metrics is None:
            return None
        # NaN where a metric is missing, which no library takes as a result.
        values = costs_of(metrics, self.objectives)
        return values if all(map(math.isfinite, values)) else None

    def applying(self, values: Mapping[str, str]) -> dict[str, str]:
        """Return the decisions that apply, of libraries that always decide all of them."""
        return self.space.complete(lambda decision: values[decision.name])
