"""Log lines as JSON objects on standard output: read by people and by log collectors alike."""

from __future__ import annotations

import json
import sys
import time


def log(event: str, **values: object) -> None:
    """Write one line."""
    entry = {"time": time.strftime("%H:%M:%S"), "event": event, **values}
    sys.stdout.write(json.dumps(entry, default=str) + "\n")
    sys.stdout.flush()
