"""The checkout's own Python environments: ``.venv``, and one with the other libraries that the search is compared with.

Each holds exactly what a file of pins says, and the checkout itself, editable: a file of ``.pth`` names the folders
whose packages are imported from where they lie (``dev-mode-dirs`` in ``pyproject.toml``), so tests, tools and editors
need no ``PYTHONPATH``.
"""

import json
import os
import tomllib
from pathlib import Path

from nas_dev.cache import digest
from nas_dev.paths import REPOSITORY, cache_root
from nas_dev.setup import python_tools
from nas_dev.steps import Steps

DIRECTORY = REPOSITORY / ".venv"
PEERS = REPOSITORY / "build" / "peers"
REQUIREMENTS = {
    DIRECTORY: REPOSITORY / "requirements" / "dev.txt",
    PEERS: REPOSITORY / "requirements" / "peers.txt",
}


def uv_environment() -> dict[str, str]:
    """Return the environment for ``uv``: the system's certificates, and one download cache for host and images."""
    return {**os.environ, "UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true", "UV_CACHE_DIR": str(uv_cache())}


def uv_cache() -> Path:
    """Return uv's download cache, which image builds use as well."""
    return cache_root() / "uv-cache"


def sync(steps: Steps, directory: Path = DIRECTORY) -> None:
    """Make an environment hold exactly what it should; nothing is done when that did not change."""
    if directory.is_symlink():
        return  # another checkout's, which looks after it
    marker, requirements = directory / ".requirements", REQUIREMENTS[directory]
    current = digest([requirements, python_tools.UV, _packaging((REPOSITORY / "pyproject.toml").read_text())])
    if marker.exists() and marker.read_text() == current:
        return
    uv = python_tools.uv(steps)
    environment = uv_environment()
    with steps.step("python environment"):
        if not (directory / "bin" / "python").exists():
            steps.command("uv venv", [uv, "venv", "--seed", "--allow-existing", directory], env=environment)
        python = directory / "bin" / "python"
        install = [uv, "pip", "sync", "--require-hashes", "--python", python, requirements]
        steps.command("uv pip sync", install, env=environment, cwd=REPOSITORY)
        # Built by the backend that was just installed: nothing is fetched.
        editable = [uv, "pip", "install", "--offline", "--no-deps", "--no-build-isolation", "--python", python]
        steps.command("uv pip install", [*editable, "--editable", REPOSITORY], env=environment, cwd=REPOSITORY)
    # Last, so that a run that was interrupted is repeated.
    marker.write_text(current)


def _packaging(pyproject: str) -> str:
    """Return what an installation depends on; the settings of linters beside it do not count."""
    settings = tomllib.loads(pyproject)
    return json.dumps([settings["build-system"], settings["project"], settings["tool"]["hatch"]])
