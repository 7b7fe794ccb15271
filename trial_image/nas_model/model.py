"""The model: a network with its weights, and all that lies between raw inputs and predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from nas_model.bundle.format import Manifest
from nas_model.bundle.opened import OpenedBundle, open_bundle
from nas_model.bundle.places import place_of
from nas_model.errors import BundleError, CandidateRejected, DatasetInvalid, InputInvalid
from nas_model.extras import naming_the_extra
from nas_model.inputs import Scales, network_inputs, scales_of
from nas_model.networks.trained import trained_network
from nas_model.precision import PRECISIONS, autocast
from nas_model.predictions import Predictions
from nas_model.preprocessing.forms import Preprocessing
from nas_model.raw.examples import RawPart
from nas_model.raw.given import read

BATCH = 256
"""Examples at once."""


@dataclass(frozen=True, repr=False)
class Model:
    """A trained architecture that predicts on raw inputs."""

    network: nn.Module
    """In evaluation mode, on the device. It takes a mapping from inputs to tensors and gives (N, outputs)."""
    preprocessing: Preprocessing
    """What was fitted to the training examples."""
    manifest: Manifest
    """Metrics, origin and files of the bundle."""
    architecture: str
    """The architecture as text, for people."""
    device: torch.device
    dtype: torch.dtype = torch.float32
    """Arithmetic of the network."""

    def __repr__(self) -> str:
        size = sum(weights.numel() for weights in self.network.parameters())
        task, origin = self.manifest.task, self.manifest.origin
        classes = f", {len(self.classes)} classes" if self.classes else ""
        made = f" of {origin.trial}" if origin else ""
        return (
            f"<model{made}: {task}{classes}, {size:,} parameters, {self.dtype} on {self.device}; {self.architecture}>"
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of the outputs; empty for a regression."""
        return self.preprocessing.classes

    @property
    def metrics(self) -> Mapping[str, float]:
        """What the trial reported of these weights."""
        return self.manifest.metrics

    def predict(self, given: Any, *, folder: str | Path | None = None, batch_size: int = BATCH) -> Predictions:
        """Predict for raw inputs.

        Args:
            given: a DataFrame, an Arrow table or a mapping of columns; the path of a CSV, Parquet or JSONL file; a list
                of texts; a folder of images or sounds or a list of their paths; an array (N, …); or a mapping from
                inputs (text, image, audio, series, table) to any of these.
            folder: where paths begin that a table or a list holds; left out: beside the table's file, or where the
                program was started.
            batch_size: examples at once.

        Raises:
            InputInvalid: if the model cannot take it; the message says what it takes, or names row and column.
            ImportError: if a library is missing that such inputs need; the message says what to install.
        """
        with naming_the_extra(), torch.inference_mode(), autocast(self.device, self.dtype):
            outputs = [
                self.network(tensors).float().cpu().numpy() for tensors in self._batches(given, folder, batch_size)
            ]
        empty = np.zeros((0, self.preprocessing.outputs), np.float32)
        return Predictions(np.concatenate([empty, *outputs]), self.preprocessing.target)

    def preprocess(self, given: Any, *, folder: str | Path | None = None) -> dict[str, Tensor]:
        """Return raw inputs as the network takes them, on the device: all at once.

        Raises:
            InputInvalid, ImportError: as :meth:`predict`.
        """
        with naming_the_extra():
            raw = self._raw(given, folder)
            return self._tensors(raw, 0, raw.rows)

    def _batches(self, given: Any, folder: str | Path | None, size: int) -> Iterator[dict[str, Tensor]]:
        if size < 1:
            raise InputInvalid(f"batch_size {size} must be at least 1")
        raw = self._raw(given, folder)
        for start in range(0, raw.rows, size):
            yield self._tensors(raw, start, min(start + size, raw.rows))

    def _raw(self, given: Any, folder: str | Path | None) -> RawPart:
        return read(given, Path(folder) if folder is not None else None, self.preprocessing)

    def _tensors(self, raw: RawPart, start: int, end: int) -> dict[str, Tensor]:
        try:
            rows = self.preprocessing.arrays(raw.read(start, end), raw.categories)
        except DatasetInvalid as error:
            raise InputInvalid(error.message) from error
        tensors = {name: torch.from_numpy(values).to(self.device) for name, values in rows.items()}
        return network_inputs(tensors, self._scales)

    @cached_property
    def _scales(self) -> Scales:
        return scales_of(self.preprocessing, self.device)


def open_model(address: str | Path, sha256: str | None, device: str, precision: str) -> Model:
    """Load a model; `nas_model.load` says how.

    Raises:
        BundleError: if the bundle cannot be used.
        ImportError: if a library is missing that this place, or this model, needs; the message says what to install.
        ValueError: if there is no such precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(f"precision {precision!r} is none of {', '.join(PRECISIONS)}")
    there = torch.device(device)
    with naming_the_extra():
        bundle = open_bundle(place_of(address), sha256)
        network = _network(bundle).to(there)
    return Model(
        # Channels last, as in training: other kernels round otherwise.
        network=network.to(memory_format=torch.channels_last),
        preprocessing=bundle.preprocessing,
        manifest=bundle.manifest,
        architecture=bundle.architecture.candidate.text or str(bundle.architecture.candidate.architecture),
        device=there,
        dtype=PRECISIONS[precision],
    )


def _network(bundle: OpenedBundle) -> nn.Module:
    """Return the network, as the trainer builds it, with its weights."""
    candidate, signature = bundle.architecture.candidate, bundle.preprocessing.signature
    weights = bundle.weights()
    try:
        return trained_network(bundle.architecture.space, candidate.architecture, signature, weights)
    except (CandidateRejected, RuntimeError) as error:
        raise BundleError(f"{bundle.place.where}: architecture and weights do not fit each other: {error}") from error
