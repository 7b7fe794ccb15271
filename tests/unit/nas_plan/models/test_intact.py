from __future__ import annotations

import pytest
from tests.support.factories import START
from tests.support.models import MADE, TAGS, after, begun, export_job

from nas_core.reasons import StorageReason
from nas_core.records.conditions import find
from nas_core.records.model import ModelView
from nas_plan.models.snapshot import ModelSnapshot, Stored
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault


@pytest.fixture
def made() -> ModelView:
    view = begun()
    return after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(MADE), stored=Stored(TAGS)))


def told(view: ModelView) -> tuple[str, str, str]:
    found = find(view.status.conditions, "StorageIntact")
    assert found is not None
    return found.status, found.reason, found.message


def test_whole_files_are_intact(made: ModelView) -> None:
    assert told(after(made, ModelSnapshot(START, made, stored=Stored(TAGS))))[:2] == ("True", "FilesIntact")


def test_what_is_wrong_is_named(made: ModelView) -> None:
    damaged = Stored({"bundle.json": "t9-3"}, frozenset(["bundle.json"]))
    found = after(made, ModelSnapshot(START, made, stored=damaged))
    assert told(found) == ("False", "FilesDamaged", "bundle.json was changed, exports/model.onnx is missing")
    assert find(found.status.conditions, "Ready") == find(made.status.conditions, "Ready")


def test_a_storage_that_is_away_says_nothing_of_the_files(made: ModelView) -> None:
    away = StorageFault(StorageReason.STORAGE_UNREACHABLE, "no answer")
    assert told(after(made, ModelSnapshot(START, made, fault=away))) == ("Unknown", "StorageFault", "no answer")


def test_without_a_look_nothing_changes(made: ModelView) -> None:
    assert find(after(made, ModelSnapshot(START, made)).status.conditions, "StorageIntact") is None
