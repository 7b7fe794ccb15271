"""A decision of which only some values are left: what a person has forbidden the others leaves (`guidance`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nas_core.spaces.decisions import Choice, Decision, Integer, Real

DRAWS = 64
"""Draws of the whole decision before one of the values is drawn uniformly."""


@dataclass(frozen=True)
class Among(Decision):
    """Some values of a decision that has an order or a distribution of its own; its features are the whole one's."""

    whole: Decision
    left: tuple[str, ...]

    @cached_property
    def _left(self) -> frozenset[str]:
        return frozenset(self.left)

    @property
    def count(self) -> int:
        """Number of values."""
        return len(self.left)

    @property
    def longest(self) -> int:
        """Characters of the longest value."""
        return max(map(len, self.left))

    @property
    def first(self) -> str:
        """The first value."""
        return self.left[0]

    def values(self) -> Iterator[str]:
        """Yield the values."""
        yield from self.left

    def draw(self, rng: np.random.Generator) -> str:
        """Draw as the whole decision does, as long as that hits."""
        for _ in range(DRAWS):
            if self.allows(drawn := self.whole.draw(rng)):
                return drawn
        return self.left[rng.integers(len(self.left))]

    def at(self, place: float) -> str:
        """Return the value at a place, each having an equal part."""
        return self.left[min(int(place * self.count), self.count - 1)]

    def nearest(self, value: str) -> str:
        """Return the nearest number, of values without a distance any."""
        if isinstance(self.whole, Integer | Real):
            return min(self.left, key=lambda other: abs(float(other) - float(value)))
        return super().nearest(value)

    def near(self, value: str) -> Iterator[str]:
        """Yield the neighbours that are left."""
        yield from (other for other in self.whole.near(value) if self.allows(other))

    def allows(self, value: str) -> bool:
        """Whether it is left."""
        return value in self._left

    @property
    def expected(self) -> str:
        """The values."""
        return "one of " + ", ".join(self.left)

    @property
    def width(self) -> int:
        """That of the whole decision."""
        return self.whole.width

    def features(self, value: str) -> list[float]:
        """Return those of the whole decision."""
        return self.whole.features(value)


def among(decision: Decision, left: tuple[str, ...]) -> Decision:
    """Return a decision of which some values are left, at least one."""
    if isinstance(decision, Choice):
        return Choice(decision.name, left, when=decision.when)
    return Among(decision.name, decision, left, when=decision.when)
