"""Search spaces: what architectures there are, and how to vary them. No torch: the networks are in `nas_trial`."""

from __future__ import annotations

from nas_core.api.search import SearchSpaceRef
from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.nas_bench_201 import NasBench201

__all__ = ["Architecture", "ArchitectureError", "SearchSpace", "get_space"]

_SPACES: dict[str, SearchSpace] = {space.name: space for space in (NasBench201(),)}


def get_space(ref: SearchSpaceRef) -> SearchSpace:
    """Return the space that a search names."""
    return _SPACES[ref.name]
