from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.support.factories import START
from tests.support.models import begun, export_job

from nas_plan.models.job_end import END_GRACE, explain_end, over

RUNNING = export_job(begun())
FAILING = replace(RUNNING, failing_since=START)
LATE = START + END_GRACE + timedelta(seconds=1)


def test_a_job_is_over_when_kubernetes_says_so() -> None:
    assert not over(RUNNING, LATE)
    assert over(replace(RUNNING, complete=True), START) and over(replace(RUNNING, failed_reason="Failed"), START)


def test_a_pod_that_never_ends_is_not_waited_for() -> None:
    assert not over(FAILING, START + END_GRACE)
    assert over(FAILING, LATE) and "node may be lost" in explain_end(FAILING, LATE)


def test_a_deadline_is_explained_by_its_setting() -> None:
    ended = replace(FAILING, failed_reason="DeadlineExceeded")
    assert "models.exportDeadline" in explain_end(ended, LATE)
    assert explain_end(replace(FAILING, failed_reason="BackoffLimitExceeded"), LATE) == ""
