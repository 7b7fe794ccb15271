"""Every reason that the operator gives in a condition, an attempt or an Event: the word, its meaning, and what to do.

A new reason is one entry here and its use. Everything else (Events, conditions, whether a search is retrained, the
alert in docs/metrics.md, docs/reference/reasons.md) is derived. Kubernetes' own reasons are not in the list.
"""

from __future__ import annotations

from enum import Enum, StrEnum, auto
from typing import Self

NOTHING = "Nothing to do."


class Reason(StrEnum):
    """A word with its meaning and remedy, each a sentence for people."""

    meaning: str
    remedy: str

    def __new__(cls, word: str, meaning: str, remedy: str = NOTHING) -> Self:  # noqa: D102
        # The word alone is the value of the member; the other parts are attributes.
        member = str.__new__(cls, word)
        member._value_, member.meaning, member.remedy = word, meaning, remedy
        return member


class Effect(Enum):
    """What a search does while it has a reason."""

    RUNS = auto()
    """Trials are started."""
    WAITS = auto()
    """Trials are started, and wait for their turn. No budget of time runs."""
    BLOCKED = auto()
    """Trials are wanted, but do not run: somebody has to do something, so there is an Event."""
    HALTED = auto()
    """No trial is started; those that run go on."""
    SUSPENDED = auto()
    """Trials are stopped until `spec.suspend` is removed."""
    COMPLETE = auto()
    """The search has ended with all that was asked for; retraining follows."""
    CUT_SHORT = auto()
    """The search has ended with a result before it was complete; nothing follows."""
    FAILED = auto()
    """The search has ended without a result."""
    REJECTED = auto()
    """The spec cannot be used: nothing is done."""


