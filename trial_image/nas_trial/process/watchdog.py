"""A watchdog: a process that gets nowhere any more is ended, so that another attempt can go on from the checkpoint.

A thread watches, tells why and ends the process. It cannot run while other code holds the interpreter; then, a little
later, `faulthandler` ends the process, which needs no interpreter but can only leave the stack traces.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nas_trial.errors import EXIT_CRASHED

STDERR = 2
POLL_S = 1.0
LATER_S = 30.0
"""How much later than the watchdog `faulthandler` acts."""
COMPUTED_S = 1.0
"""Processor time that is a sign of life; watching itself takes about that in an hour."""


class Watchdog:
    """Ends the process when there was no sign of life for too long while :meth:`watching`."""

    def __init__(self, on_hang: Callable[[str], object], poll_s: float = POLL_S, later_s: float = LATER_S) -> None:
        self._on_hang, self._poll_s, self._later_s = on_hang, poll_s, later_s
        self._beats = 0

    def beat(self) -> None:
        """Give a sign of life, such as a step that was made."""
        self._beats += 1

    @contextmanager
    def watching(self, limit_s: float, what: str, *, computing: bool = False) -> Iterator[None]:
        """Watch until the end of the block, named ``what`` for people: a sign of life at least every ``limit_s`` s.

        ``computing``: ``COMPUTED_S`` of processor time are one too. For work without beats that either computes or
        hangs, such as reading data; not for a GPU, which is waited for in a busy loop.
        """
        done = threading.Event()
        watch = threading.Thread(
            target=self._watch, args=(limit_s, what, computing, done), name="watchdog", daemon=True
        )
        watch.start()
        try:
            yield
        finally:
            done.set()
            watch.join()
            faulthandler.cancel_dump_traceback_later()

    def _watch(self, limit_s: float, what: str, computing: bool, done: threading.Event) -> None:
        life, since = self._life(computing), time.monotonic()
        while True:
            # Set anew each time: it acts only if this thread could not run for so long.
            faulthandler.dump_traceback_later(limit_s + self._later_s, exit=True, file=STDERR)
            if done.wait(self._poll_s):
                return
            now = time.monotonic()
            # The left side is read before the new value is assigned.
            if life != (life := self._life(computing)):
                since = now
            if now - since > limit_s:
                faulthandler.dump_traceback(file=STDERR)
                self._on_hang(
                    f"{what} made no progress for {now - since:.0f} s (evaluation.stallTimeout); the log ends "
                    "with the stacks of all threads. Raise the timeout if a step takes that long"
                )
                os._exit(EXIT_CRASHED)  # the code of `faulthandler` too

    def _life(self, computing: bool) -> tuple[int, int]:
        return self._beats, int(time.process_time() / COMPUTED_S) if computing else 0
