"""The Python block of docs/exports.md runs on an export that the trainer has made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support.deployable import IMAGE, Deployable

from nas_dev.paths import REPOSITORY
from nas_trial.exporting.formats import EXPORTERS

PAGE = (REPOSITORY / "docs" / "exports.md").read_text()


def test_the_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [block] = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    image = IMAGE.model_copy(update={"height": 32, "width": 32})
    exporter = EXPORTERS["onnx"]
    file = tmp_path / "model" / exporter.file
    file.parent.mkdir(parents=True)
    file.write_bytes(exporter.make(Deployable({"width": 4, "depth": 1}, {"image": image}).source()))
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    exec(compile(block, "docs/exports.md", "exec"), names)
    assert names["logits"].shape == (8, 3)  # type: ignore[attr-defined]


def test_the_page_names_every_format_and_its_file() -> None:
    for name, exporter in EXPORTERS.items():
        assert f"| `{name}` | `{exporter.file}` |" in PAGE
