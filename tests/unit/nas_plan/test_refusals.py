"""Candidates that break a constraint before they are trained, played out in memory."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World, search

from nas_client.search_state import trial_state
from nas_core.contract import CandidateResult, TrialResult
from nas_plan import search_standing as outcome
from nas_plan.snapshot import Collected


def world(**spec: Any) -> World:
    limits = {"constraints": [{"metric": "parameters", "max": 100}]}
    return World(search(**{"budget": {"maxTrials": 3, "parallelTrials": 1, "maxFailedTrials": 0}, **limits, **spec}))


def refuse(w: World, job: str, *places: int) -> None:
    """Let a Job complete whose candidates, or those in some places, were not trained."""
    w.succeed(job, parameters=50.0)
    result = w.results[job].result
    assert result is not None
    change: dict[str, Any] = {"outcome": "Refused", "reason": "ConstraintBroken", "metrics": {"parameters": 200.0}}
    if not result.candidates:
        w.results[job] = Collected(result.model_copy(update=change))
        return
    found = [one.model_copy(update=change if k in places else {}) for k, one in enumerate(result.candidates)]
    w.results[job] = Collected(result.model_copy(update={"candidates": found}))


def test_what_is_refused_costs_no_trial_and_is_no_failure() -> None:
    w = world()
    for index in range(6):
        w.step()
        job = f"s-{index:05d}-a1"
        refuse(w, job) if index % 2 else w.succeed(job, parameters=50.0)
        if index == 4:
            break
    w.step()
    counts = w.search.status.trials
    assert (counts.succeeded, counts.refused, counts.failed, counts.total) == (3, 2, 0, 5)
    assert w.search.status.progress == "3/3" and w.condition("Succeeded") == ("True", "BudgetSpent")
    trial = w.trials["s-00001"]
    assert trial_state(trial) == "Refused" and trial.status.sequence == 2
    assert trial.observations[0].metrics == {"parameters": 200.0}
    conditions = {c.type: (c.status, c.reason) for c in trial.status.conditions}
    assert conditions["Failed"] == conditions["Succeeded"] == ("False", "Refused")
    assert not w.step().create_trials


def test_of_several_candidates_each_is_counted_as_what_it_is() -> None:
    storage = {"bucket": "nas", "secretRef": {"name": "s"}}
    w = world(evaluation={"candidatesPerTrial": 3}, storage=storage, budget={"maxTrials": 3, "parallelTrials": 1})
    w.step()
    refuse(w, "s-00000-a1", 0, 2)
    w.step()
    counts = w.search.status.trials
    assert (counts.succeeded, counts.refused, counts.failed) == (1, 2, 0)
    assert [o.metrics is not None for o in w.trials["s-00000"].observations] == [True] * 3
    assert w.trials["s-00003"].size == 2
    w.succeed("s-00003-a1", parameters=50.0)
    result = TrialResult(
        outcome="Refused",
        candidates=[
            CandidateResult(id=one.id, outcome="Refused", metrics={"parameters": 200.0})
            for one in w.trials["s-00003"].spec.candidates
        ],
    )
    w.results["s-00003-a1"] = Collected(result)
    w.step()
    assert w.trials["s-00003"].refused and w.search.status.trials.refused == 4


@pytest.mark.parametrize("well", [0, 1])
def test_a_search_ends_when_nothing_keeps_its_constraints(well: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outcome, "LEAST_REFUSED", 5)
    monkeypatch.setattr(outcome, "REFUSED_PER_TRIAL", 1)
    w = world()
    w.step()
    for index in range(5 + well):
        job = f"s-{index:05d}-a1"
        w.succeed(job, parameters=50.0) if index < well else refuse(w, job)
        w.step()
    assert w.active() == []
    kind = "Succeeded" if well else "Failed"
    assert w.condition(kind) == ("True", "ConstraintsTooTight" if well else "NoTrialSucceeded")
    assert "loosen constraints" in w.condition_message(kind)
