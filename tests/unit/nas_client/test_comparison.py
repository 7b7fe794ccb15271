from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.unit.nas_client.conftest import failed, raw_search, succeeded

from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.comparison import compare
from nas_client.search_state import SearchState
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView


def state(values: list[float | None], **spec: Any) -> SearchState:
    """Return a search whose trials had these values; None: failed."""
    raw = [failed(i, "") if v is None else succeeded(i, val_accuracy=v) for i, v in enumerate(values)]
    known = [v for v in values if v is not None]
    best = max(known, default=None)
    entries = [{"trial": "t", "architecture": "a", "id": "x", "metrics": {"val_accuracy": best}}] if known else []
    status = {
        "trials": {"total": len(values), "failed": len(values) - len(known)},
        "best": entries,
        "cost": {"trialSeconds": 60.0, "gpuSeconds": 0.0},
        "conditions": [],
    }
    return SearchState(read_search(raw_search(status, **spec)), tuple(TrialView.of(one) for one in raw))


def test_only_settings_that_differ_are_told() -> None:
    found = compare(state([0.5], budget={"maxTrials": 8}), state([0.5], evaluation={"epochs": 9}))
    assert found.settings == {"budget.maxTrials": (8, 4), "evaluation.epochs": (4, 9)}


def test_the_best_and_what_it_took_stand_side_by_side() -> None:
    found = compare(state([0.5, 0.7, 0.9]), state([0.7, None]))
    assert found.facts["val_accuracy"] == (0.9, 0.7)
    assert found.facts["failed"] == (0, 1)
    # 0.7 is what both have reached.
    assert found.facts["results until both are there"] == (2, 1)


def test_what_breaks_a_constraint_has_reached_nothing() -> None:
    limit = {"constraints": [{"metric": "parameters", "max": "100"}]}
    results = [(0.95, 900.0), (0.6, 50.0), (0.8, 50.0)]
    raw = [succeeded(i, val_accuracy=v, parameters=p) for i, (v, p) in enumerate(results)]
    first = state([0.8], **limit)
    first = SearchState(first.search, tuple(TrialView.of(one) for one in raw))
    second = SearchState(first.search, (TrialView.of(succeeded(0, val_accuracy=0.8, parameters=50.0)),))
    assert compare(first, second).facts["results until both are there"] == (3, 1)


@pytest.mark.parametrize(
    ("first", "second", "rho"),
    [
        ([0.1, 0.2, 0.3], [0.5, 0.6, 0.9], 1.0),
        ([0.1, 0.2, 0.3], [0.9, 0.6, 0.5], -1.0),
        ([0.1, 0.2, 0.2, 0.3], [0.1, 0.2, 0.2, 0.3], 1.0),
        ([0.1, 0.2, 0.3], [0.5, 0.5, 0.5], None),
        ([0.1, 0.2], [0.1, 0.2], None),
    ],
)
def test_the_ranks_of_common_candidates_are_compared(first: list[Any], second: list[Any], rho: float | None) -> None:
    found = compare(state(first), state(second))
    assert found.common == len(first)
    assert found.rank_correlation == (None if rho is None else pytest.approx(rho))


def test_searches_without_a_result_are_compared_too() -> None:
    found = compare(state([]), state([None]))
    assert (found.common, found.rank_correlation) == (0, None)
    assert found.facts["val_accuracy"] == (None, None)


def test_programs_read_a_row_for_each_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    searches = {"a": state([0.5, 0.6, 0.7]), "b": state([0.6, 0.7, 0.8], evaluation={"epochs": 9})}

    class Cluster:
        def read(self, name: str) -> SearchState:
            return searches[name]

    monkeypatch.setattr(options, "connect", lambda *_: Cluster())
    assert main(["compare", "a", "b", "-o", "json"]) == 0
    rows = {row[""]: (row["a"], row["b"]) for row in json.loads(capsys.readouterr().out)}
    assert rows["spec.evaluation.epochs"] == (4, 9)
    assert rows["val_accuracy"] == (0.7, 0.8)
    assert rows["rank correlation of these"] == (1.0, 1.0)
    assert main(["compare", "a", "b"]) == 0


