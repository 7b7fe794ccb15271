"""What a look has changed in an object's conditions: Events tell it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nas_core.api.base import Condition
from nas_core.records.conditions import find, is_true
from nas_core.states import ConditionType


@dataclass(frozen=True)
class Change:
    """The conditions of an object before and after a look."""

    old: Sequence[Condition]
    new: Sequence[Condition]

    def begins(self, kind: ConditionType) -> Condition | None:
        """Return a condition that holds now and did not before."""
        return find(self.new, kind) if is_true(self.new, kind) and not is_true(self.old, kind) else None

    def fails(self, kind: ConditionType) -> Condition | None:
        """Return a condition that does not hold now."""
        condition = find(self.new, kind)
        return condition if condition and condition.status == "False" else None

    def has_another_reason(self, kind: ConditionType) -> bool:
        """Whether a condition's reason was another one before, or there was none."""
        before, after = find(self.old, kind), find(self.new, kind)
        return after is not None and (before is None or before.reason != after.reason)

    def has_another_message(self, kind: ConditionType) -> bool:
        """Whether a condition's message was another one before, or there was none."""
        before, after = find(self.old, kind), find(self.new, kind)
        return after is not None and (before is None or before.message != after.message)
