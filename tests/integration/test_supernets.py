"""Searches that share weights, on a real API server: by the fault trainer, taken for the ready-made one."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import numpy as np
import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, Json, check_record, fault_search
from tests.support.waiting import Waiter

from nas_core.records.names import TRIAL_INPUT_ANNOTATION
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_plan.replay import Record

pytestmark = pytest.mark.cluster

SHARED = {"supernet": {}, "candidatesPerTrial": 2, "epochs": 1}
SPACE = NasBench201()
GENOTYPES = [SPACE.sample(np.random.default_rng(seed)) for seed in range(3)]


@pytest.fixture(autouse=True)
def ready_made(operator: Operator) -> None:
    """Let the operator's own trainer be the image of fault tests."""
    operator.restart(TRIAL_IMAGE=FAULT_IMAGE)


def search(name: str, bucket: Bucket, *args: str, derived: list[Any] | None = None, **spec: Any) -> Json:
    made = fault_search(name, *args, storage=bucket.storage(), searchSpace={"name": "nas-bench-201"}, **spec)
    template = made["spec"]["trialTemplate"]
    del template["image"]
    template["env"] = [{"name": "DERIVED", "value": json.dumps(derived)}] if derived else []
    return made


def of_work(kube: Kube, name: str, work: str) -> list[Json]:
    return [trial for trial in kube.trials(name) if trial["spec"]["work"] == work]


