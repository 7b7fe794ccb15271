"""Whole searches that look their candidates up: one of each strategy, side by side, and one in rungs; in seconds."""

from __future__ import annotations

import csv
import gzip
import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, condition
from tests.support.searches import check_record, check_replay
from tests.support.waiting import Waiter

from nas_core.api.gradient import GRADIENTS
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView, observed
from nas_dev.paths import REPOSITORY
from nas_plan.replay import Record
from nas_search import KINDS, ZERO_COST

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

TABLE = REPOSITORY / "trial_image/nas_trial/lookup/tables/nas-bench-201-cifar10.csv.gz"
EXAMPLE = REPOSITORY / "examples/10-rehearsal.yaml"
CANDIDATES, PACKED = 40, 10
SETTINGS = {"bayesian": {"costMetric": "train_seconds"}}
"""Of strategies, by their names in Python."""


def rehearsal(member: str, bucket: Bucket) -> dict[str, Any]:
    """Return the example's search with another strategy, by its name in Python."""
    search: dict[str, Any] = yaml.safe_load(EXAMPLE.read_text())
    head, *rest = member.split("_")
    search["metadata"]["name"] = member.replace("_", "-")
    search["spec"] |= {
        "strategy": {head + "".join(word.title() for word in rest): SETTINGS.get(member, {}), "seed": 1},
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
    # Gradients come of training: there are none in a table.
    members = [member for member, kind in KINDS.items() if kind is not ZERO_COST and member not in GRADIENTS]
    searches = [rehearsal(member, bucket) for member in members]
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
        results = [result for trial in searched for result in trial["status"]["candidates"]]
        assert all(result["metrics"]["train_seconds"] > 100 for result in results), name
        assert looked_up == pytest.approx({text: validation[text] for text in looked_up}), name
        [best] = search["status"]["best"]
        assert best["metrics"]["val_accuracy"] == max(looked_up.values()), name
        assert best["metrics"]["val_accuracy"] == pytest.approx(validation[best["architecture"]]), name
        assert "checkpoint" not in best, name
        for again in search["status"].get("retrained", []):
            assert again["metrics"]["test_accuracy"] == pytest.approx(test[best["architecture"]])
    assert kube.status(searches[0]["metadata"]["name"])["retrained"]


def test_what_breaks_a_constraint_before_its_training_costs_no_trial(
    kube: Kube, bucket: Bucket, wait_for: Waiter
) -> None:
    search, most = rehearsal("random", bucket), 400_000
    search["spec"]["constraints"] = [{"metric": "parameters", "max": most}]
    del search["spec"]["retrain"]
    kube.apply(search)
    wait_for.condition("random", "Succeeded", timeout=120)
    trials = [TrialView.of(trial) for trial in kube.trials("random")]
    seen = [(one.metrics or {}) for one in observed(trials)]
    refused = [metrics for metrics in seen if metrics["parameters"] > most]
    assert refused == [metrics for metrics in seen if "val_accuracy" not in metrics]
    assert kube.status("random")["trials"]["refused"] == sum(trial.refusals for trial in trials) == len(refused) > 0
    assert len(seen) - len(refused) == CANDIDATES


def test_guidance_is_changed_while_a_search_runs(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = yaml.safe_load((REPOSITORY / "examples/17-guided.yaml").read_text())
    search["spec"]["storage"] = bucket.storage()
    kube.apply(search)
    wait_for.counts("guided", succeeded=10, timeout=120)
    encoded = dict.fromkeys(("0-1", "0-2", "1-2", "1-3", "2-3"), "nor_conv_3x3") | {"0-3": "none"}
    none = {"decisions": [{"name": "0-3", "require": ["none"]}], "inject": [json.dumps(encoded)]}
    kube.patch("guided", guidance=none)
    changed = wait_for(
        lambda: next((trial for trial in kube.trials("guided") if _held(trial) > 1), None), 60, "a trial of the change"
    )
    kube.patch("guided", guidance={"decisions": [{"name": "0-3", "require": ["max_pool"]}]})
    wait_for.condition("guided", "Progressing", "GuidanceImpossible", timeout=20)
    wait_for.events("guided", "GuidanceImpossible")
    assert "'max_pool' is no value" in condition(kube.search("guided"), "Accepted")["message"]
    kube.patch("guided", guidance=None)
    wait_for.condition("guided", "Succeeded", timeout=120)

    trials = kube.trials("guided")
    check_record(trials, CANDIDATES)
    injected = [one for trial in trials for one in trial["spec"]["candidates"] if one["origin"] == "Injected"]
    assert injected[0] == trials[0]["spec"]["candidates"][0]
    assert [one["architecture"] for one in injected[1:]] == [encoded]
    for trial in trials:
        cells = [candidate["architecture"] for candidate in trial["spec"]["candidates"]]
        if _held(trial) == 1:
            assert {cell["0-3"] for cell in cells} == {"skip_connect"}
            assert not {"none", "avg_pool_3x3"} & {operation for cell in cells for operation in cell.values()}
        elif _held(trial) == _held(changed):
            assert {cell["0-3"] for cell in cells} == {"none"}
    record = Record.of(read_search(kube.search("guided")), [TrialView.of(trial) for trial in trials])
    assert list(filter(None, record.ask_again(range(CANDIDATES)))) == [], "repeated under the guidance of its trial"


def test_a_search_begins_with_the_best_of_an_earlier_one(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    first = rehearsal("random", bucket)
    first["metadata"]["name"] = "rehearsal"
    del first["spec"]["retrain"]
    second = yaml.safe_load((REPOSITORY / "examples/19-warm-start.yaml").read_text())
    second["spec"]["storage"] = bucket.storage()
    kube.apply(second)
    wait_for.condition("warm-start", "Accepted", reason="EarlierResultsNotFound", timeout=60)
    kube.apply(first)
    wait_for.condition("warm-start", "Succeeded", timeout=180)
    found = kube.search("warm-start")
    assert condition(found, "WarmStartUseful")["reason"] == "EarlierResultsAgree"
    trials = [trial for trial in kube.trials("warm-start") if trial["spec"]["work"] == "Train"]
    check_record(trials, 30)
    begun = trials[0]["spec"]["candidates"]
    assert [one["origin"] for one in begun] == ["WarmStart", "Random", "WarmStart", "Random", "WarmStart"]
    assert begun[0]["text"] == kube.status("rehearsal")["best"][0]["architecture"]
    assert {one["source"].split("/")[0] for one in begun[::2]} == {"rehearsal"}
    record = Record.of(read_search(found), [TrialView.of(trial) for trial in kube.trials("warm-start")])
    assert list(filter(None, record.ask_again(range(30)))) == [], "each decision is repeated"

    tried = {one["id"] for trial in trials for one in trial["spec"]["candidates"]}
    there = [one for trial in kube.trials("rehearsal") for one in trial["spec"]["candidates"]]
    other = next(index for index, one in enumerate(there) if one["id"] not in tried)
    asked = {"injectFrom": [{"search": "rehearsal", "candidate": other}]}
    kube.patch("warm-start", guidance=asked, budget={"maxTrials": 31})
    wait_for(lambda: kube.status("warm-start")["trials"]["total"] == 31, 60, "a trial of the other search's candidate")
    [injected] = [
        one for trial in kube.trials("warm-start") for one in trial["spec"]["candidates"] if one["origin"] == "Injected"
    ]
    assert (injected["source"], injected["id"]) == (f"rehearsal/{other}", there[other]["id"])


def _held(trial: Json) -> int:
    """Return the generation of the guidance that a trial has on record; 0: none."""
    return int(trial["spec"].get("guidance", {}).get("generation", 0))


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

    # Somebody wants one in full that has stayed at the bottom.
    indices = [trial["spec"]["index"] for trial in kube.trials("random")]
    low = next(one["metadata"]["name"] for one in kube.trials("random") if indices.count(one["spec"]["index"]) == 1)
    kube.patch("random", guidance={"extend": [low]})
    above = [f"{low}-e{epochs}" for epochs in sorted(climbed)[1:]]
    wait_for(lambda: (kube.find("nastrials", above[-1]) or {}).get("status", {}).get("metrics"), 60, "it in full")
    wait_for.condition("random", "Succeeded", timeout=60)
    record = [trial["spec"]["guidance"] for trial in kube.trials("random") if trial["metadata"]["name"] in above]
    assert [held["extend"] for held in record] == [low, low]


def test_two_objectives_with_a_weight_end_at_their_target(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    search = rehearsal("random", bucket)
    search["spec"]["objectives"] = [
        {"metric": "val_accuracy", "weight": "5", "target": "0.91"},
        {"metric": "latency_ms", "goal": "minimize"},
    ]
    search["spec"]["evaluation"]["candidatesPerTrial"] = 5
    search["spec"]["evaluation"]["benchmark"]["metrics"] = [
        {"name": "val_accuracy", "column": "c10_val", "scale": "0.01"},
        {"name": "latency_ms", "column": "c10_gpu_lat_s", "scale": "1000"},
    ]
    search["spec"]["budget"]["parallelTrials"] = 1
    del search["spec"]["retrain"]
    kube.apply(search)
    wait_for.condition("random", "Succeeded", reason="TargetReached", timeout=120)

    status = kube.status("random")
    found = [one["metrics"] for trial in kube.trials("random") for one in trial["status"]["candidates"]]
    points = [(one["val_accuracy"], one["latency_ms"]) for one in found]
    assert max(a for a, _ in points[:-5]) < 0.91 <= max(a for a, _ in points[-5:]), "it ends as soon as it is there"
    assert len(points) == status["trials"]["total"] < CANDIDATES
    front = [p for p in points if not any(q[0] >= p[0] and q[1] <= p[1] and q != p for q in points)]
    best = [(one["metrics"]["val_accuracy"], one["metrics"]["latency_ms"]) for one in status["best"]]
    assert sorted(best) == sorted(front) and len(front) > 1
    spans = [max(values) - min(values) for values in zip(*front, strict=True)]

    def losses(point: tuple[float, float]) -> tuple[float, float]:
        accuracy = max(a for a, _ in front) - point[0]
        return 5 * accuracy / spans[0], (point[1] - min(ms for _, ms in front)) / spans[1]

    suits = {point: max(losses(point)) + 0.05 * sum(losses(point)) for point in front}
    assert best[0] == min(suits, key=suits.__getitem__), "the one that the weights ask for comes first"
    # The box: from the best values of the first ten to a tenth of their span beyond the worst.
    high, low = max(a for a, _ in points[:10]), min(a for a, _ in points[:10])
    fast, slow = min(ms for _, ms in points[:10]), max(ms for _, ms in points[:10])
    worst = (low - 0.1 * (high - low), slow + 0.1 * (slow - fast))
    beaten, reached = 0.0, worst[0]
    for accuracy, ms in sorted(front):
        beaten += max(0.0, accuracy - reached) * max(0.0, worst[1] - ms)
        reached = max(reached, accuracy)
    box = (high - worst[0]) * (worst[1] - fast)
    assert float(status["hypervolume"]) == pytest.approx(beaten / box, rel=1e-4)
    history = [(point["trials"], float(point["value"])) for point in status["hypervolumeHistory"]]
    assert history == sorted(history) and history[-1][1] == float(status["hypervolume"])
    assert history[0][0] == 10 and all(a[1] < b[1] for a, b in pairwise(history))
