"""`nasctl explain`, of trials on a cluster and in the folder of a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.unit.nas_client.conftest import raw_search, succeeded

from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.search_state import SearchState


@pytest.fixture
def cluster(half_way: SearchState, monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        def search_of(self, _: str) -> str:
            return "fashion"

        def read(self, search: str) -> SearchState:
            assert search == "fashion"
            return half_way

    monkeypatch.setattr(options, "connect", lambda *_: Cluster())


@pytest.mark.usefixtures("cluster")
def test_people_read_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "fashion-00000"]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("choice", "Random: drawn at random", "result", "0.8125", "cost"))


@pytest.mark.usefixtures("cluster")
def test_programs_read_facts_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "fashion-00000", "-o", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["choice"]["index"] == 0 and found["result"]["rank now"] == "1 of 1"
    assert main(["explain", "fashion-00000", "-o", "yaml"]) == 0
    assert yaml.safe_load(capsys.readouterr().out) == found


@pytest.mark.usefixtures("cluster")
def test_a_trial_that_is_not_there_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "fashion-00009"]) == 2
    assert "has no trial 'fashion-00009'" in capsys.readouterr().err


def test_a_file_of_a_run_is_a_trial_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "trials").mkdir()
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(raw_search({})))
    file = tmp_path / "trials" / "fashion-00000.yaml"
    file.write_text(yaml.safe_dump(succeeded(0, val_accuracy=0.5)))
    assert main(["explain", str(file)]) == 0
    assert "rank now" in capsys.readouterr().out
