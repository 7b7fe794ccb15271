"""Rehearsals on what lies in the bucket: a CSV with scores, and a surrogate in ONNX."""

from __future__ import annotations

import csv
import gzip
import io
from typing import Any

import pytest
import yaml
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube
from tests.support.searches import check_record, check_replay
from tests.support.tiny_onnx import surrogate
from tests.support.waiting import Waiter

from nas_core.spaces.nas_bench_201 import NasBench201
from nas_core.spaces.nas_bench_301 import NasBench301
from nas_dev.paths import REPOSITORY
from nas_trial.lookup.surrogate import encode

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

CANDIDATES = 8


def rehearsal(name: str, bucket: Bucket, key: str, **spec: Any) -> Json:
    """Return the example's search on a file in the bucket."""
    search: Json = yaml.safe_load((REPOSITORY / "examples/10-rehearsal.yaml").read_text())
    search["metadata"]["name"] = name
    search["spec"] |= {"storage": bucket.storage(), "budget": {"maxTrials": CANDIDATES, "parallelTrials": 2}, **spec}
    search["spec"]["evaluation"]["benchmark"] = {"uri": f"s3://{bucket.name}/{key}"}
    del search["spec"]["retrain"]
    return search


def looked_up(trial: Json) -> dict[str, Json]:
    """Return the metrics of a trial's candidates by their text."""
    texts = [candidate["text"] for candidate in trial["spec"]["candidates"]]
    return {text: result["metrics"] for text, result in zip(texts, trial["status"]["candidates"], strict=True)}


def test_the_best_scored_of_ones_own_table_come_first(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    space = NasBench201()
    values = {
        space.text(cell): sum(op == "nor_conv_3x3" for op in cell.values()) / 10 + place / 1e6
        for place, cell in enumerate(space.enumerate())
    }
    lines = io.StringIO()
    writer = csv.writer(lines)
    writer.writerow(["architecture", "val_accuracy", "proxy_zen"])
    writer.writerows([text, value, 100 * value] for text, value in values.items())
    bucket.put("tables/mine.csv.gz", gzip.compress(lines.getvalue().encode()))
    search = rehearsal("scored", bucket, "tables/mine.csv.gz")
    search["spec"]["evaluation"] |= {"prefilter": {"proxies": ["zen"], "candidates": 60, "keep": 5}}
    unknown = rehearsal(
        "unscored", bucket, "tables/mine.csv.gz", strategy={"zeroCost": {"proxies": ["snip"], "candidates": 8}}
    )
    kube.apply(search, unknown)
    wait_for.condition("scored", "Succeeded", timeout=240)

    trials = kube.trials("scored")
    searched = [trial for trial in trials if trial["spec"]["work"] == "Train"]
    check_record(searched, CANDIDATES)
    check_replay(kube.search("scored"), trials)
    assert kube.status("scored")["plan"]["scored"] == 60
    found = {text: metrics["val_accuracy"] for trial in searched for text, metrics in looked_up(trial).items()}
    assert found == pytest.approx({text: values[text] for text in found})
    scores = [
        result["metrics"]["proxy_zen"] / 100
        for trial in trials
        if trial["spec"]["work"] == "Score"
        for result in trial["status"]["candidates"]
    ]
    # After five random ones of those that were scored, by which the scores are judged.
    chosen = [candidate for trial in searched for candidate in trial["spec"]["candidates"]]
    by_score = [found[candidate["text"]] for candidate in chosen if candidate["origin"] == "Score"]
    assert by_score == pytest.approx(sorted(scores, reverse=True)[: len(by_score)]) and len(by_score) == CANDIDATES - 5

    wait_for.condition("unscored", "Failed", timeout=120)
    [why] = [one for one in kube.status("unscored")["conditions"] if one["type"] == "Failed"]
    assert why["reason"] == "ScoringFailed"
    assert "evaluation.benchmark has no proxy_snip" in why["message"]


def test_a_surrogate_is_asked(kube: Kube, bucket: Bucket, wait_for: Waiter) -> None:
    space = NasBench301()
    bucket.put("tables/tiny.onnx", surrogate([0.001, 0.01, 1, 0], [0.002, 0, 0, 0]))
    search = rehearsal("asked", bucket, "tables/tiny.onnx", searchSpace={"name": "nas-bench-301"})
    search["spec"]["evaluation"] |= {"epochs": 50}
    kube.apply(search)
    wait_for.condition("asked", "Succeeded", timeout=240)
    trials = kube.trials("asked")
    check_record(trials, CANDIDATES)
    for trial in trials:
        for text, metrics in looked_up(trial).items():
            codes = sum(encode(space, space.parse(text)))
            assert metrics["val_accuracy"] == pytest.approx(0.001 * codes + 0.002 * 50, rel=1e-5)
            assert metrics["train_seconds"] == pytest.approx(codes)
