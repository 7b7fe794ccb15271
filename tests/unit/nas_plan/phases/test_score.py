"""Searches that score before they train, played out in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World, meta, search

from nas_backend.trial_input import trial_input
from nas_core.api.trial import NASTrialStatus
from nas_core.contract import CandidateResult, TrialResult
from nas_core.records.conditions import find
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType
from nas_plan.look import scores
from nas_plan.phases import score as phase
from nas_plan.phases.score import draw_candidates, pack_missing
from nas_plan.preview import preview
from nas_plan.snapshot import Collected

PREFILTER = {"proxies": ["synflow", "params"], "candidates": 20, "keep": 4}


def world(**spec: Any) -> World:
    given = {
        "evaluation": {"prefilter": PREFILTER},
        "storage": {"bucket": "nas", "secretRef": {"name": "s"}},
        "budget": {"maxTrials": 6, "parallelTrials": 2},
    }
    return World(search(**{**given, **spec}))


def value(identity: str) -> float:
    return int(identity[:6], 16) / 1e6


def score(w: World, job: str, *failing: int) -> None:
    """Let a Job that scores complete; those in ``failing`` places could not be scored."""
    w.succeed(job)
    results = [
        CandidateResult(
            id=one.id,
            outcome="Failed" if place in failing else "Succeeded",
            reason="ProxyUnsuitable" if place in failing else "",
            metrics={} if place in failing else {"proxy_synflow": value(one.id), "proxy_params": 1.0, "flops": 7.0},
        )
        for place, one in enumerate(w.trials[w.jobs[job].trial].spec.candidates)
    ]
    w.results[job] = Collected(TrialResult(outcome="Succeeded", candidates=results))


def test_candidates_are_not_drawn_again_once_each_has_a_trial(monkeypatch: pytest.MonkeyPatch) -> None:
    w = world()
    w.step()
    monkeypatch.setattr(phase, "draw_candidates", lambda _: pytest.fail("this takes seconds"))
    w.step()
    assert "0 of 20 candidates have been scored" in progress(w)
    score(w, "s-s00000-a1")
    w.step()
    assert "10 of 20 candidates have been scored" in progress(w)
    monkeypatch.undo()
    w._delete("s-s00010")
    assert [trial.index for trial in w.step().create_trials] == [10], "what was deleted is missing"


def progress(w: World) -> str:
    condition = find(w.search.status.conditions, ConditionType.PROGRESSING)
    assert condition
    return condition.message


def trained(w: World) -> list[TrialView]:
    return [t for t in w.trials.values() if t.spec.work == "Train"]


def scored_world(**spec: Any) -> World:
    w = world(**spec)
    w.step()
    score(w, "s-s00000-a1")
    score(w, "s-s00010-a1")
    return w


def test_nothing_trains_before_all_is_scored_and_then_the_best_come_first() -> None:
    w = world()
    w.step()
    assert [(name, t.spec.work, t.size) for name, t in w.trials.items()] == [
        ("s-s00000", "Score", 10),
        ("s-s00010", "Score", 10),
    ]
    assert w.condition("Progressing") == ("True", "Scoring")
    score(w, "s-s00000-a1")
    w.step()
    assert not trained(w) and len(w.active()) == 1
    score(w, "s-s00010-a1", 3)
    w.step()
    left_out = w.trials["s-s00010"].spec.candidates[3].id
    best = sorted((c.id for c in draw_candidates(w.search.spec) if c.id != left_out), key=value, reverse=True)
    others = [t.spec.candidates[0] for t in trained(w)]
    assert all(one.id in best[4:] and one.origin == "Random" for one in others), "they judge the scores"
    assert w.search.status.trials.total == 2
    for index in range(6):
        w.succeed(f"s-{index:05d}-a1", value(trained(w)[index].spec.candidates[0].id) / 100)
        w.step()
    chosen = [t.spec.candidates[0] for t in trained(w)]
    assert [c.id for c in chosen if c.origin == "Score"] == best[:1]
    assert [c.origin for c in chosen] == [*["Random"] * 5, "Score"]
    assert [t.status.sequence for t in trained(w)] == [1, 2, 3, 4, 5, 6]
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "6/6"


@pytest.mark.parametrize("writes", range(1, 9))
@pytest.mark.parametrize("ordered", [False, True])
def test_killed_between_any_two_writes_it_ends_the_same(writes: int, ordered: bool) -> None:
    """The first looks, those that create packs and the one after the last score, are cut off after some writes."""
    strategy = {"random": {}, "seed": 1, "ordered": ordered}
    w = world(strategy=strategy)
    w.step(writes)
    w.step(writes)
    w.step()
    w.step()
    score(w, "s-s00000-a1")
    w.step(writes)
    w.step()
    score(w, "s-s00010-a1")
    w.step(writes)
    w.step()
    w.step()
    undisturbed = scored_world(strategy=strategy)
    undisturbed.step()
    assert [t.spec for t in w.trials.values()] == [t.spec for t in undisturbed.trials.values()]
    assert all(t.spec.basis == 0 for t in trained(w))


def test_what_a_trial_is_asked_for() -> None:
    w = scored_world(constraints=[{"metric": "parameters", "max": 5}])
    w.step()
    spec = w.search.spec
    assert spec is not None
    given = trial_input(w.search.meta, spec, w.trials["s-s00000"], 1)
    assert (given.work, given.proxies, given.constraints) == ("Score", ["synflow", "params"], [])
    train = trial_input(w.search.meta, spec, trained(w)[0], 1)
    assert (train.proxies, train.constraints) == ([], spec.constraints)


def test_packs_that_are_gone_are_made_again_until_the_first_trial_trains() -> None:
    w = scored_world()
    w.step(2)  # both records
    del w.trials["s-s00000"]
    del w.jobs["s-s00000-a1"]
    w.step()
    assert w.active() == ["s-s00000-a1"]
    score(w, "s-s00000-a1")
    w.step()
    assert len(trained(w)) == 2
    del w.trials["s-s00000"]
    w.step()
    assert "s-s00000" not in w.trials


def test_packs_fill_the_slots_and_their_inputs_fit() -> None:
    for name in ("nas-bench-201", "mobilenet"):
        spec = search(
            searchSpace={"name": name},
            storage={"bucket": "nas", "secretRef": {"name": "s"}},
            evaluation={"prefilter": PREFILTER | {"candidates": 700}},
            budget={"parallelTrials": 2},
        ).spec
        assert spec is not None
        packs = pack_missing(spec, ())
        assert sum(len(pack.candidates) for pack in packs) == 700
        assert len({c.id for pack in packs for c in pack.candidates}) == 700
        views = [TrialView(meta(f"p{k}"), pack, NASTrialStatus()) for k, pack in enumerate(packs)]
        inputs = [trial_input(meta("s"), spec, view, 1) for view in views]
        assert max(len(given.model_dump_json(by_alias=True, exclude_none=True)) for given in inputs) < 200_000
        assert pack_missing(spec, views) == []
        # Whatever the packs' sizes once were, what is left is what they do not hold.
        [rest] = pack_missing(spec, [view for view in views if view.spec.index])
        assert rest == packs[0]
        assert preview(spec).scored == 700


def test_a_search_none_of_whose_candidates_can_be_scored_says_so() -> None:
    w = world()
    w.step()
    for job in ("s-s00000-a1", "s-s00010-a1"):
        w.fail(job, 64, TrialResult(outcome="Failed", reason="ProxyUnsuitable", message="no rectifiers"))
    w.step()
    assert w.condition("Failed") == ("True", "ScoringFailed")
    assert not trained(w)
    for name in ("s-s00000", "s-s00010"):
        del w.trials[name], w.jobs[f"{name}-a1"]
    w.step()
    w.step()
    assert w.condition("Progressing") == ("True", "Scoring") and len(w.active()) == 2


def test_candidates_known_to_break_a_constraint_are_not_tried() -> None:
    w = scored_world(constraints=[{"metric": "flops", "max": 5}], searchSpace={"name": "nas-bench-201"})
    w.step()
    scored = {one.candidate.id for one in scores(w.trials.values())}
    assert trained(w) and not scored & {t.spec.candidates[0].id for t in trained(w)}


def test_a_suspended_search_stops_scoring_and_goes_on() -> None:
    w = world()
    w.step()
    w.respec(suspend=True)
    w.step()
    assert w.active() == [] and w.condition("Suspended")[0] == "True"
    w.respec(suspend=False)
    w.step()
    w.step()
    assert len(w.active()) == 2
    assert [a.outcome for a in w.trials["s-s00000"].status.attempts] == ["Suspended"]


def test_scoring_is_no_trial_that_fails() -> None:
    w = world(budget={"maxTrials": 6, "parallelTrials": 2, "maxFailedTrials": 0})
    w.step()
    w.fail("s-s00000-a1", 64, TrialResult(outcome="Failed", reason="ProxyUnsuitable", message="no rectifiers"))
    score(w, "s-s00010-a1")
    w.step()
    assert w.condition("Failed")[0] == "False" and len(trained(w)) == 2
    assert w.search.status.trials.failed == 0
    assert replace(w.trials["s-s00000"]).status.sequence == 1
