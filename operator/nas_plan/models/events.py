"""The Events of a model: what has changed since the last look, each once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nas_core.api.base import Condition
from nas_core.reasons import ModelReason
from nas_core.records.conditions import find
from nas_core.states import ConditionType
from nas_plan.actions import EventDraft
from nas_plan.change import Change

_AS_IT_SHOULD = (ModelReason.WAITING_FOR_TRIAL, ModelReason.EXPORTING, ModelReason.EXPORTED)


def model_events(old: Sequence[Condition], new: Sequence[Condition]) -> tuple[EventDraft, ...]:
    """Return the Events of a model's change of conditions; each has the reason of its condition."""
    change = Change(old, new)
    return (*_made(change), *_files(change))


def _made(change: Change) -> Iterator[EventDraft]:
    ready = find(change.new, ConditionType.READY)
    if ready and change.has_another_reason(ConditionType.READY):
        draft = EventDraft.normal if ready.reason in _AS_IT_SHOULD else EventDraft.warning
        yield draft(ready.reason, ready.message)


def _files(change: Change) -> Iterator[EventDraft]:
    kind = ConditionType.STORAGE_INTACT
    intact, before = find(change.new, kind), find(change.old, kind)
    # That the files are whole when they are first looked at is no news.
    if change.begins(kind) and before:
        yield EventDraft.normal(ModelReason.FILES_INTACT, "every file is in the bucket as it was made, again")
    if damaged := change.fails(kind):
        # Another message is news, too: more files are damaged.
        if change.has_another_message(kind):
            yield EventDraft.warning(damaged.reason, damaged.message)
    elif intact and intact.status == "Unknown" and change.has_another_reason(kind):
        yield EventDraft.warning(intact.reason, intact.message)
