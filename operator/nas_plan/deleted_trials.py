"""Candidates whose NASTrial somebody has deleted: they stay counted, so that no budget is exceeded and all adds up.

What each of them had come to is known from the counts that the search's status had before. From then on it is in
`status.deletedTrials`, as the counts of what is on record go on without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nas_core.api.search_status import DeletedTrials, NASSearchStatus
from nas_core.records.trial import TrialView

ENDED = ("succeeded", "stopped", "failed", "refused")
"""What candidates come to, in `TrialCounts` and in `DeletedTrials`."""
SPENT = ("trial_seconds", "gpu_seconds")


def ended_counts(trials: Iterable[TrialView]) -> dict[str, int]:
    """Return how many candidates of some trials have come to what, by :data:`ENDED`."""
    size = stopped = failed = refused = 0
    # In one go, as every look counts all trials of the search.
    for trial in trials:
        if trial.recorded:
            size += trial.size
            stopped += trial.status.stop_evidence is not None
            failed += len(trial.failed)
            refused += trial.refusals
    # A trial of several candidates succeeds as a whole when one does, so those that did not are taken off.
    succeeded = size - stopped - failed - refused
    return {"stopped": stopped, "failed": failed, "refused": refused, "succeeded": succeeded}


def deleted_trials(
    before: NASSearchStatus, on_record: Iterable[TrialView], first_index: int, spent: Mapping[str, float]
) -> DeletedTrials:
    """Return what is known of the candidates without a trial.

    Args:
        before: the search's status as it is.
        on_record: of each candidate that has one, its newest trial.
        first_index: candidates of the search so far.
        spent: by :data:`SPENT`, over all trials that are on record.
    """
    on_record = list(on_record)
    gone = first_index - sum(trial.size for trial in on_record)
    if gone <= 0:
        return DeletedTrials()
    known = before.deleted_trials or DeletedTrials()
    if gone < known.candidates:
        known = DeletedTrials()  # some were restored from a backup: all is counted anew
    left, present = gone - known.candidates, ended_counts(on_record)
    if not left:
        return known
    update: dict[str, float] = {"candidates": gone}
    for name in ENDED:
        more = min(left, max(0, getattr(before.trials, name) - present[name] - getattr(known, name)))
        update[name], left = getattr(known, name) + more, left - more
    for name in SPENT:
        update[name] = max(getattr(known, name), getattr(before.cost, name) - spent[name])
    return known.model_copy(update=update)
