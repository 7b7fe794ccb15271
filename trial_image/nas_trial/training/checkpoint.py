"""Checkpoints: weights and optimiser state as safetensors, and a JSON manifest that is put last and makes it whole.

A checkpoint counts only with its manifest, its size and its SHA-256; a truncated or tampered one is passed over for
the one before. Nothing is ever unpickled: whoever may write to the bucket must not run code here. Training waits only
for the copy that :func:`take` makes; storing it may happen in another thread.
"""

from __future__ import annotations

import copy
import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from safetensors.torch import save as save_tensors
from torch import Tensor, nn

from nas_core.api.strategy import Objective
from nas_core.contract import WARNING_LENGTH
from nas_core.layout import checkpoint_stem
from nas_core.objectives import cost_of
from nas_storage.faults import NotFound
from nas_storage.store import ObjectStore
from nas_trial.process.log import log

SCHEMA_VERSION = 1
KEPT = 2
"""Checkpoints of a trial that are kept: the newest, and one to fall back on. Beside them the best, if it is older."""


@dataclass
class Progress:
    """Where training stands."""

    epoch: int = 0
    """Epochs completed."""
    step: int = 0
    """Steps completed of the next one."""
    sums: dict[str, float] = field(default_factory=dict)
    """Running sums of the epoch under way: loss, correct, seen."""
    metrics: dict[str, float] = field(default_factory=dict)
    """Newest values of the completed epochs."""
    scale: float | None = None
    """Gradient scale of float16 training."""
    seconds: float = 0.0
    """Seconds trained so far, over all attempts."""
    curve: dict[str, Any] = field(default_factory=dict)
    """The objectives after each epoch, as `nas_core.api.curve.Curve` writes itself."""
    parts: int = 1
    """Parts that a batch is put through the network in, at least: in fewer it did not fit into the memory."""

    @classmethod
    def of(cls, values: dict[str, Any]) -> Progress:
        """Return what a manifest says; an older one lacks fields, a newer one may have others."""
        return cls(**{name: value for name, value in values.items() if name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Snapshot:
    """A copy of all that a checkpoint holds."""

    tensors: dict[str, Tensor]
    progress: Progress


def take(
    network: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress, average: nn.Module | None = None
) -> Snapshot:
    """Copy the state of training; what follows does not change the copy."""
    return Snapshot(pack(network, optimizer, average), copy.deepcopy(progress))


class Checkpoints:
    """The checkpoints of one trial below a key prefix (with a trailing slash)."""

    def __init__(
        self,
        store: ObjectStore,
        prefix: str,
        bucket: str,
        attempt: int,
        candidate: str,
        objective: Objective | None = None,
    ) -> None:
        self._store, self._prefix, self._bucket = store, prefix, bucket
        self._attempt, self._candidate, self._objective = attempt, candidate, objective
        self._values: dict[str, float] = {}
        self.skipped: list[str] = []
        """Why checkpoints were passed over, for people."""

    def save(self, snapshot: Snapshot) -> str:
        """Store a checkpoint and drop those that are not kept; return the address of the weights."""
        progress = snapshot.progress
        stem = self._prefix + checkpoint_stem(progress.epoch, progress.step, self._attempt)
        content = save_tensors(snapshot.tensors)
        manifest = {
            "schemaVersion": SCHEMA_VERSION,
            "candidate": self._candidate,
            "attempt": self._attempt,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "torch": torch.__version__,
            "progress": asdict(progress),
        }
        self._store.put(stem + ".safetensors", content)
        self._store.put(stem + ".json", json.dumps(manifest).encode())
        self._prune(stem + ".json")
        return f"s3://{self._bucket}/{stem}.safetensors"

    def resume(
        self, network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None = None
    ) -> Progress | None:
        """Load the newest whole checkpoint; return where it stands, None if there is none."""
        for key in reversed(self._manifests()):
            try:
                manifest = json.loads(self._store.get(key))
                content = self._store.get(key.removesuffix(".json") + ".safetensors")
                if problem := self._flaw(manifest, content):
                    self._skip(key, problem)
                    continue
                progress = Progress.of(manifest["progress"])
                unpack(load_tensors(content), network, optimizer, average)
            except (NotFound, SafetensorError, KeyError, IndexError, TypeError, ValueError) as error:
                self._skip(key, f"{type(error).__name__}: {error}")
                continue
            log("resumed", key=key, epoch=progress.epoch, step=progress.step)
            return progress
        return None

    def _skip(self, key: str, problem: str) -> None:
        log("checkpoint-skipped", key=key, message=problem)
        self.skipped.append(f"checkpoint {key.rpartition('/trials/')[2]} was passed over: {problem}"[:WARNING_LENGTH])

    def _flaw(self, manifest: dict[str, Any], content: bytes) -> str | None:
        if manifest["candidate"] != self._candidate:
            return "it is of another candidate"
        if manifest["size"] != len(content):
            return f"it has {len(content)} bytes, its manifest says {manifest['size']}"
        if manifest["sha256"] != hashlib.sha256(content).hexdigest():
            return "its content does not match its manifest"
        return None

    def _manifests(self) -> list[str]:
        return [key for key in self._store.keys(self._prefix) if key.endswith(".json")]

    def _prune(self, newest: str) -> None:
        # Not those that sort behind: damaged ones that were passed over must not push out whole ones, and a pod that
        # outlived its Job must not delete its successor's.
        keys = [key for key in self._manifests() if key <= newest]
        for key in set(keys[:-KEPT]) - {self._best(keys)}:
            # The manifest first: what is left without one counts as no checkpoint.
            self._store.delete(key)
            self._store.delete(key.removesuffix(".json") + ".safetensors")

    def _best(self, keys: list[str]) -> str | None:
        """Return the manifest with the best value of the objective, the first of equals; None if none has one."""
        if self._objective is None:
            return None
        for key in keys:
            if key not in self._values:
                self._values[key] = self._value(key, self._objective.metric)
        objective = self._objective
        return min(
            (key for key in keys if math.isfinite(self._values[key])),
            key=lambda key: cost_of(objective, self._values[key]),
            default=None,
        )

    def _value(self, key: str, metric: str) -> float:
        """Return what the weights reached; nan of one that does not say, or was taken within an epoch."""
        try:
            progress = json.loads(self._store.get(key))["progress"]
            return float(progress["metrics"][metric]) if progress["step"] == 0 else math.nan
        except (NotFound, KeyError, TypeError, ValueError):
            return math.nan


def pack(network: nn.Module, optimizer: torch.optim.Optimizer, average: nn.Module | None = None) -> dict[str, Tensor]:
    """Return copies of all state as flat tensors on the CPU.

    Names are ``network.<name>``, ``average.<name>`` of the moving average, ``optimizer.<parameter>.<name>``.
    """
    tensors = {f"network.{name}": snapshot(value) for name, value in network.state_dict().items()}
    if average:
        tensors |= {f"average.{name}": snapshot(value) for name, value in average.state_dict().items()}
    for parameter, state in optimizer.state_dict()["state"].items():
        for name, value in state.items():
            if value is not None:
                tensors[f"optimizer.{parameter}.{name}"] = snapshot(torch.as_tensor(value))
    return tensors


def snapshot(value: Tensor) -> Tensor:
    """Return a contiguous copy on the CPU that training does not change."""
    return value.detach().to("cpu", copy=True, memory_format=torch.contiguous_format)


def unpack(
    tensors: dict[str, Tensor],
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    average: nn.Module | None = None,
) -> None:
    """Put flat tensors back into a network, an optimiser and an average made the same way.

    Raises:
        ValueError: if they do not fit; the network is as it was then.
    """
    state: dict[int, dict[str, Tensor]] = {}
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    weights: dict[str, dict[str, Tensor]] = {"network": {}, "average": {}}
    for name, value in tensors.items():
        kind, rest = name.split(".", 1)
        if kind in weights:
            weights[kind][rest] = value
        else:
            number, key = rest.split(".", 1)
            state.setdefault(int(number), {})[key] = laid_out_as(parameters[int(number)], value)
    targets = {"network": network} | ({"average": average} if average else {})
    for kind, target in targets.items():
        expected = {name: value.shape for name, value in target.state_dict().items()}
        if {name: value.shape for name, value in weights[kind].items()} != expected:
            raise ValueError(f"its tensors are not those of this {kind}")
    for kind, target in targets.items():
        target.load_state_dict(weights[kind])
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})


def laid_out_as(parameter: Tensor, value: Tensor) -> Tensor:
    """Return a parameter's state in its memory layout: fused optimisers go through both in the order of memory."""
    return torch.empty_like(parameter, dtype=value.dtype).copy_(value) if value.shape == parameter.shape else value
