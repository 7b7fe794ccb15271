from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START, stamp
from tests.support.tracked import begun, ready

from nas_core.api.search_status import NASSearchStatus
from nas_core.api.tracking import CloudEventsStatus, MlflowStatus, Tracking, TrackingStatus
from nas_core.records.search import ReadableSearch
from nas_plan.tracking.condition import has_news, is_tracked, looked_at, settled, untracked

MLFLOW, EVENTS = "http://mlflow", "http://receiver"
SPEC: dict[str, Any] = {"tracking": {"mlflow": {"endpoint": MLFLOW}, "cloudEvents": {"endpoint": EVENTS}}}
ASKED = Tracking.model_validate(SPEC["tracking"])
RUNS = MlflowStatus(endpoint=MLFLOW, experiment_id="1", run_id="2", candidates=3)
THERE = TrackingStatus(mlflow=RUNS, cloud_events=CloudEventsStatus(endpoint=EVENTS))


def condition(status: NASSearchStatus) -> tuple[str, str, str]:
    [found] = [one for one in status.conditions if one.type == "Tracked"]
    return found.status, found.reason, found.message


@pytest.mark.parametrize(
    ("left", "faults", "expected"),
    [
        (0, {}, ("True", "Delivered", "MLflow has run 2 of experiment 1, with 3 candidates, the receiver of ")),
        (5, {}, ("Unknown", "Delivering", "more has happened")),
        (5, {"mlflow": ("ServerError", "why")}, ("False", "ServerError", "mlflow: why")),
    ],
)
def test_the_condition_says_how_it_stands(
    left: int, faults: dict[str, tuple[str, str]], expected: tuple[str, str, str]
) -> None:
    status, reason, message = condition(looked_at(begun(**SPEC), THERE, left, faults, START))
    assert (status, reason) == expected[:2] and message.startswith(expected[2])


def test_what_the_platform_has_asked_for_says_so() -> None:
    assert "tracking.default" not in condition(looked_at(begun(**SPEC), THERE, 0, {}, START))[2]
    fault = {"mlflow": ("TrackingSecretUnusable", "create it")}
    message = condition(looked_at(begun(), THERE, 0, fault, START))[2]
    assert message.startswith("mlflow: create it (by tracking.default of the operator's chart")


def test_another_count_is_no_news() -> None:
    search = begun(**SPEC)
    before = looked_at(search, THERE, 0, {}, START)
    more = THERE.model_copy(update={"mlflow": RUNS.model_copy(update={"candidates": 4})})
    assert not has_news(before, looked_at(search, more, 0, {}, START))
    assert has_news(before, looked_at(search, more, 1, {}, START))
    assert has_news(before, looked_at(search, more, 0, {"mlflow": ("ServerError", "why")}, START))
    other = THERE.model_copy(update={"mlflow": RUNS.model_copy(update={"run_id": "3"})})
    assert has_news(before, looked_at(search, other, 0, {}, START))


def test_what_is_not_tracked_any_more_has_nothing_of_it() -> None:
    status = looked_at(begun(**SPEC), THERE, 0, {}, START)
    assert is_tracked(status) and not is_tracked(untracked(status))


def ended(there: dict[str, Any], **changes: Any) -> ReadableSearch:
    """Return a search that has ended, and whose servers have so much."""
    over = "2026-01-01T01:00:00Z"
    tracking = {
        "mlflow": {"endpoint": MLFLOW, "experimentID": "1", "runID": "2", "ended": over},
        "cloudEvents": {"endpoint": EVENTS, "started": True, "ended": over},
    }
    delivered = {
        "type": "Tracked",
        "status": "True",
        "reason": "Delivered",
        "lastTransitionTime": stamp(START),
        "observedGeneration": 1,
    }
    search = begun(ended=True, status={"tracking": {**tracking, **there}, **changes}, **SPEC)
    conditions = NASSearchStatus.model_validate({"conditions": [delivered]}).conditions
    status = search.status.model_copy(update={"conditions": [*search.status.conditions, *conditions]})
    return replace(search, status=status)


def test_a_search_that_has_ended_and_is_delivered_is_settled() -> None:
    assert settled(ended({}), ASKED, [])
    assert not settled(begun(**SPEC), ASKED, [])


@pytest.mark.parametrize(
    "there",
    [
        {"mlflow": None},
        {"mlflow": {"endpoint": "http://other", "experimentID": "1", "runID": "2", "ended": "2026-01-01T01:00:00Z"}},
        {"mlflow": {"endpoint": MLFLOW, "experimentID": "1", "runID": "2", "ended": "2026-01-01T00:30:00Z"}},
        {"cloudEvents": {"endpoint": EVENTS, "started": True}},
    ],
)
def test_what_a_server_lacks_has_to_be_brought(there: dict[str, Any]) -> None:
    assert not settled(ended(there), ASKED, [])


def test_a_model_that_was_made_since_has_to_be_brought() -> None:
    assert not settled(ended({}), ASKED, [ready("digits")])
    assert not settled(ended({}, published={"model": "m", "trial": "t"}), ASKED, [])
