"""Early stopping, played out in memory: nothing is lost wherever the operator is killed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.api.curve import Curve
from nas_core.contract import TrialResult
from nas_core.records.conditions import find
from nas_core.spaces import get_space
from nas_plan.snapshot import Collected
from nas_search import Problem, RecordedTrial, create_strategy, replay

MEDIAN = {"median": {}, "minTrials": 2}


def world(rule: dict[str, Any] = MEDIAN, **spec: Any) -> World:
    """Return a search with two results and two running trials, the third and the fourth."""
    budget = {"maxTrials": 4, "parallelTrials": 2}
    w = World(search(budget=budget, evaluation={"epochs": 10, "earlyStopping": rule}, **spec))
    w.step()
    for number in (0, 1):
        succeed(w, number, [0.5, 0.6 + number / 10], **({"latency_ms": 5.0, "parameters": 3.0}))
    w.step()
    for number in (2, 3):
        w.run(f"s-0000{number}-a1")
    return w


def succeed(w: World, number: int, values: list[float], **metrics: float) -> None:
    job = f"s-0000{number}-a1"
    w.succeed(job, values[-1])
    curve = Curve(epochs=list(range(1, len(values) + 1)), values={"val_accuracy": values})
    metrics = {"val_accuracy": values[-1], **metrics}
    w.results[job] = Collected(TrialResult(outcome="Succeeded", metrics=metrics, curve=curve))


def see(w: World, **values: float) -> None:
    """Let the third trial report values."""
    w.extra = {"latest_metrics": {"s-00002": values}}


def test_a_trial_that_falls_behind_ends_with_what_was_seen_and_its_evidence() -> None:
    w = world()
    see(w, epoch=2, val_accuracy=0.3, val_loss=2.0)
    actions = w.step()
    status = w.trials["s-00002"].status
    assert (status.sequence, status.epoch, status.metrics) == (3, 2, {"val_accuracy": 0.3, "val_loss": 2.0})
    evidence = status.stop_evidence
    assert evidence and (evidence.rule, evidence.epoch, evidence.value, evidence.others) == ("median", 2, 0.3, 2)
    assert evidence.threshold == pytest.approx(0.575)
    told = find(status.conditions, "Succeeded")
    assert told and (told.status, told.reason) == ("True", "EarlyStopped")
    assert [(a.number, a.outcome, a.reason) for a in status.attempts] == [(1, "Stopped", "EarlyStopped")]
    assert status.curve == Curve(epochs=[2], values={"val_accuracy": [0.3]})
    assert "s-00002-a1" not in w.jobs and "s-00003-a1" in w.jobs
    assert [e.message for e in actions.events if e.reason == "EarlyStopped"] == [
        "trial s-00002 was stopped after epoch 2, by median: 0.3 against 0.575 of 2 others"
    ]
    counts = w.search.status.trials
    assert (counts.succeeded, counts.stopped, counts.running) == (2, 1, 1) and w.search.status.progress == "3/4"


def test_it_holds_its_slot_until_its_pod_is_gone_and_the_job_goes_even_if_the_operator_was_killed() -> None:
    w = world()
    w.respec(budget={"maxTrials": 9, "parallelTrials": 2})
    see(w, epoch=2, val_accuracy=0.3)
    w.step(writes=1)
    assert w.trials["s-00002"].recorded and "s-00002-a1" in w.jobs
    w.extra = {}
    actions = w.step()
    assert [job.meta.name for job in actions.stop_jobs] == ["s-00002-a1"] and not actions.records
    assert not actions.create_trials, "its pod still runs"
    assert [(t.index, t.basis) for t in w.step().create_trials] == [(4, 3)]


def test_its_last_checkpoint_is_told_once_its_pod_has_ended() -> None:
    w = world(storage={"bucket": "nas", "secretRef": {"name": "nas-storage"}})
    see(w, epoch=2, val_accuracy=0.3)
    w.step()
    assert w.trials["s-00002"].writes_checkpoint
    w.extra = {"checkpoints": {"s-00002": "s3://nas/e00003.safetensors"}}
    [told] = [one for one in w.step().observations if one.trial.meta.name == "s-00002"]
    before, after = w.trials["s-00002"].status, told.status
    assert after.checkpoint == "s3://nas/e00003.safetensors"
    assert not replace(w.trials["s-00002"], status=after).writes_checkpoint, "it is looked for once"
    untouched = {"conditions", "checkpoint"}
    assert after.model_dump(exclude=untouched) == before.model_dump(exclude=untouched)


def test_the_search_ends_and_its_decisions_can_be_repeated() -> None:
    w = world()
    see(w, epoch=2, val_accuracy=0.3)
    w.step()
    succeed(w, 3, [0.1, 0.2])
    w.step()
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    spec = w.search.spec
    assert spec
    strategy = create_strategy(spec.strategy, Problem(get_space(spec.search_space), spec.objectives, spec.constraints))
    seen = [
        RecordedTrial(t.spec.index, t.spec.basis, t.spec.candidates[0], t.status.sequence, t.status.metrics)
        for t in w.trials.values()
    ]
    assert not list(replay(strategy, seen))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"epoch": 2, "val_accuracy": 0.6}, "it is better than the median"),
        ({"epoch": 2, "val_loss": 0.1}, "there is no value of the objective"),
        ({"val_accuracy": 0.1}, "no epoch is known"),
        ({"epoch": 10, "val_accuracy": 0.1}, "it has trained all its epochs"),
    ],
)
def test_otherwise_it_goes_on(values: dict[str, float], why: str) -> None:
    w = world()
    see(w, **values)
    w.step()
    assert not w.trials["s-00002"].recorded and "s-00002-a1" in w.jobs, why


def test_not_before_min_epochs_nor_with_too_few_others() -> None:
    for rule in (MEDIAN | {"minEpochs": 3}, MEDIAN | {"minTrials": 3}):
        w = world(rule)
        see(w, epoch=2, val_accuracy=0.1)
        w.step()
        assert not w.trials["s-00002"].recorded


def test_what_breaks_a_constraint_is_no_measure() -> None:
    w = world(constraints=[{"metric": "parameters", "max": 2}])
    see(w, epoch=2, val_accuracy=0.1, parameters=1.0)
    w.step()
    assert not w.trials["s-00002"].recorded


def test_an_objective_that_training_does_not_change_is_taken_from_the_result() -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "latency_ms", "goal": "minimize"}]
    for latency, stopped in ((4.0, False), (6.0, True)):
        w = world(objectives=objectives)
        see(w, epoch=2, val_accuracy=0.3, latency_ms=latency)
        w.step()
        assert w.trials["s-00002"].recorded is stopped


def test_the_points_that_are_seen_add_up_to_a_curve() -> None:
    w = world(MEDIAN | {"minEpochs": 9})
    for epoch, value in ((1, 0.1), (1, 0.1), (3, 0.2), (4, 0.25)):
        see(w, epoch=epoch, val_accuracy=value)
        w.now = w.now.replace(minute=epoch)
        actions = w.step()
        for one in actions.observations:
            w._record(one.trial.meta.name, one.status)
    assert w.trials["s-00002"].status.curve == Curve(epochs=[1, 3, 4], values={"val_accuracy": [0.1, 0.2, 0.25]})


@pytest.mark.parametrize(
    ("rule", "epoch", "value", "threshold"),
    [
        ({"asha": {}}, 3, 0.1, 0.67),
        ({"curve": {}}, 4, 0.1, 0.72),
        ({"wilcoxon": {"pThreshold": "0.1"}}, 4, 1 / 16, 0.1),
    ],
)
def test_the_other_rules_are_asked_too(rule: dict[str, Any], epoch: int, value: float, threshold: float) -> None:
    evaluation = {"epochs": 10, "earlyStopping": {"minTrials": 2, **rule}}
    w = World(search(budget={"maxTrials": 5, "parallelTrials": 3}, evaluation=evaluation))
    w.step()
    for number in range(3):
        succeed(w, number, [0.5, 0.6, 0.65 + number / 100, 0.68 + number / 100, 0.7 + number / 100])
    w.step()
    w.run("s-00003-a1")
    known = Curve(epochs=list(range(1, epoch)), values={"val_accuracy": [0.1] * (epoch - 1)})
    status = w.trials["s-00003"].status
    w._record("s-00003", status.model_copy(update={"curve": known}))
    w.extra = {"latest_metrics": {"s-00003": {"epoch": float(epoch), "val_accuracy": 0.1}}}
    w.step()
    evidence = w.trials["s-00003"].status.stop_evidence
    assert evidence and (evidence.rule, evidence.epoch, evidence.others) == (next(iter(rule)), epoch, 3)
    assert evidence.value == pytest.approx(value, abs=0.01) and evidence.threshold == pytest.approx(threshold)


def test_what_a_person_extends_trains_to_its_end() -> None:
    w = world(guidance={"extend": ["s-00002"]})
    for epoch in range(2, 10):
        see(w, epoch=epoch, val_accuracy=0.01)
        w.step()
    assert not w.trials["s-00002"].recorded and "s-00002-a1" in w.jobs
    w.respec(guidance=None)
    see(w, epoch=9, val_accuracy=0.01)
    w.step()
    assert w.trials["s-00002"].status.stop_evidence is not None, "once it is not asked for, the rule holds again"


def test_its_record_says_in_the_end_that_a_person_asked() -> None:
    w = world(guidance={"extend": ["s-00002"]})
    see(w, epoch=2, val_accuracy=0.01)
    w.step()
    succeed(w, 2, [0.01, 0.02])
    succeed(w, 3, [0.6, 0.7])
    w.step()
    told = [find(w.trials[f"s-0000{index}"].status.conditions, "Succeeded") for index in (2, 3)]
    assert [(one.reason, one.message) for one in told if one] == [
        ("Completed", "trained to its end, as spec.guidance.extend asks"),
        ("Completed", ""),
    ]


def test_what_a_person_extends_is_compared_with_like_any_other() -> None:
    w = world(guidance={"extend": ["s-00002"]})
    w.extra = {
        "latest_metrics": {
            "s-00002": {"epoch": 2.0, "val_accuracy": 0.3},
            "s-00003": {"epoch": 2.0, "val_accuracy": 0.3},
        }
    }
    w.step()
    assert [name for name, trial in w.trials.items() if trial.status.stop_evidence] == ["s-00003"]