class SearchReason(Reason):
    """Reasons of a search's conditions Progressing, Accepted, DataReady, Suspended, Succeeded and Failed."""

    effect: Effect

    def __new__(cls, word: str, effect: Effect, meaning: str, remedy: str = NOTHING) -> Self:  # noqa: D102
        member = str.__new__(cls, word)
        member._value_, member.effect, member.meaning, member.remedy = word, effect, meaning, remedy
        return member

    NEW = "New", Effect.RUNS, "The operator has not looked at it yet.", "If it stays: see that the operator runs."
    RUNNING = "Running", Effect.RUNS, "Trials are evaluated."
    PREPARING = "Preparing", Effect.RUNS, "The data are read, checked and divided, once for all trials."
    SCORING = "Scoring", Effect.RUNS, "Candidates are scored by zero-cost proxies before the first one is trained."
    TRAINING_SUPERNET = (
        "TrainingSupernet",
        Effect.RUNS,
        "A supernet is trained: the weights that candidates share, or in which architectures are derived.",
    )
    RETRAINING = "Retraining", Effect.RUNS, "The search has ended; the best are trained again in full."
    TRIALS_BLOCKED = (
        "TrialsBlocked",
        Effect.BLOCKED,
        "No trial runs: Jobs are denied or suspended by hand, or pods are not created (quota, Pod Security), not "
        "scheduled (no room, no GPU), cannot start (image, volume) or do not end (a lost node).",
        "The message says which; correct spec.trialTemplate, or what holds the pods up.",
    )
    QUEUED = (
        "Queued",
        Effect.WAITS,
        "Every trial that has been started waits in a queue (Kueue). That time does not count in budget.maxDuration.",
        "Wait; the queue says when: kubectl get localqueues,workloads.",
    )
    LIMIT_REACHED = (
        "LimitReached",
        Effect.WAITS,
        "The trials of the namespace use all that a NASPolicy allows, or what is free is for searches that have less. "
        "The message says who uses it, and of GPU-hours a month when it goes on. That time does not count in "
        "budget.maxDuration.",
        "Wait for a turn, or ask the platform team for a higher limit.",
    )
    REFUSED_BY_POLICY = (
        "RefusedByPolicy",
        Effect.HALTED,
        "A NASPolicy does not allow a field of spec.trialTemplate, so no trial is started. Those that run go on.",
        "Use what the message says is allowed, or ask the platform team to change the policy.",
    )
    GUIDANCE_IMPOSSIBLE = (
        "GuidanceImpossible",
        Effect.HALTED,
        "spec.guidance cannot be kept: it names what the space or another search does not have, or leaves nothing of a "
        "decision. Nothing new is tried; trials that run go on.",
        "The message names the conflict: correct or remove spec.guidance, and the search goes on.",
    )
    NAMESPACE_TERMINATING = (
        "NamespaceTerminating",
        Effect.HALTED,
        "The namespace is being deleted, so no trial is started.",
    )
    STATUS_DENIED = (
        "StatusDenied",
        Effect.BLOCKED,
        "The API server does not take the search's status; the message is its own.",
        "Please report it.",
    )
    PLAN_TOO_SLOW = (
        "PlanTooSlow",
        Effect.BLOCKED,
        "Choosing what to do next takes long and goes on: for this search, or for others of its namespace that it "
        "waits for.",
        "Fewer budget.parallelTrials help, or a new search with fewer evaluation.candidatesPerTrial or a cheaper "
        "strategy; the message says in which search.",
    )
    LEDGER_UNREADABLE = (
        "LedgerUnreadable",
        Effect.BLOCKED,
        "The ledger in the bucket, which has the ended trials, cannot be read: an object is missing or damaged, or the "
        "storage does not answer. Nothing is decided without it; trials that run go on.",
        "The message names the object: restore it, or mend the storage. The operator tries again by itself.",
    )
    LOOK_TIMED_OUT = (
        "LookTimedOut",
        Effect.BLOCKED,
        "A look at the search took too long and was given up.",
        "It is tried again; if it stays, see the API server and the storage.",
    )
    STORAGE_NOT_EMPTIED = (
        "StorageNotEmptied",
        Effect.BLOCKED,
        "The search is being deleted, but its objects in the storage cannot be.",
        "The message says why, and how to keep them.",
    )
    INTERNAL_ERROR = (
        "InternalError",
        Effect.BLOCKED,
        "A bug in the operator: a look at the search raised the exception in the message.",
        "It is tried again; please report it with the traceback in the operator's log.",
    )
    SUSPENDING = "Suspending", Effect.SUSPENDED, "spec.suspend is true; trials are writing their checkpoints."
    SUSPENDED = "Suspended", Effect.SUSPENDED, "spec.suspend is true; no trial runs.", "Remove spec.suspend to go on."
    BUDGET_SPENT = (
        "BudgetSpent",
        Effect.COMPLETE,
        "All trials of budget.maxTrials have ended.",
        "To continue, raise budget.maxTrials.",
    )
    SPACE_EXHAUSTED = (
        "SpaceExhausted",
        Effect.COMPLETE,
        "Every architecture of the space, or of the part that spec.guidance leaves, has been tried.",
        "If spec.guidance leaves a part: loosen it to continue.",
    )
    DERIVED_TRAINED = (
        "DerivedTrained",
        Effect.COMPLETE,
        "Every architecture that was derived in a supernet has been trained.",
    )
    TARGET_REACHED = "TargetReached", Effect.COMPLETE, "A trial has reached the targets of all objectives."
    MAX_DURATION_REACHED = (
        "MaxDurationReached",
        Effect.CUT_SHORT,
        "The search has been active for budget.maxDuration.",
        "To continue, raise budget.maxDuration.",
    )
    GPU_BUDGET_SPENT = (
        "GpuBudgetSpent",
        Effect.CUT_SHORT,
        "What is left of budget.maxGPUHours is too little for another trial.",
        "To continue, raise budget.maxGPUHours.",
    )
    CONSTRAINTS_TOO_TIGHT = (
        "ConstraintsTooTight",
        Effect.CUT_SHORT,
        "Too many candidates broke a constraint before they were trained.",
        "Loosen spec.constraints, or make a new search of another space.",
    )
    MAX_FAILED_TRIALS_EXCEEDED = (
        "MaxFailedTrialsExceeded",
        Effect.FAILED,
        "More trials failed than budget.maxFailedTrials; the message holds the last one's error.",
        "Correct the cause (`kubectl get nastrial -o yaml` has the last lines of the log) and raise "
        "budget.maxFailedTrials, or make a new search if it is in a field that cannot change.",
    )
    EVERY_TRIAL_FAILS = (
        "EveryTrialFails",
        Effect.FAILED,
        "The first trials failed for one cause that has nothing to do with their candidates; the message holds it.",
        "Correct it and add the indices of the trials that failed to spec.retry (nasctl retry does it), and the search "
        "goes on. What results depend on cannot change: make a new search if it is there.",
    )
    NO_TRIAL_SUCCEEDED = (
        "NoTrialSucceeded",
        Effect.FAILED,
        "The search has ended, and no trial has a result; the message holds the commonest cause.",
        "Correct the cause and raise budget.maxTrials, or make a new search if it is in a field that cannot change.",
    )
    PREPARING_FAILED = (
        "PreparingFailed",
        Effect.FAILED,
        "The data cannot be prepared, so no trial runs; the message holds the reason.",
        "Correct the data, or what the message names, and delete the trial that prepares; it is created again.",
    )
    DATASET_CHANGED = (
        "DatasetChanged",
        Effect.FAILED,
        "The data that are prepared now are not those of earlier trials, so results cannot be compared.",
        "Restore the data and delete the trial that prepares, or make a new search.",
    )
    SCORING_FAILED = (
        "ScoringFailed",
        Effect.FAILED,
        "None of the candidates could be scored.",
        "Correct the cause and delete the trials that score; they are created again.",
    )
    SUPERNET_FAILED = (
        "SupernetFailed",
        Effect.FAILED,
        "No supernet can be used: its training failed, or nothing was derived in it; the message holds the reason.",
        "Correct the cause and delete the trials of work Supernet; they are created again.",
    )
    SURROGATE_FAILED = (
        "SurrogateFailed",
        Effect.FAILED,
        "The predictor of evaluation.surrogate does not rank earlier results that it was not fitted to, so no "
        "candidate is evaluated.",
        "Name other searches in evaluation.surrogate.from, with more results, or another model; or train candidates.",
    )
    INVALID_SPEC = (
        "InvalidSpec",
        Effect.REJECTED,
        "The spec cannot be read; the message names the field.",
        "Correct the field.",
    )
    SEARCH_SPACE_NOT_FOUND = (
        "SearchSpaceNotFound",
        Effect.REJECTED,
        "The namespace has no NASSearchSpace of the name in spec.searchSpace.ref.",
        "Create it, or correct the name.",
    )
    SEARCH_SPACE_INVALID = (
        "SearchSpaceInvalid",
        Effect.REJECTED,
        "The NASSearchSpace that spec.searchSpace.ref names cannot be used.",
        "Create a corrected one.",
    )
    SUPERNET_NOT_FOUND = (
        "SupernetNotFound",
        Effect.REJECTED,
        "The namespace has no search of the name in spec.evaluation.supernet.from, or it has trained no supernet yet.",
        "Correct the name; a search that still trains its supernet is waited for.",
    )
    SUPERNET_UNUSABLE = (
        "SupernetUnusable",
        Effect.REJECTED,
        "The supernet that spec.evaluation.supernet.from names is of another space or data, or in another bucket.",
        "Correct what the message names, or let the search train a supernet of its own.",
    )
    INITIAL_MODEL_NOT_FOUND = (
        "InitialModelNotFound",
        Effect.REJECTED,
        "The namespace has no NASModel of the name in spec.evaluation.initFrom.model, or it is not ready yet.",
        "Correct the name; a model that is being made is waited for.",
    )
    INITIAL_MODEL_UNUSABLE = (
        "InitialModelUnusable",
        Effect.REJECTED,
        "The model that spec.evaluation.initFrom.model names is in another bucket, or its files are not on record.",
        "Give both searches the same storage, or name another model.",
    )
    EARLIER_RESULTS_NOT_FOUND = (
        "EarlierResultsNotFound",
        Effect.REJECTED,
        "The namespace has no search of a name in from.searches or warmStart.searches, or it has not ended yet; or "
        "nothing was imported under a name in warmStart.imported.",
        "Correct the name, or import the results; a search that still runs is waited for.",
    )
    EARLIER_RESULTS_UNUSABLE = (
        "EarlierResultsUnusable",
        Effect.REJECTED,
        "A search that from.searches or warmStart.searches names, or what warmStart.imported names, is of another "
        "space, has other objectives or too few results.",
        "Name another, or remove it.",
    )


