"""A search that has begun and trials of it that have ended, for tests of tracking."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.factories import START, raw_search, raw_trial, stamp
from tests.support.models import raw_model

from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch, read_search
from nas_core.records.trial import TrialView

Json = dict[str, Any]
NOW = START + timedelta(hours=2)
"""When what has begun is looked at."""


def condition(kind: str, status: bool = True, reason: str = "Completed", message: str = "") -> Json:
    return {
        "type": kind,
        "status": str(status),
        "reason": reason,
        "message": message,
        "lastTransitionTime": stamp(START),
    }


def raw_begun(ended: bool = False, status: Json | None = None, meta: Json | None = None, **spec: Any) -> Json:
    """Return a search whose trials have begun, or that has ended."""
    found: Json = {"firstTrialTime": stamp(START)} | (status or {})
    if ended:
        found |= {
            "completionTime": stamp(START + timedelta(hours=1)),
            "conditions": [condition("Succeeded", reason="BudgetSpent"), condition("Ready")],
        }
    return raw_search(found, meta, **spec)


def begun(ended: bool = False, status: Json | None = None, meta: Json | None = None, **spec: Any) -> ReadableSearch:
    """Return the same as a view."""
    found = read_search(raw_begun(ended, status, meta, **spec))
    assert isinstance(found, ReadableSearch), found
    return found


def raw_done(index: int, accuracy: float | None = 0.5, work: Json | None = None, **status: Any) -> Json:
    """Return a trial that has ended: one without an accuracy has failed."""
    kind = condition("Succeeded") if accuracy is not None else condition("Failed", True, "Crashed", "no memory")
    given: Json = {
        "sequence": index + 1,
        "conditions": [kind],
        "metrics": {} if accuracy is None else {"val_accuracy": accuracy, "parameters": 1000.0},
        "startTime": stamp(START),
        "completionTime": stamp(START + timedelta(minutes=index + 1)),
        "epoch": 3,
    }
    raw = raw_trial(index, given | status)
    raw["metadata"]["uid"] = f"uid-trial-{index}"
    raw["spec"] |= work or {}
    return raw


def done(index: int, accuracy: float | None = 0.5, work: Json | None = None, **status: Any) -> TrialView:
    """Return the same as a view."""
    return TrialView.of(raw_done(index, accuracy, work, **status))


def raw_running(index: int, epochs: int = 3, **status: Any) -> Json:
    """Return a trial that has been running since the beginning, with a curve of so many epochs."""
    steps = list(range(1, epochs + 1))
    given: Json = {
        "conditions": [condition("Progressing", reason="Running")],
        "startTime": stamp(START),
        "curve": {"epochs": steps, "values": {"val_accuracy": [epoch / 10 for epoch in steps]}},
    }
    raw = raw_trial(index, given | status)
    raw["metadata"]["uid"] = f"uid-trial-{index}"
    return raw


def running(index: int, epochs: int = 3, **status: Any) -> TrialView:
    """Return the same as a view."""
    return TrialView.of(raw_running(index, epochs, **status))


def raw_ready(name: str, search_uid: str = "uid-s", trial: int = 0, **status: Any) -> Json:
    """Return a model that is made of a trial."""
    given: Json = {
        "conditions": [condition("Ready", reason="Exported")],
        "address": f"s3://nas/{name}/",
        "lineage": {
            "search": "s",
            "searchUID": search_uid,
            "trial": f"s-{trial:05d}",
            "trialUID": f"uid-trial-{trial}",
            "datasetHash": "sha256:5eed",
        },
    }
    return raw_model(name, given | status)


def ready(name: str, search_uid: str = "uid-s", trial: int = 0, **status: Any) -> ModelView:
    """Return the same as a view."""
    return ModelView.of(raw_ready(name, search_uid, trial, **status))
