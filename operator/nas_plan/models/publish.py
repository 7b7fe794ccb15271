"""The model that a search publishes when it has trained the best again (`spec.retrain.publish`)."""

from __future__ import annotations

from typing import Any

from nas_core.api import API_VERSION
from nas_core.api.model import NASModelSource, NASModelSpec
from nas_core.api.search_status import PublishedModel
from nas_core.records.conditions import is_true
from nas_core.records.model import ModelView
from nas_core.records.names import MANAGED_BY, model_object_name
from nas_core.records.objects import ReadableSearch, SearchView
from nas_core.states import ConditionType


def published(search: SearchView) -> dict[str, Any] | None:
    """Return the NASModel that a search publishes; None while there is none to publish, and once it was made.

    It has no owner: it stays when the search goes. Its name follows from the spec, so there is one however often this
    is done. One that was made and is gone has been deleted by somebody, who does not want it back.
    """
    if not isinstance(search, ReadableSearch) or search.meta.deleting or search.spec.retrain is None:
        return None
    asked, retrained = search.spec.retrain.publish, search.status.retrained
    if asked is None or not retrained or not is_true(search.status.conditions, ConditionType.SUCCEEDED):
        return None
    # A search that is made again under its name is another version.
    version = asked.version or search.meta.uid[:8]
    name = model_object_name(asked.name, version)
    if search.status.published == PublishedModel(model=name, trial=retrained[0].trial):
        return None
    spec = NASModelSpec(
        name=asked.name,
        version=version,
        # The search's best first, of those that were trained again.
        source=NASModelSource(search=search.meta.name, trial=retrained[0].trial),
        exports=search.spec.retrain.exports,
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
