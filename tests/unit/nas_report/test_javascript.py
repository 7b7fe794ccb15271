from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nas_report import javascript
from nas_report.javascript import VEGA_FILE_ENV, JavaScriptMissing, vega


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    vega.cache_clear()
    yield
    vega.cache_clear()


def test_an_image_has_it_as_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vega.js").write_text("window.vegaEmbed = 1")
    monkeypatch.setenv(VEGA_FILE_ENV, str(tmp_path / "vega.js"))
    assert vega() == "window.vegaEmbed = 1"


def test_a_file_that_is_not_there_is_told_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VEGA_FILE_ENV, str(tmp_path / "vega.js"))
    with pytest.raises(JavaScriptMissing, match=r"NAS_VEGA_FILE: .*vega\.js cannot be read: No such file"):
        vega()


def test_without_both_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VEGA_FILE_ENV, raising=False)
    monkeypatch.setitem(sys.modules, "vl_convert", None)
    with pytest.raises(JavaScriptMissing, match=r"pip install 'nas-operator\[report\]'"):
        javascript.vega()
