from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START
from tests.support.tracked import begun, condition, done

from nas_core.records.objects import TrialView
from nas_plan.tracking.candidates import candidate_run, ended
from nas_plan.tracking.run import Point, Run


def run_of(trial: TrialView, place: int = 0) -> Run:
    key = list(ended([trial]))[place][0]
    return candidate_run(begun(), key, trial, place)


def values(run: Run) -> list[tuple[str, float, int]]:
    return [(point.metric, point.value, point.step) for point in run.points]


def test_a_trial_is_a_run_with_its_decisions_its_result_and_its_lineage() -> None:
    candidate = {
        "id": "abc",
        "architecture": {"0-1": "conv", "op count": "3"},
        "hyperparameters": {"learningRate": "0.01"},
        "origin": "Crossover",
        "parents": [1, 2],
        "text": "conv|conv",
    }
    work = {"candidates": [candidate], "epochs": 3, "seed": 5}
    run = run_of(done(4, 0.75, work, imageID="trial@sha256:1", datasetHash="sha256:d", checkpoint="s3://nas/c"))
    assert (run.key, run.name, run.status) == ("uid-trial-4", "s-00004", "FINISHED")
    assert run.started == START and run.ended == START + timedelta(minutes=5)
    spaced = next(name for name in run.params if name.startswith("architecture.op_count-"))
    assert run.params == {
        "architecture.0-1": "conv",
        spaced: "3",
        "hyperparameters.learningRate": "0.01",
        "epochs": "3",
        "seed": "5",
    }
    assert run.tags == {
        "nas.trial": "s-00004",
        "nas.work": "Train",
        "nas.index": "4",
        "nas.sequence": "5",
        "nas.architecture": "conv|conv",
        "nas.architecture_id": "abc",
        "nas.origin": "Crossover",
        "nas.parents": "1,2",
        "nas.outcome": "Succeeded",
        "nas.image": "trial@sha256:1",
        "nas.dataset": "sha256:d",
        "nas.checkpoint": "s3://nas/c",
    }
    assert values(run) == [("val_accuracy", 0.75, 3), ("parameters", 1000.0, 3)]


def test_the_curve_comes_before_the_result_which_is_the_last_of_its_metric() -> None:
    curve = {"epochs": [1, 2, 3], "values": {"val_accuracy": [0.1, 0.6, 0.9]}}
    run = run_of(done(0, 0.5, curve=curve))
    assert values(run)[:3] == [("val_accuracy", 0.1, 1), ("val_accuracy", 0.6, 2), ("val_accuracy", 0.5, 3)]
    assert Point("val_accuracy", 0.9, 3, START + timedelta(minutes=1)) not in run.points


def test_a_failed_trial_says_why() -> None:
    run = run_of(done(0, None))
    assert (run.status, run.points) == ("FAILED", ())
    assert run.tags["nas.failure"] == "Crashed: no memory"


@pytest.mark.parametrize(
    "status",
    [
        {"stopEvidence": {"rule": "asha", "epoch": 1, "value": 0.1, "threshold": 0.2, "others": 4}},
        {"conditions": [condition("Succeeded", reason="Refused")]},
    ],
)
def test_what_a_decision_has_ended_was_killed(status: dict[str, Any]) -> None:
    assert run_of(done(0, 0.5, **status)).status == "KILLED"


def test_each_of_several_candidates_has_a_run() -> None:
    candidates = [{"id": f"i{n}", "architecture": {"0-1": "none"}, "origin": "Random"} for n in range(3)]
    outcomes = [
        {"outcome": "Succeeded", "metrics": {"val_accuracy": 0.5}, "checkpoint": "s3://nas/0"},
        {"outcome": "Failed", "reason": "OutOfMemory", "message": "too large"},
        {"outcome": "Refused"},
    ]
    trial = done(0, 0.5, {"candidates": candidates}, candidates=outcomes)
    runs = [run_of(trial, place) for place in range(3)]
    assert [run.key for run in runs] == [f"uid-trial-0/{place}" for place in range(3)]
    assert [run.name for run in runs] == [f"s-00000-{place}" for place in range(3)]
    assert [run.status for run in runs] == ["FINISHED", "FAILED", "KILLED"]
    assert [run.tags["nas.index"] for run in runs] == ["0", "1", "2"]
    assert values(runs[0]) == [("val_accuracy", 0.5, 3)] and values(runs[1]) == []


def test_only_trainings_that_have_ended_are_told_of() -> None:
    prepared = done(0, 0.5, {"work": "Prepare", "candidates": []})
    running = done(1, 0.5, sequence=None)
    assert list(ended([prepared, running])) == []
