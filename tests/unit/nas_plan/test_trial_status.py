from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, World, search

from nas_core.api.curve import Curve
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import InitialWeights, NASTrialStatus
from nas_core.contract import CHECKPOINT_TIME, CandidateResult, TrialResult
from nas_core.records.conditions import find, is_true
from nas_core.states import AttemptOutcome
from nas_plan.judgement import Judgement
from nas_plan.snapshot import Collected
from nas_plan.trial_state import judge
from nas_plan.trial_status import (
    keep_metrics,
    record_crash,
    record_end,
    record_live,
    record_stop,
    without_result,
)

JOB = "s-00000-a1"
OWN: dict[str, Any] = {"trialTemplate": {"image": "mine:1"}}


def spec(**fields: Any) -> NASSearchSpec:
    found = search(**fields).spec
    assert found is not None
    return found


SPEC = spec(objectives=[{"metric": "val_accuracy"}, {"metric": "latency_ms", "goal": "minimize"}])


@pytest.fixture
def world() -> World:
    w = World(
        search(budget={"maxTrials": 1, "parallelTrials": 1}, constraints=[{"metric": "zz_size", "max": 5}], **OWN)
    )
    w.step()
    w.jobs[JOB] = replace(w.jobs[JOB], gpus=2)
    return w


def judged(w: World) -> Judgement:
    return judge(w.trials["s-00000"], w.snapshot(), 3)


def spec_of(w: World) -> NASSearchSpec:
    return w.search.spec


def test_what_a_trial_says_of_how_it_was_run_is_recorded(world: World) -> None:
    world.succeed(JOB)
    found = judged(world)
    assert found.result is not None
    for contended in (True, False, None):
        result = found.result.model_copy(update={"contended": contended, "resumed_from_epoch": 3})
        status = record_end(replace(found, result=result), 1, spec_of(world), world.now)
        assert (status.contended, status.resumed_from_epoch) == (contended, 3)


def test_a_result_is_recorded_with_what_it_cost(world: World) -> None:
    world.now = START + timedelta(seconds=9)
    world.succeed(JOB, 0.75, zz_size=3.0, broken=math.nan)
    world.pods[JOB] = replace(world.pods[JOB], started=START, image_id="sha256:1")
    found = judged(world)
    assert found.result is not None
    weights = InitialWeights(source="s3://b/m/", sha256="a" * 64, inherited=9, trained=1)
    reported = {"epochs": 4, "checkpoint": "s3://b/k", "bundle": "s3://b/m/", "dataset_hash": "sha256:2"}
    reported |= {"initial_weights": weights}
    result = found.result.model_copy(update=reported)
    status = record_end(replace(found, result=result), 5, spec_of(world), world.now)
    assert (status.sequence, status.metrics, status.objective, status.epoch) == (
        5,
        {"val_accuracy": 0.75, "zz_size": 3.0},
        "0.75",
        4,
    )
    assert (status.trial_seconds, status.gpu_seconds) == (10, 20)
    assert (status.checkpoint, status.bundle, status.dataset_hash) == ("s3://b/k", "s3://b/m/", "sha256:2")
    assert (status.image_id, status.initial_weights) == ("sha256:1", weights)
    assert is_true(status.conditions, "Succeeded") and not is_true(status.conditions, "Progressing")
    assert status.attempts[0].outcome == "Succeeded" and status.last_log is None


def test_more_metrics_than_a_status_may_hold_never_push_out_what_the_search_is_about(world: World) -> None:
    many = {f"a{k:03}": 1.0 for k in range(100)}
    world.succeed(JOB, 0.75)
    world.results[JOB] = Collected(
        TrialResult(outcome="Succeeded", metrics=many | {"val_accuracy": 0.75, "zz_size": 3.0})
    )
    world.step()
    metrics = world.trials["s-00000"].status.metrics
    assert len(metrics) == 64 and metrics["val_accuracy"] == 0.75 and metrics["zz_size"] == 3.0
    assert world.search.status.best_value == "0.75"
    assert len(world.search.status.best[0].metrics) == 32


