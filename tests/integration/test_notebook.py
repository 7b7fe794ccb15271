"""The notebooks of the examples, run from the first cell to the last."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from nas_dev.paths import REPOSITORY

NOTEBOOKS = sorted((REPOSITORY / "examples" / "notebook").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_holds_no_output_and_runs(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook: Any = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code), "clear its outputs"
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(REPOSITORY / "operator"), str(REPOSITORY / "trial_image")]))
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output for cell in code for output in cell.outputs]
    texts = [output.get("data", {}).get("text/plain", "") for output in shown]
    assert any("<model of digits-r4-" in text for text in texts)
    assert any("image/png" in output.get("data", {}) for output in shown)
    assert (tmp_path / "digits-report.html").stat().st_size > 500_000
