"""The models that a search publishes when it has trained the best again (`spec.retrain.publish`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nas_core.api import API_VERSION
from nas_core.api.model import NASModelSource, NASModelSpec
from nas_core.api.search_status import NASSearchStatus, PublishedModel
from nas_core.api.target import target_model
from nas_core.records.conditions import is_true
from nas_core.records.model import ModelView
from nas_core.records.names import MANAGED_BY, model_object_name
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.states import ConditionType


@dataclass(frozen=True)
class Publication:
    """A model that a search publishes."""

    body: dict[str, Any]
    """The NASModel."""
    target: str | None = None
    """The target whose best it is; None: the search's own."""


def published(search: SearchView) -> list[Publication]:
    """Return the models that a search publishes: of its best, or of the best of each target.

    None while there is nothing to publish, and once it was made. A model has no owner: it stays when the search goes.
    Its name follows from the spec, so there is one however often this is done. One that was made and is gone has been
    deleted by somebody, who does not want it back.
    """
    if not isinstance(search, ReadableSearch) or search.meta.deleting or search.spec.retrain is None:
        return []
    if search.spec.retrain.publish is None or not is_true(search.status.conditions, ConditionType.SUCCEEDED):
        return []
    return list(_published(search))


def _published(search: ReadableSearch) -> Iterator[Publication]:
    assert search.spec.retrain is not None and search.spec.retrain.publish is not None
    name, status = search.spec.retrain.publish.name, search.status
    if not search.spec.targets:
        # The search's best first, of those that were trained again.
        if status.retrained and (body := _body(search, name, status.retrained[0].trial, status.published)):
            yield Publication(body)
        return
    asked = {target.name for target in search.spec.targets}
    for target in status.targets:
        if target.name in asked and target.retrained:
            model = target_model(name, target.name)
            if body := _body(search, model, target.retrained[0].trial, target.published):
                yield Publication(body, target.name)


def _body(search: ReadableSearch, model: str, trial: str, known: PublishedModel | None) -> dict[str, Any] | None:
    """Return the NASModel that is made of a trial; None if that was done."""
    retrain = search.spec.retrain
    assert retrain is not None and retrain.publish is not None
    asked = retrain.publish
    # A search that is made again under its name is another version.
    version = asked.version or search.meta.uid[:8]
    name = model_object_name(model, version)
    if known == PublishedModel(model=name, trial=trial):
        return None
    spec = NASModelSpec(
        name=model,
        version=version,
        source=NASModelSource(search=search.meta.name, trial=trial),
        exports=retrain.exports,
        stage=asked.stage,
        deletion_policy=asked.deletion_policy,
    )
    return {
        "apiVersion": API_VERSION,
        "kind": "NASModel",
        "metadata": {
            "name": name,
            "namespace": search.meta.namespace,
            "labels": dict(MANAGED_BY),
        },
        "spec": spec.to_dict(),
    }


def record_of(body: dict[str, Any], model: ModelView) -> PublishedModel | None:
    """Return what a search records of the model that it has published as ``body``; None if it is somebody else's."""
    source = NASModelSource.model_validate(body["spec"]["source"])
    return PublishedModel(model=model.meta.name, trial=source.trial) if model.spec.source == source else None


def recorded(status: NASSearchStatus, target: str | None, record: PublishedModel) -> dict[str, Any]:
    """Return the fields of a search's status with what was published, of a target or of the search itself."""
    if target is None:
        return {"published": record.to_dict()}
    # A merge replaces a list as a whole.
    return {
        "targets": [
            (one.model_copy(update={"published": record}) if one.name == target else one).to_dict()
            for one in status.targets
        ]
    }
