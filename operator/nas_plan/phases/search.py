"""The search itself: promotions and new candidates for the free slots, until there are no more."""

from __future__ import annotations

import math

from nas_core.api.gradient import gradient_of
from nas_core.api.surrogate_rules import predicts
from nas_core.api.trial import NASTrialSpec
from nas_core.reasons import SearchReason
from nas_plan.ask import ask, promote, retry
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing, end, left_to_try
from nas_plan.surrogate_evaluation import with_predictions


def step(look: Look, standing: Standing) -> Step | None:
    """Fill the free slots; without anything to fill them with, and without a result to wait for, the search ends."""
    if standing.over:
        return None
    trials = _fill(look) if standing.go else []
    held_back = _held_back(look, len(trials)) if standing.go else 0
    # Of one that waits for room it is seen when it has a turn: asking takes time, and it may wait for long.
    if not trials and not held_back and _exhausted(look):
        if gradient_of(look.spec.strategy):
            why = f"all {look.first_index} architectures that were derived have been trained"
            if look.first_index == 1:
                why = "the architecture that was derived has been trained"
            return Step(end(look, SearchReason.DERIVED_TRAINED, why))
        why = "every architecture of the space has been tried"
        if look.spec.strategy_guidance is not None:
            why = "every architecture that spec.guidance leaves has been tried; loosen it, and the search goes on"
        return Step(end(look, SearchReason.SPACE_EXHAUSTED, why))
    return Step(standing, tuple(trials), held_back=held_back)


def _held_back(look: Look, created: int) -> int:
    """Return how many more trials would be created if there were room, or a bound of it: nobody asks the strategy."""
    free, more = look.free_slots(), look.wanted_slots()
    # A search that leaves slots free has nothing more for them. What is predicted needs none.
    if created < free or predicts(look.spec):
        return 0
    if not look.spec.strategy.rungs:
        more = min(more, math.ceil(left_to_try(look) / look.spec.evaluation.candidates_per_trial))
    return max(0, more - created)


def _fill(look: Look) -> list[NASTrialSpec]:
    spec, left = look.spec, left_to_try(look)
    free = look.wanted_slots() if predicts(spec) else look.free_slots()
    if again := retry(spec, look.trials, look.first_index, look.retried):
        # What comes after them has to see them, so that is for the next look.
        return again[:free]
    promoted = promote(spec, look.trials, look.first_index, look.first_index + left, free, look.search.generation)
    wanted = min((free - len(promoted)) * spec.evaluation.candidates_per_trial, left)
    created = _ask(look, wanted)
    if wanted > 0 and not created:
        # The space has no more candidates: nobody is waited for any longer.
        promoted = promote(spec, look.trials, look.first_index, look.first_index, free, look.search.generation)
    if predicts(spec):
        created = with_predictions(spec, created, look.earlier)
    return promoted + created


def _ask(look: Look, n: int) -> list[NASTrialSpec]:
    known, search = (look.scores, look.derived, look.earlier), look.search
    return ask(
        look.spec, look.trials, look.first_index, n, *known, generation=search.generation, injected=search.injected
    )


def _exhausted(look: Look) -> bool:
    """Whether every architecture of the space has been tried and every result is in."""
    if not look.all_recorded or not left_to_try(look) or look.climbing or look.guidance_fault:
        return False
    # Last, as an answer may take seconds; the strategy alone knows what it has left out (twins, broken constraints).
    return not _ask(look, 1)
