"""Trials that fall behind are stopped while they run; nothing is lost when the operator is killed just then."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts, condition
from tests.support.operator_process import Operator
from tests.support.searches import check_record, check_replay, fault_search, score
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

TRIALS, EPOCHS = 14, 10


def stopped(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [trial for trial in trials if "stopEvidence" in trial.get("status", {})]


def looked_at(trial: dict[str, Any]) -> bool:
    """Whether the checkpoint of a stopped trial has been looked for, which may be after the end of the search."""
    return condition(trial, "Progressing")["reason"] == "Stopped"


@pytest.mark.parametrize(
    "rule",
    [
        {"median": {}, "minEpochs": 2, "minTrials": 2},
        {"curve": {}, "minEpochs": 2, "minTrials": 3},
    ],
    ids=lambda rule: next(iter(rule)),
)
def test_what_falls_behind_is_stopped(
    rule: dict[str, Any], kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter
) -> None:
    """The values of a trial rise in a line to its score, so that the one of the lower score is worse at any epoch."""
    evaluation = {"epochs": EPOCHS, "earlyStopping": rule}
    kube.apply(
        fault_search(
            "pruned", "--serve", "--seconds=10", trials=TRIALS, parallel=3, evaluation=evaluation,
            storage=bucket.storage(),
        )
    )  # fmt: skip
    [first, *_] = wait_for(lambda: stopped(kube.trials("pruned")), 120, "a trial is stopped early")
    operator.crash()
    wait_for.condition("pruned", "Succeeded", timeout=240)
    wait_for(
        lambda: not [job for job in kube.list("jobs") if not job["status"].get("completionTime")], 60, "no Job runs"
    )

    wait_for(lambda: all(map(looked_at, stopped(kube.trials("pruned")))), 60, "checkpoints have been looked for")

    search, trials = kube.search("pruned"), kube.trials("pruned")
    early = stopped(trials)
    check_record(trials, TRIALS)
    check_replay(search, trials)
    counts = search["status"]["trials"]
    assert (counts["stopped"], counts["succeeded"], counts["failed"]) == (len(early), TRIALS - len(early), 0)
    for trial in early:
        status, evidence = trial["status"], trial["status"]["stopEvidence"]
        assert condition(trial, "Succeeded")["reason"] == "EarlyStopped" and attempts(trial) == [(1, "Stopped")]
        assert (evidence["rule"], evidence["epoch"]) == (next(iter(rule)), status["epoch"]) and evidence["others"] >= 2
        assert 2 <= evidence["epoch"] < EPOCHS
        assert evidence["value"] < evidence["threshold"]
        # What it showed then, as far as it had got: a scrape may fall between its epoch and its value.
        assert status["metrics"]["val_accuracy"] == pytest.approx(score(trial) * status["epoch"] / EPOCHS, abs=0.11)
    [same] = [trial for trial in early if trial["metadata"]["name"] == first["metadata"]["name"]]
    for field in ("sequence", "metrics", "epoch", "stopEvidence", "curve", "attempts"):
        assert same["status"][field] == first["status"][field], "it is written once"
    [best] = search["status"]["best"]
    assert best["metrics"]["val_accuracy"] == max(t["status"]["metrics"]["val_accuracy"] for t in trials)
    full = [trial for trial in trials if trial not in early]
    assert all(trial["status"]["epoch"] == EPOCHS for trial in full)
    # This trainer writes none: it is what was scraped in ten seconds, which on a busy machine may be nothing.
    assert sum("curve" in trial["status"] for trial in full) >= rule["minTrials"]
