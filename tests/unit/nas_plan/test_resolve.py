from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, meta, raw_space, resolved, search

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.space import SearchSpaceSpec
from nas_core.records.search import ReadableSearch, UnreadableSearch
from nas_core.records.space import SpaceView
from nas_plan.resolve import resolve

SHARED = SpaceView.of(raw_space(decisions=[{"name": "layers", "integer": {"min": 1, "max": 3}}]))


def referring(**spec: Any) -> ReadableSearch:
    return search(searchSpace={"ref": {"name": "shared"}}, **spec)


def test_a_space_that_is_described_is_left_as_it_is() -> None:
    given = search(searchSpace={"name": "tiny"})
    assert resolved(given).spec.search_space == given.spec.search_space


def test_a_shared_space_is_taken_over_when_the_search_begins() -> None:
    w = World(resolved(referring(), SHARED))
    w.step()
    assert {name for t in w.trials.values() for name in t.spec.candidates[0].architecture} == {"layers"}
    assert w.search.status.search_space == SHARED.spec
    again = resolved(replace(referring(), status=w.search.status), None)
    assert again.spec.search_space.described == SHARED.spec, "it may be deleted then"


@pytest.mark.parametrize(
    ("space", "reason", "words"),
    [
        (None, "SearchSpaceNotFound", "no NASSearchSpace 'shared' in this namespace; create it"),
        (
            replace(SHARED, meta=replace(meta("shared"), deleted_at=World(search()).now)),
            "SearchSpaceNotFound",
            "create",
        ),
        (
            SpaceView.of(raw_space(decisions=[{"name": "a"}])),
            "SearchSpaceInvalid",
            "'shared' cannot be used: spec.decisions.0: set exactly one of choice",
        ),
        (SpaceView.of(raw_space(width="x")), "SearchSpaceInvalid", "spec.width: Input should be a valid integer"),
    ],
)
def test_a_space_that_cannot_be_used_is_told_and_nothing_runs(space: SpaceView | None, reason: str, words: str) -> None:
    w = World(resolved(referring(), space))
    actions = w.step()
    assert w.condition("Accepted") == ("False", reason)
    assert any(words in event.message for event in actions.events)
    assert not w.trials


def test_decisions_that_do_not_fit_together_are_told() -> None:
    found = resolve(search(hyperparameters=[{"name": "schedule", "choice": ["step", "step"]}]), None)
    assert isinstance(found, UnreadableSearch) and "'schedule': give at least one option, each once" in found.error


def test_hyperparameters_join_a_shared_space() -> None:
    found = resolved(referring(hyperparameters=[{"name": "schedule", "choice": ["step", "cosine"]}]), SHARED)
    assert isinstance(found.spec.search_space, SearchSpaceSpec)


def unnamed(strategy: dict[str, Any] | None = None, **spec: Any) -> ReadableSearch:
    return search(strategy={"seed": 3, **(strategy or {})}, **spec)


def test_a_search_that_names_no_strategy_gets_one_and_is_told_why() -> None:
    w = World(resolved(unnamed(), None))
    actions = w.step()
    assert w.search.spec.strategy.bayesian and w.search.spec.strategy.seed == 3
    plan = w.search.status.plan
    assert plan and plan.strategy == "bayesian" and "fewest candidates" in (plan.strategy_reason or "")
    assert any("by bayesian (it needs the fewest candidates" in event.message for event in actions.events)


@pytest.mark.parametrize("extra", [{}, {"strategy": {"rungs": {}}, "storage": {"bucket": "nas"}}])
def test_what_was_chosen_stays_when_the_budget_changes(extra: dict[str, Any]) -> None:
    w = World(resolved(unnamed(**extra), None))
    w.step()
    raised = replace(unnamed(**extra, budget={"maxTrials": 50_000}), status=w.search.status, generation=9)
    again = resolved(raised, None)
    assert again.spec.strategy.bayesian, "replay depends on it"
    assert again.strategy_reason == w.search.status.plan.strategy_reason  # type: ignore[union-attr]
    fresh = resolved(unnamed(budget={"maxTrials": 50_000}), None)
    assert fresh.spec.strategy.grid, "this space has fewer architectures"


def test_until_it_begins_a_search_takes_the_space_and_the_strategy_anew() -> None:
    early = NASSearchStatus(search_space=SearchSpaceSpec(name="tiny"))
    found = resolved(replace(referring(), status=early), SHARED)
    assert found.spec.search_space.described == SHARED.spec
    begun = early.model_copy(update={"first_trial_time": World(search()).now})
    assert resolved(replace(referring(), status=begun), SHARED).spec.search_space.described == early.search_space
