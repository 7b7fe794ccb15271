"""Architectures and hyperparameters searched together: one space for the strategy, split again for the trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nas_core.spaces.base import Architecture, ArchitectureError, SearchSpace
from nas_core.spaces.decisions import Decision

PREFIX = "hp."
"""Begins the names of hyperparameters among the decisions, so that none is taken for one of the architecture."""
_SEPARATOR = " | "


class JointSpace(SearchSpace):
    """A space of architectures with hyperparameters beside them (Zela et al. 2018, arXiv:1807.06906)."""

    def __init__(self, space: SearchSpace, hyperparameters: Sequence[Decision]) -> None:
        self.space = space
        self.hyperparameters = SearchSpace("hyperparameters", hyperparameters)
        super().__init__(space.name, [*space.decisions, *(decision.prefixed(PREFIX) for decision in hyperparameters)])

    def fault(self, architecture: Architecture) -> str | None:
        """Say what is wrong with the architecture; hyperparameters have no rule."""
        return self.space.fault(self.split(architecture)[0])

    def split(self, values: Architecture) -> tuple[dict[str, str], dict[str, str]]:
        """Return the architecture and the hyperparameters, these without the prefix."""
        beside = {name.removeprefix(PREFIX): value for name, value in values.items() if name.startswith(PREFIX)}
        return {name: value for name, value in values.items() if not name.startswith(PREFIX)}, beside

    def join(self, architecture: Architecture, hyperparameters: Mapping[str, str]) -> dict[str, str]:
        """Return both together."""
        return {**architecture, **{PREFIX + name: value for name, value in hyperparameters.items()}}

    def canonical(self, architecture: Architecture) -> str:
        """Return the architecture's canonical form and the hyperparameters."""
        encoding, beside = self.split(architecture)
        # Together, because the same network with other hyperparameters is another candidate.
        return f"{self.space.canonical(encoding)}{_SEPARATOR}{self.hyperparameters.canonical(beside)}"

    def text(self, architecture: Architecture) -> str:
        """Return the architecture's text and the hyperparameters: ``… | learningRate=0.1``."""
        encoding, beside = self.split(architecture)
        return f"{self.space.text(encoding)}{_SEPARATOR}{self.hyperparameters.text(beside)}"

    @property
    def longest_text(self) -> int:
        """Characters of both and what is between them."""
        return self.space.longest_text + len(_SEPARATOR) + self.hyperparameters.longest_text

    def parse(self, text: str) -> dict[str, str]:
        """Read what :meth:`text` wrote."""
        encoding, separator, beside = text.rpartition(_SEPARATOR)
        if not separator:
            raise ArchitectureError(f"{text!r} has no {_SEPARATOR!r} before the hyperparameters")
        return self.join(self.space.parse(encoding), self.hyperparameters.parse(beside))
