"""Searches with several targets, played out in memory."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.records.search import UnreadableSearch
from nas_core.records.trial import TrialView
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_plan.preview import preview
from nas_plan.replay import Record
from nas_plan.resolve import resolve

SPACE = NasBench201()
PHONE = {"name": "phone", "constraints": [{"metric": "cost", "max": "0.6"}]}
MCU = {"name": "mcu", "constraints": [{"metric": "cost", "max": "0.3"}]}
WATCH = {"name": "watch", "constraints": [{"metric": "cost", "min": "0.5", "max": "0.7"}]}
BOTH = [PHONE, MCU]
OWN = {"image": "mine:1"}
"""A trainer that reports `cost`."""


def world(**spec: Any) -> World:
    given: dict[str, Any] = {
        "searchSpace": {"name": "nas-bench-201"},
        "budget": {"maxTrials": 6, "parallelTrials": 2},
        "targets": BOTH,
        "trialTemplate": OWN,
    }
    return World(search(**{**given, **spec}))


def cost(identity: str) -> float:
    return int(identity[:4], 16) / 0x10000


def quality(identity: str) -> float:
    """Costly ones are better, but for some noise."""
    return cost(identity) + int(identity[4:6], 16) / 0x1000


def end_all(w: World) -> None:
    w.step()
    for _ in range(40):
        for job in w.active():
            identity = w.trials[w.jobs[job].trial].spec.candidates[0].id
            w.succeed(job, quality(identity), cost=cost(identity))
        w.step()


def searched(w: World) -> list[TrialView]:
    return sorted((t for t in w.trials.values() if t.spec.work == "Train"), key=lambda t: t.spec.index)


def targets_of(w: World) -> list[str | None]:
    return [t.spec.candidates[0].target for t in searched(w)]


def best_within(w: World, most: float) -> str:
    ids = [t.spec.candidates[0].id for t in searched(w)]
    return max((identity for identity in ids if cost(identity) <= most), key=quality)


def test_targets_take_turns_and_each_has_the_whole_budget() -> None:
    w = world()
    end_all(w)
    assert targets_of(w) == ["phone", "mcu"] * 6
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "12/12"
    assert w.condition_message("Succeeded").startswith("all 12 trials have ended")
    assert preview(w.search.spec).candidates == 12


def test_each_has_its_best_of_all_results() -> None:
    w = world()
    end_all(w)
    phone, mcu = w.search.status.targets
    assert (phone.name, mcu.name, phone.candidates, mcu.candidates) == ("phone", "mcu", 6, 6)
    assert [entry.id for entry in phone.best] == [best_within(w, 0.6)]
    assert [entry.id for entry in mcu.best] == [best_within(w, 0.3)]
    assert mcu.best_value == f"{quality(mcu.best[0].id):.6g}"
    # Of all targets together none has a limit.
    assert [entry.id for entry in w.search.status.best] == [best_within(w, 1)]


def test_a_new_best_is_told_by_target() -> None:
    w = world(budget={"maxTrials": 1, "parallelTrials": 1})
    w.step()
    w.succeed("s-00000-a1", 0.5, cost=0.5)
    events = w.step().events
    assert [e.message.partition(" with")[0] for e in events if e.reason == "NewBest"] == [
        "trial s-00000 for phone: 0.5"
    ]


def test_a_target_that_is_added_to_a_search_that_has_ended_lets_it_go_on() -> None:
    w = world()
    end_all(w)
    before = {t.spec.candidates[0].id for t in searched(w)}
    w.respec(targets=[*BOTH, WATCH])
    w.step()
    assert w.condition("Succeeded")[0] == "False" and w.search.status.progress == "12/18"
    # What is known already counts at once.
    watch = w.search.status.targets[2]
    within = [identity for identity in before if 0.5 <= cost(identity) <= 0.7]
    assert [entry.id for entry in watch.best] == [max(within, key=quality)]
    end_all(w)
    assert targets_of(w)[12:] == ["watch"] * 6
    assert w.condition("Succeeded") == ("True", "BudgetSpent") and w.search.status.progress == "18/18"
    record = Record.of(w.search, list(w.trials.values()))
    assert list(record.ask_again(range(18))) == [None] * 18


def test_targets_of_a_search_that_began_without_any_and_of_one_that_has_lost_one() -> None:
    w = world(targets=[])
    end_all(w)
    assert targets_of(w) == [None] * 6 and w.search.status.targets == []
    w.respec(targets=[MCU])
    end_all(w)
    assert targets_of(w)[6:] == ["mcu"] * 6 and w.search.status.progress == "12/12"
    w.respec(targets=[PHONE])
    end_all(w)
    assert targets_of(w)[12:] == ["phone"] * 6
    assert [one.name for one in w.search.status.targets] == ["phone"]
    record = Record.of(w.search, list(w.trials.values()))
    assert list(record.ask_again(range(18))) == [None] * 18


@pytest.mark.parametrize("strategy", ["bayesian", "regularizedEvolution", "localSearch", "random"])
@pytest.mark.parametrize("ordered", [False, True])
def test_decisions_for_targets_are_replayed(strategy: str, ordered: bool) -> None:
    w = world(strategy={strategy: {}, "seed": 3, "ordered": ordered}, budget={"maxTrials": 8, "parallelTrials": 3})
    end_all(w)
    record = Record.of(w.search, list(w.trials.values()))
    assert len(record.decisions) == 16 and list(record.ask_again(range(16))) == [None] * 16


def test_the_best_of_each_are_trained_again_and_one_of_several_once() -> None:
    w = world(
        targets=[PHONE, MCU, {"name": "twin", "constraints": MCU["constraints"]}], retrain={"top": 2, "epochs": 9}
    )
    end_all(w)
    phone, mcu, twin = w.search.status.targets
    assert len(phone.retrained) == len(mcu.retrained) == 2
    assert [entry.id for entry in mcu.retrained] == [entry.id for entry in twin.retrained]
    assert all(cost(entry.id) <= 0.3 for entry in mcu.retrained)
    again = [t.spec.candidates[0].id for t in w.trials.values() if t.spec.work == "Retrain"]
    assert len(again) == len(set(again)) and set(again) == {e.id for one in (phone, mcu) for e in one.retrained}
    assert mcu.retrained[0].id == best_within(w, 0.3)
    assert {entry.id for entry in w.search.status.retrained} == set(again)


def test_a_good_enough_value_has_to_be_reached_within_the_limits_of_each() -> None:
    w = world(objectives=[{"metric": "val_accuracy", "target": "0.25"}], budget={"maxTrials": 30, "parallelTrials": 1})
    end_all(w)
    assert w.condition("Succeeded") == ("True", "TargetReached")
    assert "within the limits of all 2 targets" in w.condition_message("Succeeded")
    assert all(quality(one.best[0].id) >= 0.25 for one in w.search.status.targets)


def test_failures_that_are_tried_again_stay_with_their_target() -> None:
    w = world(budget={"maxTrials": 2, "parallelTrials": 1})
    w.step()
    w.fail("s-00000-a1", 64)
    w.step()
    w.respec(retry=[0])
    end_all(w)
    [again] = [t for t in searched(w) if t.spec.candidates[0].origin == "Retry"]
    assert again.spec.candidates[0].target == "phone" and len(searched(w)) == 5
    assert w.search.status.progress == "4/4"


def test_a_result_without_a_metric_of_a_target_is_a_failure() -> None:
    w = world()
    w.step()
    w.succeed("s-00000-a1", 0.5)
    w.step()
    failed = next(c for c in w.trials["s-00000"].status.conditions if c.type == "Failed")
    assert failed.status == "True" and "no 'cost', which targets name" in failed.message


def test_more_metrics_than_are_kept_of_a_candidate_are_refused() -> None:
    many = [{"name": f"t{k}", "constraints": [{"metric": f"m{k}_{i}", "max": 1} for i in range(8)]} for k in range(2)]
    found = resolve(search(targets=many, searchSpace={"name": "nas-bench-201"}, trialTemplate=OWN), None)
    assert isinstance(found, UnreadableSearch) and "name 17 different metrics" in found.error


def test_without_targets_nothing_is_said_of_them() -> None:
    w = world(targets=[])
    w.step()
    assert w.search.status.targets == []
    assert "target" not in str(w.trials["s-00000"].spec.to_dict())
