"""A kind that trials may run as beside Jobs, like JobSet: an object has its pods' template deep within."""

from __future__ import annotations

import json
from typing import Any

from tests.support.factories import raw_job

from nas_operator.kube.job_kinds import JobKind, read_job_kinds

GIVEN: dict[str, Any] = {
    "plural": "jobgroups",
    "podTemplate": "spec.groups.0.template",
    "suspend": "spec.suspend",
    "succeeded": ["AllDone"],
    "failed": ["Broken"],
    "manifest": {
        "apiVersion": "example.org/v1",
        "kind": "JobGroup",
        "metadata": {"labels": {"team": "platform"}},
        "spec": {"restarts": 0, "groups": [{"name": "trial"}]},
    },
}
"""As the chart has it."""


def kinds(**changes: Any) -> str:
    """Return the value of the chart, ``trials.jobKinds``, with one kind."""
    return json.dumps({"group": GIVEN | changes})


def job_kind(**changes: Any) -> JobKind:
    [kind] = read_job_kinds(kinds(**changes)).values()
    return kind


def raw_job_group(trial: str, attempt: int = 1, *conditions: str) -> dict[str, Any]:
    """Return an object of the kind as the API server has it, with conditions that are True."""
    raw = raw_job(trial, attempt)
    given = {"conditions": [{"type": kind, "status": "True"} for kind in conditions]}
    return raw | {"kind": "JobGroup", "spec": {"groups": [{"template": raw["spec"]["template"]}]}, "status": given}
