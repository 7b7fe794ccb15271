"""The interface of a phase. Each phase is a module; `nas_plan.decide` asks them in order how the search goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from nas_core.api.trial import NASTrialSpec
from nas_core.states import Work
from nas_plan.look import NO_WORK, Look
from nas_plan.search_standing import Standing


@dataclass(frozen=True)
class Step:
    """How a search goes on: its standing, and the trials to create now."""

    standing: Standing
    trials: tuple[NASTrialSpec, ...] = ()
    leaving: frozenset[Work] = NO_WORK
    """Work of earlier phases, over for good: what still runs of it has to stop."""
    held: frozenset[Work] = NO_WORK
    """Work of which nothing is started until this phase is over; what runs of it goes on."""
    held_back: int = 0
    """Trials that would be created now as well, if the policies of the namespace left room for all."""

    @classmethod
    def creating(
        cls,
        look: Look,
        standing: Standing,
        missing: Sequence[NASTrialSpec],
        leaving: frozenset[Work] = NO_WORK,
        held: frozenset[Work] = NO_WORK,
    ) -> Self:
        """Return the step that creates as many of the missing trials as there is room for."""
        without = leaving | held
        made = tuple(missing[: look.free_slots(without)])
        return cls(standing, made, leaving, held, min(len(missing), look.wanted_slots(without)) - len(made))


class Phase(Protocol):
    """One phase of a search (`nas_plan.phases`)."""

    def step(self, look: Look, standing: Standing) -> Step | None:
        """Return how the search goes on in this phase, None if the phase has nothing to do.

        Args:
            look: the search now.
            standing: how it stands after the phases before this one.
        """
