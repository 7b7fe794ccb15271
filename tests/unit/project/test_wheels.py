"""The wheels: what is in them, and that a model is used with two of them alone."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.support.model_environment import ModelEnvironment, build_wheels
from tests.support.small_bundle import write_bundle

import nas_model
from nas_dev.paths import REPOSITORY

FOLDERS = ("operator", "trial_image")
EVERYTHING = {path.parent.name for top in FOLDERS for path in REPOSITORY.glob(f"{top}/*/__init__.py")}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return build_wheels(tmp_path_factory.mktemp("wheels"))


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


def test_every_file_of_every_package_is_in_exactly_one_wheel(wheels: dict[str, Path]) -> None:
    files = [name for wheel in wheels.values() for name in contents(wheel)]
    assert len(files) == len(set(files))
    assert {name.split("/")[0] for name in files} == EVERYTHING
    sources = {str(path.relative_to(REPOSITORY / top)) for top in FOLDERS for path in (REPOSITORY / top).rglob("*.py")}
    assert {name for name in files if name.endswith(".py")} == sources
    assert {f"{name}/py.typed" for name in EVERYTHING} <= set(files)


@pytest.mark.parametrize("name", ["nas_core", "nas_model"])
def test_a_wheel_of_its_own_has_its_package_alone(wheels: dict[str, Path], name: str) -> None:
    assert {file.split("/")[0] for file in contents(wheels[name])} == {name}


PROGRAM = """
import importlib.util, sys
assert not [name for name in sys.argv[2:] if importlib.util.find_spec(name)]
import numpy, nas_model
assert nas_model.__file__.startswith(sys.prefix), nas_model.__file__
print(nas_model.load(sys.argv[1]).predict(numpy.array([[1.0, 5.0], [numpy.nan, 0.0]])).outputs.tolist())
"""


@pytest.mark.slow
def test_a_model_predicts_where_nothing_but_its_wheels_is_installed(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    absent = sorted(EVERYTHING - {"nas_core", "nas_model"})
    printed = ModelEnvironment.make(tmp_path).run(PROGRAM, bundle, *absent)
    right = nas_model.load(bundle).predict(np.array([[1.0, 5.0], [np.nan, 0.0]])).outputs
    np.testing.assert_allclose(np.array(json.loads(printed)), right, rtol=1e-6)
