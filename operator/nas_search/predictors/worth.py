"""What a search's predictor is worth by held-out results, and what each earlier search is worth to it.

Strategies use a predictor, and an earlier search in it, while these numbers speak for it;
`nas_plan.surrogate_reliability` tells them to people.
"""

from __future__ import annotations

from dataclasses import dataclass

from nas_core.ranks import USEFUL_TAU
from nas_search.predictors.held_out import HeldOut


@dataclass(frozen=True)
class SourceWorth:
    """What results of an earlier search are worth to another one."""

    source: str
    """Name of the earlier search."""
    own: HeldOut
    """Its results, each predicted from the others."""
    here: HeldOut
    """Results of the search that learns from it, predicted from the earlier ones alone."""

    @property
    def contradicted(self) -> bool:
        """Whether results here tell that it does not rank them: the interval has zero in it, and nothing useful."""
        return self.here.interval is not None and not self.here.ranks and self.here.interval[1] < USEFUL_TAU

    @property
    def used(self) -> bool:
        """Whether the predictor learns from it."""
        return self.own.ranks and not self.contradicted


@dataclass(frozen=True)
class Foreseen:
    """How what an earlier search foresees goes with results of the search that began with it."""

    source: str
    """Name of the earlier search."""
    here: HeldOut
    """The first results here, compared with what the earlier search foresees of them."""
    dropped: bool
    """Whether results have contradicted it, so that nothing depends on it any more."""


@dataclass(frozen=True)
class Worth:
    """What a predictor is worth."""

    held_out: HeldOut | None
    """Of the objective that it ranks worst; None: it is not fitted to anything yet."""
    sources: tuple[SourceWorth, ...] = ()
    """Of each earlier search, in the order in which they are named."""
    from_earlier: bool = False
    """Whether it has learned from earlier searches alone, so that `held_out` is of their results."""
    foreseen: tuple[Foreseen, ...] = ()
    """Of each earlier search that the search began with, in the order in which they are named."""


def worst(found: list[HeldOut]) -> HeldOut:
    """Return that of the objective that is ranked worst."""
    return min(found, key=lambda one: -1.0 if one.interval is None else one.interval[0])
