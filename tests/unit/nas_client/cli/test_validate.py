"""`nasctl validate`: files, lines, forms of output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nas_client.cli.main import main

GOOD = """\
apiVersion: nas-operator.io/v1alpha1
kind: NASSearch
metadata: {name: digits}
spec:
  task:
    dataset: {name: digits}
"""
WRONG = GOOD + "  objectives:\n    - metric: val_loss\n      goal: up\n  budgt: {}\n"


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return tmp_path / "search.yaml"


def test_a_manifest_that_is_fine_ends_with_0(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest.write_text(GOOD)
    assert main(["validate", str(manifest)]) == 0
    assert "nothing is wrong" in capsys.readouterr().out


def test_what_is_wrong_is_said_with_its_line(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest.write_text("---\n" + GOOD + "---\n" + WRONG)
    assert main(["validate", str(manifest)]) == 1
    goal, field = sorted(capsys.readouterr().out.splitlines())
    assert goal.startswith(f"{manifest}:17: NASSearch/digits: spec.objectives[0].goal: must be one of maximize")
    assert field.startswith(f"{manifest}:18: NASSearch/digits: spec.budgt: there is no such field; did you mean budget")


def test_json_has_the_same_in_parts(manifest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest.write_text(WRONG)
    assert main(["validate", str(manifest), "--output", "json"]) == 1
    answers = json.loads(capsys.readouterr().out)
    assert {(one["field"], one["line"]) for one in answers} == {("spec.objectives[0].goal", 9), ("spec.budgt", 10)}


@pytest.mark.parametrize("text", ["a: [", "just text", "", "kind: 3"])
def test_what_is_no_manifest_ends_with_2(text: str, manifest: Path) -> None:
    manifest.write_text(text)
    assert main(["validate", str(manifest)]) == 2
