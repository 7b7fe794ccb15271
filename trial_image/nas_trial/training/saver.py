"""Checkpoints off the training path: training waits for a copy in memory, a thread stores it.

What that costs decides how often it is done within an epoch (`nas_trial.training.save_interval`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from nas_trial.errors import StorageUnavailable
from nas_trial.process.log import log
from nas_trial.training.background import Background
from nas_trial.training.checkpoint import Checkpoints, StateCopy, copy_state
from nas_trial.training.progress import Progress
from nas_trial.training.save_interval import MOST_SHARE, SaveInterval
from nas_trial.training.train_state import TrainState


@dataclass(frozen=True)
class Copy:
    """A copy to store, and what it has cost."""

    state: StateCopy
    made: float
    """When, by the monotonic clock."""
    held_s: float
    """Seconds that training waited for it."""


class Saver:
    """Stores one copy after the other; one that waits gives way to a newer one, unless it is to be kept."""

    def __init__(
        self, checkpoints: Checkpoints, wanted_s: float, stored: Callable[[float], None] = lambda _: None
    ) -> None:
        """``wanted_s``: seconds of training that a kill may lose; ``stored`` gets the time of each copy once it is
        stored, as Unix time.
        """
        self._checkpoints, self._background = checkpoints, Background()
        self._interval = SaveInterval(wanted_s, time.monotonic())
        self._stored = stored
        self._lock = threading.Lock()
        self._kept: Copy | None = None
        self._address: str | None = None

    def due(self) -> bool:
        """Whether a copy is due within the epoch."""
        return self._interval.due(time.monotonic())

    def save(self, state: TrainState, progress: Progress, *, keep: bool = False) -> None:
        """Copy the state and store it soon; one to ``keep`` gives way only to another one to keep."""
        began = time.monotonic()
        copied = copy_state(state, progress)
        made = time.monotonic()
        copy = Copy(copied, made, made - began)
        self._interval.saved(made)
        if keep:
            with self._lock:
                self._kept = copy
        self._background.do(lambda: self._next(copy))

    def stretched(self) -> list[str]:
        """Return what people should know of checkpoints that were put off because they are slow."""
        if not (lost_s := self._interval.stretched_s):
            return []
        return [
            f"checkpoints within an epoch are slow here: a kill loses up to {lost_s:.0f} s of training, not the "
            f"{self._interval.wanted_s:.0f} s of storage.checkpointInterval, as they may take {MOST_SHARE:.0%} of the "
            "time; a faster storage or a smaller network helps"
        ]

    def finish(self) -> str | None:
        """Wait until the newest is stored; return the address of its weights, None if there is none or it is lost."""
        self._background.drain()
        return self._address

    def _next(self, copy: Copy) -> None:
        with self._lock:
            kept, self._kept = self._kept, None
        # What was given after the one to keep has taken its place in the queue.
        if kept is not None and kept is not copy:
            self._store(kept)
        self._store(copy)

    def _store(self, copy: Copy) -> None:
        self._address, busy_s = None, time.thread_time()
        try:
            self._address = self._checkpoints.save(copy.state)
            # Unix time, for those on other machines; the monotonic clock is this one's alone.
            self._stored(time.time() - (time.monotonic() - copy.made))
            self._interval.cost(copy.held_s + time.thread_time() - busy_s, time.monotonic() - copy.made)
        except StorageUnavailable as error:
            # The training is worth more than one checkpoint; the next epoch tries again.
            log("checkpoint-lost", message=str(error))
