from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest
from tests.support.small_bundle import write_bundle

import nas_model
from nas_dev.paths import REPOSITORY
from nas_model.extras import EXTRAS, naming_the_extra

PROJECT = tomllib.loads((REPOSITORY / "trial_image/nas_model/pyproject.toml").read_text())["project"]
NAMES = {"PIL": "pillow"}
"""Of packages that are called otherwise than what is imported."""


@pytest.mark.parametrize("library", EXTRAS)
def test_the_extra_brings_the_library(library: str) -> None:
    brought = PROJECT["optional-dependencies"][EXTRAS[library]]
    assert [text for text in brought if text.startswith(NAMES.get(library, library))]


def test_what_is_missing_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = nas_model.load(write_bundle(tmp_path / "b"))
    for library in EXTRAS:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=r'this needs boto3: pip install "nas-model\[s3\]"'):
        nas_model.load("s3://bucket/bundle/")
    with pytest.raises(ImportError, match=r'this needs pyarrow: pip install "nas-model\[table\]"'):
        model.predict({"a": [1], "b": [2]})


def test_other_imports_that_fail_are_left_alone() -> None:
    with pytest.raises(ImportError, match="No module named 'no_such_library'"), naming_the_extra():
        __import__("no_such_library")
