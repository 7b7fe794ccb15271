"""The trial that a model is made of: whether one can be, and where the model comes from.

The operator's rights are not its user's. So what a trial's status says of addresses counts only where the trial itself
writes: everybody who may write that status, or run an image, could name any object of the bucket.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nas_core.api.model import Lineage
from nas_core.api.own_trainer import has_own_trainer
from nas_core.api.storage import Storage
from nas_core.api.trial import CandidateSpec
from nas_core.contract import ModelSource
from nas_core.layout import model_prefix, storage_location, trial_root
from nas_core.records.metadata import Meta
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.models.snapshot import Export, Source


class Unusable(ValueError):
    """No model can be made of a trial; the message says why, for people."""


def export_of(source: Source) -> Export:
    """Return the Job that makes a model of a trial that has ended.

    Raises:
        Unusable: if none can be made of it.
    """
    search, trial = source.search, source.trial
    if not isinstance(search, ReadableSearch):
        raise Unusable(f"the spec of search {search.meta.name} cannot be read: {search.error}")
    if search.storage is None:
        raise Unusable(f"search {search.meta.name} has no spec.storage, so its trials keep no weights")
    if has_own_trainer(search.spec):
        raise Unusable(f"search {search.meta.name} has a trainer of its own, which makes no models")
    if not trial.succeeded:
        raise Unusable(f"trial {trial.meta.name} has not succeeded")
    model_source(search.meta, search.storage, trial)
    return Export(search, trial)


def model_source(search: Meta, storage: Storage, trial: TrialView) -> ModelSource:
    """Return what a model is made of.

    Raises:
        Unusable: if the trial has no weights, or names an address where it does not write.
    """
    status, name = trial.status, trial.meta.name
    # Of a retraining only the bundle tells how its inputs were prepared: not as those of the search.
    if trial.spec.work == Work.RETRAIN and status.bundle is None:
        raise Unusable(f"trial {name} has trained again, but left no bundle; its warnings say why")
    address = status.bundle or status.checkpoint
    if address is None or trial.spec.work not in (Work.RETRAIN, Work.TRAIN):
        raise Unusable(f"trial {name} of work {trial.spec.work} has no weights in the storage")
    own = f"s3://{storage.bucket}/{trial_root(storage_location(search, storage).root, name)}/"
    # Some servers resolve dots, as file systems do.
    if not address.startswith(own) or ".." in address:
        raise Unusable(f"trial {name} names {address}, which is not below {own}, where it writes")
    return ModelSource(trial=name, bundle=status.bundle, checkpoint=status.checkpoint, metrics=status.metrics)


def candidate_of(trial: TrialView) -> CandidateSpec:
    """Return the candidate whose weights the trial's status names: of several the best."""
    checkpoints = [candidate.checkpoint for candidate in trial.status.candidates]
    place = checkpoints.index(trial.status.checkpoint) if trial.status.checkpoint in checkpoints else 0
    return trial.spec.candidates[place]


def lineage_of(source: Source) -> Lineage:
    """Return where a model of a trial comes from."""
    search, trial = source.search, source.trial
    candidate = candidate_of(trial)
    return Lineage(
        search=search.meta.name,
        search_uid=search.meta.uid,
        search_generation=search.generation,
        trial=trial.meta.name,
        trial_uid=trial.meta.uid,
        index=trial.spec.index + trial.spec.candidates.index(candidate),
        architecture=candidate.text or "",
        origin=candidate.origin,
        parents=candidate.parents,
        dataset_hash=trial.status.dataset_hash,
        initial_weights=trial.status.initial_weights,
        image_id=trial.status.image_id,
        seed=trial.spec.seed,
        data_seed=search.spec.strategy.seed if isinstance(search, ReadableSearch) else 0,
        git_commit=source.git_commit,
        field_manager=source.field_manager,
    )


def words(lineage: Lineage) -> Mapping[str, str]:
    """Return a lineage as the card and the bill of materials have it: what is absent is left out."""
    kept = lineage.to_dict()
    return {
        name: ", ".join(_parts(value)) if isinstance(value, list | dict) else str(value)
        for name, value in kept.items()
        if value not in ("", [], {})
    }


def _parts(value: list[Any] | dict[str, Any]) -> list[str]:
    return [f"{name} {of}" for name, of in value.items()] if isinstance(value, dict) else [*map(str, value)]


def prefix_of(model: ModelView, storage: Storage) -> str:
    """Return the key prefix of a model, with a trailing slash: never one that somebody has written down."""
    return model_prefix(storage.prefix, model.meta.namespace, model.name, model.spec.version, model.meta.uid)


def files_prefix(model: ModelView, storage: Storage) -> str:
    """Return the key prefix of a made model's files: below its own, whatever address its status has."""
    own = prefix_of(model, storage)
    place = (model.status.address or "").removeprefix(f"s3://{storage.bucket}/")
    return place if place.startswith(own) and ".." not in place else own
