"""Whether the guidance of a search can be kept (`spec.guidance`). While it cannot, nothing new is tried. Pure."""

from __future__ import annotations

from functools import lru_cache

from nas_core.api.gradient import gradient_of
from nas_core.api.guidance import Guidance, HeldGuidance
from nas_core.api.search_status import SupernetStatus
from nas_core.api.trial import CandidateSpec
from nas_core.records.search import ReadableSearch
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.guidance import GuidanceError, guided, not_left
from nas_core.spaces.mixed_part import mixed_fault
from nas_core.spaces.wider import wider
from nas_plan.injected import FIELD

KEPT = 64
"""Searches whose guidance has been looked at and is looked at again at each look."""


def guidance_fault(search: ReadableSearch, supernet: SupernetStatus | None = None) -> str | None:
    """Say why the guidance of a search cannot be kept, and what to do; None if it can.

    ``supernet``: the shared weights that its candidates are evaluated with, if there are any.
    """
    spec = search.spec
    trained = supernet.guidance if supernet else None
    given = spec.strategy_guidance
    if given is None and trained is None:
        return None
    space = get_space(spec.search_space, spec.hyperparameters)
    part = _part(space, (given or Guidance()).model_dump_json())
    if isinstance(part, str):
        return part
    if gradient_of(spec.strategy) and (unmixed := mixed_fault(part)):
        return f"spec.guidance.decisions: {unmixed}"
    if search.injection_fault:
        return search.injection_fault
    outside = next((fault for one in search.injected if (fault := _outside(part, one))), None)
    return outside or (_untrained(space, part, trained) if trained else None)


def _untrained(space: SearchSpace, part: SearchSpace, trained: HeldGuidance) -> str | None:
    """Say that guidance leaves what the shared weights were not trained for; None if it does not."""
    there = _part(space, trained.given.model_dump_json())
    if isinstance(there, str):
        return f"the supernet was trained under guidance that cannot be read any more: {there}; make a new search"
    more = wider(part, there)
    if more is None:
        return None
    held = "; ".join(str(rule) for rule in trained.decisions if rule.limits)
    return (
        f"spec.guidance.decisions: they leave {more[0]}={more[1]}, and the supernet was trained under {held}; add that "
        "to spec.guidance, or make a new search, which trains another supernet"
    )


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
