from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import DATASET
from tests.unit.nas_plan.knowledge.test_nearest import FEATURES, asking, entry

from nas_client import knowledge
from nas_client.cli import knowledge as module
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_core.records.knowledge import MOST_READ
from nas_core.records.search import SearchView
from nas_storage.faults import NotFound, ObjectTooLarge, StorageError

PREFIX = "ns/knowledge_base/"


class Bucket:
    """The objects of a bucket, one of which goes while it is listed."""

    def __init__(self) -> None:
        given = {
            "1-same": entry("same", features=FEATURES),
            "2-other": entry("other", task="regression"),
            "3-odd": b"{}",
            "4-large": b" " * (1 << 20),
            "5-same": entry("same", uid="former"),
        }
        self.objects = {f"{PREFIX}{name}.json": content for name, content in given.items()}
        self.away: StorageError | None = None

    def first_keys(self, prefix: str) -> list[str]:
        if self.away:
            raise self.away
        there = sorted(key for key in self.objects if key.startswith(prefix))[:MOST_READ]
        return [*there, f"{prefix}6-gone.json"]

    def get(self, key: str, limit: int) -> bytes:
        if key not in self.objects:
            raise NotFound(key)
        if len(self.objects[key]) > limit:
            raise ObjectTooLarge(key, limit)
        return self.objects[key]

    def delete(self, key: str) -> None:
        del self.objects[key]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made, search = Bucket(), asking()
    search = replace(search, status=search.status.model_copy(update={"dataset": DATASET}))
    serve(monkeypatch, search)
    monkeypatch.setattr(knowledge, "open_bucket", lambda _: made)
    return made


def serve(monkeypatch: pytest.MonkeyPatch, search: SearchView) -> None:
    class Cluster:
        def read(self, _: str) -> SearchState:
            return SearchState(search)

    monkeypatch.setattr(module, "connect", lambda *_: Cluster())


def rows(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["knowledge", "s", "-o", "json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_entries_are_listed_with_their_distance(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    same, other, odd, large, former = rows(capsys)
    assert (same["search"], same["distance"], same["results"], same["note"]) == ("same", 0.0, 20, "")
    assert (other["distance"], other["note"]) == (None, "another task, evaluation or objective")
    assert odd["search"] == "3-odd.json" and odd["note"].startswith("no entry: search")
    assert large["note"].startswith("no entry: ") and former["search"] == "same"


def test_imported_results_are_those_that_have_to_be_named(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    bucket.objects = {f"{PREFIX}imported/mine.json": entry("mine", task="regression", origin="optuna")}
    [mine] = rows(capsys)
    assert (mine["search"], mine["origin"]) == ("mine", "optuna")
    assert mine["note"] == "taken where warmStart.imported names it"


def test_imported_results_are_found_behind_any_number_of_searches(
    bucket: Bucket, capsys: pytest.CaptureFixture[str]
) -> None:
    """Their keys come after those of all searches, and a list has one page."""
    left = {f"{PREFIX}{number:03}-same.json": entry("same") for number in range(MOST_READ + 1)}
    bucket.objects = {**left, f"{PREFIX}imported/mine.json": entry("mine", origin="optuna")}
    assert [row["search"] for row in rows(capsys)] == ["same"] * MOST_READ + ["mine"]
    assert main(["knowledge", "s", "--delete", "mine"]) == 0 and len(bucket.objects) == MOST_READ + 1


def test_those_of_a_name_are_deleted(bucket: Bucket, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["knowledge", "s", "--delete", "same"]) == 0
    assert capsys.readouterr().out == f"deleted {PREFIX}1-same.json\ndeleted {PREFIX}5-same.json\n"
    assert len(bucket.objects) == 3
    assert main(["knowledge", "s", "--delete", "same"]) == 2
    assert "no search 'same' has left an entry" in capsys.readouterr().err


def test_what_is_wrong_is_told(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket.away = StorageError("no right")
    assert main(["knowledge", "s"]) == 2
    assert f"s3://nas/{PREFIX} cannot be read: no right. Set AWS_ACCESS_KEY_ID" in capsys.readouterr().err
    serve(monkeypatch, asking().unreadable("odd"))
    assert main(["knowledge", "s"]) == 2
    assert "it has no spec.storage" in capsys.readouterr().err