class PlainReason(Reason):
    """Reasons of conditions that hold as they should, or do not hold yet."""

    VALID = "Valid", "The spec can be used."
    REACHABLE = "Reachable", "The storage can be used."
    PREPARED = "Prepared", "The data are prepared; the message counts the examples."
    TRIALS_DELETED = (
        "TrialsDeleted",
        "NASTrials of the search were deleted. What they had found stays in counts, cost and best, but nothing that is "
        "decided from now on sees it.",
        "Nothing, or restore them from a backup; what they wrote is still in the storage.",
    )
    NOT_SUSPENDED = "NotSuspended", "spec.suspend is not set."
    SUCCEEDED = "Succeeded", "The search has ended with a result; the reason of its condition Succeeded says how."
    NOT_FINISHED = "NotFinished", "The search has not ended with a result."
    NOT_FAILED = "NotFailed", "The search has not failed."
    RANKS_AGREE = "RanksAgree", "Training again in full ranks architectures as the search did, for all that is known."
    RANKS_DISAGREE = (
        "RanksDisagree",
        "Training again in full ranks architectures in another order: what won, won by the search's short training.",
        "Train longer in the search (evaluation.epochs), or train more of the best again (retrain.top).",
    )
    RANKS_UNCLEAR = (
        "RanksUnclear",
        "Too few architectures were trained again to say whether both rank alike.",
        "Raise retrain.top: five are the least that can tell, ten tell more.",
    )
    SCORES_AGREE = "ScoresAgree", "Candidates with higher zero-cost scores have better results, for all that is known."
    SCORES_CONTRADICTED = (
        "ScoresContradicted",
        "Candidates with higher zero-cost scores do not have better results. The rest of the kept candidates is "
        "skipped, and the strategy goes on as without scores.",
        "Nothing to do; another search of such data does without the scores, or with other proxies.",
    )
    SURROGATE_RANKS = "SurrogateRanks", "The predictor ranks results that it was not fitted to, so it is used."
    SURROGATE_DOES_NOT_RANK = (
        "SurrogateDoesNotRank",
        "The predictor does not rank results that it was not fitted to. The strategy goes on without it; bayesian, "
        "which has no other, draws every second candidate at random.",
        "Nothing to do; with more results it may rank, or another evaluation.prefilter.predictor.model does.",
    )
    SURROGATE_UNCLEAR = "SurrogateUnclear", "There are too few results yet to judge the predictor."
    EARLIER_RESULTS_AGREE = (
        "EarlierResultsAgree",
        "What is good by an earlier search of spec.warmStart is good here too, for all that is known.",
    )
    EARLIER_RESULTS_CONTRADICTED = (
        "EarlierResultsContradicted",
        "What is good by the earlier searches of spec.warmStart is not good here. They are dropped, and the strategy "
        "goes on as without them.",
        "Nothing to do; another search of such data begins without them.",
    )
    EARLIER_RESULTS_UNCLEAR = (
        "EarlierResultsUnclear",
        "There are too few results yet to say what the earlier searches of spec.warmStart are worth.",
    )
    NO_EARLIER_RESULTS = (
        "NoEarlierResults",
        "The namespace's knowledge base had no entry of the same task, objectives and decisions when the search began, "
        "so it began as without spec.warmStart.",
        "Nothing to do; searches with a storage leave an entry when they end.",
    )
    ALL_FOLLOWED = "AllFollowed", "The order of the front follows all of spec.guidance.comparisons."
    COMPARISONS_CONTRADICTED = (
        "ComparisonsContradicted",
        "Some of spec.guidance.comparisons contradict others, or prefer what is worse in every objective. The order "
        "follows what is likely by all of them.",
        "Nothing to do; or remove those that you no longer hold.",
    )
    CANDIDATES_UNKNOWN = (
        "CandidatesUnknown",
        "spec.guidance.comparisons name candidates without a result, so these comparisons are not used.",
        "The message has their indices: wait for their results, or correct or remove the comparisons.",
    )
    SCORES_UNCLEAR = "ScoresUnclear", "Too few scored candidates have a result to say what the scores are worth."


