"""Which checkpoints of ended trials `storage.checkpointPolicy` lets go.

What is decided is written into the trial first: the addresses go, and `status.checkpoints` says what is to be deleted.
Backends delete what the record says, as often as it takes, and then the record says that it is done. So nobody reads
the address of weights that are gone, and whoever is killed in between goes on from the record.

Kept whatever the policy: checkpoints of trials that may run again; shared weights; those of models, which are trainings
again and trials of which a NASModel is being made; and with rungs those from which a candidate may be trained further.
"""

from __future__ import annotations

from collections.abc import Iterable

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import BestArchitecture, NASSearchStatus
from nas_core.api.trial import KeptCheckpoints, NASTrialStatus
from nas_core.layout import trial_of
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.actions import RecordTrial
from nas_plan.judgement import Judgement
from nas_plan.look import Look

AT_ONCE = 32
"""Trials for which one look decides at most: endings and starts must not wait for it."""
_DONE: dict[KeptCheckpoints | None, KeptCheckpoints] = {"DeletingOlder": "Newest", "DeletingAll": "None"}


def let_go(look: Look, status: NASSearchStatus) -> list[RecordTrial]:
    """Return what is recorded now of trials' checkpoints; ``status`` is the search's next one, with its best."""
    policy = look.spec.storage.checkpoint_policy if look.spec.storage else "All"
    if policy == "All" and not look.snapshot.dropped:
        return []
    records = [
        RecordTrial(j.trial, _with(j.trial.status, _DONE[j.trial.status.checkpoints]))
        for j in look.judged
        if j.trial.drops_checkpoints and j.trial.meta.name in look.snapshot.dropped
    ]
    if policy == "All":
        return records
    best = {one.trial for one in _best(status)} if policy == "Best" else set()
    # What is in the ledger is not written any more, whatever the policy has become since.
    kept = look.snapshot.ledger
    in_ledger = kept.recorded | kept.writing if kept else frozenset()
    in_use = look.snapshot.leftovers | look.snapshot.exported | in_ledger | _resumable(look)
    for j in look.judged:
        name, before = j.trial.meta.name, j.trial.status.checkpoints
        if len(records) >= AT_ONCE or not _has_ended(j) or name in in_use:
            continue
        if policy == "Latest" or name in best:
            # One that names no weights keeps whatever it has stored: nobody knows which of it is the newest.
            if before is None and _names_weights(j.trial):
                records.append(RecordTrial(j.trial, _with(j.trial.status, "DeletingOlder")))
        elif before in (None, "Newest"):
            records.append(RecordTrial(j.trial, _without_addresses(j.trial.status)))
    return records


def is_final(trial: TrialView, spec: NASSearchSpec) -> bool:
    """Whether nothing more will be let go of a recorded training of the search."""
    policy = spec.storage.checkpoint_policy if spec.storage else "All"
    if trial.drops_checkpoints:
        return False
    if policy == "All" or trial.spec.known:
        return True
    if policy == "Latest":
        return trial.status.checkpoints is not None or not _names_weights(trial)
    # Of the best, others may be better one day, and of those that go on, they may have gone on.
    return trial.status.checkpoints == "None"


def in_progress(trials: Iterable[TrialView]) -> bool:
    """Whether something is still to be deleted: the looks go on, also of a search that has ended."""
    return any(trial.drops_checkpoints for trial in trials)


def _best(status: NASSearchStatus) -> list[BestArchitecture]:
    return [*status.best, *(one for target in status.targets for one in target.best)]


def _has_ended(judgement: Judgement) -> bool:
    """Whether a training of the search is over for good, and nothing of it writes any more."""
    trial, job = judgement.trial, judgement.job
    if trial.spec.work != Work.TRAIN or trial.spec.known or not trial.recorded or trial.writes_checkpoint:
        return False
    return job is None or job.finished


def _resumable(look: Look) -> set[str]:
    """Return the trials from whose checkpoints a candidate may go on, and those whose weights are another's best."""
    if look.spec.strategy.rungs is None:
        return set()
    passed = {trial.spec.continues for trial in look.trials if trial.recorded}
    # The best epoch of a candidate may have been on a lower rung, and its checkpoint is there.
    holders = {trial_of(trial.status.checkpoint or "") for trial in look.trials if trial.spec.continues}
    return ({trial.meta.name for trial in look.trials} - passed) | holders


def _names_weights(trial: TrialView) -> bool:
    return any([trial.status.checkpoint, *(one.checkpoint for one in trial.status.candidates)])


def _with(status: NASTrialStatus, kept: KeptCheckpoints) -> NASTrialStatus:
    return status.model_copy(update={"checkpoints": kept})


def _without_addresses(status: NASTrialStatus) -> NASTrialStatus:
    candidates = [one.model_copy(update={"checkpoint": None}) for one in status.candidates]
    return _with(status.model_copy(update={"checkpoint": None, "candidates": candidates}), "DeletingAll")
