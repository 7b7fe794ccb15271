"""Which of the project's dependencies each file of ``requirements/`` pins, and the pinning.

``pyproject.toml`` is the only list of what is needed. A file of pins is written from some of its extras, with the
hashes of every package and of all that those need in turn, and without the index they come from.
"""

import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nas_dev.paths import REPOSITORY
from nas_dev.setup import python_tools
from nas_dev.setup.venv import uv_environment
from nas_dev.steps import Steps

PYPROJECT = REPOSITORY / "pyproject.toml"
DIRECTORY = REPOSITORY / "requirements"
BASE = ""
"""Stands for what every installation needs, beside the names of extras."""
FILES: Mapping[str, Sequence[str]] = {
    "operator": (BASE, "operator"),
    "trial": ("trial",),
    "dev": (BASE, "dev"),
    "peers": (BASE, "dev", "peers"),
}
"""The extras that a file pins. Trials run no ``nasctl``: theirs is the extra alone."""


OWN = ("nas-core==", "nas-model==")
"""How requirements begin that are wheels of this checkout: it has their files, so they are not pinned."""


def asked(extras: Sequence[str], pyproject: Mapping[str, Any]) -> list[str]:
    """Return the requirements of some extras, those of the extras that they name in turn included."""
    project = pyproject["project"]
    found: set[str] = set()
    for extra in extras:
        listed = project["dependencies"] if extra == BASE else project["optional-dependencies"][extra]
        for requirement in listed:
            if requirement.startswith(OWN):
                continue
            inner = list(_inner_extras(requirement, project["name"]))
            found.update(asked(inner, pyproject) if inner else [requirement])
    return sorted(found)


def _inner_extras(requirement: str, project: str) -> Iterator[str]:
    """Yield the extras of ``project[one,two]``; none when the requirement is another package."""
    match = re.fullmatch(rf"{re.escape(project)}\[([\w\s,-]+)\]", requirement)
    if match:
        yield from (extra.strip() for extra in match.group(1).split(","))


def read_pyproject() -> dict[str, Any]:
    """Return what ``pyproject.toml`` says."""
    return tomllib.loads(PYPROJECT.read_text())


def pin(steps: Steps, name: str, *, upgrade: bool = False) -> None:
    """Write one file of pins for ``pyproject.toml``; versions that still fit stay unless ``upgrade`` is set."""
    write_pins(steps, name, asked(FILES[name], read_pyproject()), upgrade=upgrade)


def write_pins(
    steps: Steps, name: str, wanted: Sequence[str], *, upgrade: bool = False, without: Sequence[str] = ()
) -> None:
    """Write one file of pins for some requirements; packages of ``without`` are left out, whoever needs them."""
    output = DIRECTORY / f"{name}.txt"
    # Universal: one file for every platform and every Python from 3.11 on.
    argv: list[object] = [python_tools.uv(steps), "pip", "compile", "--universal", "--python-version=3.11"]
    argv += ["--generate-hashes", "--no-header", "--no-annotate", "--quiet", f"--output-file={output}", "-"]
    # pip holds pydantic[email] for another requirement than pydantic, and wants it pinned as well.
    argv += ["--no-strip-extras"]
    argv += ["--upgrade"] if upgrade else []
    with (
        steps.step(f"requirements/{name}.txt"),
        tempfile.TemporaryFile("w+") as listed,
        tempfile.NamedTemporaryFile("w") as overrides,
    ):
        # A marker that holds nowhere, in place of what others say of the package.
        overrides.write("\n".join(f"{package} ; sys_platform == 'none'" for package in without))
        overrides.flush()
        listed.write("\n".join(wanted))
        listed.seek(0)
        argv += ["--override", overrides.name]
        steps.command(f"pin {name}", argv, env=uv_environment(), cwd=REPOSITORY, stdin=listed)
