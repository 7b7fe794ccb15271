from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from tests.support.reports import START, reported

from nas_core.api.search_status import LearntUtility, ObjectiveWeight, TargetStatus
from nas_core.api.trial import Baseline, DatasetSummary
from nas_report import report_page

VEGA = "const close = '</script>';"
LIMIT = 5_000_000 - 900_000
"""Bytes without the JavaScript of the plots."""


def page(count: int, **changes: Any) -> str:
    search, trials = reported(count, **changes)
    return report_page(search, search.spec, trials, VEGA, START)


def data_of(html: str) -> Any:
    found = re.search('<script type="application/json" id="data">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


class Elements(HTMLParser):
    """Collects elements with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_every_plot_has_a_place_and_its_data() -> None:
    html = page(200)
    data = data_of(html)
    places = {a["id"] for _, a in Elements(html).found if a.get("class") == "plot"}
    assert places == {f"plot-{name}" for name in data["charts"]}
    assert set(data["charts"]) == {"progress", "trade-off", "curves", "importance", "parallel", "cost"}
    named = set(re.findall('"data": ?{"name": ?"([^"]+)"', json.dumps(data["charts"])))
    assert named <= {"results", *data["datasets"]} and len(data["rows"]) == 200


def test_a_search_that_has_just_begun_has_a_page() -> None:
    html = page(0)
    assert "There is none yet." in html and data_of(html)["charts"] == {}


def test_what_people_prefer_is_below_the_best() -> None:
    said = {"comparisons": [{"better": 3, "worse": 1}, {"better": 3, "worse": 999}]}
    search, trials = reported(20, guidance=said)
    weight = ObjectiveWeight(metric="parameters", weight="0.614", low="0.500", high="0.700")
    utility = LearntUtility(comparisons=1, not_followed=0, weights=[weight])
    search = replace(search, status=search.status.model_copy(update={"utility": utility}))
    html = report_page(search, search.spec, trials, VEGA, START)
    assert "Comparisons, which order the best" in html and "<td>3 digits-00003</td><td>1 digits-00001</td>" in html
    assert "<td>999</td>" in html and "<td>0.614</td><td>0.500 to 0.700</td>" in html
    assert "Comparisons" not in page(20)


def test_a_search_with_targets_shows_the_best_of_each() -> None:
    search, trials = reported(20)
    [best] = search.status.best
    targets = [TargetStatus(name="phone", best=[best], retrained=[best]), TargetStatus(name="mcu")]
    status = search.status.model_copy(update={"targets": targets})
    html = report_page(replace(search, status=status), search.spec, trials, VEGA, START)
    titles = re.findall("<h3>([^<]*)</h3>", html)
    assert titles[:3] == [
        "The best of the search for phone",
        "Trained again in full for phone",
        "The best of the search for mcu",
    ]
    assert best.trial in titles, "it is drawn"


def test_what_trials_write_cannot_become_markup() -> None:
    html = page(10, message="</script><script>alert(1)</script><img src=x>")
    tags = [tag for tag, _ in Elements(html).found]
    assert tags.count("script") == 3 and "img" not in tags
    # Neither can the JavaScript of the plots end its own element.
    assert "const close = '<\\/script>';" in html


def test_ten_thousand_results_stay_below_five_megabytes() -> None:
    html = page(10_000)
    assert len(html.encode()) < LIMIT and len(data_of(html)["rows"]) == 10_000


def test_so_do_those_of_long_architectures() -> None:
    assert len(page(10_000, searchSpace={"name": "nas-bench-301"}).encode()) < LIMIT


def test_nothing_is_asked_of_a_network() -> None:
    html = page(20)
    linked = [value for _, a in Elements(html).found for key, value in a.items() if key in ("src", "href", "action")]
    assert linked == ["#candidates"]
    assert "default-src 'none'" in html


def test_the_baseline_stands_beside_the_best() -> None:
    search, trials = reported(10)
    simple = Baseline(name="linear", metrics={"val_accuracy": 0.75}, examples=1000)
    data = DatasetSummary(hash="h", training=10, validation=2, baseline=[simple], warnings=["one class is <rare>"])
    status = search.status.model_copy(update={"dataset": data})
    html = report_page(replace(search, status=status), search.spec, trials, VEGA, START)
    assert "Simple models on the same data" in html and "<td>linear</td><td>0.75</td>" in html
    assert "one class is &lt;rare&gt;" in html


def test_numbers_that_are_none_are_left_out() -> None:
    search, trials = reported(5)
    odd = trials[0].status.model_copy(update={"metrics": {"val_accuracy": float("nan"), "parameters": float("inf")}})
    html = report_page(search, search.spec, (replace(trials[0], status=odd), *trials[1:]), VEGA, START)
    row = data_of(html)["rows"][0]
    assert row[2] == "breaks a constraint" and row[5] is None


@pytest.mark.parametrize("name", ["fault & <b>", "ok"])
def test_the_name_is_escaped(name: str) -> None:
    search, trials = reported(1)
    html = report_page(replace(search, meta=replace(search.meta, name=name)), search.spec, trials, VEGA, START)
    assert f"<h1>{name.replace('&', '&amp;').replace('<', '&lt;').replace('>', '&gt;')}</h1>" in html


def test_an_architecture_that_is_not_of_the_space_is_not_drawn() -> None:
    search, trials = reported(5)
    odd = [t.spec.candidates[0].model_copy(update={"architecture": {"0-1": "conv"}}) for t in trials]
    changed = [
        replace(trial, spec=trial.spec.model_copy(update={"candidates": [one]}))
        for trial, one in zip(trials, odd, strict=True)
    ]
    assert "Drawings" in report_page(search, search.spec, trials, VEGA, START)
    assert "Drawings" not in report_page(search, search.spec, changed, VEGA, START)
