from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World, search
from tests.support.policies import raw_quota

from nas_core.api.resources import Resources
from nas_core.api.search import Budget
from nas_core.api.template import TrialTemplate
from nas_core.records.quota import QuotaView
from nas_plan.limits.elastic import Started, parallel

GPUS = TrialTemplate(resources=Resources(limits={"nvidia.com/gpu": "2", "memory": "4Gi"}, requests={"cpu": "500m"}))
PENDING: dict[str, Any] = {"phase": "Pending", "started": None}


def quota(hard: dict[str, str], used: dict[str, str] | None = None, **spec: Any) -> QuotaView:
    return QuotaView.of(raw_quota(hard, used, **spec))


def budget(least: int | None = 1, most: int = 20) -> Budget:
    return Budget(parallel_trials=most, min_parallel_trials=least)


@pytest.mark.parametrize(
    ("hard", "used", "trials"),
    [
        ({"pods": "12"}, {"pods": "9"}, 8),
        ({"count/jobs.batch": "12"}, {"count/jobs.batch": "11"}, 6),
        ({"requests.nvidia.com/gpu": "16"}, {"requests.nvidia.com/gpu": "11"}, 7),
        ({"requests.cpu": "4"}, {"requests.cpu": "3400m"}, 6),
        ({"cpu": "4"}, {"cpu": "3"}, 7),
        ({"limits.memory": "32Gi"}, {"limits.memory": "20Gi"}, 8),
        ({"requests.memory": "32Gi"}, {"requests.memory": "30Gi"}, 5),
        ({"requests.memory": "32Gi", "pods": "12"}, {"requests.memory": "20Gi", "pods": "10"}, 7),
        # Lowered below what is used.
        ({"pods": "3"}, {"pods": "5"}, 3),
        # Of other things than trials need.
        ({"count/secrets": "1", "requests.example.org/fpga": "0"}, {"count/secrets": "1"}, 10),
    ],
)
def test_a_quota_bounds_what_may_run(hard: dict[str, str], used: dict[str, str], trials: int) -> None:
    found = parallel(budget(), GPUS, Started(5, 5), [quota(hard, used)], without_pod=0)
    assert found.trials == trials
    assert found.bounded_by.startswith("ResourceQuota team (" if trials != 10 else "more are started when")


def test_a_trial_of_several_nodes_needs_room_for_all_of_its_pods() -> None:
    over_four = GPUS.model_copy(update={"nodes": 4})
    gpus = "requests.nvidia.com/gpu"
    for full in (quota({"pods": "20"}, {"pods": "9"}), quota({gpus: "40"}, {gpus: "20"})):
        assert parallel(budget(), over_four, Started(5, 5), [full], without_pod=0).trials == 7
    jobs = quota({"count/jobs.batch": "12"}, {"count/jobs.batch": "9"})
    assert parallel(budget(), over_four, Started(5, 5), [jobs], without_pod=0).trials == 8


def test_what_no_quota_has_counted_yet_is_taken_off() -> None:
    assert parallel(budget(), GPUS, Started(5, 5), [quota({"pods": "12"}, {"pods": "5"})], without_pod=3).trials == 9


def test_a_quota_for_some_pods_alone_bounds_nothing_beforehand() -> None:
    scoped = quota({"pods": "1"}, {"pods": "1"}, scopes=["BestEffort"])
    assert parallel(budget(), GPUS, Started(5, 5), [scoped], 0).trials == 10


def test_the_least_is_asked_for_whatever_there_is_and_never_more_than_the_most() -> None:
    full = [quota({"pods": "0"})]
    found = parallel(budget(3), GPUS, Started(0, 0), full, 0)
    assert (found.trials, found.bounded_by) == (3, "budget.minParallelTrials; ResourceQuota team (pods: 0)")
    # As `nasctl run` has it on a machine that has less.
    assert (
        parallel(Budget.model_construct(parallel_trials=2, min_parallel_trials=3), GPUS, Started(0, 0), (), 0).trials
        == 2
    )
    found = parallel(budget(3, 4), GPUS, Started(4, 4), (), 0)
    assert (found.trials, found.bounded_by) == (4, "budget.parallelTrials")


def test_without_it_the_number_is_fixed() -> None:
    assert parallel(budget(None), GPUS, Started(1, 0, "no node"), [quota({"pods": "0"})], 0).trials == 20


def test_a_search_grows_as_its_pods_run_and_stops_while_one_has_no_node() -> None:
    world = World(search(budget={"parallelTrials": 7, "minParallelTrials": 1, "maxTrials": 20}))

    def run_all() -> int:
        for job in world.active():
            world.run(job)
        world.step()
        return len(world.active())

    world.step()
    assert len(world.active()) == 1
    world.step()
    assert len(world.active()) == 1, "it has not begun to run"
    assert [run_all(), run_all(), run_all()] == [2, 4, 7]
    status = world.search.status
    assert status.parallel and (status.parallel.trials, status.parallel.bounded_by) == (7, "budget.parallelTrials")

    first, second, *_ = world.active()
    world.run(second, **PENDING, unschedulable="0/3 nodes are available: 3 Insufficient nvidia.com/gpu")
    world.succeed(first)
    world.step()
    assert len(world.active()) == 6, "nothing takes the place of the first"
    status = world.search.status
    assert status.parallel and status.parallel.trials == 6
    assert status.parallel.bounded_by.endswith(
        "no node takes its pod: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu"
    )
    assert run_all() == 7


def test_what_runs_ends_when_the_bound_falls() -> None:
    world = World(search(budget={"parallelTrials": 4, "minParallelTrials": 1, "maxTrials": 20}))
    for _ in range(3):
        world.step()
        for job in world.active():
            world.run(job)
    assert len(world.active()) == 4
    world.extra["quotas"] = (quota({"pods": "2"}, {"pods": "4"}),)
    assert not world.step().stop_jobs and len(world.active()) == 4
    assert world.search.status.parallel and world.search.status.parallel.trials == 2
    for left, job in zip((3, 2), world.active(), strict=False):
        world.succeed(job)
        world.extra["quotas"] = (quota({"pods": "2"}, {"pods": str(left)}),)
        world.step()
        assert len(world.active()) == left


def test_the_least_is_no_more_than_the_most() -> None:
    with pytest.raises(ValueError, match=r"minParallelTrials is above parallelTrials.*3 above 2"):
        Budget(parallel_trials=2, min_parallel_trials=3)
