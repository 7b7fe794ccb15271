"""The versions that a registry of models gets: one of each NASModel that is made of a trial of the search."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nas_core.api.tracking import MOST_MODELS
from nas_core.records.conditions import is_true
from nas_core.records.model import ModelView
from nas_core.records.search import SearchView
from nas_core.states import ConditionType
from nas_plan.tracking.run import clean_name, tags_of


@dataclass(frozen=True)
class Version:
    """A version of a model."""

    key: str
    """UID of the NASModel."""
    name: str
    """Of the model, with its namespace: registries know none."""
    source: str
    """Address of its files."""
    trial_uid: str
    """Of the trial that it is made of."""
    tags: Mapping[str, str]


def versions(search: SearchView, models: Iterable[ModelView]) -> list[Version]:
    """Return the versions of the models of a search that are ready, the oldest first."""
    found = []
    for model in sorted(models, key=lambda one: (one.created, one.meta.uid)):
        lineage, address = model.status.lineage, model.status.address
        if lineage is None or lineage.search_uid != search.meta.uid or address is None:
            continue
        if model.meta.deleting or not is_true(model.status.conditions, ConditionType.READY):
            continue
        tags = {
            "model": f"{model.meta.namespace}/{model.meta.name}",
            "version": model.spec.version,
            "search": lineage.search,
            "trial": lineage.trial,
            "architecture": lineage.architecture,
            "dataset": lineage.dataset_hash,
            "image": lineage.image_id,
            "git_commit": lineage.git_commit,
            "objective": model.status.objective,
        }
        name = clean_name(f"{model.meta.namespace}.{model.name}")
        found.append(Version(model.meta.uid, name, address, lineage.trial_uid, tags_of(tags)))
    return found[:MOST_MODELS]
