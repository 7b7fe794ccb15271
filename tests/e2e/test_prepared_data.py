"""Data in a bucket, prepared by the real trainer: once for all searches of the namespace, or refused with the row."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, condition
from tests.support.searches import check_record, training_search
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

ROWS = 400


def table(rows: int, *more: str) -> bytes:
    """Return a CSV whose label follows from its first column; ``more`` are rows at its end."""
    rng = random.Random(1)
    numbers = [(rng.random(), rng.random()) for _ in range(rows)]
    lines = ["size,weight,label", *(f"{x:.6f},{y:.6f},{'big' if x > 0.5 else 'small'}" for x, y in numbers), *more]
    return "\n".join(lines).encode()


def search_on_table(name: str, bucket: Bucket, trials: int = 2, **dataset: Any) -> Json:
    uri = f"s3://{bucket.name}/tables/boxes.csv"
    return training_search(
        name,
        bucket,
        trials=trials,
        parallel=2,
        task={"type": "tabular-classification", "dataset": {"uri": uri, **dataset}},
        searchSpace={"name": "tabular", "width": 16},
        evaluation={"epochs": 20},
        strategy={"random": {}, "seed": 3},
    )


def prepared(kube: Kube, search: str) -> Json:
    """Return the trial of a search that prepares its data."""
    [trial] = [trial for trial in kube.trials(search) if trial["spec"]["work"] == "Prepare"]
    return trial


def test_the_second_search_of_a_namespace_finds_the_data_prepared(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    bucket.put("tables/boxes.csv", table(ROWS))
    # As many as it takes to be of use to a later search.
    kube.apply(search_on_table("first", bucket, trials=5))
    wait_for.condition("first", "Succeeded", timeout=240)
    first, trials = kube.status("first"), kube.trials("first")
    data = first["dataset"]
    assert (data["training"], data["validation"], data["classes"]) == (ROWS * 4 // 5, ROWS // 5, 2)
    assert {trial["status"]["datasetHash"] for trial in trials} == {data["hash"]}
    check_record([trial for trial in trials if trial["spec"]["work"] == "Train"], 5)
    assert {"linear", "nearest centroid"} <= {model["name"] for model in data["baseline"]} | data["features"].keys()
    assert float(first["bestValue"]) > 0.7, "guessing gives 0.5"
    folder = bucket.key_of(data["address"])
    assert folder.startswith(f"{kube.namespace}/datasets/")
    made = {key: bucket.modified(key) for key in bucket.keys(folder)}
    assert {"manifest.json", "preprocessing.json", "splits.arrow", "report.json"} <= {
        key.removeprefix(folder) for key in made
    }

    other = search_on_table("other", bucket, validationFraction="0.4")
    other["spec"]["warmStart"] = {"knowledge": {}}
    kube.apply(search_on_table("second", bucket), other)
    wait_for.condition("second", "Succeeded", timeout=240)
    assert kube.status("second")["dataset"] == data
    assert {key: bucket.modified(key) for key in bucket.keys(folder)} == made, "nothing was written again"
    assert kube.status("second")["best"][0]["metrics"].keys() == first["best"][0]["metrics"].keys()
    wait_for.condition("other", "Succeeded", timeout=240)
    divided = kube.status("other")["dataset"]
    assert divided["address"] != data["address"] and divided["validation"] == ROWS * 2 // 5
    told = condition(kube.search("other"), "WarmStartUseful")["message"]
    assert re.match(r"first \(distance 0\.0\d\): ", told), "the same data, divided otherwise, are near"


def test_a_wrong_row_is_named_and_the_search_goes_on_when_it_is_corrected(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    bucket.put("tables/boxes.csv", table(ROWS, "abc,0.5,big"))
    kube.apply(search_on_table("wrong", bucket, columns={"numeric": ["size", "weight"]}))
    failed = wait_for.condition("wrong", "Failed", timeout=180)
    told = condition(kube.search("wrong"), "DataReady")
    assert told["reason"] == "DatasetInvalid"
    for message in (failed["message"], told["message"]):
        assert "boxes.csv" in message and "size" in message and "'abc'" in message
    assert [trial["spec"]["work"] for trial in kube.trials("wrong")] == ["Prepare"]

    bucket.put("tables/boxes.csv", table(ROWS))
    kube.delete("nastrial", prepared(kube, "wrong")["metadata"]["name"])
    wait_for.condition("wrong", "Succeeded", timeout=240)
    assert kube.status("wrong")["trials"]["succeeded"] == 2
