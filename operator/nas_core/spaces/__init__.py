"""Search spaces: sets of architectures, and how to vary them. No torch: the networks are in `nas_trial`.

Begin with `base`, the interface of every space, and `ready_made`, the table of those that have a name.
"""

from __future__ import annotations

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.from_spec import get_space
from nas_core.spaces.ready_made import DEFAULT

__all__ = ["DEFAULT", "Architecture", "ArchitectureError", "SearchSpace", "get_space"]
