"""A core/v1 Event on a search or a model."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from nas_core.api import API_VERSION
from nas_core.records.metadata import Meta
from nas_plan.actions import EventDraft

# The limit that Kubernetes sets for the note of an events.k8s.io/v1 Event, as which these can be read too.
MESSAGE_LIMIT = 1024


def build_event(search: Meta, draft: EventDraft, now: datetime, kind: str = "NASSearch") -> dict[str, Any]:
    """Return the Event; its name follows from its text and the minute, so that a repeated write is known."""
    digest = hashlib.sha256(f"{search.uid}/{draft.reason}/{draft.message}/{now:%Y%m%d%H%M}".encode()).hexdigest()[:16]
    time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{search.name}.{digest}", "namespace": search.namespace},
        "involvedObject": {
            "apiVersion": API_VERSION,
            "kind": kind,
            "name": search.name,
            "namespace": search.namespace,
            "uid": search.uid,
        },
        "type": draft.kind,
        "reason": draft.reason,
        "message": draft.message if len(draft.message) <= MESSAGE_LIMIT else draft.message[: MESSAGE_LIMIT - 1] + "…",
        # An Event is never counted up, so its first time is its last.
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
        "source": {"component": "nas-operator"},
        "reportingComponent": "nas-operator",
        "reportingInstance": "nas-operator",
    }


def build_namespace_event(owner: Meta, draft: EventDraft, now: datetime) -> dict[str, Any]:
    """Return an Event on the namespace of an object; what has no namespace has its Events in `default`."""
    raw = build_event(owner, draft, now)
    raw["metadata"] = {"name": f"{owner.namespace}.{raw['metadata']['name']}", "namespace": "default"}
    raw["involvedObject"] = {"apiVersion": "v1", "kind": "Namespace", "name": owner.namespace}
    return raw
