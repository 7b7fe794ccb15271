from __future__ import annotations

from datetime import timedelta

from tests.support.factories import START, raw_trial, stamp

from nas_core.records.metadata import Meta, parse_time

LATER = START + timedelta(minutes=1)


def test_metadata() -> None:
    raw = raw_trial(0, deletionTimestamp=stamp(LATER), resourceVersion="17")
    found = Meta.of(raw)
    assert (found.key, found.uid, found.owner_uid, found.search) == (("ns", "s-00000"), "uid-s-00000", "uid-s", "s")
    assert found.resource_version == 17 and found.deleting and found.deleted_at == LATER
    raw["metadata"]["ownerReferences"][0]["controller"] = False
    del raw["metadata"]["labels"], raw["metadata"]["deletionTimestamp"]
    found = Meta.of(raw)
    assert (found.owner_uid, found.search, found.deleting) == (None, None, False)


def test_times_are_aware() -> None:
    assert parse_time("2026-01-01T00:00:00Z") == START and parse_time(None) is None
