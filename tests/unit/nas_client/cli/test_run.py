from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.backends import TRAINER

from nas_client.cli import run
from nas_client.cli.main import main
from nas_core.api import API_VERSION
from nas_local.backend import Machine


@pytest.fixture(autouse=True)
def trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have trials that take no time in the place of those that train."""
    program = (sys.executable, str(TRAINER))
    monkeypatch.setattr(run, "Machine", functools.partial(Machine, program=program))


def manifest(tmp_path: Path, **spec: Any) -> str:
    path = tmp_path / "search.yaml"
    strategy: dict[str, Any] = {"regularizedEvolution": {}}
    wanted = {"task": {"dataset": {"name": "digits"}}, "budget": {"maxTrials": 2}, "strategy": strategy, **spec}
    search = {"apiVersion": API_VERSION, "kind": "NASSearch", "metadata": {"name": "digits"}, "spec": wanted}
    path.write_text(json.dumps(search))
    return str(path)


def test_a_search_runs_to_its_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "home"
    assert main(["run", manifest(tmp_path), "--dir", str(folder)]) == 0
    printed = capsys.readouterr().out
    assert "note: no model is made at the end, as spec.retrain is not set" in printed
    assert "digits-00001 succeeded" in printed
    assert f"everything is in {folder}" in printed
    assert sorted(path.name for path in (folder / "trials").iterdir()) == ["digits-00000.yaml", "digits-00001.yaml"]


def test_the_folder_stands_for_the_storage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = manifest(tmp_path, evaluation={"candidatesPerTrial": 2})
    assert main(["run", packed, "--dir", str(tmp_path / "home")]) == 0
    assert "digits-00000 succeeded" in capsys.readouterr().out


def test_a_search_with_targets_shows_the_best_of_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    targets = [{"name": "phone", "constraints": [{"metric": "parameters", "max": 10**9}]}]
    assert main(["run", manifest(tmp_path, targets=targets), "--dir", str(tmp_path / "home")]) == 0
    printed = capsys.readouterr().out
    assert "best so far for phone: digits-0000" in printed and "\nfor phone\n" in printed
    assert "best so far: " not in printed


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"budget": {"maxTrials": 0}}, "spec.budget.maxTrials"),
        ({"budget": {"maxTrial": 2}}, "spec.budget.maxTrial: there is no such field; did you mean maxTrials?"),
        ({"objectives": [{"metric": "val_acuracy"}]}, "did you mean val_accuracy?"),
        ({"task": {"type": "image-classification", "dataset": {"uri": "s3://nas/photos/"}}}, "add spec.storage"),
        ({"trialTemplate": {"image": "example.org/t:1"}}, "there are no containers here"),
    ],
)
def test_what_cannot_run_here_is_explained(
    spec: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", manifest(tmp_path, **spec), "--dir", str(tmp_path / "home")]) == 2
    assert said in capsys.readouterr().err


def test_a_folder_for_a_claim_has_to_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", manifest(tmp_path), "--data", "photos=/absent"]) == 2
    assert "--data photos=/absent: write CLAIM=FOLDER" in capsys.readouterr().err
