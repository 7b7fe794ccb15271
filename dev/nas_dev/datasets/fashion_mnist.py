"""Fashion-MNIST: 70,000 grey images of clothes, 28 x 28, ten classes; its four IDX files from Debian's package.

Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms", 2017,
arXiv:1708.07747. MIT.
"""

import shutil
from pathlib import Path

from nas_dev.cache import Input
from nas_dev.setup import system
from nas_dev.steps import Steps

PACKAGE = "dataset-fashion-mnist"
FILES = Path("/usr/share/datasets/fashion-mnist")
INPUTS: list[Input] = [Path(__file__)]


def files(steps: Steps) -> Path:
    """Return the folder of the installed package, which is installed at first."""
    if not FILES.exists():
        system.install(steps, [PACKAGE])
    return FILES


def build(steps: Steps, directory: Path) -> None:
    """Copy the four files."""
    for file in sorted(files(steps).glob("*.gz")):
        shutil.copyfile(file, directory / file.name)
