"""The view of a Job, or of an object of another kind that runs a trial."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nas_core.api.pod_metadata import QUEUE_LABEL
from nas_core.api.template import MOST_NODES
from nas_core.quantities import count_gpus
from nas_core.records.metadata import Json, Meta, parse_time
from nas_core.records.names import (
    ATTEMPT_LABEL,
    SESSION_ANNOTATION,
    SHORTENED_ANNOTATION,
    TEMPLATE_ANNOTATION,
    TRIAL_CONTAINER,
    TRIAL_LABEL,
)

POD_GRACE_S = 30
"""Kubernetes' default of terminationGracePeriodSeconds."""


@dataclass(frozen=True)
class JobView:
    """A Job: one attempt of a trial."""

    meta: Meta
    trial: str
    attempt: int
    created: datetime
    start_time: datetime | None
    end_time: datetime | None
    complete: bool
    failed_reason: str | None
    failed_message: str
    gpus: int
    """Of each of its pods."""
    suspended: bool = False
    """Whether somebody holds it (KEP-2232): Kubernetes makes no pod until that is over."""
    queue: str | None = None
    """Name of the queue that admits it: nobody else changes whether it is suspended."""
    grace_s: int = POD_GRACE_S
    """Seconds that its pod may take to end."""
    failing_since: datetime | None = None
    """When Kubernetes began to end its pods because it fails; it has failed when they have ended."""
    template: str | None = None
    """What it was made from, as `nas_core.records.names.template_hash` has it; None of one that does not say."""
    deadline_s: int | None = None
    """Seconds that it may take from its start."""
    shortened_by: str | None = None
    """The field of the budget by which that is less than evaluation.maxTrialDuration."""
    nodes: int = 1
    """Over how many pods it runs, each with ``gpus``."""
    kind: str | None = None
    """What it is, by the chart's name, if it is no Job: nobody but the operator enforces its deadline then."""
    session_secret: str | None = None
    """Name of the Secret with the short-lived keys of its pods; None: they have none."""

    @classmethod
    def of(cls, raw: Mapping[str, Any], kind: str | None = None) -> JobView:
        """Cut the view out of a raw object; one of another ``kind`` has the form of a Job by now."""
        meta, status = raw["metadata"], raw.get("status", {})
        # Only Complete and Failed are final: FailureTarget and SuccessCriteriaMet come while pods still end.
        conditions = {c["type"]: c for c in status.get("conditions", ()) if c["status"] == "True"}
        failed, complete = conditions.get("Failed"), conditions.get("Complete")
        ended = failed or complete
        container = trial_container(raw["spec"]["template"]["spec"]["containers"])
        limits = container.get("resources", {}).get("limits", {})
        return cls(
            meta=Meta.of(raw),
            trial=meta.get("labels", {}).get(TRIAL_LABEL, ""),
            attempt=int(meta.get("labels", {}).get(ATTEMPT_LABEL, "0")),
            created=datetime.fromisoformat(meta["creationTimestamp"]),
            start_time=parse_time(status.get("startTime")),
            # Kubernetes sets completionTime only for a Job that has succeeded.
            end_time=parse_time(status.get("completionTime") or (ended or {}).get("lastTransitionTime")),
            complete=complete is not None,
            failed_reason=failed.get("reason", "Failed") if failed else None,
            failed_message=failed.get("message", "") if failed else "",
            gpus=count_gpus(limits),
            suspended=raw["spec"].get("suspend", False),
            queue=meta.get("labels", {}).get(QUEUE_LABEL) or None,
            grace_s=raw["spec"]["template"]["spec"].get("terminationGracePeriodSeconds", POD_GRACE_S),
            failing_since=parse_time(conditions.get("FailureTarget", {}).get("lastTransitionTime")),
            template=meta.get("annotations", {}).get(TEMPLATE_ANNOTATION),
            deadline_s=raw["spec"].get("activeDeadlineSeconds"),
            shortened_by=meta.get("annotations", {}).get(SHORTENED_ANNOTATION),
            # The Job may be anybody's.
            nodes=min(raw["spec"].get("completions") or 1, MOST_NODES),
            kind=kind,
            session_secret=meta.get("annotations", {}).get(SESSION_ANNOTATION),
        )

    @property
    def pods_key(self) -> str:
        """What its pods know it by: its UID; other kinds may put owners between, so of them namespace and name."""
        return key_for_pods(*self.meta.key) if self.kind else self.meta.uid

    @property
    def all_gpus(self) -> int:
        """GPUs of all its pods."""
        return self.nodes * self.gpus

    @property
    def held_by(self) -> str | None:
        """Name of the queue that holds it; None if none does."""
        return self.queue if self.suspended else None

    @property
    def finished(self) -> bool:
        """Whether Kubernetes will do nothing more for it."""
        return self.complete or self.failed_reason is not None


def key_for_pods(namespace: str, name: str) -> str:
    """Return what the pods of an object of another kind than Job know it by."""
    return f"{namespace}/{name}"


def trial_container(containers: Iterable[Json]) -> Json:
    """Return the container of a pod that belongs to the trial, among those of others; empty if it is not there."""
    return next((c for c in containers if c["name"] == TRIAL_CONTAINER), {})
