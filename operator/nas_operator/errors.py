"""What can go wrong between the operator and the API server.

OperatorError
├── ApiUnreachable    no answer, or none that can be read: refused, reset, timed out
├── ApiError          the API server answered with an error
├── Conflict          somebody else was faster, or what we know is old
├── ApiDenied         the API server does not take an object that the spec asks for
│   ├── NamespaceTerminating    because its namespace is being deleted
│   └── InputTooLarge           or would not: it is not sent
├── StatusRefused     the API server does not take a status that the operator writes
├── PlanTooSlow       a plan is not there yet
└── LookTimedOut      a look took longer than it may

The client raises the first two and nothing of its HTTP library; a worker answers all of them with a backoff. Faults of
the storage are `StorageFault`, which a snapshot holds and nobody has to catch.
"""

from __future__ import annotations

from nas_core.reasons import SearchReason

TERMINATING_CAUSE = str(SearchReason.NAMESPACE_TERMINATING)
"""`corev1.NamespaceTerminatingCause`: the admission plugin NamespaceLifecycle names it in the status' details."""


class OperatorError(Exception):
    """Something outside the operator's code went wrong; trying again later can help."""


class ApiUnreachable(OperatorError):
    """The API server did not answer, or not in time, or not with something that can be read."""


class ApiError(OperatorError):
    """The API server refused a request. ``status`` is the HTTP status, ``reason`` Kubernetes' word for it."""

    def __init__(self, status: int, reason: str, message: str, causes: tuple[str, ...] = ()) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status, self.reason, self.message, self.causes = status, reason, message, causes

    @property
    def terminating(self) -> bool:
        """Whether the request failed because its namespace is being deleted."""
        return TERMINATING_CAUSE in self.causes


class Conflict(OperatorError):
    """Another writer was faster, or our knowledge is old: look again soon."""


class ApiDenied(OperatorError):
    """The API server does not take an object made from the search's spec; the message is its own."""

    reason = SearchReason.TRIALS_BLOCKED
    """That of the search's condition."""

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return f"Kubernetes refuses the trials: {self}; correct spec.trialTemplate, or what forbids it in the namespace"


class NamespaceTerminating(ApiDenied):
    """Nothing can be created in a namespace that is being deleted."""

    reason = SearchReason.NAMESPACE_TERMINATING

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return f"no trial is started: {self}"


class InputTooLarge(ApiDenied):
    """What a trial is given to read does not fit into an annotation."""

    @property
    def condition_message(self) -> str:
        """What the search's condition says."""
        return str(self)


class StatusRefused(OperatorError):
    """The API server does not take a status; the message is its own."""

    reason = SearchReason.STATUS_REFUSED
    """That of the search's condition."""


class PlanTooSlow(OperatorError):
    """A plan takes longer than a look waits for it."""

    reason = SearchReason.PLAN_TOO_SLOW
    """That of the search's condition."""


class LookTimedOut(OperatorError):
    """One look at a search took longer than a look may."""

    reason = SearchReason.LOOK_TIMED_OUT
    """That of the search's condition."""
