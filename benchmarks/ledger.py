"""What has been done already, so that a run that was cut off goes on: one line of JSON a part."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Part = dict[str, Any]


class Ledger:
    """Finished parts of runs with the same settings; those of other settings stay in the file and are not looked at."""

    def __init__(self, path: Path, settings: str) -> None:
        self._path, self._settings = path, settings
        self._kept: dict[str, Part] = {}
        lines = path.read_text().splitlines() if path.exists() else []
        for line in lines:
            entry = json.loads(line)
            if entry["settings"] == settings:
                self._kept[entry["part"]] = entry["found"]

    def once(self, part: str, make: Callable[[], Part]) -> Part:
        """Return what a part came to: as it was kept, or made and kept now."""
        if part not in self._kept:
            self._kept[part] = make()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            entry = {"settings": self._settings, "part": part, "found": self._kept[part]}
            with self._path.open("a") as file:
                file.write(json.dumps(entry) + "\n")
        return self._kept[part]
