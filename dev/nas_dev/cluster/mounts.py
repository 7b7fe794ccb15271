"""Undoing mounts."""

import subprocess
from pathlib import Path


def mounts_below(directory: Path, table: str) -> list[str]:
    """Return the mount points at or below a directory, deepest first, from the text of ``/proc/mounts``."""
    points = [line.split()[1].replace("\\040", " ") for line in table.splitlines()]
    return sorted((point for point in points if f"{point}/".startswith(f"{directory}/")), reverse=True)


def unmount_below(directory: Path) -> None:
    """Unmount everything at or below a directory."""
    for point in mounts_below(directory, Path("/proc/mounts").read_text()):
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)
