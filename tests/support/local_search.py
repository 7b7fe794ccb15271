"""Runs a search on this machine with a trainer of the test's choice: ``python -m tests.support.local_search …``.

Arguments: the folder, the file of the spec (JSON), then the trainer's program and its arguments.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from nas_local.backend import Machine
from nas_local.home import Home
from nas_local.run import run


def main(folder: str, spec: str, *program: str) -> None:
    """Run it until it is over, or stopped."""
    home, wanted = Home(Path(folder)), json.loads(Path(spec).read_text())
    machine = Machine(threads=1, program=program)
    with home.locked():
        asyncio.run(run(home, "default", "search", wanted, machine, 2, lambda *_: None, lambda: None))


if __name__ == "__main__":
    main(*sys.argv[1:])
