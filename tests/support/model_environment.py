"""A virtual environment with nas-core and nas-model as their wheels install them, and nothing else of ours."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nas_dev.paths import REPOSITORY

PROJECTS = {"nas_core": "operator/nas_core", "nas_model": "trial_image/nas_model", "nas_operator": "."}
"""The folder of each wheel's project."""


def build_wheels(directory: Path) -> dict[str, Path]:
    """Build all wheels into a folder; return them by their names."""
    for project in PROJECTS.values():
        argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
        subprocess.run(argv, cwd=REPOSITORY / project, check=True, capture_output=True)
    return {name: next(directory.glob(f"{name}-*.whl")) for name in PROJECTS}


@dataclass(frozen=True)
class ModelEnvironment:
    """Runs programs in it."""

    python: Path

    @classmethod
    def make(cls, directory: Path) -> ModelEnvironment:
        """Make it in a new folder; PyTorch and its like are those of this environment."""
        wheels = build_wheels(directory / "wheels")
        venv = directory / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
        python = venv / "bin" / "python"
        install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-index", "--no-deps"]
        files = [str(wheels[name]) for name in ("nas_core", "nas_model")]
        subprocess.run([*install, "--quiet", *files], check=True)
        site = next((venv / "lib").glob("python*/site-packages"))
        # A path in a .pth file brings no editable installs along.
        (site / "libraries.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
        return cls(python)

    def run(self, program: str, *arguments: object, env: Mapping[str, str] | None = None) -> str:
        """Run a program in Python; return what it prints."""
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | dict(env or {})
        argv = [str(self.python), "-c", program, *map(str, arguments)]
        done = subprocess.run(argv, capture_output=True, text=True, env=environment, cwd=self.python.parent)
        assert done.returncode == 0, done.stderr
        return done.stdout
