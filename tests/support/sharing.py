"""One cluster for tests that run side by side: most share it, those that take a part of it down have it alone."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def share(directory: Path, alone: bool) -> Iterator[None]:
    """Hold the cluster, with others or alone. Whoever waits keeps newcomers out, so that nobody waits for ever."""
    with (directory / "tests-door.lock").open("w") as door, (directory / "tests-room.lock").open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
