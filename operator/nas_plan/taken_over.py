"""A candidate of another search in the space of this one, by the names of its decisions. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from nas_core.api.trial import CandidateSpec, Origin
from nas_core.spaces import ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Decision
from nas_search.strategy import candidate_of


def taken_over(space: SearchSpace, given: Mapping[str, str], origin: Origin, source: str) -> CandidateSpec:
    """Return a candidate as the space has it, without what only its own search knows, and with where it is from.

    Decisions that the space does not have are left out. ``given``: its values, as :meth:`SearchSpace.join` has them.

    Raises:
        ArchitectureError: if it is not in the space: a decision is missing, or a value is no value there.
    """

    def value(decision: Decision) -> str:
        if decision.name not in given:
            raise ArchitectureError(f"it has no {decision.name}")
        return given[decision.name]

    values = space.complete(value)
    space.validate(values)
    return candidate_of(space, values, origin).model_copy(update={"source": source})
