"""Searches whose candidates are evaluated by a surrogate alone, played out in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, search
from tests.unit.nas_plan.test_earlier import first, trained, worth

from nas_backend.trial_input import trial_input
from nas_core.records.search import ReadableSearch, UnreadableSearch
from nas_plan.preview import preview
from nas_plan.replay import Record
from nas_plan.resolve import resolve

SPEC: dict[str, Any] = {
    "searchSpace": {"name": "nas-bench-201"},
    "strategy": {"regularizedEvolution": {"population": 10, "sample": 3}, "seed": 1},
    "evaluation": {"surrogate": {"from": {"searches": ["first"]}}},
    "budget": {"maxTrials": 40, "parallelTrials": 2},
    "retrain": {"top": 5, "epochs": 7},
}


def world(count: int = 60, better: int = 1, **spec: Any) -> World:
    found = resolve(search(**{**SPEC, **spec}), None, earlier={"first": (first(), trained(count, better))})
    assert isinstance(found, ReadableSearch)
    return World(found)


def run(w: World, most: int = 30) -> None:
    for _ in range(most):
        w.step()
        # The earlier search is gone as soon as it has been read.
        w.search = replace(w.search, earlier=())
        for job in w.active():
            w.succeed(job, worth(w.trials[w.jobs[job].trial].spec.candidates[0].architecture))


def test_no_job_is_made_for_a_candidate_and_the_best_are_trained() -> None:
    w = world()
    run(w)
    assert {w.trials[job.trial].spec.work for job in w.jobs.values()} == {"Retrain"} and len(w.jobs) == 5
    assert w.condition("Succeeded") == ("True", "BudgetSpent")
    status = w.search.status
    assert (status.trials.total, status.trials.succeeded, status.progress) == (40, 40, "40/40")
    assert "val_accuracy_std" in status.best[0].metrics
    assert w.condition("SurrogateReliable") == ("True", "SurrogateRanks")
    assert w.condition("ProxyReliable")[0] in ("True", "Unknown") and len(status.retrained) == 5
    done = [t for t in w.trials.values() if t.spec.work == "Train"]
    assert {t.size for t in done} <= {16, 8} and all(t.succeeded and not t.status.attempts for t in done)
    numbers = sorted(n for t in done for n in range(t.status.sequence or 0, (t.status.sequence or 0) + t.size))
    assert numbers == list(range(1, 41))
    found = Record.of(w.search, list(w.trials.values()))
    assert list(found.ask_again(range(40))) == [None] * 40
    again = next(t for t in w.trials.values() if t.spec.work == "Retrain")
    given = trial_input(w.search.meta, w.search.spec, again, 1)
    assert given.evaluation.surrogate is None and given.evaluation.epochs == 7, "the trainer trains"


def test_killed_between_any_two_writes_nothing_is_lost_or_done_twice() -> None:
    w = world()
    for count in range(60):
        w.step(writes=1 + count % 3)
    tried = [c.id for t in w.trials.values() if t.spec.work == "Train" for c in t.spec.candidates]
    assert len(tried) == len(set(tried)) == 40
    found = Record.of(w.search, list(w.trials.values()))
    assert list(found.ask_again(range(40))) == [None] * 40


def test_if_earlier_results_cannot_be_ranked_nothing_is_evaluated_until_the_spec_is_corrected() -> None:
    w = world(count=6)
    run(w, 3)
    assert list(w.trials) == ["s-earlier-0"] and not w.jobs
    assert w.condition("Failed") == ("True", "SurrogateFailed")
    assert w.condition("SurrogateReliable") == ("False", "SurrogateDoesNotRank")
    message = w.condition_message("Failed")
    assert "name other searches in evaluation.surrogate.from" in message and "first: 6 results" in message
    assert w.search.status.first_trial_time is None, "so the spec may be corrected"


def test_without_retraining_it_says_that_nothing_is_trained() -> None:
    w = world(retrain=None)
    run(w, 4)
    assert "nothing is trained: add spec.retrain" in w.condition_message("SurrogateReliable")


def test_one_objective_that_cannot_be_ranked_keeps_the_search_from_running() -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]
    other = first(objectives=objectives)
    given = {**SPEC, "objectives": objectives, "strategy": {"nsga2": {}, "seed": 1}, "retrain": None}
    found = resolve(search(**given), None, earlier={"first": (other, trained(60))})
    assert isinstance(found, ReadableSearch)
    w = World(found)
    run(w, 3)
    # The order of drawing says nothing of a network, so that it cannot be predicted.
    assert w.condition("Failed") == ("True", "SurrogateFailed")


def test_predictions_are_nothing_to_learn_from() -> None:
    predicted = first(evaluation={"surrogate": {"from": {"searches": ["zero"]}}})
    found = resolve(search(**SPEC), None, earlier={"first": (predicted, trained(60))})
    assert isinstance(found, UnreadableSearch) and "its results are predictions" in found.error
    assert found.error.startswith("spec.evaluation.surrogate.from.searches: ")


def test_what_it_costs_is_what_is_trained_again() -> None:
    plan = preview(world().search.spec)
    assert plan.epochs == 5 * 7 and plan.candidates == 40


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"strategy": {"random": {}, "rungs": {}}}, "rungs trains candidates further"),
        ({"strategy": {"zeroCost": {}}}, "scores candidates in pods"),
        ({"strategy": {"darts": {}}}, "remove evaluation.surrogate"),
        ({"evaluation": {**SPEC["evaluation"], "repeats": 2}}, "remove earlyStopping, folds and repeats"),
        ({"evaluation": {**SPEC["evaluation"], "prefilter": {"predictor": {}}}}, "remove evaluation.prefilter"),
    ],
)
def test_what_cannot_be_had_without_training_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        search(**{**SPEC, **change})
