from __future__ import annotations

import json

import pytest
from tests.support.reports import START, reported

from nas_report import candidates as module
from nas_report.candidates import candidates, shown_metrics
from nas_report.results import results_of


def test_every_result_has_a_row_with_a_cell_for_each_column() -> None:
    search, trials = reported(20)
    table = candidates(results_of(search.spec, trials, START), search.spec)
    assert table.metrics == ["val_accuracy", "parameters", "val_loss"]
    assert {len(row) for row in table.rows} == {len(table.columns)} and len(table.rows) == table.total == 20
    keys = [key for key, _ in table.columns]
    failed = dict(zip(keys, table.rows[9], strict=True))
    assert failed["standing"] == "failed" and failed["m0"] is None
    assert "best" in {row[keys.index("standing")] for row in table.rows}


def test_what_there_is_no_room_for_is_the_worst(monkeypatch: pytest.MonkeyPatch) -> None:
    search, trials = reported(500)
    results = results_of(search.spec, trials, START)
    room = 20_000
    monkeypatch.setattr(module, "ROOM", room)
    table = candidates(results, search.spec)
    assert len(json.dumps(table.rows)) < 1.2 * room and table.total == 500
    orders = [row[0] for row in table.rows]
    assert orders == sorted(orders)
    assert {r.seen.sequence for r in results if r.best} <= set(orders)
    assert not {r.seen.sequence for r in results if not r.feasible} & set(orders)


def test_what_networks_cost_comes_before_other_metrics() -> None:
    search, _ = reported(1)
    found = [{"train_loss": 1.0, "device_wait_share": 0.1, "val_f1": 0.5, "latency_ms": 2.0, "val_accuracy": 0.6}]
    assert shown_metrics(found, search.spec) == [
        *("val_accuracy", "parameters", "latency_ms", "val_f1", "train_loss", "device_wait_share")
    ]
