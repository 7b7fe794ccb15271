"""A Lease (`coordination.k8s.io/v1`) as leader election uses it. Pure: `elector` and `claims` read and write.

The rules are those of client-go's `tools/leaderelection`: clocks of different machines are never compared. A Lease has
expired when it has not changed for its duration by the clock of whoever looks at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

DURATION_S = 15.0
"""Seconds without a renewal after which others may take it."""
RENEW_LIMIT_S = 10.0
"""Seconds after its last renewal for which a leader may write. Shorter, as no two clocks run alike."""
RETRY_S = 2.0
"""Seconds between two renewals, and between two looks of those that wait."""


@dataclass(frozen=True)
class Lease:
    """What a Lease says. Absent fields are what Kubernetes takes them for."""

    holder: str
    """Identity of who holds it; empty: nobody."""
    duration_s: float
    transitions: int
    version: str
    """Resource version, which every renewal changes."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Read an object of the API server."""
        spec = raw.get("spec") or {}
        return cls(
            holder=spec.get("holderIdentity") or "",
            duration_s=float(spec.get("leaseDurationSeconds") or DURATION_S),
            transitions=int(spec.get("leaseTransitions") or 0),
            version=raw["metadata"]["resourceVersion"],
        )


class Watched:
    """One Lease as it was seen, to tell whether it has expired."""

    def __init__(self) -> None:
        self._version, self._since = "", 0.0

    def expired(self, lease: Lease, now: float) -> bool:
        """Return whether nobody holds it any more. ``now`` is in seconds of one clock, which never goes back."""
        if lease.version != self._version:
            self._version, self._since = lease.version, now
        return not lease.holder or now - self._since >= lease.duration_s


def micro_time(moment: datetime) -> str:
    """Return a time as `metav1.MicroTime` is written."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def acquired(before: Lease | None, holder: str, now: datetime) -> dict[str, Any]:
    """Return the spec of a Lease that is taken over, or made if there was none."""
    return {
        "holderIdentity": holder,
        "leaseDurationSeconds": int(DURATION_S),
        "acquireTime": micro_time(now),
        "renewTime": micro_time(now),
        "leaseTransitions": before.transitions + 1 if before else 0,
    }
