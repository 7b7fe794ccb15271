from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.tracked import begun

from nas_plan.tracking.default import TrackingDefault, read_default

URL = "http://mlflow:5000"


def default(**given: Any) -> TrackingDefault:
    return read_default(json.dumps(given))


def test_a_default_of_nothing_tracks_nothing() -> None:
    assert default().of(begun()) is None and not default().keeps("nas-tracking", URL)


@pytest.mark.parametrize(
    ("pattern", "experiment"),
    [(None, None), ("all", "all"), ("{namespace}/{name}: nas", "ns/s: nas"), ("{name}{name}", "ss")],
)
def test_the_experiment_has_names_of_the_search(pattern: str | None, experiment: str | None) -> None:
    given = {"endpoint": URL} | ({"experiment": pattern} if pattern else {})
    asked = default(mlflow=given, cloudEvents={"endpoint": "http://x/e"}).of(begun())
    assert asked and asked.mlflow and asked.mlflow.experiment == experiment
    assert asked.cloud_events and asked.cloud_events.endpoint == "http://x/e"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([], "default: Input should be"),
        ({"mlfow": {}}, "mlfow: Extra inputs"),
        ({"mlflow": {}}, r"mlflow\.endpoint: Field required"),
        ({"mlflow": {"endpoint": "mlflow:5000"}}, r"mlflow\.endpoint: String should match"),
        ({"mlflow": {"endpoint": URL, "experiments": "x"}}, r"mlflow\.experiments: Extra inputs"),
        ({"cloudEvents": {"endpoint": URL, "experiment": "x"}}, r"cloudEvents\.experiment: Extra inputs"),
        ({"mlflow": {"endpoint": URL, "experiment": "/{name}"}}, r"mlflow\.experiment: '/\{name\}' is no experiment"),
        ({"mlflow": {"endpoint": URL, "experiment": "{uid}"}}, r"mlflow\.experiment: .* \{namespace\} and \{name\}"),
        ({"mlflow": {"endpoint": URL, "experiment": "x" * 129}}, r"mlflow\.experiment: String should have at most 128"),
    ],
)
def test_what_cannot_be_read_is_named(given: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_default(json.dumps(given))


def test_a_secret_is_kept_from_servers_that_are_not_its_own() -> None:
    secret = {"secretRef": {"name": "platform"}}
    found = default(mlflow={"endpoint": URL} | secret, cloudEvents={"endpoint": "http://x/e"} | secret)
    assert not found.keeps("platform", URL) and not found.keeps("platform", "http://x/e")
    assert found.keeps("platform", "http://x/other") and not found.keeps("own", "http://x/other")
