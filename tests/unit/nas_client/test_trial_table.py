from __future__ import annotations

from typing import Any

from tests.unit.nas_client.conftest import raw_search, succeeded

from nas_client.search_state import SearchState
from nas_client.trial_table import full_rows_of, rows_of
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView


def state(*trials: dict[str, Any]) -> SearchState:
    return SearchState(read_search(raw_search({})), tuple(TrialView.of(one) for one in trials))


def test_a_row_has_the_metrics_that_matter_and_a_full_row_all() -> None:
    found = state(succeeded(0, val_accuracy=0.5, latency_ms=3.0), succeeded(1, val_accuracy=0.6))
    assert [row["val_accuracy"] for row in rows_of(found)] == [0.5, 0.6]
    assert "latency_ms" not in next(iter(rows_of(found)))
    assert [row["latency_ms"] for row in full_rows_of(found)] == [3.0, None]


def test_all_rows_have_the_same_columns() -> None:
    first, second = succeeded(0, val_accuracy=0.5), succeeded(1, val_accuracy=0.6)
    first["spec"]["candidates"][0] |= {"hyperparameters": {"learningRate": "0.1"}, "parents": [3, 4]}
    rows = list(full_rows_of(state(first, second)))
    assert rows[0].keys() == rows[1].keys()
    assert [row["hp.learningRate"] for row in rows] == ["0.1", None]
    assert rows[0]["parents"] == "3,4"


def test_a_trial_of_several_candidates_has_a_row_for_each() -> None:
    trial = succeeded(4, val_accuracy=0.9)
    trial["spec"]["candidates"].append({"id": "other", "architecture": {"op": "conv"}, "origin": "Random"})
    results = [
        {"outcome": "Failed", "reason": "Diverged"},
        {"outcome": "Succeeded", "metrics": {"val_accuracy": 0.9}, "checkpoint": "s3://b/k"},
    ]
    trial["status"]["candidates"] = results
    rows = list(full_rows_of(state(trial)))
    assert [(row["index"], row["state"], row["val_accuracy"], row["weights"]) for row in rows] == [
        (4, "Failed", None, None),
        (5, "Succeeded", 0.9, "s3://b/k"),
    ]
