"""A training that is on record, in a bundle or in a NASTrial: what its trainer read, and what came of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from nas_client.agreement import Training
from nas_client.errors import InvalidInput
from nas_client.search_state import SearchState
from nas_core.contract import Identity, StorageLocation, TrialInput
from nas_core.metric_names import on_test_split
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_local.again import input_of
from nas_local.errors import LocalRunError
from nas_local.home import BUCKET
from nas_model.bundle.format import WEIGHTS, Manifest
from nas_model.bundle.opened import OpenedBundle, open_bundle
from nas_model.bundle.places import ENDPOINTS, place_of
from nas_model.errors import BundleError


@dataclass(frozen=True)
class Recorded:
    """A training on record."""

    given: TrialInput
    training: Training
    threads: int | None = None
    """None: not known."""

    @property
    def decisive(self) -> list[str]:
        """The metrics by which it was judged."""
        named = [objective.metric for objective in self.given.objectives]
        return [*named, *map(on_test_split, named)]


def of_bundle(address: str) -> Recorded:
    """Read the record that a bundle is.

    Raises:
        InvalidInput: if it cannot be read, or is of a version that does not say how it was trained.
    """
    try:
        found = open_bundle(place_of(address))
    except BundleError as error:
        raise InvalidInput(str(error)) from error
    origin = found.manifest.origin
    if origin.task is None or origin.evaluation is None:
        raise InvalidInput(
            f"{address}: bundle.json does not say how it was trained (origin.task, origin.evaluation), as older "
            "versions wrote it; give the name of the trial instead"
        )
    endpoint = next((os.environ[name] for name in ENDPOINTS if os.environ.get(name)), None)
    given = TrialInput(
        identity=Identity(
            namespace=origin.namespace,
            search=origin.search,
            search_uid=origin.search_uid,
            trial=origin.trial,
            index=origin.index,
            attempt=1,
        ),
        work=Work.RETRAIN,
        space=found.architecture.space,
        candidates=[found.architecture.candidate],
        task=origin.task,
        evaluation=origin.evaluation,
        seed=origin.seed,
        data_seed=origin.data_seed,
        objective=origin.objectives[0] if origin.objectives else None,
        objectives=origin.objectives,
        # Only its server is used: data at addresses s3:// are read from it.
        storage=StorageLocation(bucket=BUCKET, root="", endpoint=endpoint),
    )
    return Recorded(given, training_of(found), origin.threads)


def training_of(bundle: OpenedBundle) -> Training:
    """Return what came of the training that a bundle is of."""
    manifest, origin = bundle.manifest, bundle.manifest.origin
    return Training(manifest.metrics, origin.dataset_hash, _weights(manifest), _made_with(manifest))


def of_trial(state: SearchState, trial: TrialView, data: Mapping[str, str]) -> Recorded:
    """Read the record that a trial is; ``data`` are folders by the claims that they stand for.

    Raises:
        InvalidInput: if it has no result, or cannot be trained here.
    """
    if not trial.succeeded:
        raise InvalidInput(f"trial {trial.meta.name!r} has no result to compare with; name one that has succeeded")
    try:
        given = input_of(state.search, trial, data)
    except LocalRunError as error:
        raise InvalidInput(str(error)) from error
    return Recorded(given, Training(trial.status.metrics, trial.status.dataset_hash))


def _weights(manifest: Manifest) -> str | None:
    file = manifest.file(WEIGHTS)
    return file.sha256 if file else None


def _made_with(manifest: Manifest) -> dict[str, str]:
    origin = manifest.origin
    threads = {"threads": str(origin.threads)} if origin.threads else {}
    return {**origin.packages, **threads, "GPUs": str(origin.gpus)}
