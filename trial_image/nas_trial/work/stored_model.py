"""What is there of a model: whether it is whole and the one that is asked for, and what the result says of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping

from nas_core.contract import SIGNING_KEY_ENV, ModelArtifact, ModelRequest, ModelSummary
from nas_model.bundle.format import MANIFEST, MANIFEST_LIMIT, Manifest, Published
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.card.card import COMPARED, MAIN
from nas_trial.process.log import log
from nas_trial.provenance.signing import SIGNATURE
from nas_trial.work.model_source import source_address


def stored_summary(store: ObjectStore, request: ModelRequest, alive: Callable[[], None]) -> ModelSummary | None:
    """Return what the result says of a model that another attempt has stored; None if it has to be made.

    Args:
        store: the trial's bucket.
        request: the model that is asked for.
        alive: called for each file; may raise Stopped.

    Raises:
        StorageUnavailable: if the storage did not answer for minutes.
    """
    try:
        content = store.get(request.prefix + MANIFEST, MANIFEST_LIMIT)
        manifest = Manifest.model_validate_json(content)
        if manifest.model != (wanted := published(request)):
            raise ValueError(f"{manifest.model} is there, {wanted} is asked for")
        files = {}
        for file in manifest.files:
            alive()
            files[file.name] = store.get(request.prefix + file.name, file.bytes)
            if hashlib.sha256(files[file.name]).hexdigest() != file.sha256:
                raise ValueError(f"{file.name} is damaged")
        if os.environ.get(SIGNING_KEY_ENV):
            files[SIGNATURE] = store.get(request.prefix + SIGNATURE, MANIFEST_LIMIT)
    except NotFound:
        return None
    except (ObjectTooLarge, ValueError) as error:  # pydantic's errors are ValueErrors
        log("export", message=f"the model that is stored is made again: {error}")
        return None
    return summary_of({**files, MANIFEST: content})


def summary_of(files: Mapping[str, bytes]) -> ModelSummary:
    """Return what the result says of a model; its files by name, the manifest among them."""
    manifest = Manifest.model_validate_json(files[MANIFEST])
    formats = {entry.file: entry.format for entry in manifest.exports}
    return ModelSummary(
        artifacts=[
            ModelArtifact(
                path=name,
                sha256=hashlib.sha256(content).hexdigest(),
                bytes=len(content),
                format=formats.get(name),
            )
            for name, content in sorted(files.items())
        ],
        metrics={
            entry.format: {
                **dict(_compared(entry.metrics)),
                "max_difference": entry.max_difference,
                "latency_ms": entry.latency_ms,
            }
            for entry in manifest.exports
        },
    )


def _compared(metrics: Mapping[str, float]) -> list[tuple[str, float]]:
    """Return those by which exports are compared: a status, and a termination message, have little room."""
    return [(name, value) for name, value in metrics.items() if name.partition("_")[2] in MAIN][:COMPARED]


def published(request: ModelRequest) -> Published:
    """Return what the manifest says of a model that is asked for."""
    return Published(
        name=request.name, version=request.version, source=source_address(request), exports=list(request.exports)
    )