TWO: dict[str, Any] = {"objectives": [{"metric": "val_accuracy"}, {"metric": "parameters", "goal": "minimize"}]}


def front(*points: tuple[float, float]) -> SearchState:
    """Return a search with two objectives whose front has these points."""
    raw_trials = [succeeded(i, val_accuracy=value, parameters=size) for i, (value, size) in enumerate(points)]
    entries = [
        {"trial": "t", "architecture": "a", "id": "x", "metrics": {"val_accuracy": value, "parameters": size}}
        for value, size in points
    ]
    raw = raw_search({"trials": {}, "conditions": [], "best": entries}, **TWO)
    return SearchState(read_search(raw), tuple(map(TrialView.of, raw_trials)))


def test_fronts_are_compared_by_what_the_other_dominates() -> None:
    found = compare(front((0.9, 100), (0.8, 50), (0.5, 10)), front((0.9, 90), (0.8, 50), (0.4, 20), (0.3, 15)))
    assert found.facts["points of the Pareto front"] == (3, 4)
    # 0.9 with more parameters; and the two that are worse and larger than 0.5 with 10. Equal points dominate nothing.
    assert found.facts["of these dominated by the other's"] == (1, 2)
    assert "points of the Pareto front" not in compare(state([0.5]), state([0.6])).facts


def test_on_rungs_only_equal_epochs_are_compared() -> None:
    def climbed(values: dict[int, float]) -> SearchState:
        raw = []
        for place, (epochs, value) in enumerate(values.items()):
            for index in range(4):
                one = succeeded(index, val_accuracy=value + index / 100)
                one["spec"]["epochs"] = epochs
                one["status"]["sequence"] = 4 * place + index + 1
                raw.append(one)
        return SearchState(read_search(raw_search({"trials": {}, "best": []})), tuple(map(TrialView.of, raw)))

    found = compare(climbed({1: 0.3, 3: 0.5}), climbed({1: 0.3}))
    assert found.common == 4 and found.rank_correlation == pytest.approx(1.0)


@pytest.mark.parametrize(("ending", "start"), [("svg", b"<svg"), ("png", b"\x89PNG"), ("html", b"<!DOCTYPE html>")])
def test_a_plot_of_both(
    ending: str, start: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = {"a": front((0.9, 100), (0.8, 50)), "b": front((0.7, 90))}
    monkeypatch.setattr("nas_client.cli.compare.read_state", lambda name, *_: states[name])
    file = tmp_path / f"both.{ending}"
    assert main(["compare", "a", "b", "--plot", str(file)]) == 0
    assert file.read_bytes().lstrip().startswith(start) and f"wrote {file}" in capsys.readouterr().err


def test_a_plot_in_another_form_is_a_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nas_client.cli.compare.read_state", lambda *_: state([0.5]))
    assert main(["compare", "a", "b", "--plot", str(tmp_path / "both.pdf")]) == 2
    assert "has to end in .svg, .png, .html" in capsys.readouterr().err


def test_without_results_there_is_nothing_to_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("nas_client.cli.compare.read_state", lambda *_: state([None]))
    assert main(["compare", "a", "b", "--plot", str(tmp_path / "both.svg")]) == 2
    assert "neither search has a result yet" in capsys.readouterr().err


def test_what_was_trained_again_in_full_is_not_a_result_of_the_search() -> None:
    again = succeeded(0, val_accuracy=0.99)
    again["metadata"]["name"] = "fashion-r9"
    again["spec"] |= {"work": "Retrain", "epochs": 9}
    again["status"]["sequence"] = 3
    first = state([0.5, 0.7])
    first = SearchState(first.search, (*first.trials, TrialView.of(again)))
    found = compare(first, first)
    assert found.common == 2 and found.facts["results until both are there"] == (2, 2)
