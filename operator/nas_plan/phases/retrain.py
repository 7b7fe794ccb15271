"""After the search: which of the best architectures still have to be trained again, and how the search stands then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import NASTrialSpec
from nas_core.records.objects import by_result, observed
from nas_plan.search_standing import Outcome, standstill
from nas_plan.snapshot import Snapshot
from nas_plan.trial_state import Judgement
from nas_search.ranking import best_distinct, fullest

COMPLETE = ("BudgetSpent", "SpaceExhausted", "TargetReached")
"""Endings of a search that are followed by retraining; one that ran out of time has none left for it."""


def wanted(spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[NASTrialSpec]:
    """Return the retraining trials that the search asks for, those that exist included, the best first."""
    if spec.retrain is None:
        return []
    searched = [j.trial for j in judged if j.trial.spec.work == "Train"]
    trials = by_result(searched)
    results = fullest(observed(searched), spec.objectives, spec.constraints)
    best = best_distinct(results, spec.objectives, spec.constraints, spec.retrain.top)
    return [
        NASTrialSpec(
            index=winner.index,
            basis=winner.sequence,
            work="Retrain",
            epochs=spec.retrain.epochs,
            candidates=[winner.candidate],
            seed=trials[winner.sequence].spec.seed,
        )
        for winner in best
    ]


def after_search(snapshot: Snapshot, judged: Sequence[Judgement], ended: Outcome) -> tuple[Outcome, list[NASTrialSpec]]:
    """Return how a search that has ``ended`` stands, and the retraining trials that do not exist yet."""
    spec = snapshot.search.spec
    assert spec is not None, "an unreadable spec has no outcome"
    asked = wanted(spec, judged) if ended.succeeded and ended.reason in COMPLETE else []
    again = {identity(j.trial.spec): j for j in judged if j.trial.spec.work == "Retrain"}
    missing = [trial for trial in asked if identity(trial) not in again]
    found = [again[identity(trial)] for trial in asked if identity(trial) in again]
    if not asked:
        return ended, []
    again_and_well = sum(j.trial.succeeded for j in found)
    message = f"{ended.message}; {again_and_well} of the best {len(asked)} have been trained again"
    if sum(j.trial.recorded for j in found) == len(asked):
        return replace(ended, message=message), []
    return standstill(snapshot, judged) or Outcome("Retraining", message, go=True), missing


def identity(trial: NASTrialSpec) -> tuple[str, int | None]:
    """Return what makes two retrainings the same: the architecture and the epochs."""
    return trial.candidates[0].id, trial.epochs
