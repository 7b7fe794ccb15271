"""Trials that fall behind are stopped while they train; nothing is lost when the operator is killed just then."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.bucket import Bucket
from tests.support.kube import Kube, attempts, condition
from tests.support.operator_process import Operator
from tests.support.searches import check_record, check_replay, training_search
from tests.support.waiting import Waiter

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("trial_image")]

TRIALS, EPOCHS = 4, 25
HOPELESS = "0.0000001"


def search(bucket: Bucket) -> dict[str, Any]:
    """Return a search in which some learning rates cannot lead anywhere."""
    stopping = {"median": {}, "minEpochs": 3, "minTrials": 2}
    return training_search(
        "pruned",
        bucket,
        TRIALS,
        parallel=2,
        searchSpace={"width": 4, "depth": 1},
        hyperparameters=[{"name": "learningRate", "choice": ["0.1", "0.05", HOPELESS]}],
        strategy={"random": {}, "seed": 0},
        evaluation={"epochs": EPOCHS, "batchSize": 64, "earlyStopping": stopping},
    )


def stopped(kube: Kube) -> list[dict[str, Any]]:
    return [trial for trial in kube.trials("pruned") if "stopEvidence" in trial.get("status", {})]


def test_the_median_rule_ends_hopeless_trials(kube: Kube, bucket: Bucket, operator: Operator, wait_for: Waiter) -> None:
    kube.apply(search(bucket))
    [first, *_] = wait_for(lambda: stopped(kube), 600, "a trial is stopped early")
    operator.crash()
    name = first["metadata"]["name"]
    wait_for(
        lambda: name not in {job["metadata"]["labels"]["nas-operator.io/trial"] for job in kube.list("jobs")},
        60,
        "the Job of the stopped trial is gone",
    )
    wait_for.condition("pruned", "Succeeded", timeout=500)

    found, trials = kube.search("pruned"), kube.trials("pruned")
    check_record(trials, TRIALS)
    check_replay(found, trials)
    wait_for(lambda: all("checkpoint" in trial["status"] for trial in stopped(kube)), 60, "checkpoints are told")
    early = stopped(kube)
    assert found["status"]["trials"]["stopped"] == len(early) >= 1
    assert found["status"]["trials"]["succeeded"] == TRIALS - len(early)
    for trial in early:
        status, evidence = trial["status"], trial["status"]["stopEvidence"]
        assert condition(trial, "Succeeded")["reason"] == "EarlyStopped"
        assert evidence["rule"] == "median" and evidence["others"] >= 2
        assert 3 <= evidence["epoch"] == status["epoch"] < EPOCHS
        assert evidence["value"] < evidence["threshold"]
        assert status["metrics"]["val_accuracy"] == pytest.approx(
            status["curve"]["values"]["val_accuracy"][-1], abs=1e-5
        )
        assert attempts(trial) == [(1, "Stopped")]
        assert bucket.get(bucket.key_of(status["checkpoint"])), "its weights are kept"
    after = next(trial["status"] for trial in early if trial["metadata"]["name"] == name)
    for field in ("sequence", "metrics", "epoch", "stopEvidence", "curve", "attempts"):
        assert after[field] == first["status"][field], "it is written once"
    for trial in trials:
        if trial not in early:
            assert trial["status"]["epoch"] == EPOCHS and trial["status"]["curve"]["epochs"][-1] == EPOCHS
    wait_for.events("pruned", "Accepted", "NewBest")