class SpaceReason(Reason):
    """Reasons of the condition Accepted of a NASSearchSpace."""

    VALID = "Valid", "Searches can use it."
    INVALID_SPEC = (
        "InvalidSpec",
        "Decisions do not fit together; the message names the field.",
        "Create a corrected one.",
    )
    INTERNAL_ERROR = "InternalError", "A bug in the operator; the message holds the exception.", "Please report it."


class StorageReason(Reason):
    """Reasons of a search's condition StorageReady, and of Progressing while no trial is started because of it."""

    BUCKET_NOT_FOUND = "BucketNotFound", "The server knows no such bucket.", "Create it, or correct storage.bucket."
    ACCESS_DENIED = (
        "AccessDenied",
        "The server denied access with the keys of the Secret, or with the operator's identity.",
        "Correct accessKeyID and secretAccessKey, or the policy of the role or the bucket.",
    )
    STORAGE_ERROR = (
        "StorageError",
        "The server answered with an error, or not as an S3 server does.",
        "The operator tries again; if it stays, see the server.",
    )
    STORAGE_UNREACHABLE = (
        "StorageUnreachable",
        "The server does not answer.",
        "Check storage.endpoint, or wait: the search goes on when it answers.",
    )
    ENDPOINT_NOT_ALLOWED = (
        "EndpointNotAllowed",
        "The operator may not contact this S3 server, or a NASPolicy does not allow it in this namespace.",
        "Use another one, or ask the platform team to add it where the message says.",
    )
    SECRET_NOT_ALLOWED = (
        "SecretNotAllowed",
        "The operator may not read a Secret of this name.",
        "Use one that it was installed with (storage.secretNames of the chart).",
    )
    SECRET_NOT_FOUND = "SecretNotFound", "The search's namespace has no such Secret.", "Create it."
    SECRET_NOT_LABELLED = (
        "SecretNotLabelled",
        "The owner of the Secret has not allowed trials to use it.",
        "Label it nas-operator.io/use=trial.",
    )
    IDENTITY_NOT_GRANTED = (
        "IdentityNotGranted",
        "The search names no Secret, and no NASPolicy lets the operator use this bucket with an identity of its own.",
        "Name a Secret in storage.secretRef, or ask the platform team to grant the bucket (grants.buckets).",
    )
    NO_IDENTITY = (
        "NoIdentity",
        "The operator's ServiceAccount has no cloud identity, or its credentials cannot be had now.",
        "See the account's annotations (serviceAccount.annotations of the chart) and the cloud's webhook or agent.",
    )
    SCOPED_NOT_ENABLED = (
        "ScopedNotEnabled",
        "The search has storage.scoped, for which the operator was not installed.",
        "Ask the platform team for storage.scoped of the operator's chart, or remove it from the search.",
    )
    SESSION_REFUSED = (
        "SessionRefused",
        "The server gives the key of the Secret no session with limited rights (STS AssumeRole).",
        "Allow it to assume storage.roleARN, take a server that has STS, or remove storage.scoped.",
    )
    SESSION_NOT_LIMITED = (
        "SessionNotLimited",
        "The server gives sessions that reach more than their policy allows.",
        "Take a server that keeps to session policies, or remove storage.scoped.",
    )
    SECRET_INCOMPLETE = (
        "SecretIncomplete",
        "The Secret has no readable accessKeyID or secretAccessKey.",
        "Add it.",
    )

    @property
    def effect(self) -> Effect:
        """What the search does meanwhile."""
        return Effect.HALTED


