from __future__ import annotations

import pytest
from tests.support.factories import START, World, search

from nas_core.reasons import SearchReason
from nas_core.records.conditions import set_condition
from nas_plan.kstatus import summed_up, with_three

KINDS = ("Ready", "Reconciling", "Stalled")


def holds(w: World) -> tuple[str, str]:
    """Return the one of the three that holds, and its reason."""
    [kind] = [kind for kind in KINDS if w.condition(kind)[0] == "True"]
    assert {w.condition(other)[0] for other in KINDS} == {"True", "False"}
    return kind, w.condition(kind)[1]


def test_it_follows_a_search_to_its_good_end() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    assert holds(w) == ("Reconciling", "Running")
    w.respec(suspend=True)
    w.step()
    w.step()
    assert holds(w) == ("Reconciling", "Suspended")
    w.respec(suspend=None)
    w.step()
    w.succeed("s-00000-a2")
    w.step()
    assert holds(w) == ("Ready", "BudgetSpent") and w.condition("Progressing") == ("False", "Succeeded")
    w.respec(budget={"maxTrials": 2, "parallelTrials": 1})
    w.step()
    assert holds(w) == ("Reconciling", "Running")


def test_it_follows_a_search_to_its_bad_end() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.fail("s-00000-a1", 64, reason="PodFailurePolicy")
    w.step()
    assert holds(w) == ("Stalled", "NoTrialSucceeded")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (SearchReason.INVALID_SPEC, "Stalled"),
        (SearchReason.SEARCH_SPACE_INVALID, "Stalled"),
        (SearchReason.SEARCH_SPACE_NOT_FOUND, "Reconciling"),
    ],
)
def test_what_may_come_by_itself_is_waited_for(reason: SearchReason, kind: str) -> None:
    conditions = set_condition((), "Accepted", False, reason, "why", START)
    conditions = summed_up(set_condition(conditions, "Progressing", False, reason, "why", START), START, 3)
    [held] = [c for c in conditions if c.type in KINDS and c.status == "True"]
    assert (held.type, held.reason, held.message, held.observed_generation) == (kind, reason, "why", 3)


@pytest.mark.parametrize(
    ("ready", "stalled", "held"),
    [(False, False, "Reconciling"), (True, False, "Ready"), (False, True, "Stalled")],
)
def test_one_of_the_three_holds_and_all_say_why(ready: bool, stalled: bool, held: str) -> None:
    found = with_three([], ready, stalled, "Why", "because", START, 3)
    assert [c.type for c in found] == list(KINDS) and [c.type for c in found if c.status == "True"] == [held]
    assert {(c.reason, c.message, c.observed_generation) for c in found} == {("Why", "because", 3)}
