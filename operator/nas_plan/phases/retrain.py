"""After the search: which of the best still have to be trained again, and the standing of the search until then."""

from __future__ import annotations

from dataclasses import replace

from nas_core.api.trial import NASTrialSpec
from nas_core.reasons import SearchReason
from nas_core.records.objects import by_result, observed
from nas_core.states import Work
from nas_plan.look import Look
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing, standstill
from nas_search.ranking import best_distinct, on_highest_rung

LEAVING = frozenset({Work.SCORE, Work.TRAIN})


def step(look: Look, standing: Standing) -> Step | None:
    """Go on after a search that is complete; one that ran out of time has none left for it."""
    asked = wanted(look) if standing.complete else []
    if not asked:
        return None
    # By what is trained, not by name: the best change when the budget is raised, and what is done already counts.
    existing = {identity(j.trial.spec): j for j in look.by_work[Work.RETRAIN]}
    done = [existing[identity(trial)] for trial in asked if identity(trial) in existing]
    succeeded = sum(j.trial.succeeded for j in done)
    message = f"{standing.message}; {succeeded} of the best {len(asked)} have been trained again"
    if sum(j.trial.recorded for j in done) == len(asked):
        return Step(replace(standing, message=message))
    missing = [trial for trial in asked if identity(trial) not in existing]
    standing = standstill(look, look.judged) or Standing(SearchReason.RETRAINING, message)
    # What a search that reached its targets leaves undone is not gone on with; it holds its slot until it ends.
    room = look.free_slots(LEAVING) if standing.go else 0
    return Step(standing, tuple(missing[:room]), LEAVING)


def wanted(look: Look) -> list[NASTrialSpec]:
    """Return the retraining trials that the search asks for, those that exist included, the best first."""
    spec = look.spec
    if spec.retrain is None:
        return []
    trials = by_result(look.trials)
    results = on_highest_rung(observed(look.trials), spec.objectives, spec.constraints)
    best = best_distinct(results, spec.objectives, spec.constraints, spec.retrain.top)
    return [
        NASTrialSpec(
            index=winner.index,
            basis=winner.sequence,
            work=Work.RETRAIN,
            epochs=spec.retrain.epochs,
            candidates=[winner.candidate],
            seed=trials[winner.sequence].spec.seed,
        )
        for winner in best
    ]


def identity(trial: NASTrialSpec) -> tuple[str, int | None]:
    """Return what makes two retrainings the same: the architecture and the epochs."""
    return trial.candidates[0].id, trial.epochs
