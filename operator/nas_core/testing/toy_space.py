"""A space small enough to be exhausted in a test, with isomorphic encodings."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace

VALUES = ("a", "b", "c", "d")
SLOTS = ("first", "second", "third", "fourth")


class ToySpace(SearchSpace):
    """Four slots filled from four values, whose order does not matter: 256 encodings, 35 distinct architectures."""

    name = "toy"
    size: int = len(VALUES) ** len(SLOTS)

    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw an encoding uniformly."""
        return {slot: VALUES[rng.integers(len(VALUES))] for slot in SLOTS}

    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a copy with another value in one slot."""
        near = list(self.neighbours(architecture))
        return near[rng.integers(len(near))]

    def crossover(self, one: Architecture, other: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a child that takes each slot from one of two parents."""
        return {slot: (one, other)[rng.integers(2)][slot] for slot in SLOTS}

    def neighbours(self, architecture: Architecture) -> Iterator[dict[str, str]]:
        """Yield the 12 encodings that differ in one slot."""
        for slot in SLOTS:
            for value in VALUES:
                if value != architecture[slot]:
                    yield {**architecture, slot: value}

    def enumerate(self) -> Iterator[dict[str, str]]:
        """Yield all 256 encodings."""
        for values in itertools.product(VALUES, repeat=len(SLOTS)):
            yield dict(zip(SLOTS, values, strict=True))

    def validate(self, architecture: Architecture) -> None:
        """Return if every slot, and nothing else, has a known value."""
        for slot in sorted({*SLOTS, *architecture}):
            value = architecture.get(slot)
            if slot not in SLOTS:
                raise ArchitectureError(f"{slot!r} is no slot; the slots are {', '.join(SLOTS)}")
            if value not in VALUES:
                raise ArchitectureError(f"slot {slot!r} has value {value!r}; use one of {', '.join(VALUES)}")

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
