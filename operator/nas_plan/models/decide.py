"""What is done about one model: its Job, its status, its place in production."""

from __future__ import annotations

from datetime import datetime

from pydantic import ValidationError

from nas_core.api.base import Condition
from nas_core.api.model import Artifact, ExportMetrics, NASModelStatus
from nas_core.reasons import ModelReason
from nas_core.records.conditions import find, is_true, set_condition
from nas_core.records.model import ModelView
from nas_core.records.names import export_job_name
from nas_core.states import ConditionType, Outcome
from nas_plan.kstatus import with_three
from nas_plan.models.intact import intact
from nas_plan.models.job_end import explain_end
from nas_plan.models.snapshot import Export, ModelActions, ModelSnapshot
from nas_plan.models.source import Unusable, export_of, lineage_of, prefix_of
from nas_plan.models.stage import demoted, production_since

MOST_ARTIFACTS = 64
SHOWN = 1000
"""Characters of the end of a log that a message has."""
_FINAL = (ModelReason.EXPORT_FAILED, ModelReason.SOURCE_UNUSABLE)


def decide(snapshot: ModelSnapshot) -> ModelActions:
    """Return what is done about a model that is not being deleted."""
    model, status = snapshot.model, snapshot.model.status
    export: Export | None = None
    if is_true(status.conditions, ConditionType.READY):
        status = intact(snapshot)
    elif stalled_for_good(model):
        pass
    elif snapshot.fault is not None:
        status = _standing(snapshot, status, ModelReason.STORAGE_FAULT, snapshot.fault.message)
    elif snapshot.collected is not None:
        status = _ended(snapshot)
    elif snapshot.job is not None:
        status = _standing(snapshot, status, ModelReason.EXPORTING, f"Job {snapshot.job.meta.name} makes its files")
    else:
        status, export = _begin(snapshot)
    status = status.model_copy(
        update={
            "observed_generation": model.generation,
            "name": model.name,
            "production_since": production_since(snapshot),
        }
    )
    # The finalizer is there before anything is written that it would have to delete.
    return ModelActions(status, model.spec.deletion_policy == "Delete", demoted(snapshot), export)


def stalled_for_good(model: ModelView) -> bool:
    """Whether a model has come to nothing: its spec, which cannot change, asks for what cannot be."""
    stalled = find(model.status.conditions, ConditionType.STALLED)
    return stalled is not None and stalled.status == "True" and stalled.reason in _FINAL


def held_up(model: ModelView, reason: ModelReason, message: str, now: datetime) -> NASModelStatus:
    """Return the status of a model for which something does not pass by itself.

    One that has come to its end stays there: what goes wrong later says nothing of whether it was made.
    """
    before = model.status.conditions
    if model.meta.deleting or not (is_true(before, ConditionType.READY) or stalled_for_good(model)):
        conditions = _conditions(model, before, reason, message, now)
    else:
        kind = ConditionType.STORAGE_INTACT
        conditions = set_condition(before, kind, "Unknown", reason, message, now, model.generation)
    return model.status.model_copy(update={"conditions": conditions})


def _begin(snapshot: ModelSnapshot) -> tuple[NASModelStatus, Export | None]:
    model, source, status = snapshot.model, snapshot.source, snapshot.model.status
    asked = model.spec.source
    if source is None or not source.trial.recorded:
        why = "is not there" if source is None else "has no result yet"
        return _standing(snapshot, status, ModelReason.WAITING_FOR_TRIAL, f"trial {asked.trial} {why}"), None
    if asked.search not in (None, source.search.meta.name):
        message = f"trial {asked.trial} is of search {source.search.meta.name}, not of {asked.search}"
        return _standing(snapshot, status, ModelReason.SOURCE_UNUSABLE, message), None
    try:
        export = export_of(source)
    except Unusable as why:
        return _standing(snapshot, status, ModelReason.SOURCE_UNUSABLE, str(why)), None
    storage, trial = export.search.storage, export.trial
    assert storage is not None, "export_of has seen it"
    # Before the Job is created: all that is needed when the search is deleted while it runs.
    status = status.model_copy(
        update={
            "lineage": lineage_of(source),
            "storage": storage,
            "metrics": trial.status.metrics,
            "objective": trial.status.objective,
        }
    )
    message = f"Job {export_job_name(model.meta.name)} makes its files"
    return _standing(snapshot, status, ModelReason.EXPORTING, message), export


def _ended(snapshot: ModelSnapshot) -> NASModelStatus:
    status, collected = snapshot.model.status, snapshot.collected
    assert collected is not None, "only an ended Job is collected"
    result = collected.result
    if result is None or result.outcome != Outcome.SUCCEEDED or result.model is None:
        said = f"{result.reason}: {result.message}" if result and result.reason else collected.fault
        job, log = snapshot.job, (collected.log or "")[-SHOWN:]
        ended = (explain_end(job, snapshot.now) or log or job.failed_message) if job else log
        message = said or ended or "it left no result"
        return _standing(snapshot, status, ModelReason.EXPORT_FAILED, message)
    tags = snapshot.stored.tags if snapshot.stored else {}
    try:
        artifacts = [
            Artifact(**file.model_dump(), etag=tags.get(file.path)) for file in result.model.artifacts[:MOST_ARTIFACTS]
        ]
    except ValidationError as invalid:
        # What a result says is no more than that.
        return _standing(
            snapshot, status, ModelReason.EXPORT_FAILED, f"its result names a file that is none: {invalid}"
        )
    assert status.lineage is not None and status.storage is not None, "they are written before the Job is created"
    prefix = prefix_of(snapshot.model, status.storage)
    made = status.model_copy(
        update={
            "address": f"s3://{status.storage.bucket}/{prefix}{result.model.folder}",
            "artifacts": artifacts,
            "exports": [
                ExportMetrics(format=name[:32], metrics=dict(list(metrics.items())[:32]))
                for name, metrics in list(result.model.metrics.items())[:8]
            ],
            "lineage": status.lineage.model_copy(update={"packages": dict(snapshot.packages)}),
            "warnings": result.warnings,
        }
    )
    message = f"{len(artifacts)} files"
    return _standing(snapshot, made, ModelReason.EXPORTED, message)


def _standing(snapshot: ModelSnapshot, status: NASModelStatus, reason: ModelReason, message: str) -> NASModelStatus:
    conditions = _conditions(snapshot.model, status.conditions, reason, message, snapshot.now)
    return status.model_copy(update={"conditions": conditions})


def _conditions(
    model: ModelView, before: list[Condition], reason: ModelReason, message: str, now: datetime
) -> list[Condition]:
    ready, stalled = reason is ModelReason.EXPORTED, reason in _FINAL
    return with_three(before, ready, stalled, reason, message, now, model.generation)
