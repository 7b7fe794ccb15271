"""The kinds of work, states and outcomes of trials, as enums for the API, the plan, the client and the trainer.

Their values are those in the cluster. Reasons are in `nas_core.reasons`.
"""

from __future__ import annotations

from enum import StrEnum


class ConditionType(StrEnum):
    """Types of the conditions of searches, trials and spaces (Kubernetes API conventions)."""

    ACCEPTED = "Accepted"
    """Of a search or a space: whether its spec can be used."""
    STORAGE_READY = "StorageReady"
    """Of a search with a storage: whether it can be used."""
    DATA_READY = "DataReady"
    """Of a search whose data are prepared once for all trials: whether they are."""
    PROGRESSING = "Progressing"
    """Of a search or a trial: whether anything is done for it. Its reason sums the object up."""
    SUSPENDED = "Suspended"
    """Of a search: whether its trials are held by `spec.suspend`."""
    SUCCEEDED = "Succeeded"
    """Of a search or a trial: whether it has ended with a result."""
    FAILED = "Failed"
    """Of a search or a trial: whether it has ended without one."""
    PROXY_RELIABLE = "ProxyReliable"
    """Of a search that trains its best again: whether its own evaluation ranks candidates as full training does."""
    SURROGATE_RELIABLE = "SurrogateReliable"
    """Of a search with a predictor, that of `bayesian` too: whether it ranks results that it was not fitted to."""
    SCORES_RELIABLE = "ScoresReliable"
    """Of a search that scores candidates before it trains: whether results go with the zero-cost scores."""
    WARM_START_USEFUL = "WarmStartUseful"
    """Of a search that begins with the best of earlier ones: whether results go with what these foresaw."""
    COMPARISONS_FOLLOWED = "ComparisonsFollowed"
    """Of a search with `spec.guidance.comparisons`: whether the order of its front follows all of them."""
    RECORD_COMPLETE = "RecordComplete"
    """Of a search of which somebody has deleted trials: whether each of its candidates has one."""
    TRACKED = "Tracked"
    """Of a search with `spec.tracking`: whether its servers have all that has happened."""
    READY = "Ready"
    """Of a search or a model: whether it is what was asked for. With the two that follow for tools that wait (kstatus).
    """
    RECONCILING = "Reconciling"
    """Of a search or a model: whether it has not come to an end yet."""
    STALLED = "Stalled"
    """Of a search or a model: whether it has come to nothing, and goes on only when somebody changes something."""
    STORAGE_INTACT = "StorageIntact"
    """Of a model: whether its files are in the bucket as they were made."""


class Work(StrEnum):
    """What a trial does."""

    TRAIN = "Train"
    """Judges candidates for the search."""
    RETRAIN = "Retrain"
    """Trains one of the best in full, after the search."""
    PREPARE = "Prepare"
    """Reads, checks and divides the data once for all other trials."""
    SCORE = "Score"
    """Tells what is known of candidates without training them."""
    EXPORT = "Export"
    """Makes a model of a trained candidate for others: exports, card, bill of materials, signature."""
    SUPERNET = "Supernet"
    """Trains weights that candidates share, or derives architectures while it does."""
    EARLIER = "Earlier"
    """Keeps results of an earlier search, which a predictor learns from; nothing runs for it."""


WITHOUT_CANDIDATES = frozenset({Work.PREPARE, Work.SUPERNET})
"""Work for the search as a whole: its trials have no candidates."""

OVER_NODES = frozenset({Work.TRAIN, Work.RETRAIN})
"""Work that may run over several pods (`trialTemplate.nodes`), or as another kind (`trialTemplate.jobKind`)."""


class Outcome(StrEnum):
    """How the evaluation of a candidate ended."""

    SUCCEEDED = "Succeeded"
    """It has metrics."""
    FAILED = "Failed"
    """It has none that the search can use."""
    REFUSED = "Refused"
    """It was not trained, as it breaks a constraint already; it costs no trial of the budget."""


class AttemptOutcome(StrEnum):
    """How one Job of a trial ended."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    """The trial itself is wrong: it is not tried again."""
    CRASHED = "Crashed"
    """It is tried again, at most `trialTemplate.maxAttempts` times."""
    SUSPENDED = "Suspended"
    """The operator stopped it, as the search is suspended."""
    STOPPED = "Stopped"
    """The operator stopped it: early, or as the search is over."""
    LOST = "Lost"
    """Its pod vanished or never started. It is tried again and costs no attempt."""


class State(StrEnum):
    """States of a trial. The last two are endings that are not yet recorded."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    READY = "Ready"
    """Without a Job: waits for its (next) attempt."""
    PENDING = "Pending"
    """With a Job whose pod does not run yet."""
    RUNNING = "Running"
    STOPPING = "Stopping"
    """Its Job is being deleted; the pod writes its checkpoint."""
    COLLECTING = "Collecting"
    """Its Job has finished and the result could not be read yet."""
    CRASHED = "Crashed"
    """This attempt came to nothing; to be recorded, then tried again or given up."""
    ENDED = "Ended"
    """With a final result; to be recorded."""
