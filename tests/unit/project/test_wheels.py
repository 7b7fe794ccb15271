"""The wheels: what is in them, and that a model is used with two of them alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import numpy as np
import pytest
from tests.support.small_bundle import write_bundle

import nas_model
from nas_dev.paths import REPOSITORY

PROJECTS = {"nas_core": "operator/nas_core", "nas_model": "trial_image/nas_model", "nas_operator": "."}
FOLDERS = ("operator", "trial_image")
EVERYTHING = {path.parent.name for top in FOLDERS for path in REPOSITORY.glob(f"{top}/*/__init__.py")}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("wheels")
    for project in PROJECTS.values():
        argv = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(directory)]
        subprocess.run(argv, cwd=REPOSITORY / project, check=True, capture_output=True)
    return {name: next(directory.glob(f"{name}-*.whl")) for name in PROJECTS}


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
def test_a_model_predicts_where_nothing_but_its_wheels_is_installed(wheels: dict[str, Path], tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "bundle")
    venv, libraries = tmp_path / "venv", Path(sysconfig.get_path("purelib"))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    python = venv / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*install, str(wheels["nas_core"]), str(wheels["nas_model"])], check=True)
    # PyTorch and its like are those of this environment: a path in a .pth file brings no editable installs along.
    site = next((venv / "lib").glob("python*/site-packages"))
    (site / "libraries.pth").write_text(f"{libraries}\n")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    absent = sorted(EVERYTHING - {"nas_core", "nas_model"})
    done = subprocess.run(
        [str(python), "-c", PROGRAM, str(bundle), *absent],
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    right = nas_model.load(bundle).predict(np.array([[1.0, 5.0], [np.nan, 0.0]])).outputs
    np.testing.assert_allclose(np.array(json.loads(done.stdout)), right, rtol=1e-6)
