"""What a model is made of: the bundle of a retraining or the checkpoint of any trial, and the data of its training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

import torch

from nas_core.contract import ModelRequest, TrialResult
from nas_core.layout import trial_root
from nas_core.states import Outcome
from nas_model.bundle.contents import required_contents
from nas_model.bundle.format import REQUIRED
from nas_model.bundle.opened import open_bundle
from nas_model.errors import BundleError
from nas_storage.faults import NotFound
from nas_storage.store import ObjectStore
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected
from nas_trial.work.attempt import Attempt
from nas_trial.work.bundle import Parts, parts_of
from nas_trial.work.initial_weights import prepared_for
from nas_trial.work.stored_bundle import StoredBundle

CPU = torch.device("cpu")


@dataclass(frozen=True)
class ModelMaterial:
    """All that a model is made of."""

    parts: Parts
    copied: Mapping[str, bytes]
    """The files that a bundle has to have, by name."""
    examples: Examples
    """As the weights' training had them."""


def read_source(attempt: Attempt, store: ObjectStore, request: ModelRequest) -> ModelMaterial:
    """Read what a model is made of, every file compared with its sha256.

    Raises:
        CandidateRejected: if it is missing or damaged, or lies where its trial does not write; or the data are.
        Stopped: if asked to stop.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    trial, source = attempt.trial, request.source
    assert trial.storage is not None
    bucket, address = trial.storage.bucket, source_address(request)
    # The address is what a trial's image has said: it must not lead to what others keep in this bucket.
    own = f"s3://{bucket}/{trial_root(trial.storage.root, source.trial)}/"
    if not address.startswith(own):
        raise CandidateRejected("ModelInvalid", f"{address!r} is not below {own}, where trial {source.trial} writes")
    adapt = partial(prepared_for, attempt)
    data = load_examples(trial.task, trial.storage, trial.data_seed, CPU, attempt.stop, trial.prepared, adapt)
    try:
        if source.bundle is None:
            # A trial of the search has learned from the training examples alone.
            examples = data.for_retraining(choosing=True)
            return _of_checkpoint(attempt, request, examples)
        choosing = trial.evaluation.report == "best" or trial.evaluation.patience is not None
        examples = data.for_retraining(choosing=choosing)
        opened = open_bundle(StoredBundle(store, bucket, address.removeprefix(f"s3://{bucket}/")))
        parts = Parts(opened.manifest, opened.architecture, opened.preprocessing, opened.weights())
        return ModelMaterial(parts, {name: opened.content(name) for name in REQUIRED}, examples)
    except (BundleError, NotFound, ValueError) as error:
        raise CandidateRejected(
            "ModelInvalid", f"trial {source.trial} has no model that can be used: {error}"
        ) from error


def source_address(request: ModelRequest) -> str:
    """Return where a model's weights come from: the address of a bundle, or of a checkpoint."""
    return request.source.bundle or request.source.checkpoint or ""


def _of_checkpoint(attempt: Attempt, request: ModelRequest, examples: Examples) -> ModelMaterial:
    trial, source = attempt.trial, request.source
    identity = trial.identity.model_copy(update={"trial": source.trial})
    trained = replace(attempt, trial=trial.model_copy(update={"identity": identity}))
    result = TrialResult(
        outcome=Outcome.SUCCEEDED, metrics=source.metrics, checkpoint=source.checkpoint, dataset_hash=examples.hash
    )
    parts = parts_of(trained, trial.candidates[0], result, examples, CPU)
    return ModelMaterial(parts, required_contents(parts.architecture, parts.preprocessing, parts.weights), examples)
