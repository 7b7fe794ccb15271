"""`list`, `show` and `trials`: what they say of a search."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pyarrow import parquet

from nas_client.cli import list as list_command
from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_core.api.search_status import TargetStatus

Build = Callable[..., SearchState]


class Cluster:
    namespace = "demo"

    def __init__(self, state: SearchState) -> None:
        self.state, self.objects = state, None

    def read(self, _: str) -> SearchState:
        return self.state


def test_a_list_has_a_row_for_each_search(half_way: SearchState) -> None:
    row = list_command.row_of(half_way, datetime.now(UTC))
    assert row["name"] == "fashion"
    assert row["trials"] == f"{half_way.ended}/{half_way.planned}"
    assert row["best"] == half_way.status.best[0].metrics[half_way.metric_names[0]]


def test_a_search_with_targets_is_listed_with_what_keeps_their_limits(half_way: SearchState) -> None:
    [best] = half_way.status.best
    worse = best.model_copy(update={"metrics": {"val_accuracy": 0.5}})
    targets = [TargetStatus(name="mcu", best=[worse]), TargetStatus(name="gateway")]
    status = half_way.status.model_copy(update={"targets": targets})
    state = SearchState(replace(half_way.search, status=status), half_way.trials)
    assert list_command.row_of(state, datetime.now(UTC))["best"] == 0.5


def test_an_empty_list_says_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Nothing:
        namespace = "demo"

        def __init__(self, _: Any) -> None:
            pass

        def all(self) -> list[SearchState]:
            return []

    monkeypatch.setattr(list_command, "connect", lambda *_: None)
    monkeypatch.setattr(list_command, "Searches", Nothing)
    assert main(["list"]) == 0
    assert capsys.readouterr().out == "no NASSearch in namespace 'demo'; make one: nasctl init DATA\n"


def test_every_candidate_has_a_row(
    half_way: SearchState, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster(half_way))
    assert main(["trials", "fashion", "-o", "json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["trial"] for row in rows] == [trial.meta.name for trial in half_way.trials]
    assert {"index", "work", "state", "architecture", *half_way.metric_names} <= set(rows[0])
    assert main(["trials", "fashion", "-o", "csv"]) == 0
    assert len(list(csv.DictReader(io.StringIO(capsys.readouterr().out)))) == len(rows)


@pytest.mark.parametrize(
    ("condition", "code"), [(("Succeeded", "True", "BudgetSpent"), 0), (("Failed", "True", "NoTrialSucceeded"), 1)]
)
def test_a_search_is_shown_once(
    condition: tuple[str, str, str], code: int, build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster(build(condition)))
    assert main(["show", "fashion"]) == code


def test_all_columns_as_parquet(
    half_way: SearchState, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(options, "connect", lambda *_: Cluster(half_way))
    assert main(["trials", "fashion", "-o", "parquet"]) == 0
    table = parquet.read_table(io.BytesIO(capsysbinary.readouterr().out))
    assert table.num_rows == len(half_way.trials) and {"trial", "val_accuracy", "parents", "start"} <= set(
        table.column_names
    )
