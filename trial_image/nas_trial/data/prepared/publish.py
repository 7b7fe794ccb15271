"""Puts a prepared data set into the bucket, the manifest last. What an earlier attempt has put is not put again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nas_core.api.trial import Baseline
from nas_core.contract import MOST_WARNINGS, WARNING_LENGTH
from nas_storage.store import ObjectStore
from nas_trial.data.prepared.make import HeldOut, Made
from nas_trial.data.prepared.manifest import (
    MANIFEST,
    PREPROCESSING,
    REPORT,
    SAMPLES,
    SPLITS,
    Entry,
    Input,
    Manifest,
)
from nas_trial.data.prepared.report import report, write_splits
from nas_trial.data.prepared.samples import write_samples
from nas_trial.data.prepared.shards import Shards
from nas_trial.data.scratch import room_for

NOTHING: Mapping[str, float] = MappingProxyType({})
DIGEST_LETTERS = 16
"""Letters of a file's hash that are in its name."""


class Publisher:
    """Puts the files of one data set below a prefix."""

    def __init__(self, store: ObjectStore, prefix: str, directory: Path, alive: Callable[[str, int], None]) -> None:
        self._store, self._prefix, self._directory, self._alive = store, prefix, directory, alive
        self._there = set(store.keys(prefix))

    def publish(
        self, made: Made, key: str, baseline: Sequence[Baseline] = (), features: Mapping[str, float] = NOTHING
    ) -> Manifest:
        """Put all files and return the manifest, which is then there too."""
        prepared = made.prepared
        held = made.held_out()
        splits = {"train": prepared.train, "val": prepared.val} | ({"test": held.shards} if held else {})
        # The first ones, which are not cut off: test rows that were learned make the result of a search worthless.
        warnings = (*(held.warnings if held else ()), *prepared.warnings)
        manifest = Manifest(
            key=key,
            hash=prepared.hash,
            classes=len(prepared.preprocessing.classes) or None,
            inputs=tuple(Input(name=c.name, type=c.type, shape=c.shape) for c in prepared.train.inputs),
            splits={split: self._shards(shards) for split, shards in splits.items()},
            targets={split: self._put(shards.folder.path(shards.targets_name)) for split, shards in splits.items()},
            files=tuple(self._put(path) for path in self._about(made, held)),
            warnings=tuple(warning[:WARNING_LENGTH] for warning in warnings[:MOST_WARNINGS]),
            largest_class=largest_class(made),
            baseline=tuple(baseline),
            features=features,
        )
        # Last: a data set that has a manifest is whole.
        self._store.put(self._prefix + MANIFEST, manifest.model_dump_json(indent=1).encode())
        return manifest

    def _about(self, made: Made, held: HeldOut | None) -> list[Path]:
        """Write what is beside the shards; return the files."""
        preprocessing = made.prepared.preprocessing
        paths = [self._directory / name for name in (PREPROCESSING, REPORT, SPLITS)]
        with room_for("the report on the data", self._directory):
            paths[0].write_text(preprocessing.model_dump_json(exclude_none=True, indent=1))
            paths[1].write_text(json.dumps(report(made, held), indent=1, ensure_ascii=False))
            write_splits(paths[2], made)
            if preprocessing.image and preprocessing.target.kind == "classes":
                paths.append(self._directory / SAMPLES)
                write_samples(paths[-1], made.prepared.train, preprocessing.classes)
        return paths

    def _shards(self, shards: Shards) -> tuple[Entry, ...]:
        entries = []
        for name, rows in zip(shards.names, shards.counts, strict=True):
            entries.append(self._put(shards.folder.path(name), rows))
        return tuple(entries)

    def _put(self, path: Path, rows: int | None = None) -> Entry:
        entry = Entry.of(path, rows)
        name = entry.name
        if rows is not None:
            # By its content: attempts that differ, such as of two versions of this image at once, keep files apart.
            name = f"{path.stem}-{entry.sha256[:DIGEST_LETTERS]}{path.suffix}"
            entry = entry.model_copy(update={"name": name})
        if rows is None or self._prefix + name not in self._there:
            self._store.put(self._prefix + name, path.read_bytes())
        self._alive("stored", rows or 0)
        return entry


def largest_class(made: Made) -> float | None:
    """Return the share of the training examples that are of the most frequent class; None: they have no one class."""
    if made.prepared.preprocessing.target.kind != "classes":
        return None
    y = made.prepared.train.targets()
    return float(np.bincount(y).max() / len(y))
