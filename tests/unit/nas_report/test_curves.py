from __future__ import annotations

from tests.support.reports import reported

from nas_report.curves import NAMED, SHOWN, curve_points


def test_the_best_have_names_and_the_rest_is_thinned() -> None:
    search, trials = reported(1000)
    points = curve_points(trials, search.spec.objectives[0])
    named = {point["trial"] for point in points if point["named"]}
    assert len(named) == NAMED and search.status.best[0].trial in named
    assert SHOWN / 2 < len({point["trial"] for point in points}) <= SHOWN + NAMED
    assert [point["epoch"] for point in points[:4]] == [1, 2, 3, 4]


def test_a_metric_without_a_curve_has_no_points() -> None:
    search, trials = reported(5)
    assert curve_points(trials, search.spec.objectives[1]) == []
