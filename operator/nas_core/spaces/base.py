"""What a search space gives: sampling, variation, a canonical form. Strategies know only this.

An architecture is a mapping from the names of decisions to their values, all strings: the form it has in
``NASTrial.spec.candidates[].architecture``. Random generators are numpy's, so that a seed fixes every draw.
"""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np

Architecture = Mapping[str, str]
"""Decision name -> value."""

ID_LENGTH = 16


class ArchitectureError(ValueError):
    """An architecture is not of the space; the message names the decision, its value and what is allowed."""


class SearchSpace(ABC):
    """A finite set of architectures."""

    name: str
    size: int
    """Number of encodings; isomorphic ones are counted apart."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw an encoding uniformly."""

    @abstractmethod
    def mutate(self, architecture: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a copy with one decision changed, drawn uniformly."""

    @abstractmethod
    def crossover(self, one: Architecture, other: Architecture, rng: np.random.Generator) -> dict[str, str]:
        """Return a child that takes each decision from one of two parents, drawn uniformly."""

    @abstractmethod
    def neighbours(self, architecture: Architecture) -> Iterator[dict[str, str]]:
        """Yield every encoding that differs in exactly one decision, in a fixed order."""

    @abstractmethod
    def enumerate(self) -> Iterator[dict[str, str]]:
        """Yield every encoding of the space, in a fixed order."""

    @abstractmethod
    def validate(self, architecture: Architecture) -> None:
        """Return if the architecture is of the space.

        Raises:
            ArchitectureError: if it is not.
        """

    @abstractmethod
    def canonical(self, architecture: Architecture) -> str:
        """Return the form that isomorphic architectures share."""

    @abstractmethod
    def text(self, architecture: Architecture) -> str:
        """Return the readable encoding."""

    @abstractmethod
    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote.

        Raises:
            ArchitectureError: if it is not of that form.
        """

    def canonical_id(self, architecture: Architecture) -> str:
        """Return the stable content hash by which the architecture is known: 16 hexadecimal digits of SHA-256."""
        form = f"{self.name}:{self.canonical(architecture)}"
        return hashlib.sha256(form.encode()).hexdigest()[:ID_LENGTH]

    @functools.cached_property
    def distinct(self) -> Mapping[str, Architecture]:
        """One encoding of every distinct architecture, by id, in the order of :meth:`enumerate`; for small spaces."""
        found: dict[str, Architecture] = {}
        for architecture in self.enumerate():
            found.setdefault(self.canonical_id(architecture), architecture)
        return found
