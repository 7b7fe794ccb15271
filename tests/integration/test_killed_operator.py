"""The operator is killed at random moments: nothing is lost, nothing is counted twice, nothing is decided otherwise."""

from __future__ import annotations

import random
import time

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import architectures, check_record, check_replay, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


def kill_at_random_moments(
    search: str, trials: int, times: int, seed: int, kube: Kube, operator: Operator, wait_for: Waiter
) -> None:
    """SIGKILL and start the operator again, each time after another random part of the search."""
    rng = random.Random(seed)
    for total in sorted(rng.sample(range(1, trials - 4), times)):
        wait_for.counts(search, timeout=90, total=total)
        time.sleep(rng.uniform(0, 0.6))  # anywhere between two writes
        operator.crash()


@pytest.mark.parametrize("seed", [1])
def test_no_trial_is_lost_and_none_recorded_twice(
    seed: int, kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    kube.apply(fault_search("shaken", "--seconds=0.5", trials=30, parallel=5, storage=bucket.storage()))
    kill_at_random_moments("shaken", 30, 5, seed, kube, operator, wait_for)
    wait_for.condition("shaken", "Succeeded", timeout=120)

    search, trials = kube.search("shaken"), kube.trials("shaken")
    assert {state: n for state, n in search["status"]["trials"].items() if n} == {"total": 30, "succeeded": 30}
    check_record(trials, 30)
    check_replay(search, trials)
    assert len({t["spec"]["candidates"][0]["id"] for t in trials}) == 30, "an architecture was tried twice"
    assert all(len(t["status"]["attempts"]) == 1 for t in trials)
    root = bucket.key_of(search["status"]["storageRoot"])
    results = [key for key in bucket.keys(root) if key.endswith("result.json")]
    assert results == [f"{root}/trials/{t['metadata']['name']}/result.json" for t in trials]


def test_no_rung_is_climbed_twice(kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter) -> None:
    kube.apply(
        fault_search(
            "climbing", "--seconds=0.4", trials=18, parallel=4, rungs={"asha": {}}, evaluation={"epochs": 9},
            storage=bucket.storage(),
        )
    )  # fmt: skip
    kill_at_random_moments("climbing", 18, 4, 3, kube, operator, wait_for)
    wait_for.condition("climbing", "Succeeded", timeout=120)

    search, trials = kube.search("climbing"), kube.trials("climbing")
    assert {state: n for state, n in search["status"]["trials"].items() if n} == {"total": 18, "succeeded": 18}
    assert sorted(t["status"]["sequence"] for t in trials) == list(range(1, len(trials) + 1))
    climbed = [(t["spec"]["index"], t["spec"]["epochs"]) for t in trials]
    assert len(set(climbed)) == len(climbed) and {epochs for _, epochs in climbed} == {1, 3, 9}
    assert {index for index, _ in climbed} == set(range(18))
    check_replay(search, trials)
    names = {t["metadata"]["name"]: t["spec"] for t in trials}
    for spec in names.values():
        if below := spec.get("continues"):
            assert names[below]["index"] == spec["index"] and names[below]["seed"] == spec["seed"]
            assert names[below]["epochs"] < spec["epochs"]
    [best] = search["status"]["best"]
    assert names[best["trial"]]["epochs"] == 9


def test_an_ordered_search_takes_the_same_course_as_an_undisturbed_one(
    kube: Kube, operator: Operator, wait_for: Waiter
) -> None:
    kube.apply(fault_search("calm", "--seconds=0.3", trials=15, parallel=3, ordered=True))
    wait_for.condition("calm", "Succeeded", timeout=90)
    kube.apply(fault_search("shaken", "--seconds=0.3", trials=15, parallel=3, ordered=True))
    kill_at_random_moments("shaken", 15, 4, 2, kube, operator, wait_for)
    wait_for.condition("shaken", "Succeeded", timeout=90)

    calm, shaken = kube.trials("calm"), kube.trials("shaken")
    assert architectures(shaken) == architectures(calm)
    assert [t["spec"]["basis"] for t in shaken] == [max(0, i - 2) for i in range(15)]
    check_record(shaken, 15)
    check_replay(kube.search("shaken"), shaken)
