"""`nasctl predict` on models that the trainer has made: the model's own numbers, beside the columns of the input."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import yaml
from tests.support.bundles import CASES, retrained
from tests.unit.nas_client.conftest import raw_search

import nas_model
from nas_client.cli.main import main


def made(case: str, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("nas_trial.measuring.measure.hardware_metrics", lambda *_: ({"parameters": 7.0}, False))
    return retrained(CASES[case], place)[1]


def test_a_table_keeps_its_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, table = made("table", tmp_path, monkeypatch), tmp_path / "data" / "test.csv"
    rated = tmp_path / "rated.csv"
    assert main(["predict", str(model), str(table), "--to", str(rated)]) == 0
    with rated.open() as file:
        rows = list(csv.DictReader(file))
    with table.open() as file:
        given = list(csv.DictReader(file))
    found = nas_model.load(model).predict(table)
    assert [row["label"] for row in rows] == found.labels
    assert given[0].keys() <= rows[0].keys() and len(rows) == len(given)
    # What is there is not overwritten.
    assert main(["predict", str(model), str(table), "--to", str(rated)]) == 2


def test_a_folder_of_images_names_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, folder = made("image", tmp_path, monkeypatch), tmp_path / "data" / "test"
    capsys.readouterr()
    assert main(["predict", str(model), str(folder), "--output", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["label"] for row in rows] == nas_model.load(model).predict(folder).labels
    assert all((folder / row["file"]).is_file() for row in rows)


def test_lines_of_text_are_shown_as_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model, texts = made("text", tmp_path, monkeypatch), tmp_path / "mails.txt"
    texts.write_text("cheap pills, buy now!\nnotes of the meeting\n")
    assert main(["predict", str(model), str(texts)]) == 0
    shown = capsys.readouterr().out
    assert "label" in shown and "notes" in shown
    (folder := tmp_path / "mails").mkdir()
    for name, text in (("a.txt", b"cheap pills,\nbuy now!"), ("b.txt", b"notes of the meeting")):
        (folder / name).write_bytes(text)
    assert main(["predict", str(model), str(folder), "--output", "json"]) == 0
    assert [row["file"] for row in json.loads(capsys.readouterr().out)] == ["a.txt", "b.txt"]


@pytest.mark.parametrize("name", ["absent.csv", "empty"])
def test_a_file_that_cannot_be_used_is_named(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["predict", str(tmp_path), str(tmp_path / name)]) == 2
    assert name in capsys.readouterr().err


def test_what_is_no_model_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "texts.txt").write_text("one\n")
    assert main(["predict", str(tmp_path), str(tmp_path / "texts.txt")]) == 2
    assert "bundle.json" in capsys.readouterr().err


def run_folder(place: Path, bundle: str | None) -> Path:
    """Return the folder of a run whose best was trained again; its bundle has an address, or there is none."""
    entry = {"trial": "t", "architecture": "a", "id": "i", "metrics": {}} | ({"bundle": bundle} if bundle else {})
    place.mkdir()
    (place / "search.yaml").write_text(yaml.safe_dump(raw_search({"retrained": [entry]})))
    return place


def test_the_folder_of_a_run_has_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, table = made("table", tmp_path, monkeypatch), tmp_path / "data" / "test.csv"
    home = run_folder(tmp_path / "home", "s3://this-machine/kept/")
    (home / "objects").mkdir()
    model.rename(home / "objects" / "kept")
    assert main(["predict", str(home), str(table), "--to", str(tmp_path / "rated.csv")]) == 0
    assert (tmp_path / "rated.csv").exists()


def test_a_run_without_a_model_says_what_makes_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", str(run_folder(tmp_path / "home", None)), "x.csv"]) == 2
    assert "has no model yet; set spec.retrain" in capsys.readouterr().err
