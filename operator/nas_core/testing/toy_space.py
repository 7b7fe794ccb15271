"""A space small enough to be exhausted in a test, with isomorphic encodings."""

from __future__ import annotations

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Choice

VALUES = ("a", "b", "c", "d")
SLOTS = ("first", "second", "third", "fourth")


class ToySpace(SearchSpace):
    """Four slots filled from four values, whose order does not matter: 256 encodings, 35 distinct architectures."""

    def __init__(self) -> None:
        super().__init__("toy", [Choice(slot, VALUES) for slot in SLOTS])

    def canonical(self, architecture: Architecture) -> str:
        """Return the values in sorted order."""
        return "".join(sorted(architecture[slot] for slot in SLOTS))

    def text(self, architecture: Architecture) -> str:
        """Return the values, for example ``abad``."""
        return "".join(architecture[slot] for slot in SLOTS)

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        if len(text) != len(SLOTS):
            raise ArchitectureError(f"{text!r} has {len(text)} values; give {len(SLOTS)}")
        architecture = dict(zip(SLOTS, text, strict=True))
        self.validate(architecture)
        return architecture
