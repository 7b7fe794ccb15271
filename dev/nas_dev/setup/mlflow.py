"""An MLflow server for the tests of tracking, in an environment of its own in the cache: the checkout's has no MLflow.

Of what MLflow asks for it gets only what its server imports: 240 MB in place of 620.
"""

import sys
from pathlib import Path

from nas_dev.cache import build_once
from nas_dev.setup import python_tools
from nas_dev.setup.requirements import DIRECTORY, write_pins
from nas_dev.setup.venv import uv_environment
from nas_dev.steps import Steps

MLFLOW = "mlflow==3.17.2"
UNUSED = ("docker", "gunicorn", "matplotlib", "pyarrow", "scikit-learn", "scipy", "skops")
"""For projects, models and other servers."""
NAME = "mlflow"
PINS = DIRECTORY / f"{NAME}.txt"


def pin(steps: Steps, *, upgrade: bool = False) -> None:
    """Write the file of pins."""
    write_pins(steps, NAME, [MLFLOW], upgrade=upgrade, without=UNUSED)


def python(steps: Steps) -> Path:
    """Return the Python that has MLflow, installing it at first."""

    def make(directory: Path) -> None:
        uv = python_tools.uv(steps)
        with steps.step(MLFLOW):
            steps.command("mlflow environment", [sys.executable, "-m", "venv", "--without-pip", directory])
            install = [uv, "pip", "sync", "--require-hashes", "--python", directory / "bin" / "python", PINS]
            steps.command("mlflow install", install, env=uv_environment())

    return build_once(NAME, [PINS, sys.version], make) / "bin" / "python"
