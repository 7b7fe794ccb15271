from __future__ import annotations

from tests.support.factories import START

from nas_core.records.conditions import set_condition
from nas_core.states import ConditionType
from nas_plan.change import Change

READY = ConditionType.READY
BEFORE = set_condition([], READY, False, "Exporting", "a", START)


def test_a_condition_begins_once() -> None:
    holds = set_condition(BEFORE, READY, True, "Exported", "", START)
    assert Change(BEFORE, holds).begins(READY) and Change([], holds).begins(READY)
    assert not Change(holds, holds).begins(READY) and not Change(BEFORE, BEFORE).begins(READY)


def test_only_one_that_is_false_fails() -> None:
    assert Change([], BEFORE).fails(READY)
    assert not Change(BEFORE, set_condition([], READY, "Unknown", "r", "", START)).fails(READY)
    assert not Change(BEFORE, []).fails(READY)


def test_reason_and_message_are_compared_alone() -> None:
    another = set_condition(BEFORE, READY, False, "Exporting", "b", START)
    assert not Change(BEFORE, another).has_another_reason(READY) and Change(BEFORE, another).has_another_message(READY)
    assert Change([], BEFORE).has_another_reason(READY) and Change([], BEFORE).has_another_message(READY)
    assert not Change(BEFORE, []).has_another_reason(READY) and not Change(BEFORE, []).has_another_message(READY)
