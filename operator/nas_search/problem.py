"""What is searched, and for what: the part of a search that every strategy is given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.strategy import Constraint, Objective
from nas_core.spaces import SearchSpace


@dataclass(frozen=True)
class Problem:
    """A space, what is good in it, and what is allowed."""

    space: SearchSpace
    objectives: Sequence[Objective]
    constraints: Sequence[Constraint] = ()
