from __future__ import annotations

from datetime import timedelta

from tests.support.factories import START

from nas_core.records.conditions import MESSAGE_LIMIT, find, is_true, set_condition

LATER = START + timedelta(hours=1, microseconds=5)


def test_the_transition_time_moves_only_with_the_status() -> None:
    conditions = set_condition([], "Progressing", True, "Running", "", START)
    conditions = set_condition(conditions, "Progressing", True, "TrialsBlocked", "quota", LATER, 2)
    [same] = conditions
    assert (same.last_transition_time, same.reason, same.observed_generation) == (START, "TrialsBlocked", 2)
    [other] = set_condition(conditions, "Progressing", False, "Suspended", "", LATER)
    assert other.last_transition_time == LATER.replace(microsecond=0)


def test_order_is_kept_and_the_given_list_is_not_changed() -> None:
    first = set_condition([], "A", True, "X", "", START)
    both = set_condition(first, "B", "Unknown", "X", "", START)
    assert len(first) == 1
    assert [c.type for c in set_condition(both, "A", False, "Y", "", START)] == ["A", "B"]


def test_long_messages_are_cut() -> None:
    [condition] = set_condition([], "A", True, "X", "x" * 5000, START)
    assert len(condition.message) == MESSAGE_LIMIT and condition.message.endswith("…")


def test_looking_up() -> None:
    conditions = set_condition(set_condition([], "A", True, "X", "", START), "B", False, "X", "", START)
    assert find(conditions, "C") is None
    assert [is_true(conditions, kind) for kind in "ABC"] == [True, False, False]
