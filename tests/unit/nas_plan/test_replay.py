"""Searches played out in memory, and their strategies asked again."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, resolved
from tests.unit.nas_plan.test_decide import world

from nas_plan.replay import Record

EVOLUTION = {"regularizedEvolution": {"populationSize": 4, "sampleSize": 2}, "seed": 1}


def played(steps: int = 200, **spec: Any) -> World:
    """Run a search of twelve candidates whose trials end in any order, or ``steps`` steps of it."""
    given: dict[str, Any] = {
        "strategy": EVOLUTION,
        "storage": {"bucket": "nas"},
        "budget": {"maxTrials": 12, "parallelTrials": 3, "maxFailedTrials": 12},
    }
    w, rng = world(**given | spec), random.Random(7)
    written = w.search.spec
    w.search = resolved(w.search)
    for _ in range(steps):
        w.step()
        w.pass_a_second(rng)
        if w.search.status.conditions and w.condition("Progressing")[0] == "False":
            break
    w.search = replace(w.search, spec=written)
    return w


def record_of(w: World, *without: str) -> Record:
    trials = [trial for name, trial in w.trials.items() if name not in without]
    return Record.of(w.search, sorted(trials, key=lambda trial: trial.spec.index))


def differences(record: Record) -> list[tuple[str, str | None]]:
    answers = record.ask_again(record.sample(len(record.decisions)))
    return [(one.trial, one.again.id if one.again else None) for one in answers if one]


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"strategy": {**EVOLUTION, "ordered": True}},
        {"evaluation": {"candidatesPerTrial": 3}},
        {"strategy": {**EVOLUTION, "rungs": {"asha": {}}}, "evaluation": {"epochs": 9}},
        {"strategy": {}},
        {"steps": 9},
        {"retrain": {"top": 1, "epochs": 20}},
    ],
    ids=["free", "ordered", "packed", "rungs", "chosen for it", "still running", "trained again"],
)
def test_nothing_differs_in_a_search_that_nobody_touched(spec: dict[str, Any]) -> None:
    record = record_of(played(**spec))
    assert len(record.decisions) >= 5 and record.missing == []
    assert differences(record) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"constraints": [{"metric": "size", "max": "0.3"}]},
        {"objectives": [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize", "weight": "50"}]},
    ],
    ids=["limit", "weight"],
)
@pytest.mark.parametrize("rungs", [{}, {"rungs": {"asha": {}}}], ids=["", "rungs"])
def test_what_was_chosen_under_other_limits_and_weights_is_asked_under_these(
    changed: dict[str, Any], rungs: dict[str, Any]
) -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
    w, rng = (
        world(
            strategy={**EVOLUTION, **rungs},
            evaluation={"epochs": 9},
            objectives=objectives,
            storage={"bucket": "nas"},
            trialTemplate={"image": "mine:1"},
            budget={"maxTrials": 40, "parallelTrials": 3},
        ),
        random.Random(7),
    )
    for step in range(80):
        if step == 10:
            w.respec(**changed)
        if step == 20:
            w.respec(constraints=[], objectives=objectives)
        w.step()
        for job in w.active()[:2]:
            w.succeed(job, rng.random(), size=rng.random())
    record = record_of(w)
    assert len(record.decisions) >= 40 and 5 < len(record.judged_by) < 35
    assert differences(record) == []
    assert differences(replace(record, judged_by={})), "those of now would choose differently"


def test_scores_that_came_first_are_seen_again() -> None:
    w, rng = (
        world(
            strategy=EVOLUTION,
            evaluation={"prefilter": {"proxies": ["synflow"], "candidates": 12, "keep": 6}},
            storage={"bucket": "nas"},
            budget={"maxTrials": 9, "parallelTrials": 3},
        ),
        random.Random(7),
    )
    for _ in range(60):
        w.step()
        for job in w.active():
            w.succeed(job, rng.random(), proxy_synflow=rng.random())
    record = record_of(w)
    assert len(record.scores) == 12 and len(record.decisions) == 9
    assert {decision.candidate.origin for _, decision in record.decisions} > {"Score"}
    assert differences(record) == []
    assert differences(replace(record, scores=())), "they are what the first were chosen by"


def test_a_forged_candidate_is_named_and_so_is_what_should_be_there() -> None:
    w = played()
    name = "s-00005"
    honest = w.trials[name].spec
    [candidate] = honest.candidates
    forged = honest.model_copy(update={"candidates": [candidate.model_copy(update={"id": "forged"})]})
    w.trials[name] = replace(w.trials[name], spec=forged)
    assert (name, candidate.id) in differences(record_of(w))


def test_a_changed_result_changes_what_came_after() -> None:
    w = played()
    first = next(name for name, trial in w.trials.items() if trial.succeeded and trial.spec.index < 4)
    worse = w.trials[first].status.model_copy(update={"metrics": {"val_accuracy": -1.0}})
    w.trials[first] = replace(w.trials[first], status=worse)
    assert all(trial > first for trial, _ in differences(record_of(w)))


def test_trials_that_are_gone_are_counted() -> None:
    record = record_of(played(), "s-00002", "s-00007")
    assert record.missing == [2, 7]
    assert list(record.ask_again(record.sample(100))), "what is left is asked again all the same"


@pytest.mark.parametrize(("most", "places"), [(1, [0]), (2, [0, 11]), (4, [0, 4, 7, 11]), (12, [*range(12)])])
def test_a_sample_is_spread_over_the_search(most: int, places: list[int]) -> None:
    assert record_of(played()).sample(most) == places


def test_a_search_that_has_decided_nothing_has_nothing_to_repeat() -> None:
    record = record_of(world(strategy=EVOLUTION))
    assert record.sample(10) == [] and record.missing == [] and differences(record) == []


def test_a_spec_that_cannot_be_read_is_said() -> None:
    w = played()
    with pytest.raises(ValueError, match=r"spec\.budget"):
        Record.of(w.search.unreadable("spec.budget: is wrong"), list(w.trials.values()))
