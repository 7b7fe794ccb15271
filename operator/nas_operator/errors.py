"""What can go wrong between the operator and the API server.

OperatorError
├── ApiUnreachable    no answer, or none that can be read: refused, reset, timed out
├── ApiError          the API server answered with an error
├── Conflict          somebody else was faster, or what we know is old
├── ApiDenied         the API server does not take an object that the spec asks for
│   └── NamespaceTerminating    because its namespace is being deleted
└── LookTimedOut      a look took longer than it may

The client raises the first two and nothing of its HTTP library; a worker answers all of them with a backoff. Faults of
the storage are `StorageFault`, which a snapshot holds and nobody has to catch.
"""

from __future__ import annotations

TERMINATING_CAUSE = "NamespaceTerminating"
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


class NamespaceTerminating(ApiDenied):
    """Nothing can be created in a namespace that is being deleted."""


class LookTimedOut(OperatorError):
    """One look at a search took longer than a look may."""
