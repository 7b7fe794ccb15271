"""Reads what an attempt left behind: the stored result, else the one that its process reported at its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from nas_backend.result_text import UnusableResult, read_result
from nas_core.api.storage import Storage
from nas_core.contract import EXIT_OK, TrialResult
from nas_core.layout import MANIFEST_ENDING, checkpoint_prefix, result_key, storage_location, weights_key
from nas_core.reasons import TrialReason
from nas_core.records.metadata import Meta
from nas_core.records.pod import PodView
from nas_core.states import Outcome
from nas_plan.snapshot import Collected
from nas_storage.faults import ObjectTooLarge


class Objects(Protocol):
    """The objects of a search. Every method raises :class:`nas_storage.faults.StorageFault` while they are away."""

    async def get(self, key: str) -> bytes | None:
        """Return an object's content, None if there is none; raise ObjectTooLarge over STORED_RESULT_LIMIT bytes."""

    async def put_once(self, key: str, content: bytes) -> bytes:
        """Put an object unless there is one; return the content that is there then."""

    async def newest(self, prefix: str, ending: str) -> str | None:
        """Return the last key, in their order, that begins and ends so; None if there is none."""


async def left_behind(
    search: Meta,
    storage: Storage | None,
    objects: Objects | None,
    trial: str,
    pod: PodView | None,
    read_log: Callable[[PodView], Awaitable[str | None]],
) -> Collected:
    """Return what a finished attempt of a trial left.

    Args:
        search: whose trial it is.
        storage: where the search keeps its objects.
        objects: those objects; None without a storage.
        trial: name of the trial.
        pod: the attempt's last pod.
        read_log: returns the end of its log.

    Raises:
        StorageFault: if the storage cannot be used.
    """
    key = result_key(storage_location(search, storage).root, trial) if storage else ""
    return await left_at(key, objects if storage else None, pod, read_log)


async def left_at(
    key: str, objects: Objects | None, pod: PodView | None, read_log: Callable[[PodView], Awaitable[str | None]]
) -> Collected:
    """Return what an attempt left: the result stored at ``key``, else the reported one, which is then stored.

    The storage's object is the record: it is written once, whoever comes first, and what is there holds.

    Raises:
        StorageFault: if the storage cannot be used.
    """
    reported, fault = _reported(pod) if pod else (None, "")
    result = reported
    if objects:
        try:
            stored = await objects.get(key)
            # A failure is not stored: the key is the trial's, and its next attempt may bring a result.
            if stored is None and reported and reported.outcome != Outcome.FAILED:
                content = reported.model_dump_json(by_alias=True, exclude_none=True).encode()
                stored = await objects.put_once(key, content)
            if stored is not None:
                result, fault = _read(stored.decode(errors="replace"), "in the storage, ")
                result = result or reported
        except ObjectTooLarge as error:
            # The trial's fault, not the storage's: whatever it says, the record is what stands there.
            message = f"its result cannot be read: {error}; write fewer metrics or shorter curves"
            result = TrialResult(outcome=Outcome.FAILED, reason=TrialReason.RESULT_INVALID, message=message)
    log = None
    if result is None or result.outcome == Outcome.FAILED:
        log = await read_log(pod) if pod else None
    return Collected(result, log, "" if result else fault)


async def newest_checkpoint(search: Meta, storage: Storage, objects: Objects, trial: str) -> str | None:
    """Return the address of a trial's newest whole checkpoint, None if there is none.

    Raises:
        StorageFault: if the storage cannot be used.
    """
    root = storage_location(search, storage).root
    key = await objects.newest(checkpoint_prefix(root, trial), MANIFEST_ENDING)
    return f"s3://{storage.bucket}/{weights_key(key)}" if key else None


def _reported(pod: PodView) -> tuple[TrialResult | None, str]:
    """Return the result in a pod's termination message, and what is wrong with one that is none."""
    text = pod.message.strip()
    # Of a container that failed without a message Kubernetes keeps the end of its log instead, which may be JSON too.
    if not text or (pod.exit_code != EXIT_OK and not (text.startswith("{") and '"outcome"' in text)):
        return None, ""
    return _read(pod.message)


def _read(text: str, where: str = "") -> tuple[TrialResult | None, str]:
    try:
        return read_result(text), ""
    except UnusableResult as error:
        return None, f"{where}{error}"