class TrackingReason(Reason):
    """Reasons of a search's condition Tracked. Whatever it says, the search goes on."""

    DELIVERED = (
        "Delivered",
        "The servers of spec.tracking, or of the platform's default, have all that has happened so far.",
    )
    DELIVERING = "Delivering", "There is more to deliver than one look sends.", "Wait."
    SERVER_UNREACHABLE = (
        "ServerUnreachable",
        "The server does not answer in time, or not as an HTTP server does.",
        "Check its URL, or wait: what is missing is delivered when it answers.",
    )
    SERVER_ERROR = (
        "ServerError",
        "The server answers with an error; the message has its status and code.",
        "The operator tries again; if it stays, see the server's log and its version.",
    )
    SERVER_DENIES = (
        "ServerDenies",
        "The server does not accept the credentials, or wants some.",
        "Correct the Secret, name one in secretRef, or let the server accept its user.",
    )
    TRACKING_ENDPOINT_NOT_ALLOWED = (
        "TrackingEndpointNotAllowed",
        "The operator may not contact this server, or a NASPolicy does not allow it in this namespace.",
        "Use another one, or ask the platform team to add it where the message says.",
    )
    TRACKING_SECRET_UNUSABLE = (
        "TrackingSecretUnusable",
        "The Secret of spec.tracking has a name that is not allowed, is not there, not labelled "
        "nas-operator.io/use=tracking, lacks a key, or is of the platform's default, which has another server; the "
        "message says which.",
        "Correct it, or use a name of tracking.secretNames of the chart.",
    )
    DELETED_AT_SERVER = (
        "DeletedAtServer",
        "Somebody has deleted the experiment, or the run of the search, at the server.",
        "Restore it there, or name another experiment.",
    )


