"""Undoing mounts: what a cluster or an image build leaves mounted below its directory."""

import subprocess
from pathlib import Path


def mounts_below(directory: Path, table: str) -> list[str]:
    """Return the mount points at or below a directory, deepest first, from the text of ``/proc/mounts``."""
    # The kernel writes a space in a path as \040.
    points = [line.split()[1].replace("\\040", " ") for line in table.splitlines()]
    # A path sorts after its own beginning, so the reverse order has the deepest first.
    return sorted((point for point in points if f"{point}/".startswith(f"{directory}/")), reverse=True)


def unmount_below(directory: Path) -> None:
    """Unmount everything at or below a directory."""
    for point in mounts_below(directory, Path("/proc/mounts").read_text()):
        # Lazy: a process that is about to end may still have a file open there.
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)
