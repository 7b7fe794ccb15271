"""After the search: which of the best still have to be trained again, and the standing of the search until then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

from nas_core.api.strategy import Constraint
from nas_core.api.trial import NASTrialSpec
from nas_core.history import Observation
from nas_core.reasons import SearchReason
from nas_core.records.trial import by_result
from nas_core.states import Work
from nas_plan.ask import trial_seed
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing, standstill
from nas_plan.targets import all_limits
from nas_search.ranking import best, best_distinct

LEAVING = frozenset({Work.SCORE, Work.SUPERNET, Work.TRAIN})


def step(look: Look, standing: Standing) -> Step | None:
    """Go on after a search that is complete; one that ran out of time has none left for it."""
    # One that had ended with all of it stays so though trials were deleted since, and the best by the others are new.
    asked = wanted(look) if standing.complete and not look.settled else []
    if not asked:
        return None
    # By what is trained, not by name: the best change when the budget is raised, and what is done already counts.
    existing = {identity(j.trial.spec): j for j in look.by_work[Work.RETRAIN]}
    done = [existing[identity(trial)] for trial in asked if identity(trial) in existing]
    succeeded = sum(j.trial.succeeded for j in done)
    seeds = look.spec.retrain.seeds if look.spec.retrain else 1
    of = f"the best {len(asked)} have been trained again"
    if seeds > 1:
        of = f"{len(asked)} trainings of the best {len(asked) // seeds}, with {seeds} seeds each, have succeeded"
    message = f"{standing.message}; {succeeded} of {of}"
    if sum(j.trial.recorded for j in done) == len(asked):
        return Step(replace(standing, message=message))
    missing = [trial for trial in asked if identity(trial) not in existing]
    standing = standstill(look, look.judged) or Standing(SearchReason.RETRAINING, message)
    # What a search that reached its targets leaves undone is not gone on with; it holds its slot until it ends.
    return Step.creating(look, standing, missing if standing.go else (), LEAVING)


def wanted(look: Look) -> list[NASTrialSpec]:
    """Return the retraining trials that the search asks for, those that exist included, the best first.

    With several seeds the first training of each comes before the second of any.
    """
    spec = look.spec
    if spec.retrain is None:
        return []
    trials = by_result(look.trials)
    # One that is among the best of several targets is trained once.
    winners: dict[str, Observation] = {}
    for winner in _winners(look):
        winners.setdefault(winner.candidate.id, winner)
    return [
        NASTrialSpec(
            index=winner.index,
            basis=winner.sequence,
            work=Work.RETRAIN,
            epochs=spec.retrain.epochs,
            repeat=repeat or None,
            candidates=[winner.candidate],
            seed=trial_seed(seed, repeat) if repeat else seed,
        )
        for repeat in range(spec.retrain.seeds)
        for winner in winners.values()
        for seed in [trials[winner.sequence].spec.seed]
    ]


def best_of_target(look: Look, limits: Sequence[Constraint]) -> list[Observation]:
    """Return the best within some limits that are trained again, the first being the best."""
    spec, retrain = look.spec, look.spec.retrain
    if retrain is None:
        return []
    if look.losses is None:
        return best_distinct(look.comparable, spec.objectives, limits, retrain.top)
    front = best(look.comparable, spec.objectives, limits, look.losses)
    # A comparison is quickly made, and a training costs: those that have begun count before those that come first now.
    begun = {j.trial.spec.candidates[0].id for j in look.by_work[Work.RETRAIN] if j.trial.spec.epochs == retrain.epochs}
    chosen = {one.candidate.id for one in sorted(front, key=lambda one: one.candidate.id not in begun)[: retrain.top]}
    return [one for one in front if one.candidate.id in chosen]


def _winners(look: Look) -> Iterator[Observation]:
    """Yield the best of each target, then the second of each; one that is of several as often."""
    for place in zip_longest(*(best_of_target(look, limits) for limits in all_limits(look.spec))):
        yield from (winner for winner in place if winner is not None)


def identity(trial: NASTrialSpec) -> tuple[str, int | None, int]:
    """Return what makes two retrainings the same: the architecture, the epochs, and which of the seeds."""
    return trial.candidates[0].id, trial.epochs, trial.repeat or 0
