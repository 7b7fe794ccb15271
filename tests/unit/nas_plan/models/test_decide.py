from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.factories import START
from tests.support.models import FILES, MADE, TAGS, after, begun, export_job, model, retrained, source

from nas_core.contract import ModelArtifact, ModelSummary
from nas_core.reasons import ModelReason, StorageReason
from nas_core.records.conditions import find
from nas_core.records.model import ModelView
from nas_core.states import Outcome
from nas_plan.models.decide import decide, held_up, stalled_for_good
from nas_plan.models.snapshot import ModelSnapshot, Stored
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault


def standing(view: ModelView) -> tuple[str, ...]:
    """The conditions that hold, with the reason of Ready."""
    ready = find(view.status.conditions, "Ready")
    assert ready is not None
    return (*(c.type for c in view.status.conditions if c.status == "True"), ready.reason)


def test_it_waits_for_a_trial_without_a_result() -> None:
    view = model()
    assert standing(after(view, ModelSnapshot(START, view))) == ("Reconciling", "WaitingForTrial")
    running = source(retrained(sequence=None))
    assert standing(after(view, ModelSnapshot(START, view, running))) == ("Reconciling", "WaitingForTrial")


def test_what_is_needed_is_on_record_when_the_job_is_created() -> None:
    view = model()
    actions = decide(ModelSnapshot(START, view, source()))
    assert actions.export is not None and not actions.finalizer
    assert actions.status.address is None, "there is nothing yet that could be loaded"
    assert actions.status.lineage is not None and actions.status.storage is not None
    assert standing(replace(view, status=actions.status)) == ("Reconciling", "Exporting")


def test_the_job_goes_on_without_its_search() -> None:
    view = begun()
    actions = decide(ModelSnapshot(START, view, None, export_job(view)))
    assert actions.export is None and actions.status.lineage == view.status.lineage


def test_a_model_that_is_made_has_files_and_metrics() -> None:
    view = begun()
    done = Collected(MADE)
    made = after(
        view,
        ModelSnapshot(START, view, job=export_job(view), collected=done, stored=Stored(TAGS), packages={"torch": "2"}),
    )
    assert standing(made) == ("Ready", "Exported")
    assert made.status.address == "s3://nas/team/ns/models/digits/1-uid-digits/0a1b/"
    assert [(file.path, file.etag) for file in made.status.artifacts] == list(TAGS.items())
    assert made.status.exports[0].metrics == {"test_accuracy": 0.75}
    assert made.status.metrics["val_accuracy"] == 0.8 and made.status.objective == "0.75"
    assert made.status.lineage and made.status.lineage.packages == {"torch": "2"}


def test_an_export_that_failed_says_why_and_stays() -> None:
    view = begun()
    failed = MADE.model_copy(update={"outcome": Outcome.FAILED, "reason": "ModelInvalid", "message": "damaged"})
    stalled = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(failed)))
    assert standing(stalled) == ("Stalled", "ExportFailed") and stalled_for_good(stalled)
    assert "ModelInvalid: damaged" in stalled.status.conditions[0].message
    # Its Job is removed some time later: that is no reason to begin again, for ever.
    again = decide(ModelSnapshot(START, stalled, source()))
    assert again.export is None and again.status.conditions == stalled.status.conditions


def test_a_container_that_died_has_its_last_words_shown() -> None:
    view = begun()
    stalled = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(None, "no space left")))
    assert "no space left" in stalled.status.conditions[0].message


def test_a_job_that_took_too_long_is_told_and_does_not_begin_again() -> None:
    view = begun()
    late = replace(export_job(view), failed_reason="DeadlineExceeded", failed_message="Job was active longer")
    stalled = after(view, ModelSnapshot(START, view, job=late, collected=Collected(None)))
    assert standing(stalled) == ("Stalled", "ExportFailed")
    assert "models.exportDeadline" in stalled.status.conditions[0].message
    assert decide(ModelSnapshot(START, stalled, source())).export is None


@pytest.mark.parametrize("path", ["../../other/weights", "/etc/passwd", "a//b", ""])
def test_a_result_that_names_a_file_elsewhere_is_refused(path: str) -> None:
    view = begun()
    file = ModelArtifact(path=path, sha256="a" * 64, bytes=1)
    forged = MADE.model_copy(update={"model": ModelSummary(artifacts=[file])})
    stalled = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(forged)))
    assert standing(stalled) == ("Stalled", "ExportFailed")


def test_a_trial_of_another_search_is_not_taken() -> None:
    view = model(source={"trial": "s-00000", "search": "other"})
    assert standing(after(view, ModelSnapshot(START, view, source()))) == ("Stalled", "SourceUnusable")


def test_a_storage_that_is_away_is_waited_for() -> None:
    view = begun()
    away = StorageFault(StorageReason.STORAGE_UNREACHABLE, "no answer")
    waiting = after(view, ModelSnapshot(START, view, job=export_job(view), fault=away))
    assert standing(waiting) == ("Reconciling", "StorageFault")


def test_what_goes_wrong_later_does_not_undo_a_model() -> None:
    view = begun()
    assert standing(replace(view, status=held_up(view, ModelReason.INTERNAL_ERROR, "a bug", START))) == (
        "Reconciling",
        "InternalError",
    )
    made = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(MADE)))
    held = replace(made, status=held_up(made, ModelReason.INTERNAL_ERROR, "a bug", START))
    assert standing(held) == ("Ready", "Exported")
    intact = find(held.status.conditions, "StorageIntact")
    assert intact is not None and (intact.status, intact.reason) == ("Unknown", "InternalError")


def test_the_finalizer_is_for_files_that_are_to_be_deleted() -> None:
    assert decide(ModelSnapshot(START, model(deletionPolicy="Delete"))).finalizer
    assert not decide(ModelSnapshot(START, model())).finalizer


def test_more_files_than_a_status_may_have_are_cut() -> None:
    view = begun()
    many = [FILES[0].model_copy(update={"path": f"f{n}"}) for n in range(100)]
    result = MADE.model_copy(update={"model": ModelSummary(artifacts=many)})
    made = after(view, ModelSnapshot(START, view, job=export_job(view), collected=Collected(result)))
    assert len(made.status.artifacts) == 64
