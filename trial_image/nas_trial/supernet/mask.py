"""What people forbid, of a supernet: its networks are those of the part of the space that guidance leaves."""

from __future__ import annotations

from nas_core.api.guidance import Guidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.spaces import SearchSpace, get_space
from nas_core.spaces.guidance import GuidanceError, guided
from nas_model.errors import CandidateRejected


def part_of(spec: SearchSpaceSpec, guidance: Guidance | None) -> SearchSpace:
    """Return a space, or the part of it that guidance leaves.

    Raises:
        CandidateRejected: if that cannot be; the operator asks for none that cannot.
    """
    space = get_space(spec)
    if guidance is None:
        return space
    try:
        return guided(space, guidance).space
    except GuidanceError as impossible:
        raise CandidateRejected("SpecInvalid", str(impossible)) from None
