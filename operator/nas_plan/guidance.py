"""Whether the guidance of a search can be kept (`spec.guidance`). While it cannot, nothing new is tried. Pure."""

from __future__ import annotations

from functools import lru_cache

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec
from nas_core.records.objects import ReadableSearch
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.guidance import GuidanceError, guided, not_left
from nas_plan.injected import FIELD

KEPT = 64
"""Searches whose guidance has been looked at and is looked at again at each look."""


def guidance_fault(search: ReadableSearch) -> str | None:
    """Say why the guidance of a search cannot be kept, and what to do; None if it can."""
    spec = search.spec
    if (given := spec.strategy_guidance) is None:
        return None
    part = _part(get_space(spec.search_space, spec.hyperparameters), given.model_dump_json())
    if isinstance(part, str):
        return part
    return search.injection_fault or next((fault for one in search.injected if (fault := _outside(part, one))), None)


def _outside(part: SearchSpace, asked: CandidateSpec) -> str | None:
    """Say that a candidate of another search is forbidden; None if it is not."""
    values = part.join(asked.architecture, asked.hyperparameters)
    name = next(iter(part.outside(values)), None)
    return f"{FIELD}: of {asked.source}, {not_left(name, values[name])}" if name else None


# A space has no equal but itself, and `get_space` gives the same one for the same description.
@lru_cache(maxsize=KEPT)
def _part(space: SearchSpace, guidance: str) -> SearchSpace | str:
    """Return what guidance leaves of a space, or why it cannot be kept."""
    try:
        return guided(space, Guidance.model_validate_json(guidance)).space
    except GuidanceError as impossible:
        return str(impossible)
