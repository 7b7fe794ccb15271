"""SIGTERM and SIGINT as a flag: the training loop looks at it between two steps and ends with a checkpoint."""

from __future__ import annotations

import signal
import threading
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class StopFlag:
    """Set once the container is asked to stop."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def install(self) -> None:
        """Catch the signals; only the main thread may."""
        for number in SIGNALS:
            signal.signal(number, self._caught)
        # `launcher` starts processes with these blocked, so that none is ended before it can catch them.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _caught(self, number: int, frame: FrameType | None) -> None:
        # No more than a flag: a handler runs between any two instructions, perhaps in the middle of a step.
        self._event.set()

    def set(self) -> None:
        """Ask to stop."""
        self._event.set()

    def is_set(self) -> bool:
        """Whether the container was asked to stop."""
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Wait until asked to stop, at most ``seconds``; return whether it was."""
        return self._event.wait(seconds)
