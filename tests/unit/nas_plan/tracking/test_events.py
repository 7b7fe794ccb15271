from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support.factories import START, stamp
from tests.support.tracked import begun, done

from nas_core.api.tracking import CloudEventsStatus
from nas_plan.tracking.events import to_tell

NOTHING = CloudEventsStatus(endpoint="http://receiver")


def events(told: CloudEventsStatus = NOTHING, ended: bool = True, **status: Any) -> list[dict[str, Any]]:
    search = begun(ended=ended, status=status)
    return [one.event for one in to_tell(search, [done(0, 0.3), done(1, 0.2), done(2, 0.6)], told)]


def test_events_are_cloud_events() -> None:
    [started, *others] = events()
    assert started == {
        "specversion": "1.0",
        "type": "io.nas-operator.search.started.v1",
        "source": "/apis/nas-operator.io/v1alpha1/namespaces/ns/nassearches/s",
        "id": "uid-s/started",
        "time": "2026-01-01T00:00:00Z",
        "datacontenttype": "application/json",
        "data": {"namespace": "ns", "search": "s", "uid": "uid-s"},
    }
    assert [one["type"].split(".")[-2] for one in others] == ["best-improved", "best-improved", "ended"]


def test_they_say_what_has_happened() -> None:
    best = [{"trial": "s-00002", "architecture": "a", "id": "i", "metrics": {"val_accuracy": 0.6}}]
    [_, _, better, ended, model] = events(
        best=best, report="s3://nas/report.html", published={"model": "digits-1", "trial": "s-r9"}
    )
    assert better["data"] | {"trial": "s-00002", "best": {"val_accuracy": 0.6}, "sequence": 3} == better["data"]
    assert better["time"] == stamp(START + timedelta(minutes=3))
    assert ended["data"]["succeeded"] is True and ended["data"]["reason"] == "BudgetSpent"
    assert ended["data"]["best"] == [{"trial": "s-00002", "metrics": {"val_accuracy": 0.6}}]
    assert model["data"]["model"] == "digits-1" and model["data"]["trial"] == "s-r9"


def test_what_was_told_is_not_told_again() -> None:
    search = begun(ended=True, status={"published": {"model": "digits-1", "trial": "s-r9"}})
    trials = [done(0, 0.3), done(1, 0.2), done(2, 0.6)]
    told = NOTHING
    for count in range(5, 0, -1):
        found = list(to_tell(search, trials, told))
        assert len(found) == count
        told = found[0].sent
    assert list(to_tell(search, trials, told)) == []


def test_a_search_that_goes_on_and_ends_again_tells_so() -> None:
    [*_, last] = to_tell(begun(ended=True), [], NOTHING)
    again = begun(ended=True)
    assert [one.event["id"] for one in to_tell(again, [], last.sent)] == []
    later = last.sent.model_copy(update={"ended": START})
    assert [one.event["id"] for one in to_tell(again, [], later)] == ["uid-s/ended/2026-01-01T01:00:00Z"]
