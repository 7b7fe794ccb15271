from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.factories import START, raw_search, stamp
from tests.support.policies import job_of, raw_policy

from nas_core.api.policy import MonthUse
from nas_core.api.search import NASSearchSpec
from nas_core.records.job import JobView
from nas_core.records.policy import PolicyView
from nas_plan.limits.month import Run, month_cap, needed, next_month, set_aside, used

POLICY = PolicyView.of(raw_policy(maxGPUHoursPerMonth="1"))
GPU: dict[str, Any] = {"resources": {"limits": {"nvidia.com/gpu": "2"}}, "terminationGracePeriodSeconds": 40}


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def spec(**given_: Any) -> NASSearchSpec:
    return NASSearchSpec.model_validate(raw_search(trialTemplate=GPU, **given_)["spec"])


def count(runs: list[Run], *moments: float, before: MonthUse | None = None) -> int:
    """Count at each of some moments, as one operator after another."""
    for moment in moments:
        before = used(POLICY, before, runs, after(moment))
    return before.gpu_seconds if before else 0


def test_gpus_times_the_seconds_that_containers_ran() -> None:
    runs = [Run(2, after(10), after(40)), Run(1, after(20), None), Run(8, after(90), None)]
    assert count(runs, 60) == 2 * 30 + 40


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(0, 50), st.none() | st.integers(0, 50)), max_size=5),
    st.lists(st.integers(0, 100), max_size=6).map(sorted),
)
def test_however_often_it_is_counted_the_sum_is_the_same(
    pods: list[tuple[int, int, int | None]], moments: list[int]
) -> None:
    runs = [Run(gpus, after(start), None if length is None else after(start + length)) for gpus, start, length in pods]
    assert count(runs, *moments, 100) == count(runs, 100)


def test_a_month_begins_with_nothing_and_has_what_runs_over_from_the_last() -> None:
    first = datetime(2026, 2, 1, tzinfo=UTC)
    before = MonthUse(gpu_seconds=999, counted_until=first - timedelta(hours=2))
    run = Run(1, first - timedelta(hours=1), None)
    assert used(POLICY, before, [run], first + timedelta(minutes=1)).gpu_seconds == 60
    assert used(POLICY, before, [run], first - timedelta(minutes=59)).gpu_seconds == 999 + 60


def test_what_ran_before_there_was_a_policy_is_not_counted() -> None:
    assert count([Run(1, START - timedelta(hours=1), None)], 60) == 60


def test_after_a_clock_that_was_ahead_nothing_is_counted_twice() -> None:
    assert count([Run(1, START, None)], 100, 40, 110) == 110


def test_a_year_ends() -> None:
    assert next_month(datetime(2026, 12, 31, 23, tzinfo=UTC)) == datetime(2027, 1, 1, tzinfo=UTC)


def test_of_several_policies_that_counts_of_which_least_is_left() -> None:
    month = {"gpuSeconds": 6000, "countedUntil": stamp(START)}
    status = {"namespaces": [{"name": "ns", "trials": 0, "gpus": 0, "month": month}]}
    larger = PolicyView.of(raw_policy("larger", maxGPUHoursPerMonth=2) | {"status": status})
    cap = month_cap([POLICY, larger, PolicyView.of(raw_policy("none"))], "ns", [Run(1, START, None)], after(60))
    assert cap is not None and (cap.policy, cap.used, cap.left) == ("larger", 6060, 7200 - 6060)
    assert month_cap([PolicyView.of(raw_policy())], "ns", [], START) is None


@pytest.mark.parametrize(
    ("job", "seconds"),
    [({}, 600 + 40), ({"startTime": stamp(after(-100))}, 600 + 40 - 100), ({"startTime": stamp(after(-9000))}, 0)],
)
def test_of_what_runs_its_deadline_and_grace_are_set_aside(job: dict[str, Any], seconds: int) -> None:
    raw = job_of("s", 0, 3, **job)
    raw["spec"]["activeDeadlineSeconds"] = 600
    raw["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 40
    assert set_aside(JobView.of(raw), START) == 3 * seconds
    raw["spec"]["completions"] = 4
    assert set_aside(JobView.of(raw), START) == 4 * 3 * seconds, "of all pods"


def test_what_has_no_deadline_may_run_to_the_end_of_the_month() -> None:
    assert set_aside(JobView.of(job_of("s", 0, 1)), START) == 31 * 86400


def test_a_trial_needs_its_limit_and_one_of_a_supernet_what_its_search_may_use() -> None:
    bounded: dict[str, Any] = {"maxTrialDuration": "10m"}
    assert needed(spec(evaluation=bounded)) == 2 * 640
    assert needed(spec()) == 0
    over_four = raw_search(trialTemplate=GPU | {"nodes": 4}, evaluation=bounded)["spec"]
    assert needed(NASSearchSpec.model_validate(over_four)) == 4 * 2 * 640
    shared = spec(evaluation=bounded | {"supernet": {"epochs": 2}}, budget={"maxGPUHours": 3})
    assert needed(shared) == 3 * 3600