class TrialReason(Reason):
    """Reasons that the operator gives in a trial's conditions and attempts, beside the states and outcomes."""

    POD_NOT_CREATED = (
        "PodNotCreated",
        "Kubernetes does not create its pod (quota, Pod Security, a webhook).",
        "The message is Kubernetes' own; correct what forbids it.",
    )
    UNSCHEDULABLE = (
        "Unschedulable",
        "No node takes its pod (no room, no GPU, a taint).",
        "Wait, add nodes, or correct resources and nodeSelector of spec.trialTemplate.",
    )
    CONTAINER_NOT_STARTED = (
        "ContainerNotStarted",
        "Its container cannot start (image, Secret).",
        "The message is kubelet's; correct spec.trialTemplate.image or what it lacks.",
    )
    POD_NOT_STARTED = (
        "PodNotStarted",
        "Its pod has been there for over a minute, and its container does not run: an image is pulled, a volume is not "
        "mounted, a sandbox is not made.",
        "The message has Kubernetes' Event; correct what it names, or wait.",
    )
    QUEUED = (
        "Queued",
        "Its Job waits in a queue (Kueue), or has been preempted and goes on from its checkpoint. No deadline runs.",
        "Wait; the queue says when: kubectl describe workload. Without Kueue nothing admits it: remove the label "
        "kueue.x-k8s.io/queue-name from trialTemplate.labels.",
    )
    JOB_SUSPENDED = (
        "JobSuspended",
        "Its Job has no queue and is suspended, by hand or by a queue that takes Jobs without a label, so Kubernetes "
        "makes no pod.",
        "Remove the Job's spec.suspend, or name the queue: kueue.x-k8s.io/queue-name in trialTemplate.labels.",
    )
    JOB_NOT_FINISHED = (
        "JobNotFinished",
        "Its pod has ended for over a minute, but Kubernetes has not finished its Job.",
        "See the Job controller (kube-controller-manager).",
    )
    STOPPED_ITSELF = (
        "StoppedItself",
        "Its container ended with exit code 75, as if it had been stopped, but nothing had stopped it.",
        "Kubernetes starts it again; the third time counts as a crash. Let the trainer use 75 after SIGTERM only.",
    )
    POD_ENDING = "PodEnding", "A pod of a deleted Job is still ending; the next attempt waits for it."
    POD_NOT_ENDING = (
        "PodNotEnding",
        "Its pod has been Terminating for long: its node may be lost.",
        "Delete the Node, or the pod with --force.",
    )
    RESULT_UNREAD = (
        "ResultUnread",
        "Its Job has finished; the result cannot be read yet.",
        "If it stays, see the storage.",
    )
    POD_END_UNSEEN = "PodEndUnseen", "Its Job has finished; the end of its pod has not been seen yet."
    PREEMPTED = (
        "Preempted",
        "A queue preempted it, and its pod was killed before it had written a checkpoint; it is tried again from the "
        "last one, however often that happens.",
        "Raise trialTemplate.terminationGracePeriodSeconds if checkpoints take longer.",
    )
    LOST_TOO_OFTEN = (
        "LostTooOften",
        "Its attempts were lost time and again: a node, a clean-up controller or somebody takes its pods away.",
        "See what deletes pods; the message says how the last one was lost. spec.storage keeps what they have done.",
    )
    RETRYING = "Retrying", "Its attempt crashed; it is tried again.", "See its message and status.lastLog."
    COMPLETED = "Completed", "It has ended with a result."
    EARLY_STOPPED = (
        "EarlyStopped",
        "evaluation.earlyStopping ended it, or a person by spec.guidance.stop; it keeps the metrics that were seen.",
        "status.stopEvidence has the values that the rule compared.",
    )
    RESULT_MISSING = (
        "ResultMissing",
        "The container ended with exit code 0 but wrote no result, or none of one of several candidates.",
        "See docs/trial-contract.md; a trainer of one candidate needs evaluation.candidatesPerTrial: 1.",
    )
    RESULT_INVALID = (
        "ResultInvalid",
        "The result is not of the contract's form, larger than the operator reads, not taken by the API server, or it "
        "lacks the data set that was to be prepared.",
        "The message names what is wrong; correct the trainer, or report fewer metrics and shorter curves.",
    )
    METRIC_MISSING = (
        "MetricMissing",
        "The result lacks a metric that objectives or constraints name.",
        "Report it, or correct the name.",
    )
    METRIC_NOT_FINITE = (
        "MetricNotFinite",
        "A metric that objectives or constraints name is NaN or infinite.",
        "Lower the learning rate, or correct the trainer.",
    )
    REFUSAL_UNFOUNDED = (
        "RefusalUnfounded",
        "The trainer refused the candidate, but its metrics break no constraint.",
        "Correct the trainer: Refused is for candidates that break spec.constraints.",
    )
    CANDIDATE_REJECTED = (
        "CandidateRejected",
        "The container ended with exit code 64: the candidate or its input is wrong.",
        "See the message and status.lastLog; it is not tried again.",
    )
    DEADLINE_EXCEEDED = (
        "DeadlineExceeded",
        "It ran longer than evaluation.maxTrialDuration.",
        "Raise it, or train fewer epochs.",
    )


PENDING_REASONS = frozenset(
    {
        TrialReason.POD_NOT_CREATED,
        TrialReason.UNSCHEDULABLE,
        TrialReason.CONTAINER_NOT_STARTED,
        TrialReason.POD_NOT_STARTED,
        TrialReason.QUEUED,
        TrialReason.JOB_SUSPENDED,
        TrialReason.JOB_NOT_FINISHED,
        TrialReason.STOPPED_ITSELF,
        TrialReason.POD_NOT_ENDING,
    }
)
"""Why a pending trial does not run; they stand in the place of the state in its condition Progressing."""


