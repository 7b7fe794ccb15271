"""What the result says of a model that was made, and what its manifest says of what was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from nas_core.contract import ModelArtifact, ModelRequest, ModelSummary
from nas_model.bundle.format import MANIFEST, Manifest, Published
from nas_trial.card.card import COMPARED, MAIN
from nas_trial.work.model_source import source_address


def summary_of(files: Mapping[str, bytes], folder: str) -> ModelSummary:
    """Return what the result says of a model; its files by name, the manifest among them, in ``folder``."""
    manifest = Manifest.model_validate_json(files[MANIFEST])
    formats = {entry.file: entry.format for entry in manifest.exports}
    return ModelSummary(
        folder=folder,
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
