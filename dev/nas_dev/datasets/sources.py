"""Packages that hold data: fetched at one version, checked against one hash, and never installed."""

import hashlib
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nas_dev.cache import build_once
from nas_dev.setup import system
from nas_dev.steps import Steps


@dataclass(frozen=True)
class Package:
    """A package of PyPI (a wheel) or npm at one version, with the SHA-256 of its file."""

    name: str
    version: str
    sha256: str

    def wheel(self, steps: Steps) -> Path:
        """Return the wheel of a package of PyPI."""
        with tempfile.TemporaryDirectory() as temporary:
            requirements = Path(temporary) / "requirements.txt"
            requirements.write_text(f"{self.name}=={self.version} --hash=sha256:{self.sha256}\n")
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
            return self._fetch(steps, [*pip, "--require-hashes", "--requirement", requirements, "--dest"])

    def tarball(self, steps: Steps) -> Path:
        """Return the archive of a package of npm."""
        system.install(steps, ["npm"])
        return self._fetch(steps, ["npm", "pack", f"{self.name}@{self.version}", "--silent", "--pack-destination"])

    def _fetch(self, steps: Steps, command: list[object]) -> Path:
        def fetch(directory: Path) -> None:
            steps.command(f"fetch {self.name}", [*command, directory], cwd=directory)
            [file] = directory.iterdir()
            found = hashlib.sha256(file.read_bytes()).hexdigest()
            if found != self.sha256:
                raise RuntimeError(f"{self.name} {self.version} has SHA-256 {found}, not {self.sha256} as expected")

        [file] = build_once("package", [self.name, self.version, self.sha256], fetch).iterdir()
        return file


def run(*argv: object) -> bytes:
    """Run a command and return what it prints."""
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True).stdout
