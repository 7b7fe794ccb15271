"""When a Python environment is made anew."""

from pathlib import Path

import pytest

from nas_dev.paths import REPOSITORY
from nas_dev.setup import venv
from nas_dev.steps import Steps

PYPROJECT = (REPOSITORY / "pyproject.toml").read_text()


def test_settings_of_linters_make_no_new_environment() -> None:
    assert venv._packaging(PYPROJECT) == venv._packaging(PYPROJECT.replace("line-length = 120", "line-length = 100"))
    assert venv._packaging(PYPROJECT) != venv._packaging(PYPROJECT.replace('"rich>=14"', '"rich>=15"'))


def test_an_environment_of_another_checkout_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_DEV_CACHE", str(tmp_path / "cache"))
    (tmp_path / "theirs").mkdir()
    (tmp_path / ".venv").symlink_to(tmp_path / "theirs")
    monkeypatch.setitem(venv.REQUIREMENTS, tmp_path / ".venv", REPOSITORY / "requirements" / "dev.txt")
    venv.sync(Steps(), tmp_path / ".venv")
    assert not list((tmp_path / "theirs").iterdir())
    assert not (tmp_path / "cache").exists()
