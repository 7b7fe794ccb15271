"""Checkpoints off the training path: training waits for a copy in memory, a thread stores it."""

from __future__ import annotations

import threading

from nas_trial.errors import StorageUnavailable
from nas_trial.process.log import log
from nas_trial.training.background import Background
from nas_trial.training.checkpoint import Checkpoints, StateCopy


class Saver:
    """Stores one copy after the other; one that waits gives way to a newer one, unless it is to be kept."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints, self._background = checkpoints, Background()
        self._lock = threading.Lock()
        self._kept: StateCopy | None = None
        self._address: str | None = None

    def save(self, copied: StateCopy, *, keep: bool = False) -> None:
        """Store a copy soon; one to ``keep`` gives way only to another one to keep."""
        if keep:
            with self._lock:
                self._kept = copied
        self._background.do(lambda: self._next(copied))

    def finish(self) -> str | None:
        """Wait until the newest is stored; return the address of its weights, None if there is none or it is lost."""
        self._background.drain()
        return self._address

    def _next(self, copied: StateCopy) -> None:
        with self._lock:
            kept, self._kept = self._kept, None
        # What was given after the one to keep has taken its place in the queue.
        if kept is not None and kept is not copied:
            self._store(kept)
        self._store(copied)

    def _store(self, copied: StateCopy) -> None:
        self._address = None
        try:
            self._address = self._checkpoints.save(copied)
        except StorageUnavailable as error:
            # The training is worth more than one checkpoint; the next epoch tries again.
            log("checkpoint-lost", message=str(error))
