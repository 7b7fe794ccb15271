"""The trainer's bucket: `nas_storage.bucket` with patience.

A storage that is away for a while must not cost the work done so far: every call is made again for two minutes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from nas_core.contract import StorageLocation
from nas_core.reasons import StorageReason
from nas_storage.credentials import Credentials
from nas_storage.directory_store import DirectoryStore
from nas_storage.faults import NotFound, StorageFault
from nas_storage.policy import Policy
from nas_storage.store import ObjectStore
from nas_trial.errors import StorageUnavailable
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag

T = TypeVar("T")

PATIENCE_S = 120.0
"""Seconds a call is tried again, with pauses of 0.5, 1, 2 … 10 s."""
STOPPING_PATIENCE_S = 10.0
"""The same once the trial is being stopped: it has only its grace period."""


@dataclass(frozen=True)
class TrialPatience:
    """Makes a call again for ``patience_s`` seconds, for less once the trial is being stopped."""

    bucket: str
    stop: StopFlag
    patience_s: float

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what the call returns.

        Raises:
            NotFound: also if there is no such bucket.
            StorageUnavailable: if the storage cannot be used, or did not answer in time.
        """
        started, pause = time.monotonic(), 0.5
        while True:
            try:
                return call()
            except StorageFault as fault:
                if fault.reason == StorageReason.BUCKET_NOT_FOUND:
                    raise NotFound(f"{fault.detail} in bucket {self.bucket!r}") from fault
                if not fault.passing:
                    problem = f"the storage cannot be used: {fault.detail} in bucket {self.bucket!r}"
                    raise StorageUnavailable(problem) from fault
                waited, problem = time.monotonic() - started, fault.detail
                if waited >= self._limit_s():
                    raise StorageUnavailable(f"the storage did not answer for {waited:.0f} s: {problem}") from fault
            log("storage", message=f"{problem}; trying again in {pause:.1f} s")
            if self.stop.is_set():
                # The flag would end the pause at once.
                time.sleep(min(pause, 1.0))
            else:
                self.stop.wait(pause)
            pause = min(10.0, pause * 2)

    def _limit_s(self) -> float:
        return min(self.patience_s, STOPPING_PATIENCE_S) if self.stop.is_set() else self.patience_s


def open_bucket(
    location: StorageLocation, stop: StopFlag, bucket: str | None = None, patience_s: float = PATIENCE_S
) -> ObjectStore:
    """Return the trial's bucket, or another one of the same server."""
    if location.folder is not None and bucket in (None, location.bucket):
        return DirectoryStore(Path(location.folder), TrialPatience(location.bucket, stop, patience_s))
    from nas_storage.bucket import Bucket  # here: boto3 costs a second, which a trial without a bucket need not pay

    address = location.model_copy(update={"bucket": bucket}) if bucket else location
    policy = Policy(
        connect_s=5.0,
        read_s=60.0,
        # Data sets and checkpoints take as long as they take; evaluation.maxTrialDuration bounds a trial.
        call_s=float("inf"),
        page_keys=1000,
        pages=10_000,
        answer_bytes=4 << 20,
        connections=32,
        patience=TrialPatience(address.bucket, stop, patience_s),
    )
    return Bucket(address, Credentials.of_environment(os.environ), policy)