class TrainerReason(Reason):
    """Reasons that the ready-made trainer gives for a failure. Other trainers have their own."""

    INPUT_INVALID = (
        "InputInvalid",
        "The trial's input is not of the contract's form.",
        "Use an image of the operator's release.",
    )
    SPEC_INVALID = "SpecInvalid", "A field of the spec does not fit data, network or task.", "The message names it."
    ARCHITECTURE_INVALID = (
        "ArchitectureInvalid",
        "No network can be built from the decisions.",
        "The message names the decision.",
    )
    DATA_UNSUITABLE = (
        "DataUnsuitable",
        "The network is for other data than the task has.",
        "Choose another spec.searchSpace.",
    )
    DATASET_NOT_FOUND = "DatasetNotFound", "There is no such data set.", "The message names bucket, object or file."
    DATASET_INVALID = "DatasetInvalid", "The data cannot be read.", "The message names object and row."
    BENCHMARK_NOT_FOUND = "BenchmarkNotFound", "There is no such table.", "The message names the file."
    BENCHMARK_INVALID = "BenchmarkInvalid", "The table cannot be read.", "The message names file and column."
    NOT_IN_BENCHMARK = (
        "NotInBenchmark",
        "The table has no such architecture.",
        "Search the space that the table was made of.",
    )
    PROXY_UNSUITABLE = (
        "ProxyUnsuitable",
        "A zero-cost proxy cannot score this network.",
        "Use another of evaluation's proxies.",
    )
    PROXY_NOT_FINITE = (
        "ProxyNotFinite",
        "A zero-cost proxy is NaN or infinite for this network.",
        "Use another of evaluation's proxies.",
    )
    SUPERNET_UNUSABLE = (
        "SupernetUnusable",
        "The shared weights cannot be used: they are missing or damaged, or of another space.",
        "The message says which; make a new search, whose supernet is trained again.",
    )
    MODEL_INVALID = (
        "ModelInvalid",
        "The trial that a model is to be made of has left none that can be used.",
        "The message names the file; train it again if it is damaged.",
    )
    KEY_INVALID = (
        "KeyInvalid",
        "The key that signs models cannot be used.",
        "Give an elliptic-curve private key in PEM, without a password.",
    )
    CONSTRAINT_BROKEN = (
        "ConstraintBroken",
        "The candidate breaks a constraint before it is trained, so it is not.",
        "Nothing to do; it costs no trial of the budget.",
    )
    LOSS_NOT_FINITE = (
        "LossNotFinite",
        "The loss is NaN or infinite.",
        "Lower evaluation.optimizer.learningRate.",
    )
    GPU_UNAVAILABLE = (
        "GpuUnavailable",
        "The trial was given a GPU that PyTorch cannot use: no driver, one that is too old, or a GPU of a generation "
        "without kernels.",
        "The message says what the image needs; see docs/training.md.",
    )
    OUT_OF_MEMORY = (
        "OutOfMemory",
        "Not even one example at a time fits into the memory.",
        "Lower evaluation.batchSize or give the trial more memory.",
    )
    STALLED = (
        "Stalled",
        "The attempt made no progress for evaluation.stallTimeout; it is tried again from its checkpoint.",
        "The log ends with the stacks of all threads; raise the timeout if a step takes that long.",
    )
    PODS_MISSING = (
        "PodsMissing",
        "Not all pods of a trial of several nodes met within evaluation.stallTimeout; it is tried again.",
        "The message names those that did not come. Give them room, cluster DNS and a network between them; a queue "
        "(Kueue) admits all pods of a trial together. See docs/gpu-clusters.md.",
    )
    STORAGE_UNAVAILABLE = (
        "StorageUnavailable",
        "The storage did not answer for two minutes; the trial is tried again.",
        "See the storage.",
    )
    CRASHED = "Crashed", "An unexpected error; it is tried again.", "See status.lastLog of the trial."


COMMON_CAUSES = frozenset(
    {
        TrainerReason.INPUT_INVALID,
        TrainerReason.SPEC_INVALID,
        TrainerReason.DATA_UNSUITABLE,
        TrainerReason.DATASET_NOT_FOUND,
        TrainerReason.DATASET_INVALID,
        TrainerReason.BENCHMARK_NOT_FOUND,
        TrainerReason.BENCHMARK_INVALID,
        TrialReason.METRIC_MISSING,
    }
)
"""Why trials fail whatever their candidates, if two of them say the same."""


