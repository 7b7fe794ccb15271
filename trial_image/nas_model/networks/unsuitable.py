"""What the builders of networks say when the data has not the inputs that a space is for."""

from __future__ import annotations

import dataclasses

from nas_model.errors import CandidateRejected
from nas_model.signature import Signature


def unsuitable(space: str, needs: str, signature: Signature) -> CandidateRejected:
    """Return the error for data without what a space needs, such as ``images``."""
    kinds = [field.name for field in dataclasses.fields(signature) if field.name != "outputs"]
    there = ", ".join(kind for kind in kinds if getattr(signature, kind) is not None)
    return CandidateRejected(
        "DataUnsuitable",
        f"searchSpace {space} is for {needs}; the data has {there}. Choose a space for {there} or other data",
    )
