"""Checkpoints: weights and optimiser state as safetensors, and a JSON manifest that is put last and makes it whole.

A checkpoint counts only with its manifest, its size and its SHA-256; a truncated or tampered one is skipped for
the one before. Nothing is ever unpickled: whoever may write to the bucket must not run code here. Training waits only
for the copy that :func:`copy_state` makes; storing it may happen in another thread.
"""

from __future__ import annotations

import copy
import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor

from nas_core.contract import STORED_RESULT_LIMIT, WARNING_LENGTH
from nas_core.layout import MANIFEST_ENDING, checkpoint_stem, manifest_key, weights_key
from nas_storage.faults import NotFound, ObjectTooLarge
from nas_storage.store import ObjectStore
from nas_trial.process.log import log
from nas_trial.training.progress import Progress
from nas_trial.training.train_state import TrainState, judged_weights, pack, unpack

SCHEMA_VERSION = 1
KEPT = 2
"""Checkpoints of a trial that are kept: the newest, and one to fall back on. Beside them the best, if it is older."""


DAMAGED = (ObjectTooLarge, SafetensorError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What content raises that is no checkpoint. RecursionError: lists within lists by the thousand."""


@dataclass(frozen=True)
class StateCopy:
    """A copy of all that a checkpoint holds, on the CPU."""

    tensors: dict[str, Tensor]
    progress: Progress


def copy_state(state: TrainState, progress: Progress) -> StateCopy:
    """Copy the state of training; what follows does not change the copy."""
    return StateCopy(pack(state), copy.deepcopy(progress))


class Checkpoints:
    """The checkpoints of one trial below a key prefix (with a trailing slash)."""

    def __init__(self, store: ObjectStore, prefix: str, bucket: str, attempt: int, candidate: str) -> None:
        self._store, self._prefix, self._bucket = store, prefix, bucket
        self._attempt, self._candidate = attempt, candidate
        self.skipped: list[str] = []
        """Why checkpoints were skipped, for people."""

    def save(self, copied: StateCopy) -> str:
        """Store a checkpoint and drop those that are not kept; return the address of the weights."""
        progress = copied.progress
        stem = self._stem(progress)
        content = save_tensors(copied.tensors)
        manifest = {
            "schemaVersion": SCHEMA_VERSION,
            "candidate": self._candidate,
            "attempt": self._attempt,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "torch": torch.__version__,
            "progress": asdict(progress),
        }
        # The manifest last: a checkpoint without one is not whole, so that a kill between the two leaves no half.
        self._store.put(stem + ".safetensors", content)
        self._store.put(stem + ".json", json.dumps(manifest).encode())
        self._prune(stem + ".json", progress.best_checkpoint)
        return self.address(progress)

    def address(self, progress: Progress) -> str:
        """Return where the weights are, or will be, that this attempt stores of a place in training."""
        return f"s3://{self._bucket}/{self._stem(progress)}.safetensors"

    def holds(self, address: str) -> bool:
        """Whether there is a checkpoint at an address, of this trial or of one that it continues."""
        try:
            self._store.get(self._manifest_of(address), STORED_RESULT_LIMIT)
        except NotFound:
            return False
        return True

    def weights(self, address: str) -> dict[str, Tensor]:
        """Return the weights that metrics were of, by the network's own names: the average's where there is one.

        Raises:
            NotFound: if there is no checkpoint at the address.
            ValueError: if it is damaged or of another candidate; the message says which.
        """
        key = self._manifest_of(address)
        try:
            manifest, content = (
                json.loads(self._store.get(key, STORED_RESULT_LIMIT)),
                self._store.get(weights_key(key)),
            )
            problem = self._mismatch(manifest, content)
            weights = {} if problem else judged_weights(load_tensors(content))
        except DAMAGED as error:
            raise ValueError(f"checkpoint {key}: {type(error).__name__}: {error}") from error
        if problem:
            raise ValueError(f"checkpoint {key}: {problem}")
        return weights

    def resume(self, state: TrainState) -> Progress | None:
        """Load the newest whole checkpoint into a state; return where it stands, None if there is none."""
        for key in reversed(self._manifests()):
            try:
                manifest = json.loads(self._store.get(key, STORED_RESULT_LIMIT))
                content = self._store.get(weights_key(key))
                # Checked before anything is loaded: whoever may write to the bucket must not crash or mislead training.
                if problem := self._mismatch(manifest, content):
                    self._skip(key, problem)
                    continue
                progress = Progress.of(manifest["progress"])
                unpack(load_tensors(content), state)
            except (NotFound, *DAMAGED) as error:
                self._skip(key, f"{type(error).__name__}: {error}")
                continue
            log("resumed", key=key, epoch=progress.epoch, step=progress.step)
            return progress
        return None

    def _skip(self, key: str, problem: str) -> None:
        log("checkpoint-skipped", key=key, message=problem)
        self.skipped.append(f"checkpoint {key.rpartition('/trials/')[2]} was skipped: {problem}"[:WARNING_LENGTH])

    def _mismatch(self, manifest: dict[str, Any], content: bytes) -> str | None:
        if manifest["candidate"] != self._candidate:
            return "it is of another candidate"
        if manifest["size"] != len(content):
            return f"it has {len(content)} bytes, its manifest says {manifest['size']}"
        if manifest["sha256"] != hashlib.sha256(content).hexdigest():
            return "its content does not match its manifest"
        return None

    def _manifests(self) -> list[str]:
        return [key for key in self._store.keys(self._prefix) if key.endswith(MANIFEST_ENDING)]

    def _stem(self, progress: Progress) -> str:
        return self._prefix + checkpoint_stem(progress.epoch, progress.step, self._attempt)

    def _manifest_of(self, address: str) -> str:
        return manifest_key(address.removeprefix(f"s3://{self._bucket}/"))

    def _prune(self, newest: str, best: str) -> None:
        # Not those that sort behind: damaged ones that were skipped must not push out whole ones, and a pod that
        # outlived its Job must not delete its successor's.
        keys = [key for key in self._store.keys(self._prefix) if key <= newest]
        manifests = [key for key in keys if key.endswith(MANIFEST_ENDING)]
        for key in set(manifests[:-KEPT]) - {self._manifest_of(best)}:
            # The manifest first: what is left without one counts as no checkpoint.
            self._store.delete(key)
            self._store.delete(weights_key(key))
        # Weights without one: whoever saved or deleted them was killed between the two.
        for key in set(keys) - {*manifests, *map(weights_key, manifests)}:
            self._store.delete(key)
