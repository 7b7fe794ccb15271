"""Results of earlier searches: which can be used, what is copied of them, and that nothing depends on them later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from tests.support.factories import START, World, meta, search

from nas_core.api.base import Condition
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import NASTrialSpec, NASTrialStatus
from nas_core.records.search import ReadableSearch, SearchView, UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_plan import copied_results
from nas_plan.earlier import Source, unread
from nas_plan.replay import Record
from nas_plan.resolve import resolve
from nas_search.strategy import candidate_of

SPACE = NasBench201()
SPEC: dict[str, Any] = {
    "searchSpace": {"name": "nas-bench-201"},
    "strategy": {"random": {}, "seed": 1},
    "budget": {"maxTrials": 12, "parallelTrials": 1},
}
LEARNING = {"evaluation": {"prefilter": {"predictor": {"after": 8, "from": {"searches": ["first"]}}}}}


def worth(architecture: Mapping[str, str]) -> float:
    """More convolutions are better."""
    return sum(op.startswith("nor") for op in architecture.values()) / 10


def trained(count: int, better: int = 1, metric: str = "val_accuracy") -> tuple[TrialView, ...]:
    """Return the trials of an earlier search."""
    rng, done = np.random.default_rng(3), []
    succeeded = Condition(type="Succeeded", status="True", reason="Completed", last_transition_time=START)
    for index in range(count):
        candidate = candidate_of(SPACE, SPACE.sample(rng), "Random", parents=[0])
        spec = NASTrialSpec(index=index, basis=0, candidates=[candidate], seed=1)
        metrics = {metric: better * worth(candidate.architecture) + rng.random() / 50, "parameters": float(index)}
        status = NASTrialStatus(conditions=[succeeded], sequence=index + 1, metrics=metrics)
        done.append(TrialView(meta(f"first-{index:05d}", "uid-first"), spec, status))
    return tuple(done)


def first(ended: bool = True, **spec: Any) -> ReadableSearch:
    status = NASSearchStatus(first_trial_time=START, completion_time=START + timedelta(hours=1) if ended else None)
    return replace(search(status, **{**SPEC, **spec}), meta=replace(meta("first"), uid="uid-first"))


def second(**spec: Any) -> ReadableSearch:
    return search(**{**SPEC, **LEARNING, **spec})


def read(sources: Mapping[str, Source], **spec: Any) -> SearchView:
    return resolve(second(**spec), None, earlier=sources)


def world(sources: Mapping[str, Source], **spec: Any) -> World:
    found = read(sources, **spec)
    assert isinstance(found, ReadableSearch)
    return World(found)


def run(w: World, most: int = 60) -> None:
    """Play a search out whose candidates are worth what `worth` says."""
    for _ in range(most):
        w.step()
        for job in w.active():
            w.succeed(job, worth(w.trials[w.jobs[job].trial].spec.candidates[0].architecture))


UNUSABLE = [
    ((None, ()), "EarlierResultsNotFound", "there is no NASSearch 'first' in this namespace"),
    ((first(ended=False), trained(9)), "EarlierResultsNotFound", "has not ended yet; this search begins when"),
    (
        (first(objectives=[{"metric": "val_loss", "goal": "minimize"}]), trained(9)),
        "EarlierResultsUnusable",
        "does not optimise val_accuracy",
    ),
]
"""What no search learns from, whatever the way: source, reason and words."""


def check_told(found: SearchView, field: str, reason: str, words: str) -> None:
    """Check that a search is refused for what its field names."""
    assert isinstance(found, UnreadableSearch)
    assert found.reason == reason and words in found.error
    assert found.error.startswith(f"spec.{field}.searches: ")


@pytest.mark.parametrize(
    ("source", "reason", "words"),
    [
        *UNUSABLE,
        ((first().unreadable("spec.task: odd"), ()), "EarlierResultsUnusable", "cannot be read: spec.task: odd"),
        ((first(), trained(4)), "EarlierResultsUnusable", "has 4 results with a value of every objective, and 5"),
        ((first(searchSpace={"name": "nasnet"}), trained(9)), "EarlierResultsUnusable", "is of another space"),
        (
            (first(hyperparameters=[{"name": "learningRate", "real": {"min": "0.1", "max": "0.2"}}]), trained(9)),
            "EarlierResultsUnusable",
            "has other spec.hyperparameters",
        ),
    ],
)
def test_what_cannot_be_used_is_told(source: Source, reason: str, words: str) -> None:
    check_told(read({"first": source}), "evaluation.prefilter.predictor.from", reason, words)


def test_a_search_does_not_learn_from_itself() -> None:
    itself = {"prefilter": {"predictor": {"from": {"searches": ["s"]}}}}
    found = read({"s": (first(), trained(9))}, evaluation=itself)
    assert isinstance(found, UnreadableSearch) and "is this search itself" in found.error


def test_until_the_data_are_prepared_only_the_names_are_checked() -> None:
    own = {"dataset": {"uri": "s3://nas/d.csv"}, "type": "tabular-classification"}
    given = {"task": own, "storage": {"bucket": "nas", "secretRef": {"name": "s"}}, "searchSpace": {"name": "tabular"}}
    found = read({"first": (first(), trained(9))}, **given)
    assert isinstance(found, ReadableSearch) and found.earlier == ()
    assert isinstance(read({"first": (None, ())}, **given), UnreadableSearch)


def test_results_are_copied_once_and_a_change_or_deletion_of_the_earlier_search_changes_nothing() -> None:
    w = world({"first": (first(), trained(40))})
    w.step()
    kept = w.trials["s-earlier-0"]
    assert list(w.trials) == ["s-earlier-0"] and not w.jobs, "no candidate before what is learned from is there"
    assert kept.spec.source == "first" and len(kept.spec.known) == kept.size == len(
        {c.id for c in kept.spec.candidates}
    )
    assert all(not one.parents and one.text is None for one in kept.spec.candidates)
    assert w.search.status.first_trial_time is None, "the spec may still be corrected"
    assert unread(w.search, list(w.trials.values())) == []
    # The first search is gone, and what was read of it too.
    w.search = replace(w.search, earlier=())
    run(w)
    assert w.trials["s-earlier-0"].succeeded and w.trials["s-earlier-0"].spec == kept.spec
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.trials.total == 12
    assert w.condition("SurrogateReliable") == ("True", "SurrogateRanks")
    assert "; first: " in w.condition_message("SurrogateReliable")
    found = Record.of(w.search, list(w.trials.values()))
    assert list(found.ask_again(range(12))) == [None] * 12
    assert list(replace(found, earlier=()).ask_again(range(1))) != [None], "the first candidate is chosen by them"


def test_from_the_first_candidate_on_it_chooses_better_ones() -> None:
    plain, learning = World(search(**SPEC)), world({"first": (first(), trained(60))})
    for w in (plain, learning):
        run(w)
    values = [
        np.mean([t.status.metrics["val_accuracy"] for t in w.trials.values() if t.compared]) for w in (plain, learning)
    ]
    assert values[1] > values[0] + 0.1


def test_an_earlier_search_that_results_contradict_is_dropped() -> None:
    w = world({"first": (first(), trained(60, better=-1))}, budget={"maxTrials": 20, "parallelTrials": 1})
    run(w, 90)
    assert "first: " in w.condition_message("SurrogateReliable")
    assert "dropped as these contradict it" in w.condition_message("SurrogateReliable")


def test_killed_between_any_two_writes_the_same_is_on_record() -> None:
    sources: dict[str, Source] = {"first": (first(), trained(9)), "other": (first(), trained(12))}
    both = {"prefilter": {"predictor": {"from": {"searches": ["first", "other"]}}}}
    w = world(sources, evaluation=both)
    w.step(writes=1)
    assert list(w.trials) == ["s-earlier-0"]
    missing = unread(w.search, list(w.trials.values()))
    assert missing == ["other"]
    w.search = resolve(second(evaluation=both), None, earlier={name: sources[name] for name in missing})  # type: ignore[assignment]
    w.step()
    assert [w.trials[name].spec.source for name in ("s-earlier-0", "s-earlier-1")] == ["first", "other"]
    w.step(writes=1)
    w.search = replace(w.search, earlier=())
    w.step()
    assert "s-00000" in w.trials


def test_a_spec_that_is_corrected_before_the_first_candidate_reads_again() -> None:
    w = world({"first": (first(), trained(9))})
    w.step()
    w.respec(evaluation={"prefilter": {"predictor": {"from": {"searches": ["other"]}}}})
    assert unread(w.search, list(w.trials.values())) == ["other"]


def test_what_is_copied_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    many: Sequence[TrialView] = trained(400)
    found = read({"first": (first(), many)})
    assert isinstance(found, ReadableSearch)
    [rows] = found.earlier
    distinct = {t.spec.candidates[0].id: t.status.metrics["val_accuracy"] for t in many}
    assert len(rows.results) == copied_results.MOST < len(distinct)
    assert max(r.metrics["val_accuracy"] for r in rows.results) == max(distinct.values()), "the best are among them"
    monkeypatch.setattr(copied_results, "MOST_BYTES", 10_000)
    found = read({"first": (first(), many)})
    assert isinstance(found, ReadableSearch) and 10 < len(found.earlier[0].results) < 64
