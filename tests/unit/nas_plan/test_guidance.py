"""Searches whose guidance is changed while they run, played out in memory."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import World
from tests.unit.nas_plan.test_decide import finish, world
from tests.unit.nas_plan.test_replay import EVOLUTION, differences, record_of

from nas_core.api.guidance import Guidance

NO_NONE = {"decisions": [{"name": "*", "forbid": ["none"]}]}
INJECTED = "|none~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|nor_conv_1x1~1|nor_conv_3x3~2|"
SIX: dict[str, Any] = {
    "decisions": [{"name": "depth", "choice": ["1", "2", "3"]}, {"name": "op", "choice": ["a", "b"]}]
}


def guide(w: World, guidance: dict[str, Any] | None) -> None:
    """Change the guidance, as somebody who edits the search does."""
    told = None if guidance is None else Guidance.model_validate(guidance)
    spec = w.search.spec.model_copy(update={"guidance": told})
    w.search = replace(w.search, spec=spec, generation=w.search.generation + 1)


def operations(w: World, first: int) -> set[str]:
    chosen = (one for trial in w.trials.values() if trial.spec.index >= first for one in trial.spec.candidates)
    return {operation for one in chosen for operation in one.architecture.values()}


@pytest.mark.parametrize(
    "spec",
    [
        {"strategy": EVOLUTION},
        {"strategy": {**EVOLUTION, "ordered": True}},
        {"strategy": EVOLUTION, "evaluation": {"candidatesPerTrial": 3}, "storage": {"bucket": "nas"}},
        {"strategy": {**EVOLUTION, "rungs": {"asha": {}}}, "evaluation": {"epochs": 9}, "storage": {"bucket": "nas"}},
        {"strategy": {"bayesian": {}}},
    ],
    ids=["free", "ordered", "packed", "rungs", "bayesian"],
)
def test_guidance_holds_from_the_next_candidate_and_every_decision_is_repeated(spec: dict[str, Any]) -> None:
    w = world(budget={"maxTrials": 30, "parallelTrials": 3}, **spec)

    def go_on(until: int) -> int:
        for _ in range(200):
            w.step()
            total = max(trial.next_index for trial in w.trials.values())
            if total >= until or not w.active():
                return total
            w.succeed(w.active()[0], float(total % 7) / 7)
        raise AssertionError("the search does not go on")

    first = go_on(9)
    guide(w, NO_NONE)
    second = go_on(18)
    assert "none" not in operations(w, first)
    guide(w, NO_NONE | {"inject": [INJECTED.replace("none", "skip_connect")]})
    third = go_on(24)
    held = {trial.spec.index: trial.spec.guidance for trial in w.trials.values() if not trial.spec.continues}
    assert {guidance and guidance.generation for index, guidance in held.items() if index < first} == {None}
    assert {guidance and guidance.generation for index, guidance in held.items() if first <= index < second} == {2}
    candidates = [one for trial in w.trials.values() for one in trial.spec.candidates if not trial.spec.continues]
    assert [one.text for one in candidates if one.origin == "Injected"] == [INJECTED.replace("none", "skip_connect")]
    assert "none" not in operations(w, first)
    guide(w, None)
    go_on(30)
    assert third < 30 and differences(record_of(w)) == []


@pytest.mark.parametrize(
    ("guidance", "words"),
    [
        ({"decisions": [{"name": "0-9", "forbid": ["none"]}]}, ["'0-9' is no decision of nas-bench-201", "2-3"]),
        ({"decisions": [{"name": "0-1", "forbid": ["sep_conv"]}]}, ["'sep_conv' is no value: 0-1 is one of none, "]),
        (
            {"decisions": [{"name": "*", "forbid": ["none"]}, {"name": "0-?", "require": ["none"]}]},
            ["no value is left of 0-1", "* forbid none; 0-? require none; loosen one of them"],
        ),
        ({"inject": ["|none~0|"]}, ["spec.guidance.inject[0]: ", "write it as in status.best"]),
        (NO_NONE | {"inject": [INJECTED]}, ["inject[0]: 0-1=none is not among what", "leave; change either"]),
        ({"decisions": [{"name": "0-1", "max": 3}]}, ["0-1 has no range", "use forbid or require"]),
    ],
)
def test_what_cannot_be_kept_is_refused_and_what_runs_goes_on(guidance: dict[str, Any], words: list[str]) -> None:
    w = world()
    w.step()
    guide(w, guidance)
    w.succeed("s-00000-a1")
    actions = w.step()
    assert [r.trial.meta.name for r in actions.records] == ["s-00000"] and not actions.stop_jobs
    assert w.active() == ["s-00001-a1"] and len(w.trials) == 2
    assert w.condition("Accepted") == ("False", "GuidanceImpossible")
    assert w.condition("Progressing")[1] == "GuidanceImpossible" and w.condition("Stalled")[0] == "True"
    [event] = [event for event in actions.events if event.reason == "GuidanceImpossible"]
    assert event.kind == "Warning" and all(word in event.message for word in words), event.message
    w.succeed("s-00001-a1")
    w.step()
    assert w.step().events == () and len(w.trials) == 2, "nothing is lost, and nothing is new"
    guide(w, NO_NONE)
    w.step()
    assert w.condition("Accepted")[0] == "True" and len(w.trials) == 4
    assert "none" not in operations(w, 2)


def test_a_new_search_with_guidance_that_cannot_be_kept_begins_when_it_is_corrected() -> None:
    w = world(guidance={"decisions": [{"name": "0-1", "forbid": ["sep_conv"]}]})
    w.step()
    assert not w.trials and w.condition("Accepted") == ("False", "GuidanceImpossible")
    guide(w, None)
    w.step()
    assert len(w.trials) == 2


def test_guidance_that_leaves_nothing_new_ends_the_search_until_it_is_loosened() -> None:
    w = world(searchSpace=SIX, budget={"maxTrials": 6, "parallelTrials": 1})
    w.step()
    w.succeed("s-00000-a1")
    guide(w, {"decisions": [{"name": "depth", "max": 2}, {"name": "op", "require": ["a"]}]})
    finish(w)
    assert w.condition("Succeeded") == ("True", "SpaceExhausted") and len(w.trials) in (2, 3)
    [ended] = [one for one in w.search.status.conditions if one.type == "Succeeded"]
    assert (
        ended.message
        == "every architecture that spec.guidance leaves has been tried; loosen it, and the search goes on"
    )
    guide(w, None)
    finish(w)
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and len(w.trials) == 6


def test_a_search_that_has_ended_or_is_suspended_is_not_refused() -> None:
    impossible = {"decisions": [{"name": "depth", "forbid": ["1"]}]}
    w = finish(world(retrain={"top": 1, "epochs": 2}))
    guide(w, impossible)
    w.step()
    assert w.condition("Accepted")[0] == "True" and w.condition("Succeeded")[0] == "True"
    w = world(suspend=True, guidance=impossible)
    w.step()
    assert w.condition("Progressing")[1] == "Suspended"


def test_targets_share_what_is_injected() -> None:
    targets = [{"name": name, "constraints": [{"metric": "flops", "max": 10}]} for name in ("mcu", "phone")]
    w = world(targets=targets, guidance={"inject": [INJECTED]}, budget={"maxTrials": 3, "parallelTrials": 2})
    w.step()
    [injected, other] = [trial.spec.candidates[0] for trial in w.trials.values()]
    assert (injected.origin, injected.target, other.target) == ("Injected", "mcu", "phone")
