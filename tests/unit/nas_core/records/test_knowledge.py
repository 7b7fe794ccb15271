"""What a search leaves for later ones: read as it was written, and bounded whoever wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nas_core.records.knowledge import ENTRY_LIMIT, Entry, EntryInvalid, read_entry, write_entry

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def entry(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "search": "digits",
        "uid": "u-1",
        "created": "2026-01-02T03:04:05Z",
        "ended": "2026-01-02T04:04:05Z",
        "task": "image-classification",
        "evaluation": "train",
        "objectives": [{"metric": "val_accuracy", "goal": "maximize"}],
        "decisions": ["depth"],
        "features": {"examples": 0.5},
        "results": [{"index": 3, "values": {"depth": "2"}, "metrics": {"val_accuracy": 0.75}}],
    } | changes


def read(**changes: Any) -> Entry:
    return read_entry(json.dumps(entry(**changes)).encode())


def test_an_entry_is_read_as_it_was_written() -> None:
    found = read()
    assert read_entry(write_entry(found)) == found
    assert write_entry(found) == write_entry(read_entry(write_entry(found)))
    assert found.results[0].metrics == {"val_accuracy": 0.75}
    assert found.origin == "search"


def test_fields_of_a_later_version_are_ignored_and_another_version_is_refused() -> None:
    assert read(new="something") == read()
    with pytest.raises(EntryInvalid, match="version"):
        read(version=2)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("search", "../other/x"),
        ("uid", "a/b"),
        ("created", "2026-01-02T03:04:05"),
        ("features", {"examples": float("nan")}),
        ("features", {"examples": 1.5}),
        ("features", {str(place): 0.0 for place in range(65)}),
        ("results", []),
        ("results", [{"index": 0, "values": {"depth": "2"}, "metrics": {"val_accuracy": float("inf")}}]),
        ("results", [{"index": 0, "values": {"depth": "2" * 257}, "metrics": {"val_accuracy": 1.0}}]),
        ("results", [{"index": -1, "values": {"depth": "2"}, "metrics": {"val_accuracy": 1.0}}]),
        ("results", entry()["results"] * 257),
        ("evaluation", "guessed"),
        ("objectives", []),
    ],
)
def test_what_is_out_of_bounds_is_refused_and_named(field: str, value: Any) -> None:
    with pytest.raises(EntryInvalid, match=field):
        read(**{field: value})


def test_what_is_no_entry_at_all_is_refused() -> None:
    deep = b'{"features":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001
    for content in (b"", b"\xff\xfe", b"[]", b"null", deep[: ENTRY_LIMIT - 1], b" " * (ENTRY_LIMIT + 1)):
        with pytest.raises(EntryInvalid):
            read_entry(content)


def test_an_entry_that_nobody_would_read_is_not_written() -> None:
    wide = {f"decision-{place}": "x" * 256 for place in range(20)}
    results = [{"index": 0, "values": wide, "metrics": {"val_accuracy": 1.0}}] * 100
    with pytest.raises(EntryInvalid, match="keep fewer results"):
        write_entry(Entry.model_validate(entry(results=results)))
