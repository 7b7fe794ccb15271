"""Conditions: changed in place in a list, with the transition time kept while the status stays the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from nas_core.api.base import Condition

Status = Literal["True", "False", "Unknown"]
MESSAGE_LIMIT = 2048
INTERNAL_ERROR_LIMIT = 500


def set_condition(
    conditions: Sequence[Condition],
    kind: str,
    status: Status | bool,
    reason: str,
    message: str,
    now: datetime,
    generation: int | None = None,
) -> list[Condition]:
    """Return the conditions with one of them set; order is kept, a new one comes last."""
    status = status if isinstance(status, str) else ("True" if status else "False")
    old = find(conditions, kind)
    changed = Condition(
        type=kind,
        status=status,
        reason=reason,
        message=message if len(message) <= MESSAGE_LIMIT else message[: MESSAGE_LIMIT - 1] + "…",
        # API conventions: the time changes with the status alone, not with reason or message.
        last_transition_time=old.last_transition_time if old and old.status == status else now.replace(microsecond=0),
        observed_generation=generation,
    )
    if old is None:
        return [*conditions, changed]
    return [changed if c.type == kind else c for c in conditions]


def internal_error(bug: BaseException) -> str:
    """Return the message of an ``InternalError``: what was raised, in short."""
    # On one line: `kubectl get` shows messages in a column.
    text = " ".join(str(bug).split())[:INTERNAL_ERROR_LIMIT]
    return f"{type(bug).__name__}: {text}" if text else type(bug).__name__


def find(conditions: Sequence[Condition], kind: str) -> Condition | None:
    """Return the condition of a type, None if there is none."""
    return next((c for c in conditions if c.type == kind), None)


def is_true(conditions: Sequence[Condition], kind: str) -> bool:
    """Tell whether a condition is there and holds."""
    condition = find(conditions, kind)
    return condition is not None and condition.status == "True"
