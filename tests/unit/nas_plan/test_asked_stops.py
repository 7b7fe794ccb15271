"""Trials that a person stops: they end with what they have found, are no failures and are not tried again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import World, search
from tests.unit.nas_plan.test_decide import finish
from tests.unit.nas_plan.test_replay import differences, record_of

from nas_core.records.conditions import find

SPACE = {"decisions": [{"name": "op", "choice": ["a", "b", "c", "d", "e", "f"]}]}
STOP = {"stop": ["s-00001"]}


def world(**spec: Any) -> World:
    given = {
        "searchSpace": SPACE,
        "trialTemplate": {"image": "mine:1"},
        "budget": {"maxTrials": 4, "parallelTrials": 2},
        "objectives": [{"metric": "val_accuracy"}],
    }
    w = World(search(**{**given, **spec}))
    w.step()
    w.step()
    return w


def see(w: World, **values: float) -> None:
    # Of a trial that has just begun the newest values are not written.
    w.now += timedelta(minutes=1)
    w.extra = {"latest_metrics": {"s-00001": values}}


def observe(w: World) -> None:
    """Take a look, of which what trials report is written too."""
    for one in w.step().observations:
        w.trials[one.trial.meta.name] = replace(one.trial, status=one.status)
    w.extra = {}


def test_a_trial_that_runs_ends_with_what_it_has_found() -> None:
    w = world()
    w.run("s-00001-a1")
    see(w, epoch=3, val_accuracy=0.4)
    observe(w)
    w.respec(guidance=STOP)
    actions = w.step()
    status = w.trials["s-00001"].status
    assert (status.sequence, status.epoch, status.metrics) == (1, 3, {"val_accuracy": 0.4})
    told = find(status.conditions, "Succeeded")
    assert told and (told.status, told.reason, told.message) == (
        "True", "EarlyStopped", "after epoch 3, as spec.guidance.stop asks",
    )  # fmt: skip
    assert [(a.number, a.outcome) for a in status.attempts] == [(1, "Stopped")]
    assert [e.message for e in actions.events if e.reason == "EarlyStopped"] == [
        "trial s-00001 was stopped after epoch 3, as spec.guidance.stop asks"
    ]
    counts = w.search.status.trials
    assert (counts.stopped, counts.failed) == (1, 0) and "s-00001-a1" not in w.jobs
    finish(w)
    assert len(w.trials) == 4 and w.condition("Succeeded") == ("True", "BudgetSpent"), "it is not made again"
    assert differences(record_of(w)) == []


def test_killed_after_the_write_its_job_goes_all_the_same() -> None:
    w = world(guidance=STOP)
    w.run("s-00001-a1")
    see(w, epoch=3, val_accuracy=0.4)
    w.step(writes=1)
    assert w.trials["s-00001"].recorded and "s-00001-a1" in w.jobs
    w.extra = {}
    assert [job.meta.name for job in w.step().stop_jobs] == ["s-00001-a1"]
    assert w.trials["s-00001"].status.sequence == 1


@pytest.mark.parametrize(
    "values", [{}, {"epoch": 2.0}, {"val_accuracy": 0.4}, {"epoch": 2.0, "val_accuracy": float("nan")}]
)
def test_without_a_value_of_its_own_it_goes_on_until_it_has_one(values: dict[str, float]) -> None:
    w = world(guidance=STOP)
    w.run("s-00001-a1")
    see(w, **values)
    w.step()
    assert not w.trials["s-00001"].recorded and "s-00001-a1" in w.jobs
    see(w, epoch=3, val_accuracy=0.4)
    w.step()
    assert w.trials["s-00001"].recorded


def test_between_two_attempts_it_is_not_tried_again() -> None:
    w = world()
    w.run("s-00001-a1")
    see(w, epoch=3, val_accuracy=0.4)
    observe(w)
    w.fail("s-00001-a1", 1)
    w.step()
    w.respec(guidance=STOP)
    w.step()
    status = w.trials["s-00001"].status
    assert (status.sequence, status.metrics) == (1, {"val_accuracy": 0.4})
    assert [a.outcome for a in status.attempts] == ["Crashed"]
    assert w.search.status.trials.failed == 0


def test_other_names_are_ignored_and_what_has_ended_stays() -> None:
    w = world(guidance={"stop": ["s-00000", "s-00099", "other"]})
    w.succeed("s-00000-a1", 0.9)
    finish(w)
    assert w.trials["s-00000"].status.stop_evidence is None and w.search.status.trials.stopped == 0
    assert w.condition("Accepted")[0] == "True"


def test_on_rungs_it_is_not_promoted() -> None:
    rungs = {"random": {}, "seed": 1, "rungs": {"asha": {}}}
    storage = {"bucket": "nas", "secretRef": {"name": "s"}}
    promoted = []
    for guidance in (None, STOP):
        w = world(strategy=rungs, evaluation={"epochs": 9}, storage=storage, guidance=guidance)
        w.run("s-00001-a1")
        see(w, epoch=1, val_accuracy=0.9)
        w.step()
        w.extra = {}
        for _ in range(40):
            for job in w.active():
                w.succeed(job, 0.9 if "s-00001" in job else 0.1)
            w.step()
        promoted.append(sum(t.spec.index == 1 for t in w.trials.values()) - 1)
        assert w.condition("Succeeded")[0] == "True"
    assert promoted[0] > 0 and promoted[1] == 0


def test_the_strategy_is_told_nothing_of_it() -> None:
    guidance = search(guidance=STOP).spec.guidance
    assert guidance is not None and guidance.for_strategy is None
