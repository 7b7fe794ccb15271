"""The example of one supernet for several devices, shortened, in real pods: each gets a best network of its own."""

from __future__ import annotations

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.searches import Json
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

NAME = "once-for-all"


def of_work(kube: Kube, work: str) -> list[Json]:
    return [trial for trial in kube.trials(NAME) if trial["spec"]["work"] == work]


def test_one_supernet_serves_several_devices(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = yaml.safe_load((REPOSITORY / "examples/15-once-for-all.yaml").read_text())
    spec = search["spec"]
    spec["storage"] = bucket.storage()
    spec["evaluation"] |= {"candidatesPerTrial": 12, "supernet": {"training": "sandwich", "epochs": 2}}
    spec["retrain"]["epochs"] = 2
    spec["budget"] = {"maxTrials": 8, "parallelTrials": 2}
    kube.apply(search)
    wait_for.condition(NAME, "Succeeded", timeout=400)

    status, [supernet] = kube.status(NAME), of_work(kube, "Supernet")
    assert status["supernet"]["address"] == supernet["status"]["checkpoint"]
    assert len(supernet["status"]["attempts"]) == 1
    assert sum(len(trial["spec"]["candidates"]) for trial in of_work(kube, "Train")) == 24
    retrained = {trial["spec"]["candidates"][0]["id"] for trial in of_work(kube, "Retrain")}
    limits = {target["name"]: target["constraints"][0] for target in spec["targets"]}
    assert {target["name"] for target in status["targets"]} == limits.keys()
    for target in status["targets"]:
        [best], limit = target["best"], limits[target["name"]]
        assert best["metrics"][limit["metric"]] <= limit["max"]
        assert [again["id"] for again in target["retrained"]] == [best["id"]]
        assert best["id"] in retrained
