"""Log lines as JSON objects on standard output: read by people and by log collectors alike."""

from __future__ import annotations

import json
import sys
import time

_silent = False


def silence() -> None:
    """Write nothing from now on: another process of the trial does."""
    global _silent
    _silent = True


def log(event: str, **values: object) -> None:
    """Write one line."""
    if _silent:
        return
    entry = {"time": time.strftime("%H:%M:%S"), "event": event, **values}
    sys.stdout.write(json.dumps(entry, default=str) + "\n")
    # Standard output is a pipe and buffered; a process that is killed would lose its last lines.
    sys.stdout.flush()
