from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from tests.support.factories import raw_trial, search

from nas_core.api.search_status import LedgerStatus
from nas_core.records import ledger
from nas_core.records.ledger import LedgerDamaged, LedgerReader, Segment, hash_of, read_head, write_segment
from nas_core.records.trial import TrialView

FOUND = search()
SEARCH = FOUND.meta
ENDED = {"sequence": 1, "metrics": {"val_accuracy": 0.5}, "conditions": []}


def trials(*indices: int) -> list[TrialView]:
    return [TrialView.of(raw_trial(index, ENDED | {"sequence": index + 1})) for index in indices]


def two_segments() -> tuple[Segment, Segment]:
    first = write_segment(FOUND, None, trials(1, 0))
    return first, write_segment(FOUND, first.after, trials(2))


def read(status: LedgerStatus, stored: dict[str, bytes]) -> list[TrialView]:
    reader = LedgerReader(SEARCH, status)
    while key := reader.next_key("root"):
        reader.take(stored.get(key))
    return reader.trials()


def test_what_was_written_is_read_again_in_its_order() -> None:
    first, second = two_segments()
    assert second.after == LedgerStatus(segments=2, trials=3, hash=hash_of(second.content))
    found = read(second.after, {one.key("root"): one.content for one in (first, second)})
    assert found == [*first.trials, *second.trials]
    assert [trial.meta.name for trial in found] == ["s-00001", "s-00000", "s-00002"]
    assert found[0].status.metrics == {"val_accuracy": 0.5} and found[0].meta.owner_uid == SEARCH.uid
    assert [trial.asked for trial in found] == [trial.asked for trial in trials(1, 0, 2)]


def test_what_was_read_before_is_not_read_again() -> None:
    first, second = two_segments()
    reader = LedgerReader(SEARCH, second.after, first.after)
    assert reader.next_key("root") == second.key("root")
    reader.take(second.content)
    assert reader.next_key("root") is None and reader.trials() == list(second.trials)
    assert LedgerReader(SEARCH, second.after, second.after).next_key("root") is None


def test_the_same_trials_give_the_same_bytes() -> None:
    assert two_segments()[1].content == two_segments()[1].content


def test_a_segment_that_is_missing_or_changed_is_noticed() -> None:
    first, second = two_segments()
    with pytest.raises(LedgerDamaged, match="segment 1 of 2 is missing"):
        read(second.after, {second.key("root"): second.content})
    another = write_segment(FOUND, None, trials(0, 1))
    with pytest.raises(LedgerDamaged, match="segment 1 of 2 is not what was written"):
        read(second.after, {first.key("root"): another.content, second.key("root"): second.content})


def forged(change: dict[str, Any]) -> tuple[LedgerStatus, dict[str, bytes]]:
    """Return the ledger of somebody who could write the status, too."""
    header, *lines = gzip.decompress(write_segment(FOUND, None, trials(0)).content).decode().splitlines()
    content = gzip.compress("\n".join([json.dumps(json.loads(header) | change), *lines]).encode(), mtime=0)
    status = LedgerStatus(segments=1, trials=1, hash=hash_of(content))
    return status, {f"root/ledger/000001-{status.hash.removeprefix('sha256:')}.jsonl.gz": content}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"uid": "another"}, "has uid 'another'"),
        ({"segment": 7}, "has segment 7"),
        ({"trials": 2}, "has trials 2"),
        ({"format": 9}, "has format 9"),
        ({"previous": "sha256:" + "0" * 64}, "as the one before"),
    ],
)
def test_a_segment_that_is_not_of_this_place_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(LedgerDamaged, match=message):
        read(*forged(change))


def test_what_is_no_segment_is_refused() -> None:
    for content in (b"no gzip", gzip.compress(b"no JSON\n"), gzip.compress(b"[]\n"), gzip.compress(b"")):
        status = LedgerStatus(segments=1, trials=1, hash=hash_of(content))
        reader = LedgerReader(SEARCH, status)
        with pytest.raises(LedgerDamaged, match="cannot be read"):
            reader.take(content)


def test_a_segment_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "PLAIN_LIMIT", 64)
    first, _ = two_segments()
    with pytest.raises(LedgerDamaged, match="more than 64 bytes"):
        read(first.after, {first.key("root"): first.content})


def test_a_status_that_counts_otherwise_is_noticed() -> None:
    first, _ = two_segments()
    wrong = first.after.model_copy(update={"trials": 5})
    with pytest.raises(LedgerDamaged, match="has 2 more trials, and the status says 5"):
        read(wrong, {first.key("root"): first.content})


def test_the_head_has_the_search_and_the_trials_that_are_in_no_segment() -> None:
    running = TrialView.of(raw_trial(3))
    made = write_segment(FOUND, None, trials(0), [running])
    found, after, others = read_head(made.head)
    assert after == made.after
    assert found.spec == FOUND.spec and found.asked == FOUND.asked and found.created == FOUND.created
    assert found.status == FOUND.status.model_copy(update={"ledger": made.after}) and found.meta.uid == SEARCH.uid
    assert [(trial.meta.name, trial.recorded) for trial in others] == [("s-00003", False)]


def test_what_is_no_head_is_refused() -> None:
    for content in (b"no gzip", gzip.compress(b"{}"), gzip.compress(b"no JSON")):
        with pytest.raises(LedgerDamaged, match="the head cannot be read"):
            read_head(content)
