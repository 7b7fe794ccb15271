from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.reports import reported
from tests.unit.nas_client.conftest import raw_search, succeeded

from nas import AttachedSearch, open_folder
from nas.errors import InvalidInput
from nas_client.search_state import SearchState


def attached(count: int, searches: Any = None) -> AttachedSearch:
    state = SearchState(*reported(count))
    return AttachedSearch("digits", "namespace 'demo'", lambda _: state, lambda at: at, searches)


def test_its_trials_are_a_table() -> None:
    frame = attached(12).trials()
    assert len(frame) == 12 and frame["val_accuracy"].notna().sum() == 11
    assert frame.loc[0, "trial"] == "digits-00000" and frame.loc[9, "state"] == "Failed"
    assert str(frame["start"].dtype).startswith("datetime64")


def test_the_best_is_the_first_of_the_front() -> None:
    search = attached(12)
    assert search.best().trial == search.status.best[0].trial == search.all_best()[0].trial
    assert search.best().metrics == search.status.best[0].metrics


def test_without_a_best_it_says_so() -> None:
    with pytest.raises(InvalidInput, match="no trial of 'digits' has succeeded yet"):
        attached(0).best()


def test_what_has_no_model_says_how_to_make_one() -> None:
    with pytest.raises(
        InvalidInput, match=r"has no model: give the search retrain=\{'epochs': 100\}.*nasctl export digits-"
    ):
        attached(12).best().load()


def test_two_searches_stand_side_by_side() -> None:
    frame = attached(20).compare(attached(40))
    assert frame.loc["candidates"].tolist() == [20.0, 40.0]
    assert frame.loc["candidates in common"].tolist() == [18, 18]


def test_the_report_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAS_VEGA_FILE", str(tmp_path / "vega.js"))
    (tmp_path / "vega.js").write_text("")
    from nas_report.javascript import vega

    vega.cache_clear()
    assert "digits-00000" in attached(3).report(tmp_path / "out.html").read_text()
    vega.cache_clear()


def test_watching_ends_with_the_search(capsys: pytest.CaptureFixture[str]) -> None:
    search = attached(3)
    assert search.watch() is search
    assert "BudgetSpent" in capsys.readouterr().out


def test_a_search_of_a_cluster_is_held_and_let_go() -> None:
    class Searches:
        changes: list[tuple[str, dict[str, object]]] = []

        def change(self, name: str, spec: dict[str, object]) -> None:
            self.changes.append((name, spec))

    search = attached(3, Searches())
    search.suspend()
    search.resume()
    assert Searches.changes == [("digits", {"suspend": True}), ("digits", {"suspend": None})]


def test_a_comparison_is_asked_for() -> None:
    class Searches:
        changes: list[dict[str, object]] = []

        def change(self, _: str, spec: dict[str, object]) -> None:
            self.changes.append(spec)

    search = attached(3, Searches())
    search.prefer(2, "digits-00001")
    assert Searches.changes == [{"guidance": {"comparisons": [{"better": 2, "worse": 1}]}}]
    with pytest.raises(InvalidInput, match="no result of all objectives"):
        search.prefer(2, 9)


def test_a_folder_is_a_search_too(tmp_path: Path) -> None:
    (tmp_path / "trials").mkdir()
    bundle = "s3://this-machine/a/bundle/"
    best = {"trial": "fashion-00000", "architecture": "a", "id": "id0", "metrics": {"val_accuracy": 0.5}}
    (tmp_path / "search.yaml").write_text(yaml.safe_dump(raw_search({"retrained": [best | {"bundle": bundle}]})))
    (tmp_path / "trials" / "t.yaml").write_text(yaml.safe_dump(succeeded(0, val_accuracy=0.5)))
    search = open_folder(tmp_path)
    assert search.name == "fashion" and len(search.trials()) == 1
    assert search.best().bundle == str(tmp_path / "objects" / "a" / "bundle")
    with pytest.raises(InvalidInput, match="is of this machine"):
        search.suspend()


def test_a_folder_without_one_says_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has no search"):
        open_folder(tmp_path)
