"""The dependencies in pyproject.toml, their pins in requirements/ and what the packages import agree."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from nas_dev.paths import REPOSITORY
from nas_dev.setup.requirements import BASE, DIRECTORY, FILES, asked, read_pyproject

PACKAGES = {
    "operator/nas_core": (BASE,),
    "operator/nas_client": (BASE, "validate", "predict", "tensorboard", "wandb"),
    "operator/nas": (BASE, "dev"),
    "operator/nas_search": (BASE, "search"),
    "operator/nas_plan": (BASE, "search"),
    "operator/nas_report": (BASE, "report"),
    "operator/nas_backend": (BASE, "report"),
    "operator/nas_local": (BASE, "local"),
    "operator/nas_operator": (BASE, "operator"),
    "operator/nas_storage": ("trial",),
    "operator/nas_benchmark": (BASE, "peers"),
    "trial_image/nas_model": ("trial",),
    "trial_image/nas_trial": ("trial",),
}
"""The extras with which each package works."""
COMES_WITH = {
    "annotated-types": ("pydantic",),
    "botocore": ("boto3",),
    "packageurl-python": ("cyclonedx-python-lib",),
    "pydantic-core": ("pydantic",),
    "urllib3": ("boto3", "kubernetes"),
}
"""What is imported beside a package that brings it along, in versions that fit each other."""


def pins(file: str) -> list[Requirement]:
    """Return the pins of a file of requirements."""
    lines = (DIRECTORY / f"{file}.txt").read_text().splitlines()
    return [Requirement(line.rstrip(" \\")) for line in lines if line and not line[0].isspace()]


@pytest.mark.parametrize("file", FILES)
def test_all_that_is_asked_for_is_pinned_at_a_version_that_fits(file: str) -> None:
    pinned = {canonicalize_name(pin.name): next(iter(pin.specifier)).version for pin in pins(file)}
    for text in asked(FILES[file], read_pyproject()):
        wanted = Requirement(text)
        version = pinned.get(canonicalize_name(wanted.name))
        assert version is not None, f"requirements/{file}.txt has no {wanted.name}; run: make pins"
        assert wanted.specifier.contains(version), (
            f"requirements/{file}.txt has {wanted.name} {version}; run: make pins"
        )


@pytest.mark.parametrize("file", ["operator", "trial", "dev"])
def test_all_that_is_pinned_is_needed(file: str) -> None:
    needed = set(reachable(asked(FILES[file], read_pyproject())))
    here = {canonicalize_name(pin.name) for pin in pins(file) if pin.marker is None or pin.marker.evaluate()}
    assert here <= needed, f"run: make pins; nobody asks for {sorted(here - needed)}"


def reachable(requirements: Sequence[str]) -> Iterator[str]:
    """Yield the names of all that is installed for some requirements, by what the installed packages say they need."""
    waiting = [Requirement(text) for text in requirements]
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted = waiting.pop()
        extras = wanted.extras or {""}
        for key in {(canonicalize_name(wanted.name), extra) for extra in extras} - seen:
            seen.add(key)
            yield key[0]
            for needed in map(Requirement, metadata.requires(wanted.name) or ()):
                if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in (key[1], "")):
                    waiting.append(needed)


@pytest.mark.parametrize("file", FILES)
def test_every_pin_has_hashes_and_no_index_is_named(file: str) -> None:
    text = (DIRECTORY / f"{file}.txt").read_text()
    assert text.count("--hash=sha256:") >= len(pins(file))
    assert "://" not in text


def test_a_package_has_one_range_of_versions_in_all_lists() -> None:
    everything = [Requirement(text) for text in asked((BASE, "trial", "peers", "dev"), read_pyproject())]
    names = [canonicalize_name(requirement.name) for requirement in everything]
    assert sorted(names) == sorted(set(names))


def test_every_package_is_in_the_table() -> None:
    found = {str(path.parent.relative_to(REPOSITORY)) for path in REPOSITORY.glob("*/nas*/__init__.py")}
    assert found - {"dev/nas_dev"} == set(PACKAGES)


@pytest.mark.parametrize("package", ["operator/nas_core", "trial_image/nas_model"])
def test_a_wheel_of_its_own_asks_for_what_it_imports_in_the_same_versions(package: str) -> None:
    project = tomllib.loads((REPOSITORY / package / "pyproject.toml").read_text())["project"]
    extras = project.get("optional-dependencies", {}).values()
    own = [*project["dependencies"], *(text for extra in extras for text in extra)]
    known = asked((BASE, "operator", "trial", "dev"), read_pyproject())
    assert {text for text in own if not text.startswith("nas-")} <= set(known)
    assert project["version"] == read_pyproject()["project"]["version"]
    asked_for = {canonicalize_name(Requirement(text).name) for text in own}
    distributions = metadata.packages_distributions()
    for file, module in third_party_imports(REPOSITORY / package):
        names = {canonicalize_name(name) for name in distributions.get(module, [module])}
        names |= {canonicalize_name(other) for name in names for other in COMES_WITH.get(name, ())}
        assert names & asked_for, f"{file} imports {module}, which no dependency of its wheel installs"


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_its_extra_installs(package: str) -> None:
    asked_for = {canonicalize_name(Requirement(text).name) for text in asked(PACKAGES[package], read_pyproject())}
    distributions = metadata.packages_distributions()
    for file, module in third_party_imports(REPOSITORY / package):
        names = {canonicalize_name(name) for name in distributions.get(module, [module])}
        names |= {canonicalize_name(other) for name in names for other in COMES_WITH.get(name, ())}
        assert names & asked_for, f"{file} imports {module}, which the extras {PACKAGES[package]} do not install"


def test_what_runs_before_there_is_an_environment_needs_the_standard_library_alone() -> None:
    later = {"datasets", "demo", "generate", "sbom.py"}
    tool = REPOSITORY / "dev" / "nas_dev"
    for part in tool.iterdir():
        if part.name not in later:
            assert not list(third_party_imports(part)), part


def third_party_imports(package: Path) -> Iterator[tuple[str, str]]:
    """Yield the top-level modules of others that a package imports, with the file; those for type checkers aside."""
    for file in package.rglob("*.py") if package.is_dir() else [package]:
        for node in imports(ast.parse(file.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            for top in {module.partition(".")[0] for module in modules}:
                if top and top not in sys.stdlib_module_names and top.partition("_")[0] != "nas":
                    yield str(file.relative_to(REPOSITORY)), top


def imports(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the import statements below a node, but for those under ``if TYPE_CHECKING``."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from imports(child)
