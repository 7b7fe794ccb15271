"""What a search leaves for later ones when it ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import DATASET, START
from tests.unit.nas_plan.test_earlier import first, trained

from nas_core.records import knowledge
from nas_core.records.knowledge import Entry, read_entry
from nas_plan.knowledge.entry import entry_of

RATE: dict[str, Any] = {"name": "learningRate", "real": {"min": "0.1", "max": "0.2"}}


def entry(count: int = 20, **spec: Any) -> Entry:
    content = entry_of(first(**spec), trained(count), START)
    assert content is not None
    return read_entry(content)


def test_it_has_what_the_task_was_and_the_results() -> None:
    found = entry(12)
    assert (found.search, found.uid, found.task) == ("first", "uid-first", "image-classification")
    assert found.evaluation == "train" and found.objectives[0].metric == "val_accuracy"
    assert found.decisions == ["0-1", "0-2", "0-3", "1-2", "1-3", "2-3"]
    assert found.features == {}, "the data that every image has are not prepared"
    one = trained(12)[3]
    [same] = [result for result in found.results if result.index == 3]
    assert same.values == one.spec.candidates[0].architecture and same.metrics == one.status.metrics
    assert entry_of(first(), trained(12), START) == entry_of(first(), trained(12), START)


def test_data_that_were_prepared_are_described() -> None:
    search = first()
    search = replace(search, status=search.status.model_copy(update={"dataset": DATASET}))
    content = entry_of(search, trained(9), START)
    assert content and read_entry(content).features["examples"] > 0


def test_hyperparameters_are_decisions_by_the_names_of_the_spec() -> None:
    tuned = []
    for one in trained(9):
        candidate = one.spec.candidates[0].model_copy(update={"hyperparameters": {"learningRate": "0.15"}})
        tuned.append(replace(one, spec=one.spec.model_copy(update={"candidates": [candidate]})))
    content = entry_of(first(hyperparameters=[RATE]), tuned, START)
    assert content is not None
    found = read_entry(content)
    assert "learningRate" in found.decisions and found.results[0].values["learningRate"] == "0.15"


def test_what_no_search_could_use_leaves_none() -> None:
    assert entry_of(first(), trained(4), START) is None
    surrogate = {"surrogate": {"from": {"searches": ["other"]}}}
    assert entry_of(first(evaluation=surrogate), trained(20), START) is None, "these are predictions"
    failed = [replace(one, status=one.status.model_copy(update={"metrics": {}})) for one in trained(20)]
    assert entry_of(first(), failed, START) is None


def test_it_is_bounded_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = trained(400)
    best = max(one.status.metrics["val_accuracy"] for one in trials)
    whole = entry_of(first(), trials, START)
    assert whole is not None and len(read_entry(whole).results) == knowledge.MOST_RESULTS
    monkeypatch.setattr(knowledge, "ENTRY_LIMIT", 20_000)
    content = entry_of(first(), trials, START)
    assert content is not None and len(content) <= 20_000
    assert max(one.metrics["val_accuracy"] for one in read_entry(content).results) == best
    monkeypatch.setattr(knowledge, "ENTRY_LIMIT", 500)
    assert entry_of(first(), trials, START) is None