class ModelReason(Reason):
    """Reasons of a model's conditions Ready, Reconciling, Stalled and StorageIntact, and of its Events."""

    WAITING_FOR_TRIAL = (
        "WaitingForTrial",
        "The trial of spec.source is not there, or has no result yet.",
        "If it stays: correct spec.source in a new model.",
    )
    SOURCE_UNUSABLE = (
        "SourceUnusable",
        "No model can be made of the trial; the message says why.",
        "Make a model of another trial.",
    )
    EXPORTING = "Exporting", "A Job makes the files of the model.", "If it stays: `kubectl describe job` of that name."
    EXPORT_DENIED = (
        "ExportDenied",
        "The API server does not take the Job; the message is its own. It is tried again.",
        "Correct what forbids it in the namespace: a quota, Pod Security, a webhook.",
    )
    EXPORT_FAILED = (
        "ExportFailed",
        "The Job failed, or took longer than it may; the message holds its error.",
        "Correct the cause, delete the model and create it again.",
    )
    STORAGE_FAULT = (
        "StorageFault",
        "The storage cannot be used; the message says why. It is tried again.",
        "See the storage and its Secret.",
    )
    EXPORTED = "Exported", "The files of the model are in the bucket."
    FILES_INTACT = "FilesIntact", "Every file is in the bucket as it was made."
    FILES_DAMAGED = (
        "FilesDamaged",
        "Files are missing or were changed; the message names them. What loads the model refuses them.",
        "Restore them from a backup, or make the model again from its trial.",
    )
    NOT_EMPTIED = (
        "NotEmptied",
        "The model is being deleted, but its files cannot be.",
        "The message says why; deletionPolicy: Retain keeps them.",
    )
    INTERNAL_ERROR = (
        "InternalError",
        "A bug in the operator: a look at the model raised the exception in the message.",
        "It is tried again; please report it with the traceback in the operator's log.",
    )


class EventReason(Reason):
    """Reasons of Events that are no reasons or types of conditions."""

    TRIAL_CRASHED = "TrialCrashed", "An attempt crashed and is tried again.", "See the message."
    TRIAL_FAILED = "TrialFailed", "A trial has failed.", "See the message, and status.lastLog of the trial."
    CANDIDATES_FAILED = (
        "CandidatesFailed",
        "Some of the candidates of a trial have failed.",
        "See the message, and status.candidates of the trial.",
    )
    JOB_DELETED = (
        "JobDeleted",
        "Somebody has deleted a trial's Job before it had ended. It is made again, each time after a longer pause.",
        "See what deletes Jobs: a policy, a clean-up controller. To stop trials set spec.suspend.",
    )
    TRIAL_WARNING = "TrialWarning", "A trial has a warning; shown once for each search.", "See the message."
    MORE_EVENTS = "MoreEvents", "More trials failed at once than there are Events for.", "See `kubectl get nastrials`."
    NEW_BEST = "NewBest", "A trial is better than all before it."
    REPORT_NOT_WRITTEN = (
        "ReportNotWritten",
        "The search has ended, and its report could not be written to the bucket.",
        "Make it any time: `nasctl report SEARCH`.",
    )
    KNOWLEDGE_NOT_WRITTEN = (
        "KnowledgeNotWritten",
        "The search has ended, and its results could not be put into the namespace's knowledge base.",
        "Later searches can name it in warmStart.searches; it is put there if the search goes on and ends again.",
    )
    OBJECTS_KEPT = (
        "ObjectsKept",
        "A namespace is being deleted, and objects of a search or model in it, which were to be deleted too, stay in "
        "the bucket: the Secret is gone, or the storage has not worked for two minutes. The Event is on the namespace.",
        "Delete them by hand; the message says where they are.",
    )
    PUBLISHED = (
        "Published",
        "The NASModel that spec.retrain.publish asks for was created.",
        "See its conditions: `kubectl describe nasmodel`.",
    )
    HELD_BY_ANOTHER_OPERATOR = (
        "HeldByAnotherOperator",
        "Two operators serve the namespace; this one leaves the search to the other one.",
        "Uninstall one of them, or give them different watchNamespaces; the message names both Leases.",
    )
    RESUMED = "Resumed", "spec.suspend was removed; trials resume from their checkpoints."
    CONTINUED = (
        "Continued",
        "The budget was raised, retraining asked for, or the trials deleted that failed the search; it goes on.",
    )


TABLES: dict[str, tuple[type[Reason], ...]] = {
    "NASSearch": (SearchReason, StorageReason, TrackingReason, PlainReason),
    "NASTrial": (TrialReason, TrainerReason),
    "NASSearchSpace": (SpaceReason,),
    "NASModel": (ModelReason,),
    "Events on a NASSearch": (EventReason,),
}
"""All reasons by the object that has them."""

NEEDS_ATTENTION = (
    *(str(reason) for reason in SearchReason if reason.effect is Effect.BLOCKED),
    *(str(reason) for reason in StorageReason),
)
"""Reasons of Progressing for which somebody has to do something: what to be alerted of."""
