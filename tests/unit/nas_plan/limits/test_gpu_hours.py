from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import World, search

from nas_plan.limits.gpu_hours import GpuHours

GRACE = 30


def world(hours: Any = 1, gpus: int = 2, **spec: Any) -> World:
    given: dict[str, Any] = {
        "budget": {"maxTrials": 40, "parallelTrials": 4, "maxGPUHours": hours, "maxFailedTrials": 40},
        "evaluation": {"maxTrialDuration": "10m"},
        "trialTemplate": {
            "resources": {"limits": {"nvidia.com/gpu": gpus}},
            "terminationGracePeriodSeconds": GRACE,
            "maxAttempts": 9,
        },
    }
    return World(search(**given | spec))


def take(w: World, job: str, seconds: float) -> None:
    """Let a Job succeed that has run for so long."""
    began = w.now - timedelta(seconds=seconds - 1)
    w.succeed(job)
    w.pods[job] = replace(w.pods[job], started=began)


def spent(w: World) -> float:
    return w.search.status.cost.gpu_seconds


def test_each_attempt_has_its_time_set_aside_until_it_has_ended() -> None:
    w = world()
    w.step()
    assert len(w.active()) == 2, "3600 GPU-seconds are enough for two attempts of 2 x (600 + 30), at the most"
    assert [w.jobs[job].deadline_s for job in w.active()] == [600, 600]
    w.step()
    assert len(w.active()) == 2
    why = "; what is left of budget.maxGPUHours is set aside for what runs"
    assert w.condition_message("Progressing").endswith(f"0 of 40 trials have ended{why}")
    for job in w.active():
        w.run(job)
    w.now += timedelta(seconds=100)
    take(w, w.active()[0], 100)
    w.step()
    assert spent(w) == 200
    assert why not in w.condition_message("Progressing")
    # 3400 less the other's 1260; trials take 100 s, so that one is worth 125 s, and seven would fit.
    assert len(w.active()) == 4
    assert [w.jobs[job].deadline_s for job in w.active()] == [600, (3400 - 1260) // 6 - GRACE] + 2 * [326]


def use_alone(w: World, seconds: float) -> None:
    """Let the one trial that there is room for run so long, succeed and be recorded."""
    w.step()
    [job] = w.active()
    w.run(job)
    w.now += timedelta(seconds=seconds)
    take(w, job, seconds)
    w.step()


def test_what_is_left_ends_the_search_when_it_is_too_little_and_more_goes_on() -> None:
    w = world("0.5")
    use_alone(w, 590)
    assert w.condition("Succeeded") == ("True", "GpuBudgetSpent") and spent(w) == 1180
    message = w.condition_message("Succeeded")
    assert message == "0.328 of 0.5 GPU-hours (budget.maxGPUHours) are spent, and another trial may need 0.35"
    w.step()
    assert w.condition("Progressing")[0] == "False" and not w.active()
    w.respec(budget={"maxTrials": 40, "parallelTrials": 4, "maxGPUHours": 1})
    w.step()
    assert w.condition("Progressing") == ("True", "Running") and len(w.active()) == 1


def test_nothing_fits_into_a_budget_of_nothing() -> None:
    w = world(0)
    w.step()
    assert w.condition("Failed") == ("True", "NoTrialSucceeded") and not w.jobs


def test_gpus_of_all_nodes_count() -> None:
    template = {"resources": {"limits": {"nvidia.com/gpu": 1}}, "nodes": 2, "terminationGracePeriodSeconds": GRACE}
    w = world(trialTemplate=template)
    w.step()
    assert len(w.active()) == 2, "3600 GPU-seconds are enough for two attempts of 2 x (600 + 30), at the most"
    w.step()
    assert len(w.active()) == 2, "what they set aside is of both nodes, too"


def test_without_gpus_it_bounds_nothing() -> None:
    w = world(0, trialTemplate={"resources": {"limits": {"cpu": "1"}}})
    w.step()
    assert len(w.active()) == 4 and all(job.shortened_by is None for job in w.jobs.values())


def test_a_shortened_attempt_that_meets_its_deadline_says_nothing_of_its_candidate() -> None:
    w = world()
    w.step()
    job = w.active()[0]
    w.run(job)
    w.jobs[job] = replace(w.jobs[job], shortened_by="budget.maxGPUHours")
    w.fail(job, 143, reason="DeadlineExceeded")
    w.step()
    [attempt] = w.trials["s-00000"].status.attempts
    assert attempt.outcome == "Lost" and not w.trials["s-00000"].recorded


def test_what_runs_without_a_deadline_is_stopped_when_all_is_used() -> None:
    w = world()
    w.step()
    for job in w.active():
        w.run(job)
        w.jobs[job] = replace(w.jobs[job], deadline_s=None)
    w.now += timedelta(seconds=899)
    w.step()
    assert len(w.active()) == 2
    w.now += timedelta(seconds=2)
    w.step()
    assert not w.active() and w.condition("Progressing") == ("False", "NoTrialSucceeded")


def test_one_that_may_use_it_all_leaves_nothing_for_others() -> None:
    w = world()
    w.step()
    for job in w.active():
        w.run(job)
    take(w, w.active()[0], 100)
    [other] = w.active()
    w.search = w.search.readable(w.search.spec.model_copy(update={"evaluation": search().spec.evaluation}))
    w.jobs[other] = replace(w.jobs[other], deadline_s=None)
    w.step()
    assert w.active() == [other]


def test_training_again_ends_with_the_budget_too() -> None:
    w = world("0.5", retrain={"epochs": 3}, budget={"maxTrials": 1, "parallelTrials": 1, "maxGPUHours": "0.5"})
    use_alone(w, 590)
    assert w.condition("Succeeded") == ("True", "GpuBudgetSpent") and not w.active()


@pytest.mark.parametrize("seed", range(8))
def test_no_course_of_events_spends_more(seed: int) -> None:
    rng, w, ends = random.Random(seed), world("1.5"), dict[str, float]()

    def end(job: str) -> None:
        if rng.random() < 0.6:
            take(w, job, ends[job])
        else:
            w.fail(job, 1)
            w.pods[job] = replace(w.pods[job], started=w.now - timedelta(seconds=ends[job]))
        del ends[job]

    for _ in range(400):
        w.now += timedelta(seconds=30)
        # Killed after any of its writes.
        w.step(rng.choice([None, 0, 1, 2, 3]))
        for job in w.active():
            if job not in ends:
                w.run(job)
                ends[job] = rng.uniform(5, (w.jobs[job].deadline_s or 0) + GRACE)
        for job in rng.sample(w.active(), min(len(w.active()), rng.randrange(3))):
            w.now += timedelta(seconds=rng.uniform(0, 5))
            end(job)
        if w.search.status.completion_time:
            break
    w.step()
    assert w.condition("Progressing")[0] == "False"
    assert 0 < spent(w) <= 1.5 * 3600


def test_attempts_side_by_side_have_no_more_than_is_left_together() -> None:
    for starts in range(1, 9):
        left = GpuHours(5000, 0, 3000, True, 2, GRACE, 100)
        if starts <= left.starts:
            assert left.limit_s(starts) >= 100 and starts * 2 * (left.limit_s(starts) + GRACE) <= 3000
