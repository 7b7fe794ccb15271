from __future__ import annotations

import pytest
from tests.support.factories import World
from tests.support.factories import search as a_search

from nas_core.states import Work
from nas_plan.proxy_reliability import reliability


@pytest.mark.parametrize(
    ("after", "holds", "reason"),
    [
        ([], "Unknown", "RanksUnclear"),
        ([1], "Unknown", "RanksUnclear"),
        ([1, 2, 3], "Unknown", "RanksUnclear"),
        ([1, 2, 3, 4], "Unknown", "RanksUnclear"),
        ([1, 2, 3, 4, 5, 6], "True", "RanksAgree"),
        ([1, 2, 4, 3, 5, 7, 6, 8], "True", "RanksAgree"),
        ([2, 1, 4, 6, 3, 5], "Unknown", "RanksUnclear"),
        ([6, 5, 4, 3, 2, 1], "False", "RanksDisagree"),
        ([3, 6, 1, 4, 2, 5], "Unknown", "RanksUnclear"),
        ([7, 3, 6, 2, 10, 8, 4, 9, 1, 5], "False", "RanksDisagree"),
        ([5, 5, 5, 5, 5, 5], "Unknown", "RanksUnclear"),
    ],
)
def test_only_what_is_known_is_said(after: list[int], holds: str, reason: str) -> None:
    found = reliability([(float(place), float(value)) for place, value in enumerate(after)])
    assert (found.holds, found.reason) == (holds, reason)


def test_the_message_has_the_numbers() -> None:
    found = reliability([(float(place), float(value)) for place, value in enumerate([1, 2, 4, 3, 5, 7, 6, 8])])
    assert found.message.startswith("of 8 architectures that were trained again: Kendall's tau 0.86 (95 % interval ")
    assert found.message.endswith("Spearman's rho 0.95")


def test_a_search_says_it_as_soon_as_the_first_is_trained_again() -> None:
    w = World(a_search(budget={"maxTrials": 6, "parallelTrials": 6}, retrain={"top": 6, "epochs": 20}))
    told = []
    for _ in range(20):
        told += [event.reason for event in w.step().events]
        for job in w.active():
            trial = w.trials[w.jobs[job].trial]
            # The better in the search, the worse in full.
            sign = -1 if trial.spec.work == Work.RETRAIN else 1
            w.succeed(job, 0.5 + sign * trial.spec.index / 100)
        if any(c.type == "Succeeded" and c.status == "True" for c in w.search.status.conditions):
            break
    told += [event.reason for event in w.step().events]
    assert told.count("RanksDisagree") == 1
    assert w.condition("Succeeded")[0] == "True"
    assert w.condition("ProxyReliable") == ("False", "RanksDisagree")


def test_without_retraining_nothing_is_said() -> None:
    w = World(a_search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.succeed("s-00000-a1")
    w.step()
    assert not any(c.type == "ProxyReliable" for c in w.search.status.conditions)
