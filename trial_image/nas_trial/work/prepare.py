"""Work of kind Prepare: the data of a search is read, checked, divided and stored once for all its trials.

What it makes lies below a key of what it is made from, for all searches of the namespace: one that is there already is
taken. Needs no PyTorch and no GPU.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from nas_core.api.trial import DatasetSummary
from nas_core.contract import ROWS_DONE, TrialResult
from nas_core.layout import dataset_prefix
from nas_core.states import Outcome
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.baseline.describe import describe
from nas_trial.baseline.fit import fit_baseline
from nas_trial.data import source
from nas_trial.data.files import Files
from nas_trial.data.prepared.key import key_of
from nas_trial.data.prepared.make import Maker
from nas_trial.data.prepared.manifest import MANIFEST, MANIFEST_LIMIT, Manifest
from nas_trial.data.prepared.publish import Publisher
from nas_trial.errors import CandidateRejected, DatasetInvalid, Stopped
from nas_trial.process.log import log
from nas_trial.work.attempt import Attempt

MESSAGE_EVERY_S = 10.0
"""Seconds between two lines of progress in the log."""


def prepare(attempt: Attempt) -> TrialResult:
    """Prepare the data of the trial's task, unless they are there already.

    Raises:
        CandidateRejected: if the data cannot be learned from, or there is no storage.
        Stopped: if asked to stop; what is stored by then is not stored again.
        StorageUnavailable: if the storage did not answer for minutes.
    """
    trial, store = attempt.trial, attempt.store
    if trial.storage is None or store is None:
        raise CandidateRejected("SpecInvalid", "work Prepare needs spec.storage, where the prepared data are kept")
    with attempt.watching("preparing the data", computing=True):
        files = source.locate(trial.task, trial.storage, attempt.stop)
        tokenizer = source.tokenizer_of(trial.task, trial.storage, attempt.stop)
        key = key_of(trial.task, trial.data_seed, files, tokenizer)
        prefix = dataset_prefix(trial.storage.root, key)
        manifest = stored(store, prefix)
        if manifest is not None:
            log("prepared", message="the data are there already, prepared from the same files", prefix=prefix)
        else:
            manifest = _make(attempt, store, prefix, key, files, tokenizer)
    summary = DatasetSummary(
        address=f"s3://{trial.storage.bucket}/{prefix}",
        hash=manifest.hash,
        training=manifest.rows("train"),
        validation=manifest.rows("val"),
        test=manifest.rows("test"),
        classes=manifest.classes,
        largest_class=manifest.largest_class,
        inputs={each.name: "x".join(map(str, each.shape)) for each in manifest.inputs},
        baseline=list(manifest.baseline),
        features=dict(manifest.features),
        warnings=list(manifest.warnings),
    )
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        attempt=trial.identity.attempt,
        dataset=summary,
        dataset_hash=manifest.hash,
        warnings=list(manifest.warnings),
    )


def stored(store: ObjectStore, prefix: str) -> Manifest | None:
    """Return the manifest of a data set that is stored and has all its files, None if there is none."""
    try:
        manifest = Manifest.parse(store.get(prefix + MANIFEST, MANIFEST_LIMIT), prefix + MANIFEST)
    except NotFound:
        return None
    except (DatasetInvalid, ObjectTooLarge) as error:
        log("prepared", message=f"the data are prepared again: {error}")
        return None
    there = set(store.keys(prefix))
    lost = [entry.name for entry in manifest.entries() if prefix + entry.name not in there]
    if lost:
        log("prepared", message=f"the data are prepared again: {prefix}{lost[0]} is missing")
        return None
    return manifest


def _make(attempt: Attempt, store: ObjectStore, prefix: str, key: str, files: Files, tokenizer: str | None) -> Manifest:
    trial = attempt.trial
    directory = Path(tempfile.mkdtemp(prefix="nas-prepare-"))
    try:
        progress = Progress(attempt)
        data = replace(source.parse(files, trial.task, attempt.stop), tokenizer=tokenizer)
        made = Maker(trial.task, trial.data_seed, directory, progress).make(data)
        for warning in made.prepared.warnings:
            log("data-warning", message=warning)
        prepared, held = made.prepared, made.held_out()
        test, classes = held.shards if held else None, len(prepared.preprocessing.classes) or None
        baseline = fit_baseline(prepared.train, prepared.val, test, classes, progress)
        features = describe(prepared.train, prepared.val, classes)
        return Publisher(store, prefix, directory, progress).publish(made, key, baseline, features)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@dataclass
class Progress:
    """Tells the watchdog, the log and the live metrics how far preparing is; ends it when asked to stop."""

    attempt: Attempt
    _last_message: float = field(default=0.0)

    def __call__(self, what: str, rows: int) -> None:
        """Note that so many rows are done."""
        if self.attempt.stop.is_set():
            raise Stopped
        self.attempt.watchdog.beat()
        self.attempt.endpoint.set(**{ROWS_DONE: float(rows)})
        if time.monotonic() - self._last_message >= MESSAGE_EVERY_S:
            self._last_message = time.monotonic()
            log("preparing", message=f"{rows} rows {what}")
