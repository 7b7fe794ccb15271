from __future__ import annotations

import pytest
from tests.support.factories import START
from tests.support.models import MADE, TAGS, after, begun, export_job, model, source

from nas_core.contract import TrialResult
from nas_core.reasons import ModelReason, StorageReason
from nas_core.records.model import ModelView
from nas_core.states import Outcome
from nas_plan.models.decide import held_up
from nas_plan.models.events import model_events
from nas_plan.models.snapshot import ModelSnapshot, Stored
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault


def told(view: ModelView, snapshot: ModelSnapshot) -> list[tuple[str, str]]:
    """The Events of what a snapshot changes, without their messages."""
    events = model_events(view.status.conditions, after(view, snapshot).status.conditions)
    return [(event.kind, event.reason) for event in events]


@pytest.fixture
def made() -> ModelView:
    view = begun()
    return after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(MADE), stored=Stored(TAGS)))


def test_each_step_is_told_once() -> None:
    view = model()
    waiting = ModelSnapshot(START, view)
    assert told(view, waiting) == [("Normal", "WaitingForTrial")]
    view = after(view, waiting)
    assert told(view, ModelSnapshot(START, view)) == []
    ready = ModelSnapshot(START, view, source())
    assert told(view, ready) == [("Normal", "Exporting")]
    view = after(view, ready)
    assert told(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(MADE))) == [
        ("Normal", "Exported")
    ]


def test_what_comes_to_nothing_is_a_warning() -> None:
    other = model(source={"trial": "s-00000", "search": "other"})
    assert told(other, ModelSnapshot(START, other, source())) == [("Warning", "SourceUnusable")]
    view = begun()
    failed = TrialResult(outcome=Outcome.FAILED, reason="ModelInvalid", message="damaged")
    ended = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(failed)))
    (event,) = model_events(view.status.conditions, ended.status.conditions)
    assert (event.kind, event.reason, event.message) == ("Warning", "ExportFailed", "ModelInvalid: damaged")


def test_damaged_files_are_named_and_so_is_their_return(made: ModelView) -> None:
    whole, one, two = Stored(TAGS), Stored({"bundle.json": "t1-3"}), Stored({})
    assert told(made, ModelSnapshot(START, made, stored=whole)) == []
    looked = after(made, ModelSnapshot(START, made, stored=whole))
    damaged = after(looked, ModelSnapshot(START, looked, stored=one))
    (event,) = model_events(looked.status.conditions, damaged.status.conditions)
    assert (event.kind, event.message) == ("Warning", "exports/model.onnx is missing")
    assert told(damaged, ModelSnapshot(START, damaged, stored=one)) == []
    assert told(damaged, ModelSnapshot(START, damaged, stored=two)) == [("Warning", "FilesDamaged")]
    assert told(damaged, ModelSnapshot(START, damaged, stored=whole)) == [("Normal", "FilesIntact")]


def test_a_storage_that_is_away_is_told_once_whatever_it_says(made: ModelView) -> None:
    first, second = (StorageFault(StorageReason.STORAGE_UNREACHABLE, text) for text in ("no answer", "refused"))
    away = ModelSnapshot(START, made, fault=first)
    assert told(made, away) == [("Warning", "StorageFault")]
    gone = after(made, away)
    assert told(gone, ModelSnapshot(START, gone, fault=second)) == []


def test_what_holds_a_model_up_is_a_warning() -> None:
    view = begun()
    held = held_up(view, ModelReason.EXPORT_DENIED, "exceeded quota", START)
    (event,) = model_events(view.status.conditions, held.conditions)
    assert (event.kind, event.reason, event.message) == ("Warning", "ExportDenied", "exceeded quota")
