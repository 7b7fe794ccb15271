"""Whether the guidance of a search can be kept (`spec.guidance`). While it cannot, nothing new is tried. Pure."""

from __future__ import annotations

from functools import lru_cache

from nas_core.api.guidance import Guidance
from nas_core.api.search import NASSearchSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.guidance import GuidanceError, guided

KEPT = 64
"""Searches whose guidance has been looked at and is looked at again at each look."""


def guidance_fault(spec: NASSearchSpec) -> str | None:
    """Say why the guidance of a search cannot be kept, and what to do; None if it can."""
    if spec.guidance is None:
        return None
    return _fault(get_space(spec.search_space, spec.hyperparameters), spec.guidance.model_dump_json())


# A space has no equal but itself, and `get_space` gives the same one for the same description.
@lru_cache(maxsize=KEPT)
def _fault(space: SearchSpace, guidance: str) -> str | None:
    try:
        guided(space, Guidance.model_validate_json(guidance))
    except GuidanceError as impossible:
        return str(impossible)
    return None
