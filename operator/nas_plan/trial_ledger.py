"""Which ended trials go into the ledger in the bucket, and which of their objects are deleted after that. Pure.

A training of the search goes there when nothing writes its record any more. Trials of other work are few, and whoever
wants one of them done again deletes it, so they stay objects. First its segment is put and read back, then the search's
status names it, only then its object may go: whoever is killed in between leaves a segment that nobody reads, or an
object that a later look deletes. Trials of the ledger are in each snapshot as before, so they stay counted and every
decision sees them.
"""

from __future__ import annotations

from datetime import timedelta

from nas_core.api.search_status import LedgerStatus
from nas_core.records.ledger import Segment, write_segment
from nas_core.records.trial import TrialView
from nas_plan.judgement import Judgement
from nas_plan.look import Look
from nas_plan.retention import is_final
from nas_plan.search_standing import Standing

SEGMENT_TRIALS = 200
"""Trials of a segment. One with fewer is written when the search is at rest, or when its oldest has waited."""
SEGMENT_BYTES = 16 << 20
"""Bytes of JSON after which no further trial is put into a segment."""
LONGEST_WAIT = timedelta(minutes=5)
"""How long a trial that has ended waits for others: a segment for each would be many small objects."""
DELETED_AT_ONCE = 64
"""Objects that one look deletes at most: endings and starts must not wait for it."""


def next_segment(look: Look, standing: Standing) -> Segment | None:
    """Return the segment that is to be written now, if there is one."""
    kept = look.snapshot.ledger
    if kept is None or kept.writing:
        return None
    waiting = [j.trial for j in look.searching if j.trial.meta.name not in kept.recorded and _is_complete(j, look)]
    if not waiting:
        return None
    since = look.snapshot.now - LONGEST_WAIT
    waited = any(trial.status.completion_time is None or trial.status.completion_time <= since for trial in waiting)
    if len(waiting) < SEGMENT_TRIALS and not (standing.stop_running or waited):
        return None
    chosen = _that_fit(waiting)
    in_ledger = kept.recorded | {trial.meta.name for trial in chosen}
    others = [j.trial for j in look.judged if j.trial.meta.name not in in_ledger]
    return write_segment(look.search, look.search.status.ledger, chosen, others)


def ledger_of(look: Look) -> LedgerStatus | None:
    """Return the ledger that the search's status is to name."""
    kept = look.snapshot.ledger
    return kept.written if kept and kept.written else look.search.status.ledger


def beyond_history(look: Look) -> tuple[TrialView, ...]:
    """Return the trials whose objects are deleted now: those that ended first. The best keep theirs."""
    kept, storage, status = look.snapshot.ledger, look.spec.storage, look.search.status
    if kept is None or storage is None:
        return ()
    ended = [j for j in look.searching if j.trial.recorded and j.trial.meta.name in kept.objects]
    surplus = len(ended) - storage.trial_history
    if surplus <= 0:
        return ()
    shown = {one.trial for _, best, again in status.found for one in (*best, *again)}
    may_go = [j.trial for j in ended if j.trial.meta.name in kept.recorded and j.trial.meta.name not in shown]
    may_go.sort(key=lambda trial: (trial.status.sequence or 0, trial.spec.index))
    return tuple(may_go[: min(surplus, DELETED_AT_ONCE)])


def _is_complete(judgement: Judgement, look: Look) -> bool:
    """Whether a trial's record is complete, and nothing of it runs."""
    trial = judgement.trial
    if not trial.recorded or trial.writes_checkpoint:
        return False
    if trial.meta.name in look.snapshot.leftovers or (judgement.job is not None and not judgement.job.finished):
        return False
    return is_final(trial, look.spec)


def _that_fit(waiting: list[TrialView]) -> list[TrialView]:
    """Return the first trials that make a segment."""
    taken: list[TrialView] = []
    size = 0
    for trial in waiting[:SEGMENT_TRIALS]:
        size += len(trial.spec.model_dump_json()) + len(trial.status.model_dump_json())
        if taken and size > SEGMENT_BYTES:
            break
        taken.append(trial)
    return taken
