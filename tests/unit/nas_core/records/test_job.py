from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, raw_job, stamp

from nas_core.records.job import JobView

LATER = START + timedelta(minutes=1)


def job_condition(kind: str, **changes: str) -> dict[str, str]:
    return {"type": kind, "status": "True", "lastTransitionTime": stamp(LATER), **changes}


@pytest.mark.parametrize(
    ("status", "complete", "failed", "ended"),
    [
        ({}, False, None, None),
        ({"startTime": stamp(START), "active": 1}, False, None, None),
        ({"completionTime": stamp(LATER), "conditions": [job_condition("Complete")]}, True, None, LATER),
        ({"conditions": [job_condition("SuccessCriteriaMet")]}, False, None, None),
        ({"conditions": [job_condition("FailureTarget", reason="DeadlineExceeded")]}, False, None, None),
        ({"conditions": [job_condition("Failed", reason="DeadlineExceeded")]}, False, "DeadlineExceeded", LATER),
        ({"conditions": [job_condition("Failed")]}, False, "Failed", LATER),
        ({"conditions": [job_condition("Failed", status="False")]}, False, None, None),
    ],
)
def test_how_a_job_ended(status: dict[str, Any], complete: bool, failed: str | None, ended: Any) -> None:
    found = JobView.of(raw_job("s-00000", 2, status))
    assert (found.trial, found.attempt) == ("s-00000", 2)
    assert (found.complete, found.failed_reason, found.end_time) == (complete, failed, ended)
    assert found.finished == (complete or failed is not None)


def test_a_job_that_fails_while_its_pods_still_end() -> None:
    failing = JobView.of(raw_job("s-00000", 1, {"conditions": [job_condition("FailureTarget")]}))
    assert failing.failing_since == LATER and not failing.finished
    assert JobView.of(raw_job("s-00000")).failing_since is None


def test_what_holds_a_job_and_what_it_was_made_from() -> None:
    raw = raw_job("s-00000", annotations={"nas-operator.io/template": "abc"})
    raw["spec"]["suspend"] = True
    assert (JobView.of(raw).suspended, JobView.of(raw).template) == (True, "abc")
    assert (JobView.of(raw_job("s-00000")).suspended, JobView.of(raw_job("s-00000")).template) == (False, None)


def test_the_gpus_a_job_holds() -> None:
    raw = raw_job("s-00000")
    assert JobView.of(raw).gpus == 0
    raw["spec"]["template"]["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "2", "cpu": "4"}}
    assert JobView.of(raw).gpus == 2


@pytest.mark.parametrize(("label", "queue"), [("gpus", "gpus"), ("", None), (None, None)])
def test_a_job_knows_its_queue(label: str | None, queue: str | None) -> None:
    raw = raw_job("s-00000")
    if label is not None:
        raw["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] = label
    assert JobView.of(raw).queue == queue


@pytest.mark.parametrize(("completions", "nodes"), [(None, 1), (0, 1), (2, 2), (2**31 - 1, 64)])
def test_a_job_of_somebody_else_may_have_any_number_of_pods(completions: int | None, nodes: int) -> None:
    raw = raw_job("s-00000")
    raw["spec"]["completions"] = completions
    assert JobView.of(raw).nodes == nodes
