from __future__ import annotations

from datetime import UTC, datetime

from tests.support.policies import policy

from nas_plan.limits.month import MonthCap
from nas_plan.limits.room import Caps, explain_wait
from nas_plan.limits.shares import Most, Slots


def test_the_tightest_of_each_limit_counts() -> None:
    caps = Caps.of([policy("a", maxParallelTrials=9, maxGPUs=2), policy("b", maxParallelTrials=3), policy("c")])
    assert caps.most == Most(3, 2)
    assert caps.trials and caps.trials.policy == "b" and caps.gpus and caps.gpus.policy == "a"
    assert Caps.of([policy()]) == Caps()


def test_who_waits_reads_which_policy_and_who_uses_what() -> None:
    caps = Caps.of([policy(maxParallelTrials=2)])
    assert explain_wait(caps, Slots(2), Slots(1), {"first": Slots(2)}) == (
        "NASPolicy team (maxParallelTrials) allows 2 trials at the same time in this namespace, and 2 are in use "
        "(first 2)"
    )


def test_of_gpus_it_says_so() -> None:
    caps = Caps.of([policy(maxParallelTrials=9, maxGPUs=4)])
    holders = {"large": Slots(1, 3), "none": Slots(4)}
    assert "(maxGPUs) allows 4 GPUs at the same time in this namespace, and 3 are in use (large 3)" in explain_wait(
        caps, Slots(5, 3), Slots(1, 2), holders
    )
    # Slots of both kinds are free, for somebody who has less.
    message = explain_wait(caps, Slots(5, 3), Slots(1), holders)
    assert "(maxParallelTrials)" in message and message.endswith("; what is free is for searches that have less")


def test_many_searches_are_not_all_named() -> None:
    caps = Caps.of([policy(maxParallelTrials=20)])
    message = explain_wait(caps, Slots(20), Slots(1), {f"s{n}": Slots(n) for n in range(1, 8)})
    assert "(s7 7, s6 6, s5 5, s4 4, s3 3 and 2 more searches)" in message


def test_of_gpu_time_of_the_month_it_says_when_it_goes_on() -> None:
    month = MonthCap(36_000.0, used=30_000, policy="team", renews=datetime(2026, 2, 1, tzinfo=UTC))
    caps = Caps.of([policy(maxGPUs=4)], month)
    assert explain_wait(caps, Slots(1, 1, 3600), Slots(1, 1, 7200), {}) == (
        "NASPolicy team (maxGPUHoursPerMonth) allows 10 GPU-hours a month in this namespace: 8.333 are used, 1 set "
        "aside for trials that run, and another trial may need 2; it goes on when enough of that is free, at the "
        "latest on 2026-02-01 at 00:00 UTC"
    )
    assert "(maxGPUs)" in explain_wait(caps, Slots(4, 4), Slots(1, 1, 60), {})
    assert not Caps.of([], month).bound(0) and Caps.of([], month).bound(1)
