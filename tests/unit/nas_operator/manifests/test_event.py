from __future__ import annotations

from datetime import timedelta

from tests.support.factories import START, meta

from nas_operator.manifests.event import MESSAGE_LIMIT, build_event
from nas_plan.actions import EventDraft

DRAFT = EventDraft("Warning", "TrialFailed", "trial s-00000 failed")


def test_an_event_points_at_its_search() -> None:
    raw = build_event(meta("s"), DRAFT, START)
    assert raw["involvedObject"]["uid"] == "uid-s" and raw["metadata"]["namespace"] == "ns"
    assert (raw["type"], raw["reason"], raw["message"]) == ("Warning", "TrialFailed", "trial s-00000 failed")
    assert raw["firstTimestamp"] == "2026-01-01T00:00:00Z"


def test_the_name_is_the_same_within_a_minute_and_for_the_same_words_only() -> None:
    def name(draft: EventDraft = DRAFT, seconds: int = 0, search: str = "s") -> str:
        raw = build_event(meta(search), draft, START + timedelta(seconds=seconds))
        return str(raw["metadata"]["name"])

    assert name() == name(seconds=59)
    others = {name(seconds=60), name(EventDraft("Warning", "TrialFailed", "other")), name(search="t")}
    assert len(others | {name()}) == 4


def test_long_messages_are_cut_to_what_an_event_may_hold() -> None:
    message = build_event(meta("s"), EventDraft("Normal", "X", "x" * 3000), START)["message"]
    assert len(message) == MESSAGE_LIMIT and message.endswith("…")
