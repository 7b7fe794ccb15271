"""Where the files of a prepared data set lie: what opens them asks a folder for their paths."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Folder(Protocol):
    """Files by name. It can be sent to another process."""

    def path(self, name: str) -> Path:
        """Return where a file is on this machine's disk."""


@dataclass(frozen=True)
class LocalFolder:
    """A folder on this machine."""

    directory: Path

    def path(self, name: str) -> Path:
        """Return where a file is on this machine's disk."""
        return self.directory / name
