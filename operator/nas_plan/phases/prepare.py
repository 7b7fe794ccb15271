"""Before anything else: one trial reads, checks and divides the data, for all other trials of the search.

A search that has tried candidates without prepared data (an older operator began it) goes on without. One whose trial
of this work is gone prepares again: so data come back that were corrected, or deleted from the bucket.
"""

from __future__ import annotations

from typing import NamedTuple

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import NASTrialSpec
from nas_core.contract import ROWS_DONE
from nas_core.reasons import PlainReason, SearchReason, TrainerReason
from nas_core.records.conditions import MESSAGE_LIMIT, find
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType, Work
from nas_plan.look import Look, prepared_data
from nas_plan.phases.phase import Step
from nas_plan.search_standing import Standing

NOTHING_ELSE = frozenset(Work) - {Work.PREPARE}


class Readiness(NamedTuple):
    """The condition `DataReady` of a search: whether it holds, and why."""

    holds: bool
    reason: str
    message: str


def step(look: Look, standing: Standing) -> Step | None:
    """Go on with preparing until the data are there; without data the search has failed."""
    trial = _trial(look)
    if standing.over or not _takes_place(look):
        return None
    if trial and trial.succeeded:
        changed = _changed(look, trial)
        if not changed and not look.search.begun and prepared_data(look.search, look.snapshot.trials) is None:
            # Its end is only being recorded: what the spec leaves open is chosen from the data at the next look.
            return Step(Standing(SearchReason.PREPARING, _progress(trial))) if standing.go else Step(standing)
        return Step(Standing(SearchReason.DATASET_CHANGED, changed)) if changed else None
    if not standing.go:
        return Step(standing)
    if trial and trial.recorded:
        why = _failed(look, trial)
        return Step(Standing(SearchReason.PREPARING_FAILED, f"{why.reason}: {why.message}"))
    if standing.reason == SearchReason.RUNNING:
        standing = Standing(SearchReason.PREPARING, _progress(trial))
    missing = () if trial else (_asked(look.spec),)
    # Trials that wait for the data keep no slot from it.
    return Step.creating(look, standing, missing, held=NOTHING_ELSE)


def readiness(look: Look, standing: Standing) -> Readiness | None:
    """Return whether the data are prepared; None for a search whose trials each read the data themselves."""
    trial = _trial(look)
    if not _takes_place(look):
        return None
    if trial and trial.succeeded and (changed := _changed(look, trial)):
        return Readiness(False, SearchReason.DATASET_CHANGED, changed)
    # What the trial has found is in the search's status, too; when the search is over nothing is prepared again.
    if look.dataset and (trial.succeeded if trial else standing.over):
        return Readiness(True, PlainReason.PREPARED, look.dataset.describe())
    return (
        _failed(look, trial) if trial and trial.recorded else Readiness(False, SearchReason.PREPARING, _progress(trial))
    )


def is_asked_for(spec: NASSearchSpec) -> bool:
    """Whether the data of a search are prepared once for all trials.

    They need a place to be kept, and a trainer that knows this work: only of the ready-made one that is known.
    """
    own_data = spec.task.dataset.name is None and spec.evaluation.benchmark is None
    return own_data and spec.storage is not None and spec.trial_template.ready_made


def _takes_place(look: Look) -> bool:
    if not is_asked_for(look.spec):
        return False
    known = find(look.search.status.conditions, ConditionType.DATA_READY) is not None
    return known or _trial(look) is not None or look.first_index == 0


def _trial(look: Look) -> TrialView | None:
    """Return the trial that prepares; there is at most one, as its name is always the same."""
    return next((j.trial for j in look.by_work[Work.PREPARE]), None)


def _asked(spec: NASSearchSpec) -> NASTrialSpec:
    return NASTrialSpec(index=0, basis=0, work=Work.PREPARE, seed=spec.strategy.seed)


def _progress(trial: TrialView | None) -> str:
    done = trial.status.metrics.get(ROWS_DONE) if trial else None
    so_far = f"; {done:,.0f} rows so far" if done else ""
    return f"the data are read, checked and divided, once for all trials{so_far}"


def _changed(look: Look, trial: TrialView) -> str | None:
    """Say that trials were trained on other data than are prepared now, None if not."""
    prepared = trial.status.dataset.hash if trial.status.dataset else None
    trained = [*look.recorded, *(j.trial for j in look.by_work[Work.SUPERNET] if j.trial.recorded)]
    earlier = [t for t in trained if t.status.dataset_hash not in (None, prepared)]
    if not earlier:
        return None
    return (
        f"the data have changed: {earlier[0].meta.name} and others ({len(earlier)} in all) were trained on "
        f"{earlier[0].status.dataset_hash}, prepared are {prepared}, and results on both cannot be compared. Restore "
        f"the data and delete the trial {trial.meta.name}, or make a new search"
    )


def _failed(look: Look, trial: TrialView) -> Readiness:
    failed = find(trial.status.conditions, ConditionType.FAILED)
    reason, message = (failed.reason, failed.message) if failed else (SearchReason.PREPARING_FAILED, "no result")
    if reason == TrainerReason.SPEC_INVALID:
        remedy = (
            "spec.task cannot change: make a new search with the corrected field"
            if look.search.begun
            else "Correct the field, and the data are prepared again"
        )
    else:
        remedy = f"Correct the cause and delete the trial {trial.meta.name}, and the data are prepared again"
    # The message is cut rather than the remedy.
    cause = message[: MESSAGE_LIMIT - len(reason) - len(remedy) - 4].rstrip(". ")
    return Readiness(False, reason, f"{cause}. {remedy}")
