from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START
from tests.support.tracked import NOW, begun, condition, done, raw_running, running

from nas_core.records.trial import TrialView
from nas_plan.tracking.candidates import SHORT, candidate_run, ended, epoch_shown, running_run
from nas_plan.tracking.candidates import running as running_of
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
        "nas.search": "ns/s",
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


def test_one_that_runs_has_its_decisions_and_its_curve_without_the_newest_epoch() -> None:
    trial = running(4, epochs=3)
    [candidate] = running_of([trial, done(1)], NOW)
    run = running_run(begun(), *candidate)
    assert (run.key, run.name, run.status, run.started, run.ended) == (
        "uid-trial-4",
        "s-00004",
        "RUNNING",
        START,
        None,
    )
    assert run.params["architecture.0-1"] == "none"
    assert run.tags == {
        "nas.search": "ns/s",
        "nas.trial": "s-00004",
        "nas.work": "Train",
        "nas.index": "4",
        "nas.architecture_id": "id4",
        "nas.origin": "Random",
    }
    assert values(run) == [("val_accuracy", 0.1, 1), ("val_accuracy", 0.2, 2)] and epoch_shown(trial) == 2


@pytest.mark.parametrize("accuracy", [0.3, 0.9, None])
def test_all_that_was_told_of_a_running_one_is_told_at_its_end_in_the_same_words(accuracy: float | None) -> None:
    live, over = running(0, epochs=3), done(0, accuracy, curve=running(0, epochs=3).raw_status["curve"])
    [candidate] = running_of([live], NOW)
    shown, end = running_run(begun(), *candidate), run_of(over)
    assert set(shown.points) <= set(end.points)
    assert shown.params == end.params and shown.tags.items() <= end.tags.items()
    # And there is one value for each epoch.
    steps = [(point.metric, point.step) for point in end.points]
    assert len(steps) == len(set(steps))


def test_what_has_not_run_for_long_or_does_not_run_is_not_told_of() -> None:
    waiting = running(1, conditions=[condition("Progressing", reason="Pending")])
    prepares = TrialView.of({**raw_running(2), "spec": {**raw_running(2)["spec"], "work": "Prepare", "candidates": []}})
    assert list(running_of([waiting, prepares, running(3, startTime=None)], NOW)) == []
    assert list(running_of([running(0)], START + SHORT / 2)) == []
    assert len(list(running_of([running(0)], START + SHORT))) == 1
