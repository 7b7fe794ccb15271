from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.reports import reported

from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_client.tensorboard import FILE


class Cluster:
    def read(self, _: str) -> SearchState:
        return SearchState(*reported(3))


def test_a_search_is_written_into_a_folder_of_its_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster())
    monkeypatch.chdir(tmp_path)
    assert main(["tensorboard", "digits", "--to", "runs"]) == 0
    assert len(list(Path("runs/digits").glob(f"*/{FILE}"))) == 3
    written = "wrote 3 runs into runs/digits; look at them with: tensorboard --logdir runs\n"
    assert capsys.readouterr().err == written
