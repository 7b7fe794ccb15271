"""Another search of this machine, whose shared weights or results are used (`from` in `spec.evaluation`).

Searches have folders side by side, each named after its search. The weights are linked into the folder of the search
that uses them, so that it goes on when the other one is removed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from nas_local.errors import LocalRunError
from nas_local.home import Home
from nas_local.records import Records


def neighbour(home: Home, namespace: str, name: str) -> Records | None:
    """Return the records of a search in the folder beside that of ``home``; None if there is none that can be read."""
    try:
        found = Records.look(_beside(home, name))
    except LocalRunError:
        return None
    return found if found.search.meta.key == (namespace, name) else None


def bring(home: Home, name: str, address: str) -> None:
    """Let an object of the search beside be one of this search too, with its manifest, under the same address.

    Raises:
        OSError: if it is not there, or cannot be written.
    """
    there, here = _beside(home, name).path_of(address), home.path_of(address)
    # The manifest last: what is named there is there.
    for ending in (there.suffix, ".json"):
        source, target = there.with_suffix(ending), here.with_suffix(ending)
        if target.exists() or (ending == ".json" and not source.exists()):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        _link(source, target)


def _beside(home: Home, name: str) -> Home:
    return Home(home.folder.parent / name)


def _link(source: Path, target: Path) -> None:
    """Make a file a second name of another one, or a copy where folders are on different disks."""
    try:
        os.link(source, target)
    except FileExistsError:
        return
    except OSError:
        shutil.copy2(source, target)
