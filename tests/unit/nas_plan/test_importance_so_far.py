from __future__ import annotations

import random
from dataclasses import replace

from tests.support.factories import World, search
from tests.support.reports import reported

from nas_core.api.search_status import Importance
from nas_core.importance import importance_in
from nas_core.records.trial import observed
from nas_plan.importance_so_far import importance_so_far

METRIC = "val_accuracy"
_, TRIALS = reported(300)
RECORDED = [trial for trial in TRIALS if trial.status.metrics]


def told(results: int, old: Importance | None = None, *, over: bool = False) -> Importance | None:
    return importance_so_far(old, observed(RECORDED[:results]), METRIC, over=over)


def test_it_follows_when_there_are_a_tenth_more() -> None:
    found, numbers = None, []
    for results in range(60):
        found = told(results, found)
        numbers.append(found.results if found else 0)
    assert list(dict.fromkeys(numbers)) == [0, 10, 11, 13, 15, 17, 19, 21, 24, 27, 30, 33, 37, 41, 46, 51, 57]
    assert all(number <= results for results, number in enumerate(numbers))


def test_who_was_killed_in_between_finds_the_same() -> None:
    found = None
    for results in range(59):
        found = told(results, found)
    assert found == told(58)


def test_between_two_numbers_nothing_is_computed() -> None:
    old = Importance(metric=METRIC, results=51)
    assert told(56, old) is old and told(57, old) is not old


def test_at_the_end_all_count_and_the_same_as_in_the_report() -> None:
    found = told(150, told(150), over=True)
    assert found and found.results == 150 and len(found.decisions) == 5
    report = importance_in(RECORDED[:150], METRIC)
    assert [each.decision for each in found.decisions] == [each.decision for each in report[:5]]
    assert found.decisions[0].share == f"{report[0].share:.3f}" and float(found.decisions[0].low) < report[0].share
    assert told(150, found) is found, "a search that goes on does not forget"
    assert (told(40, found) or found).results == 37, "of deleted trials nothing is told"


def test_results_after_more_epochs_replace_those_after_fewer() -> None:
    longer = [
        replace(trial, spec=trial.spec.model_copy(update={"epochs": 9 if place < 10 else 3}))
        for place, trial in enumerate(RECORDED[:30])
    ]
    old = Importance(metric=METRIC, results=10, epochs=3)
    found = importance_so_far(old, observed(longer), METRIC, over=False)
    assert found and (found.results, found.epochs) == (10, 9)


def test_equal_results_have_no_decisions() -> None:
    metrics = {"metrics": {METRIC: 0.5}}
    equal = [replace(t, status=t.status.model_copy(update=metrics)) for t in RECORDED[:12]]
    found = importance_so_far(None, observed(equal), METRIC, over=False)
    assert found == Importance(metric=METRIC, results=11)


def test_a_search_has_it_in_its_status() -> None:
    w, rng = World(search(None, budget={"maxTrials": 12, "parallelTrials": 1})), random.Random(1)
    w.step()
    seen = []
    while jobs := w.active():
        w.succeed(jobs[0], rng.random())
        w.step()
        seen.append(found.results if (found := w.search.status.importance) else None)
    assert seen == [None] * 9 + [10, 11, 12]
