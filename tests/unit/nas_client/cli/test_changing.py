"""`submit`, `suspend`, `resume` and `budget`: what they ask of the API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from nas_client.cli import budget, extend, resume, submit, suspend
from nas_client.cli.main import main

ASKED: list[Any] = []


class Recorder:
    """Notes what is asked for."""

    def __init__(self, _: Any) -> None:
        pass

    def change(self, name: str, spec: Mapping[str, Any]) -> None:
        ASKED.append((name, spec))

    def submit(self, manifest: Mapping[str, Any]) -> str:
        ASKED.append(manifest)
        return f"nassearch/{manifest['metadata']['name']}"


@pytest.fixture(autouse=True)
def cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    ASKED.clear()
    for module in (budget, extend, resume, submit, suspend):
        monkeypatch.setattr(module, "connect", lambda *_: None)
        monkeypatch.setattr(module, "Searches", Recorder)


@pytest.mark.parametrize(
    ("arguments", "change"),
    [
        (["suspend", "s"], {"suspend": True}),
        (["resume", "s"], {"suspend": None}),
        (["extend", "s", "--epochs", "9"], {"retrain": {"top": 1, "epochs": 9}}),
        (
            ["extend", "s", "--epochs", "9", "--top", "5", "--seeds", "3"],
            {"retrain": {"top": 5, "epochs": 9, "seeds": 3}},
        ),
        (["budget", "s", "--max-trials", "9"], {"budget": {"maxTrials": 9}}),
        (
            ["budget", "s", "--parallel-trials", "3", "--max-duration", "2h"],
            {"budget": {"parallelTrials": 3, "maxDuration": "2h"}},
        ),
    ],
)
def test_a_change_is_asked_for(
    arguments: list[str], change: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 0
    assert [("s", change)] == ASKED
    assert capsys.readouterr().out.startswith("nassearch/s")


def test_a_budget_without_a_number_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["budget", "s"]) == 2
    assert "nothing to change" in capsys.readouterr().err
    assert ASKED == []


def test_every_object_of_a_file_is_submitted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    objects = [{"kind": "NASSearch", "metadata": {"name": name}} for name in "ab"]
    path = tmp_path / "two.yaml"
    path.write_text("\n---\n".join(json.dumps(one) for one in objects))
    assert main(["submit", str(path)]) == 0
    assert objects == ASKED
    assert capsys.readouterr().out == "nassearch/a submitted\nnassearch/b submitted\n"
