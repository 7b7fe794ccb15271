"""Programs built from published Go modules, pinned by a ``go.mod`` and ``go.sum`` of ours."""

import os
from pathlib import Path

from nas_dev.setup import python_tools
from nas_dev.steps import Steps


def go_build(steps: Steps, name: str, sources: Path, output: Path, package: str = ".", flags: str = "-s -w") -> None:
    """Build a package of the module at ``sources`` as a static program; ``flags`` are the linker's."""
    # Without paths and commit, the same sources make the same program in every checkout.
    argv = [python_tools.go(steps), "build", "-trimpath", "-buildvcs=false", "-ldflags", flags, "-o", output, package]
    # Without C the program is static. GOTOOLCHAIN: Go fetches the release that go.mod asks for.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "auto"}
    steps.command(f"{name} go build", argv, cwd=sources, env=environment)
