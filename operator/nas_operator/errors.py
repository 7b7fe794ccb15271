"""What can go wrong between the operator and the API server, and the pods whose metrics it reads.

OperatorError
├── ApiUnreachable    no answer that can be read: connection refused or reset, timed out
├── ApiError          the API server answered with an error
├── NotLeading        this operator no longer leads, so nothing was written
├── HeldByAnotherOperator       the operator of another release works on the search
├── NamespaceUnknown  the labels of a namespace are not known yet
├── Conflict          another writer was faster, or the store is behind
├── NoSession         the storage gives a trial no short-lived keys now
├── ApiDenied         the API server does not take an object that the spec asks for
│   ├── NamespaceTerminating    because its namespace is being deleted
│   └── NotSent                 the operator does not even send it
│       ├── InputTooLarge       because it is too large
│       ├── KindNotAllowed      because it is of a kind that the chart does not name
│       ├── NotScoped           because no session policy limits it to what it needs
│       ├── NotLabelled         because it names a Secret or ConfigMap that is not for trials
│       └── RefusedByPolicy     because a policy of the namespace does not allow it
├── StatusDenied      the API server does not take a status that the operator writes
├── MetricsUnreadable a pod, or Prometheus, gives no metrics that can be read; a look goes on without
├── PlanTooSlow       a plan is not there yet
├── LedgerNotRead     a ledger is still being read
├── LedgerUnreadable  a ledger cannot be read
└── LookTimedOut      a look took longer than it may

The API server's client raises the first two, `http_reader` MetricsUnreadable; no exception of an HTTP library passes
either. A worker answers all others with a backoff.
A fault of the storage is a `StorageFault`: a value in the snapshot, which nobody has to catch.
"""

from __future__ import annotations

from nas_core.reasons import SearchReason

TERMINATING_CAUSE = str(SearchReason.NAMESPACE_TERMINATING)
"""`corev1.NamespaceTerminatingCause`: the admission plugin NamespaceLifecycle names it in the status' details."""


class OperatorError(Exception):
    """Something outside the operator's code went wrong; trying again later can help."""


class ApiUnreachable(OperatorError):
    """The API server did not answer in time, or its answer cannot be read."""


class ApiError(OperatorError):
    """The API server answered with an error. ``status`` is the HTTP status, ``reason`` Kubernetes' word for it."""

    def __init__(self, status: int, reason: str, message: str, causes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message, self.causes = status, reason, message, causes

    @property
    def terminating(self) -> bool:
        """Whether the request failed because its namespace is being deleted."""
        return TERMINATING_CAUSE in self.causes


class NotLeading(OperatorError):
    """This operator does not lead, or no longer: another one may write by now."""


class HeldByAnotherOperator(OperatorError):
    """The operator of another release works on a search; the message names its Lease and the remedy."""


class NamespaceUnknown(OperatorError):
    """A search is known before its namespace is, by whose labels policies are for it: look again soon."""


class Conflict(OperatorError):
    """Another writer was faster, or the store is behind: look again soon."""


class NoSession(OperatorError):
    """The storage gives a trial no short-lived keys now; the probe of the storage tells the search's owner."""


class ApiDenied(OperatorError):
    """The API server does not take an object made from the search's spec; the message is its own."""

    reason = SearchReason.TRIALS_BLOCKED
    """That of the search's condition."""

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return f"Kubernetes denies the trials: {self}; correct spec.trialTemplate, or what forbids it in the namespace"


class NamespaceTerminating(ApiDenied):
    """Nothing can be created in a namespace that is being deleted."""

    reason = SearchReason.NAMESPACE_TERMINATING

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return f"no trial is started: {self}"


class NotSent(ApiDenied):
    """The operator does not even send it; the message says why, and what to do."""

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return str(self)


class InputTooLarge(NotSent):
    """A trial's input does not fit into an annotation."""


class KindNotAllowed(NotSent):
    """A template names a kind that the platform team has not named, or cannot be queued as such."""


class NotScoped(NotSent):
    """With storage.scoped, what a trial reads cannot be named in a session policy that limits it."""


class NotLabelled(NotSent):
    """A template names a Secret or a ConfigMap that its owner, or the platform team, has not allowed trials to use."""


class RefusedByPolicy(NotSent):
    """A template has what a policy of the namespace does not allow, or an account that none of them grants."""


class StatusDenied(OperatorError):
    """The API server does not take a status; the message is its own."""

    reason = SearchReason.STATUS_DENIED
    """That of the search's condition."""


class MetricsUnreadable(OperatorError):
    """A pod, or Prometheus, did not answer in time, or gave an answer that is no page of metrics or too large."""


class PlanTooSlow(OperatorError):
    """A plan takes longer than a look waits."""

    reason = SearchReason.PLAN_TOO_SLOW
    """That of the search's condition."""


class LedgerNotRead(OperatorError):
    """Trials are wanted that may be in a ledger, which has not been read yet: look again soon."""


class LedgerUnreadable(OperatorError):
    """A ledger cannot be read, or a segment of it not be written; the message says where, and what to do."""

    reason = SearchReason.LEDGER_UNREADABLE
    """That of the search's condition."""


class LookTimedOut(OperatorError):
    """One look at a search took longer than a look may."""

    reason = SearchReason.LOOK_TIMED_OUT
    """That of the search's condition."""