def test_what_a_strategy_weighs_is_kept_of_each_of_several_candidates() -> None:
    spec = search(strategy={"bayesian": {"costMetric": "zz_seconds"}}, objectives=[{"metric": "m"}], **OWN).spec
    assert spec is not None
    many = {f"a{k:03}": 1.0 for k in range(100)} | {"m": 1.0, "zz_seconds": 9.0}
    assert list(keep_metrics(many, spec, 3)) == ["m", "zz_seconds", "a000"]
    # Limits of targets that are added later are on them.
    sized = many | {"int8_bytes": 1.0}
    assert list(keep_metrics(sized, spec, 3)) == ["m", "zz_seconds", "int8_bytes"]
    assert list(keep_metrics({"a": 1.0, "int8_bytes": 1.0}, spec, 3)) == ["a", "int8_bytes"]


def test_of_what_was_trained_again_the_metric_that_ranks_it_is_kept() -> None:
    # Where an epoch is chosen there are those of the validation split too, and before these.
    spec = search().spec
    assert spec is not None
    many = {f"val_{k:02}": 1.0 for k in range(20)} | {"val_accuracy": 0.5, "test_accuracy": 0.25}
    assert list(keep_metrics(many, spec, 3)) == ["val_accuracy", "test_accuracy", "val_00"]


def test_a_crash_keeps_the_log_and_all_attempts(world: World) -> None:
    world.fail(JOB, 1)
    status = record_crash(replace(judged(world), log="x" * 5000), world.now)
    assert status.sequence is None and len(status.last_log or "") == 4096
    assert [(a.number, a.outcome) for a in status.attempts] == [(1, "Crashed")]
    progressing = find(status.conditions, "Progressing")
    assert progressing and (progressing.status, progressing.reason) == ("True", "Retrying")


@pytest.mark.parametrize(("runs", "seconds"), [(True, 30), (False, 0)])
def test_a_stopped_attempt_costs_what_it_ran(world: World, runs: bool, seconds: int) -> None:
    if runs:
        world.run(JOB)
    world.now = START + timedelta(seconds=30)
    status = record_stop(judged(world), AttemptOutcome.SUSPENDED, world.now)
    assert (status.trial_seconds, status.gpu_seconds) == (seconds, 2 * seconds)
    assert (status.attempts[0].outcome, status.attempts[0].completion_time) == ("Suspended", world.now)


def test_only_the_newest_64_attempts_are_kept(world: World) -> None:
    for number in range(1, 70):
        world.jobs[JOB] = replace(world.jobs[JOB], attempt=number)
        status = record_stop(judged(world), AttemptOutcome.SUSPENDED, world.now)
        world.trials["s-00000"] = replace(world.trials["s-00000"], status=status)
    assert [a.number for a in status.attempts] == list(range(6, 70))


def test_a_running_trial_shows_its_newest_values(world: World) -> None:
    world.run(JOB)
    status = record_live(judged(world), {"epoch": 2.0, "loss": 0.5, CHECKPOINT_TIME: 1.7e9}, SPEC.objectives, world.now)
    assert (status.epoch, status.metrics, status.start_time) == (2, {"loss": 0.5}, START)
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=status)
    assert record_live(judged(world), None, SPEC.objectives, world.now) == status, "no value means no change"
    many = {f"m{k}": 1.0 for k in range(99)}
    assert len(record_live(judged(world), many, SPEC.objectives, world.now).metrics) == 64
    assert record_live(judged(world), {"epoch": -1.0}, SPEC.objectives, world.now).epoch == 2
    newest = {"epoch": 1e300, "val_accuracy": 0.5, "latency_ms": 1.0}
    absurd = record_live(judged(world), newest, SPEC.objectives, world.now)
    assert (absurd.epoch, absurd.curve) == (2, None)


LONG = "x" * 129


def result_of(w: World, result: TrialResult) -> NASTrialStatus:
    """Return the final status of the trial with a result."""
    w.succeed(JOB)
    w.results[JOB] = Collected(result)
    return record_end(judged(w), 1, spec_of(w), START)


def readable(status: NASTrialStatus) -> NASTrialStatus:
    """Return the status as it is read back: it must keep the schema's bounds."""
    return NASTrialStatus.model_validate(status.to_dict())