def addresses(kube: Kube, name: str) -> dict[str, str | None]:
    """Return the shared weights that the containers of a search were told of, by trial."""
    inputs = [json.loads(pod["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION]) for pod in kube.pods(name)]
    return {given["identity"]["trial"]: given.get("supernet") for given in inputs}


def check_decisions(kube: Kube, name: str) -> None:
    """Assert that every decision of a search is taken again."""
    record = Record.of(read_search(kube.search(name)), [TrialView.of(trial) for trial in kube.trials(name)])
    assert list(record.ask_again(range(len(record.decisions)))) == [None] * len(record.decisions)


def test_killed_at_any_moment_nothing_is_lost_or_done_twice(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    retrain = {"epochs": 2, "top": 2}
    kube.apply(search("shared", bucket, "--seconds=1", trials=12, parallel=2, evaluation=SHARED, retrain=retrain))
    rng = random.Random(1)
    wait_for.condition("shared", "Progressing", reason="TrainingSupernet")
    for work, least in (("Supernet", 1), ("Train", 1), ("Train", 4), ("Retrain", 1)):
        wait_for(lambda: len(of_work(kube, "shared", work)) >= least, 90, f"{least} of work {work}")  # noqa: B023
        time.sleep(rng.uniform(0, 0.6))  # anywhere between two writes
        operator.crash()
    wait_for.condition("shared", "Succeeded", timeout=120)

    found = kube.search("shared")["status"]
    [supernet] = of_work(kube, "shared", "Supernet")
    assert supernet["metadata"]["name"] == "shared-supernet" and supernet["spec"]["candidates"] == []
    address = supernet["status"]["checkpoint"]
    assert found["supernet"] == {
        "search": "shared", "trial": "shared-supernet", "address": address, "training": "fair",
        "datasetHash": "sha256:5eed",
    }  # fmt: skip
    check_record(of_work(kube, "shared", "Train"), 12)
    check_decisions(kube, "shared")
    told = addresses(kube, "shared")
    assert {told[t["metadata"]["name"]] for t in of_work(kube, "shared", "Train")} == {address}
    assert {told[t["metadata"]["name"]] for t in of_work(kube, "shared", "Retrain")} == {None}
    assert len(found["retrained"]) == 2 and all(len(t["status"]["attempts"]) == 1 for t in kube.trials("shared"))


def test_weights_of_another_search_are_waited_for_and_stay_when_it_is_gone(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    using = SHARED | {"supernet": {"from": {"search": "first"}}}
    kube.apply(search("second", bucket, "--seconds=1", trials=6, parallel=1, evaluation=using))
    wait_for.condition("second", "Accepted", reason="SupernetNotFound")
    assert "there is no NASSearch 'first'" in condition(kube.search("second"), "Accepted")["message"]
    kube.apply(search("first", bucket, "--seconds=2", trials=2, parallel=1, evaluation=SHARED))
    wait_for(lambda: of_work(kube, "second", "Train"), 90, "a trial with the weights of the first")
    assert not of_work(kube, "second", "Supernet")
    address = kube.search("first")["status"]["supernet"]["address"]
    kube.delete("nassearch", "first")
    wait_for.condition("second", "Succeeded", timeout=90)
    assert kube.search("second")["status"]["supernet"]["search"] == "first"
    assert set(addresses(kube, "second").values()) == {address}
    check_decisions(kube, "second")


def test_what_gradients_derive_is_trained_and_then_the_search_is_over(
    kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    derived = [[GENOTYPES[0]], [GENOTYPES[1], GENOTYPES[2]]]
    given = search("derived", bucket, "--seconds=1", trials=20, parallel=2, derived=derived)
    given["spec"]["strategy"] = {"gdas": {"runs": 2}, "seed": 1}
    kube.apply(given)
    wait_for(lambda: len(of_work(kube, "derived", "Supernet")) == 2, 60, "both runs")
    operator.crash()
    wait_for(lambda: of_work(kube, "derived", "Train"), 90, "a derived candidate")
    operator.crash()
    wait_for.condition("derived", "Succeeded", reason="DerivedTrained", timeout=90)
    trials = of_work(kube, "derived", "Train")
    assert [trial["spec"]["candidates"][0]["architecture"] for trial in trials] == GENOTYPES
    assert {trial["spec"]["candidates"][0]["origin"] for trial in trials} == {"Supernet"}
    check_decisions(kube, "derived")


def test_a_supernet_that_fails_ends_the_search_until_its_trial_is_deleted(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    given = search("failing", bucket, trials=2, parallel=1, evaluation=SHARED)
    given["spec"]["trialTemplate"]["env"] = [{"name": "BAD_DATA", "value": "photo 7 cannot be read"}]
    kube.apply(given)
    wait_for.condition("failing", "Failed", reason="SupernetFailed", timeout=60)
    told = condition(kube.search("failing"), "Failed")["message"]
    assert "photo 7 cannot be read" in told and "delete the trials of work Supernet (failing-supernet)" in told
    given["spec"]["trialTemplate"]["env"] = []
    kube.apply(given)
    kube.delete("nastrial", "failing-supernet")
    wait_for.condition("failing", "Succeeded", timeout=60)


def test_an_architecture_of_another_space_is_a_failure(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    given = search("wrong", bucket, trials=2, parallel=1, derived=[[{"layers": "3"}]])
    given["spec"]["strategy"] = {"darts": {}, "seed": 1}
    kube.apply(given)
    wait_for.condition("wrong", "Failed", reason="SupernetFailed", timeout=60)
    assert "is none of the search's space" in condition(kube.search("wrong"), "Failed")["message"]


def test_a_target_that_is_added_afterwards_costs_no_supernet(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    targets = [{"name": name, "constraints": [{"metric": "parameters", "max": 2000}]} for name in ("phone", "mcu")]
    given = search("targets", bucket, trials=4, parallel=2, evaluation=SHARED, targets=targets[:1])
    kube.apply(given)
    wait_for.condition("targets", "Succeeded", timeout=90)
    [supernet] = of_work(kube, "targets", "Supernet")
    given["spec"]["targets"] = targets
    kube.apply(given)
    wait_for(lambda: len(of_work(kube, "targets", "Train")) == 4, 60, "candidates for the new target")
    wait_for.condition("targets", "Succeeded", timeout=60)
    assert of_work(kube, "targets", "Supernet")[0]["metadata"]["uid"] == supernet["metadata"]["uid"]
    chosen = [one["target"] for trial in of_work(kube, "targets", "Train") for one in trial["spec"]["candidates"]]
    assert chosen == ["phone"] * 4 + ["mcu"] * 4
    phone, mcu = kube.search("targets")["status"]["targets"]
    # Both have the same limits, so the best of all results is the best of both.
    assert phone["best"] == mcu["best"] and len(phone["best"]) == 1
    check_decisions(kube, "targets")
    with pytest.raises(RuntimeError, match=r"limits of a target cannot change.*add a target of another name"):
        given["spec"]["targets"][0]["constraints"][0]["max"] = 3000
        kube.apply(given)
