"""The walls in pyproject.toml leave no package out; `lint-imports` (make lint) holds what they say."""

from __future__ import annotations

import tomllib

from nas_dev.paths import REPOSITORY

PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
PACKAGES = {path.parent.name for path in REPOSITORY.glob("*/nas*/__init__.py")}


def test_every_package_is_looked_at() -> None:
    assert set(PYPROJECT["tool"]["importlinter"]["root_packages"]) == PACKAGES


def test_every_package_of_the_cluster_side_lies_on_a_floor() -> None:
    [floors] = [
        contract["layers"]
        for contract in PYPROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers" and "containers" not in contract
    ]
    assert {name for floor in floors for name in floor.split(" | ")} == PACKAGES - {"nas_model", "nas_trial", "nas_dev"}


def test_every_folder_with_python_is_typed_strictly() -> None:
    assert PYPROJECT["tool"]["mypy"]["strict"] is True
    folders = {path for path in REPOSITORY.iterdir() if path.is_dir() and path.name[0] != "." and path.name != "build"}
    assert {path.name for path in folders if any(path.rglob("*.py"))} == set(PYPROJECT["tool"]["mypy"]["files"])
