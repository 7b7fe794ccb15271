"""`nasctl report`, of searches on a cluster and in a folder, and what else reads a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.support.reports import reported
from tests.unit.nas_client.conftest import raw_search, succeeded

from nas_client import reporting
from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_report.javascript import JavaScriptMissing


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(reporting, "vega", lambda: "")
    monkeypatch.chdir(tmp_path)


class Cluster:
    def read(self, _: str) -> SearchState:
        return SearchState(*reported(12))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the folder of a run: a search and a trial."""
    (tmp_path / "run" / "trials").mkdir(parents=True)
    best = [{"trial": "fashion-00000", "architecture": "a", "id": "id0", "metrics": {"val_accuracy": 0.5}}]
    (tmp_path / "run" / "search.yaml").write_text(yaml.safe_dump(raw_search({"best": best})))
    trial = succeeded(0, val_accuracy=0.5)
    (tmp_path / "run" / "trials" / "fashion-00000.yaml").write_text(yaml.safe_dump(trial))
    return tmp_path / "run"


def test_it_is_written_beside_by_the_name_of_the_search(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster())
    assert main(["report", "digits"]) == 0
    assert "digits-00000" in Path("digits-report.html").read_text()
    assert capsys.readouterr().err == "wrote digits-report.html\n"


def test_a_folder_of_a_run_has_a_report_too(folder: Path) -> None:
    assert main(["report", str(folder), "-f", "out.html"]) == 0
    assert "fashion-00000" in Path("out.html").read_text()


@pytest.mark.parametrize("command", [["trials"], ["best"], ["show"], ["compare", "./run"]])
def test_other_commands_read_folders_too(command: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "./run"]) == 0
    assert "fashion" in capsys.readouterr().out or command[0] == "compare"


def test_a_folder_without_a_search_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path)]) == 2
    assert "has no search (search.yaml); name a folder of nasctl run" in capsys.readouterr().err


def test_a_record_that_is_broken_is_told_by_its_name(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "trials" / "fashion-00000.yaml").write_text("{")
    assert main(["trials", str(folder)]) == 2
    assert "fashion-00000.yaml cannot be read" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_says_so(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(folder), "-f", "no/such/report.html"]) == 2
    assert "no/such/report.html cannot be written: No such file" in capsys.readouterr().err


def test_without_the_plots_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing() -> str:
        raise JavaScriptMissing("a report needs vl-convert; pip install 'nas-operator[report]'")

    monkeypatch.setattr(reporting, "vega", missing)
    assert main(["report", str(folder)]) == 2
    assert "pip install 'nas-operator[report]'" in capsys.readouterr().err
