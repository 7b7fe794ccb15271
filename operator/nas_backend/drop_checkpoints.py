"""Deletes the checkpoints of trials that records let go (`nas_plan.retention`); each step can be repeated."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from nas_core.api.storage import Storage
from nas_core.layout import checkpoint_prefix, manifest_key, storage_location
from nas_core.records.metadata import Meta
from nas_core.records.trial import TrialView

AT_ONCE = 8
"""Trials whose checkpoints are deleted in one go: a look's results come first."""


class Objects(Protocol):
    """The objects of a search. Every method raises :class:`nas_storage.faults.StorageFault` while they are away."""

    async def delete_others(self, prefix: str, kept: Collection[str]) -> bool:
        """Delete objects below a prefix but those of some keys, for some seconds; return whether no other is left."""


async def drop_checkpoints(
    search: Meta, storage: Storage, objects: Objects, trials: Sequence[TrialView]
) -> frozenset[str]:
    """Delete what the records of some trials no longer keep; return the names of those that are done.

    Raises:
        StorageFault: if the storage cannot be used.
    """
    root, done = storage_location(search, storage).root, set()
    for trial in trials[:AT_ONCE]:
        prefix = checkpoint_prefix(root, trial.meta.name)
        if await objects.delete_others(prefix, _kept(storage.bucket, trial)):
            done.add(trial.meta.name)
    return frozenset(done)


def _kept(bucket: str, trial: TrialView) -> frozenset[str]:
    """Return the keys that stay: of each address on record the weights and their manifest."""
    status = trial.status
    addresses = [status.checkpoint, *(one.checkpoint for one in status.candidates)]
    keys = [address.removeprefix(f"s3://{bucket}/") for address in addresses if address]
    return frozenset([*keys, *map(manifest_key, keys)])
