"""The conditions Ready, Reconciling and Stalled, which sum the others up for tools that wait: Helm, Flux, kubectl.

Exactly one of them holds. Reference: kstatus (sigs.k8s.io/cli-utils/pkg/kstatus), which knows no other conditions of a
kind that it has not heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from nas_core.api.base import Condition
from nas_core.reasons import SearchReason
from nas_core.records.conditions import find, is_true, set_condition
from nas_core.states import ConditionType

_REJECTED = (
    SearchReason.INVALID_SPEC,
    SearchReason.SEARCH_SPACE_INVALID,
    SearchReason.REFUSED_BY_POLICY,
    SearchReason.GUIDANCE_IMPOSSIBLE,
)
"""Why a search is not accepted until somebody changes it; a space that is not there may come by itself."""


def summed_up(conditions: Sequence[Condition], now: datetime, generation: int) -> list[Condition]:
    """Return a search's conditions with the three that follow from them; each has the reason of the one it follows."""
    accepted, progressing = find(conditions, ConditionType.ACCEPTED), find(conditions, ConditionType.PROGRESSING)
    assert progressing is not None, "every look says whether anything is done"
    rejected = accepted is not None and accepted.status == "False" and accepted.reason in _REJECTED
    stalled = rejected or is_true(conditions, ConditionType.FAILED)
    ready = not stalled and is_true(conditions, ConditionType.SUCCEEDED)
    of_end = ConditionType.SUCCEEDED if ready else ConditionType.PROGRESSING
    why = find(conditions, of_end) or progressing
    return with_three(conditions, ready, stalled, why.reason, why.message, now, generation)


def with_three(
    conditions: Sequence[Condition],
    ready: bool,
    stalled: bool,
    reason: str,
    message: str,
    now: datetime,
    generation: int,
) -> list[Condition]:
    """Return an object's conditions with the three, which have one reason and message.

    It reconciles while it is neither ready nor stalled.
    """
    conditions = list(conditions)
    for kind, holds in (
        (ConditionType.READY, ready),
        (ConditionType.RECONCILING, not (ready or stalled)),
        (ConditionType.STALLED, stalled),
    ):
        conditions = set_condition(conditions, kind, holds, reason, message, now, generation)
    return conditions
