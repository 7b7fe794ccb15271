"""Where runs of deleted searches are looked for."""

from __future__ import annotations

import json
from typing import Any

from tests.support.tracked import begun

from nas_core.records.search import ReadableSearch
from nas_plan.tracking.default import TrackingDefault, read_default
from nas_plan.tracking.places import places

URL = "http://mlflow"


def default(**given: Any) -> TrackingDefault:
    return read_default(json.dumps({"mlflow": {"endpoint": URL} | given}))


def search(namespace: str, secret: str | None = None, endpoint: str = URL) -> ReadableSearch:
    named = {"secretRef": {"name": secret}} if secret else {}
    return begun(tracking={"mlflow": {"endpoint": endpoint} | named}, meta={"namespace": namespace})


def told(default: TrackingDefault, *searches: ReadableSearch) -> list[tuple[str, str, str | None]]:
    return [
        (namespace, server.endpoint, server.secret_ref.name if server.secret_ref else None)
        for namespace, server in places(default, searches, ["b", "a"])
    ]


def test_a_default_that_asks_for_nobody_is_one_place_for_all_namespaces() -> None:
    assert told(default()) == [("", URL, None)]


def test_with_a_secret_it_is_one_for_each_namespace() -> None:
    assert told(default(secretRef={"name": "s"})) == [("a", URL, "s"), ("b", URL, "s")]


def test_searches_that_are_left_name_others_each_once() -> None:
    searches = [search("a"), search("a"), search("b", "s"), search("b", "s", "http://other"), begun(tracking={})]
    assert told(TrackingDefault(), *searches) == [("a", URL, None), ("b", URL, "s"), ("b", "http://other", "s")]


def test_what_the_default_has_already_is_not_asked_twice() -> None:
    assert told(default(secretRef={"name": "s"}), search("b", "s")) == [("a", URL, "s"), ("b", URL, "s")]
