from __future__ import annotations

import csv
import io
import json

import pytest
import yaml

from nas_client.cli.options import Rows
from nas_client.cli.rows import write_rows
from nas_client.trial_table import Row

ROWS: list[Row] = [{"name": "a", "best": 0.5, "n": 1}, {"name": "b, c", "best": None, "n": 2}]


def written(form: Rows, capsys: pytest.CaptureFixture[str], rows: list[Row] = ROWS) -> str:
    write_rows(rows, form, "nothing")
    return capsys.readouterr().out


def test_programs_read_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert json.loads(written(Rows.JSON, capsys)) == ROWS
    assert yaml.safe_load(written(Rows.YAML, capsys)) == ROWS
    read = list(csv.DictReader(io.StringIO(written(Rows.CSV, capsys))))
    assert [row["name"] for row in read] == ["a", "b, c"]
    assert read[1]["best"] == ""


def test_people_read_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    head, first, second = written(Rows.TABLE, capsys).splitlines()
    assert head.split() == ["name", "best", "n"]
    assert first.split() == ["a", "0.5", "1"]
    assert second.split() == ["b,", "c", "-", "2"]


@pytest.mark.parametrize(("form", "said"), [(Rows.TABLE, "nothing\n"), (Rows.JSON, "[]\n"), (Rows.CSV, "\n")])
def test_nothing_is_written_as_nothing(form: Rows, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(form, capsys, []).strip() == said.strip()


LONG: list[Row] = [{"trial": "search-with-a-name-00000", "state": "Succeeded", "architecture": "|conv_3x3~0|+" * 9}]


def test_a_program_reads_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert str(LONG[0]["architecture"]) in written(Rows.TABLE, capsys, LONG).splitlines()[1]


@pytest.mark.parametrize("columns", [20, 80])
def test_names_stay_in_one_piece_on_a_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = written(Rows.TABLE, capsys, LONG)
    assert "search-with-a-name-00000" in shown
    assert "".join(shown.split()).count("3x3~0") == 9
    # Where names and an architecture have no room side by side, the terminal breaks the lines.
    assert (len(shown.splitlines()) == 2) == (columns == 20)
