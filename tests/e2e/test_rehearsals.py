"""Whole searches that look their candidates up: one of each strategy, side by side, and one in rungs; in seconds."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Kube
from tests.support.searches import check_record, check_replay
from tests.support.waiting import Waiter

from nas_dev.paths import REPOSITORY
from nas_search import KINDS

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

TABLE = REPOSITORY / "trial_image/nas_trial/benchmark/tables/nas-bench-201-cifar10.csv.gz"
EXAMPLE = REPOSITORY / "examples/10-rehearsal.yaml"
CANDIDATES, PACKED = 40, 10


def rehearsal(member: str, bucket: Bucket) -> dict[str, Any]:
    """Return the example's search with another strategy, by its name in Python."""
    search: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    head, *rest = member.split("_")
    search["metadata"]["name"] = member.replace("_", "-")
    search["spec"] |= {
        "strategy": {head + "".join(word.title() for word in rest): {}, "seed": 1},
        "budget": {"maxTrials": CANDIDATES, "parallelTrials": 2},
        "storage": bucket.storage(),
    }
    search["spec"]["evaluation"]["candidatesPerTrial"] = PACKED
    return search


def column(path: Path, name: str) -> dict[str, float]:
    """Return a column of percentages as fractions, by architecture."""
    with gzip.open(path, "rt") as file:
        return {row["arch_str"]: float(row[name]) / 100 for row in csv.DictReader(file)}


def test_a_search_of_each_strategy_finds_what_the_table_says(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    searches = [rehearsal(member, bucket) for member in KINDS]
    for search in searches[1:]:
        del search["spec"]["retrain"]  # one will do
    kube.apply(*searches)
    validation, test = column(TABLE, "c10_val"), column(TABLE, "c10_test")
    for name in (search["metadata"]["name"] for search in searches):
        wait_for.condition(name, "Succeeded", timeout=400)
        search = kube.search(name)
        searched = [trial for trial in kube.trials(name) if trial["spec"]["work"] == "Train"]
        check_record(searched, CANDIDATES)
        check_replay(search, searched)
        looked_up = {
            candidate["text"]: result["metrics"]["val_accuracy"]
            for trial in searched
            for candidate, result in zip(trial["spec"]["candidates"], trial["status"]["candidates"], strict=True)
        }
        assert looked_up == pytest.approx({text: validation[text] for text in looked_up}), name
        [best] = search["status"]["best"]
        assert best["metrics"]["val_accuracy"] == max(looked_up.values()), name
        assert best["metrics"]["val_accuracy"] == pytest.approx(validation[best["architecture"]]), name
        assert "checkpoint" not in best, name
        for again in search["status"].get("retrained", []):
            assert again["metrics"]["test_accuracy"] == pytest.approx(test[best["architecture"]])
    assert kube.status(searches[0]["metadata"]["name"])["retrained"]


def test_rungs_climb_the_table(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = rehearsal("random", bucket)
    columns = {12: "c10_ep12_val", 200: "c10_val"}
    metrics = [{"name": "val_accuracy", "column": c, "scale": "0.01", "epochs": e} for e, c in columns.items()]
    search["spec"]["evaluation"] |= {"candidatesPerTrial": 1, "epochs": 200}
    search["spec"]["evaluation"]["benchmark"] |= {"metrics": metrics, "secondsColumn": "c10_train_s"}
    search["spec"]["strategy"]["rungs"] = {"minEpochs": 12, "reductionFactor": 4}
    search["spec"]["budget"]["maxTrials"] = 8
    del search["spec"]["retrain"]
    kube.apply(search)
    wait_for.condition("random", "Succeeded", timeout=180)
    values = {epochs: column(TABLE, name) for epochs, name in columns.items()}
    climbed = set()
    for trial in kube.trials("random"):
        [candidate], epochs = trial["spec"]["candidates"], trial["spec"]["epochs"]
        climbed.add(epochs)
        found = trial["status"]["metrics"]["val_accuracy"]
        assert found == pytest.approx(values[200 if epochs == 200 else 12][candidate["text"]])
    assert len(climbed) == 3 and max(climbed) == 200
    [best] = kube.status("random")["best"]
    assert best["metrics"]["val_accuracy"] == pytest.approx(values[200][best["architecture"]])