def test_of_a_curve_of_many_metrics_those_of_objectives_are_kept(world: World) -> None:
    curve = Curve(epochs=[1, 2], values={name: [0.1, 0.2] for name in (LONG, "a", "b", "c", "d", "val_accuracy")})
    status = result_of(
        world, TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5, "zz_size": 1}, curve=curve)
    )
    kept = readable(status).curve
    assert kept and list(kept.values) == ["val_accuracy", "a", "b", "c"] and kept.epochs == [1, 2]
    assert status.sequence == 1 and is_true(status.conditions, "Succeeded")


def test_metrics_of_long_names_are_dropped(world: World) -> None:
    metrics = {LONG + str(n): 1.0 for n in range(64)} | {"val_accuracy": 0.5, "zz_size": 1.0}
    status = result_of(world, TrialResult(outcome="Succeeded", metrics=metrics))
    assert readable(status).metrics == {"val_accuracy": 0.5, "zz_size": 1.0}


def test_what_a_trial_of_one_candidate_says_of_candidates_is_dropped(world: World) -> None:
    told = CandidateResult(id="x", outcome="Succeeded", metrics={"m": 1.0}, checkpoint="s3://" + "x" * 1_600)
    metrics = {"val_accuracy": 0.5, "zz_size": 1.0}
    status = result_of(world, TrialResult(outcome="Succeeded", metrics=metrics, candidates=[told]))
    assert readable(status).candidates == [] and is_true(status.conditions, "Succeeded")


def test_live_metrics_are_bounded_and_keep_the_objectives(world: World) -> None:
    values = {f"m{n:03}": 1.0 for n in range(200)} | {LONG: 1.0, "val_accuracy": 0.25, "epoch": 3.0}
    status = record_live(judged(world), values, spec_of(world).objectives, START)
    assert len(readable(status).metrics) == 64 and status.metrics["val_accuracy"] == 0.25
    assert LONG not in status.metrics and status.epoch == 3


def test_without_its_result_a_trial_keeps_its_place_and_its_attempts(world: World) -> None:
    planned = result_of(world, TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5, "zz_size": 1}))
    left = readable(without_result(NASTrialStatus(), planned, "too long"))
    assert (left.sequence, left.metrics, left.objective) == (1, {}, None) and left.attempts == planned.attempts
    failed = find(left.conditions, "Failed")
    assert failed and (failed.status, failed.reason) == ("True", "ResultInvalid") and "too long" in failed.message
    assert not is_true(left.conditions, "Succeeded") and len(left.conditions) == 3


def test_every_pod_of_an_attempt_has_cost_its_time(world: World) -> None:
    """Preempted twice in one attempt: Kubernetes, or a queue, starts another pod of the same Job."""
    world.succeed(JOB)
    world.pods[JOB] = last = replace(
        world.pods[JOB], started=START + timedelta(seconds=500), finished=START + timedelta(seconds=600)
    )
    before = [
        replace(
            last,
            meta=replace(last.meta, uid=f"uid-{number}"),
            exit_code=75,
            started=START + timedelta(seconds=first),
            finished=START + timedelta(seconds=first + 50),
        )
        for number, first in enumerate((0, 100))
    ]
    seen = world.snapshot()
    seen = replace(seen, pods={world.jobs[JOB].meta.uid: (*before, last)})
    ended = record_end(judge(world.trials["s-00000"], seen, 3), 1, SPEC, START)
    assert (ended.trial_seconds, ended.gpu_seconds) == (200.0, 400.0)
    [attempt] = ended.attempts
    assert attempt.start_time == START + timedelta(seconds=500)


def test_times_of_a_job_hold_all_its_pods_already(world: World) -> None:
    world.succeed(JOB)
    world.jobs[JOB] = replace(world.jobs[JOB], start_time=START, end_time=START + timedelta(seconds=600))
    lost = replace(
        world.pods[JOB],
        meta=replace(world.pods[JOB].meta, uid="uid-x"),
        started=START,
        finished=START + timedelta(seconds=50),
    )
    last = replace(world.pods[JOB], started=None, finished=START + timedelta(seconds=600))
    seen = replace(world.snapshot(), pods={world.jobs[JOB].meta.uid: (lost, last)})
    assert record_end(judge(world.trials["s-00000"], seen, 3), 1, SPEC, START).trial_seconds == 600.0
