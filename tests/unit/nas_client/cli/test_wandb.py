from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.reports import reported

from nas_client.cli import options
from nas_client.cli import wandb as wandb_command
from nas_client.cli.main import main
from nas_client.search_state import SearchState


class Cluster:
    def read(self, _: str) -> SearchState:
        return SearchState(*reported(3))


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster())


def test_a_search_is_written_and_how_to_send_it_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["wandb", "digits", "--to", "runs"]) == 0
    assert len(list(Path("runs/wandb").glob("offline-run-*"))) == 4
    assert capsys.readouterr().err.endswith("4 runs are in runs; send them with: cd runs && wandb sync\n")


def test_it_is_sent_to_the_project_that_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wandb_command, "send_runs", lambda *_: 4)
    assert main(["wandb", "digits", "--online"]) == 0
    assert main(["wandb", "digits", "--online", "--project", "vision"]) == 0
    assert capsys.readouterr().err == "sent 4 runs to project demo.digits\nsent 4 runs to project vision\n"


@pytest.mark.parametrize("where", [[], ["--to", "runs", "--online"]])
def test_where_they_go_has_to_be_said_once(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wandb", "digits", *where]) == 2
    assert "either --to FOLDER or --online" in capsys.readouterr().err
