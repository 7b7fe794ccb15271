"""Candidates that climb: real training goes on from the checkpoint of the rung below, while the operator is killed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import check_replay, training_search
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]


def search(name: str, bucket: Bucket, scheduler: str, trials: int, **spec: Any) -> dict[str, Any]:
    strategy = {"random": {}, "rungs": {scheduler: {}, "reductionFactor": 2}, "seed": 3}
    return training_search(name, bucket, trials, parallel=2, **{"strategy": strategy} | spec)


def rungs(kube: Kube, name: str) -> dict[int, list[dict[str, Any]]]:
    """Return the trials by the epochs that they train to."""
    found: dict[int, list[dict[str, Any]]] = {}
    for trial in kube.trials(name):
        found.setdefault(trial["spec"]["epochs"], []).append(trial)
    return found


def check_climb(kube: Kube, name: str, trials: int, full: int) -> None:
    """Assert what holds of every search with rungs that has ended well."""
    found, climbed = kube.search(name), kube.trials(name)
    counts = {state: n for state, n in found["status"]["trials"].items() if n}
    assert counts == {"total": trials, "succeeded": trials}
    assert sorted(t["status"]["sequence"] for t in climbed) == list(range(1, len(climbed) + 1))
    assert len({(t["spec"]["index"], t["spec"]["epochs"]) for t in climbed}) == len(climbed)
    check_replay(found, climbed)
    [best] = found["status"]["best"]
    top = rungs(kube, name)[full]
    assert best["trial"] in {t["metadata"]["name"] for t in top}
    assert best["metrics"]["val_accuracy"] == max(t["status"]["metrics"]["val_accuracy"] for t in top)


def test_asha_promotes_by_resuming(kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter) -> None:
    small = {"searchSpace": {"width": 4, "depth": 1}, "evaluation": {"epochs": 4, "batchSize": 64}}
    kube.apply(search("climbing", bucket, "asha", 4, **small))
    wait_for(lambda: rungs(kube, "climbing").get(2), 240, "a candidate is promoted")
    operator.crash()
    wait_for.condition("climbing", "Succeeded", timeout=400)

    check_climb(kube, "climbing", 4, 4)
    by_name = {trial["metadata"]["name"]: trial for trial in kube.trials("climbing")}
    root = bucket.key_of(kube.status("climbing")["storageRoot"])
    promoted = [trial for trial in by_name.values() if "continues" in trial["spec"]]
    assert {trial["spec"]["epochs"] for trial in promoted} == {2, 4}
    for trial in promoted:
        name, spec, below = trial["metadata"]["name"], trial["spec"], by_name[trial["spec"]["continues"]]
        assert name == f"climbing-{spec['index']:05d}-e{spec['epochs']}"
        assert below["spec"]["candidates"] == spec["candidates"]
        result = bucket.json(f"{root}/trials/{name}/result.json")
        assert (result["resumedFromEpoch"], result["epochs"]) == (below["spec"]["epochs"], spec["epochs"])
        written = [key for key in bucket.keys(f"{root}/trials/{name}/checkpoints/") if key.endswith(".json")]
        assert all(bucket.json(key)["progress"]["epoch"] > below["spec"]["epochs"] for key in written)
        assert trial["status"]["metrics"]["train_seconds"] > below["status"]["metrics"]["train_seconds"]
        assert trial["status"]["curve"]["epochs"] == list(range(1, spec["epochs"] + 1)), "the course of all rungs"


@pytest.mark.parametrize("scheduler", ["asha", "successiveHalving", "hyperband"])
def test_each_scheduler_on_a_table(scheduler: str, kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    columns = [
        {"name": "val_accuracy", "column": "c10_ep12_val", "scale": "0.01", "epochs": 12},
        {"name": "val_accuracy", "column": "c10_val", "scale": "0.01", "epochs": 200},
    ]
    evaluation = {
        "epochs": 200,
        "benchmark": {"table": "nas-bench-201-cifar10", "metrics": columns},
    }
    strategy = {"bayesian": {}, "rungs": {scheduler: {}, "minEpochs": 12, "reductionFactor": 4}, "seed": 3}
    budget = {"maxTrials": 12, "parallelTrials": 4}
    kube.apply(search("table", bucket, scheduler, 12, evaluation=evaluation, strategy=strategy, budget=budget))
    wait_for.condition("table", "Succeeded", timeout=240)
    check_climb(kube, "table", 12, 200)
    assert set(rungs(kube, "table")) == {12, 50, 200}
