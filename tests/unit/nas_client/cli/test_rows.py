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
