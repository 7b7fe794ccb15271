from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.factories import raw_pod

from nas_core.records.objects import PodView
from nas_operator.searches import latest_metrics as curves
from nas_operator.searches.latest_metrics import CurveReader, newest, query


def labels(trial: str = "s-00000", attempt: str = "1", metric: str = "loss", uid: str = "u") -> dict[str, str]:
    return {"nas_trial": trial, "nas_attempt": attempt, "metric": metric, "nas_search_uid": uid}


def test_the_query_asks_by_our_own_labels() -> None:
    assert query("u1") == 'last_over_time(nas_trial_metric{nas_search_uid="u1"}[2m])'


def test_the_newest_attempt_wins_whatever_comes_first() -> None:
    samples = [(labels(attempt="2"), 0.2), (labels(attempt="10"), 0.1), (labels(attempt="2", metric="epoch"), 9.0)]
    assert newest(samples) == newest(reversed(samples)) == {"s-00000": {"loss": 0.1}}


@pytest.mark.parametrize(
    "sample",
    [
        (labels(), math.nan),
        (labels(), math.inf),
        ({"metric": "loss"}, 1.0),
        ({"nas_trial": "s-00000"}, 1.0),
    ],
)
def test_what_says_nothing_is_dropped(sample: tuple[dict[str, str], float]) -> None:
    assert newest([sample]) == {}


@pytest.mark.parametrize("attempt", ["", "x", "-1", "²"])
def test_an_attempt_that_is_no_number_counts_as_the_oldest(attempt: str) -> None:
    assert newest([(labels(attempt=attempt), 1.0), (labels(attempt="1"), 2.0)]) == {"s-00000": {"loss": 2.0}}


async def served(handler: Any, port: int | None = None) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, port=port)
    await server.start_server()
    return server


async def test_prometheus_is_asked_once_for_a_search() -> None:
    asked = []

    async def answer(request: web.Request) -> web.Response:
        asked.append((request.path, (await request.post())["query"]))
        return web.json_response({"data": {"result": [{"metric": labels(), "value": [1, "0.5"]}]}})

    server = await served(answer)
    async with aiohttp.ClientSession() as session:
        found = await CurveReader(str(server.make_url("")).rstrip("/")).read(session, "u", ())
    await server.close()
    assert found == {"s-00000": {"loss": 0.5}} and asked == [("/api/v1/query", query("u"))]


@pytest.mark.parametrize(
    "response",
    [
        lambda: web.Response(status=503),
        lambda: web.Response(text="<html>"),
        lambda: web.json_response({"status": "error"}),
        lambda: web.json_response([1]),
        lambda: web.json_response({"data": {"result": [{"metric": {}, "value": []}]}}),
    ],
    ids=["unavailable", "a page", "an error", "a list", "no value"],
)
async def test_a_fault_of_prometheus_gives_no_values(response: Any) -> None:
    async def answer(request: web.Request) -> web.Response:
        made: web.Response = response()
        return made

    server = await served(answer)
    async with aiohttp.ClientSession() as session:
        assert await CurveReader(str(server.make_url("")).rstrip("/")).read(session, "u", ()) == {}
    await server.close()


PAGE = """
# TYPE nas_trial_metric gauge
nas_trial_metric{nas_search_uid="u",nas_trial="s-00000",nas_attempt="1",metric="loss"} 0.5
nas_trial_metric{nas_search_uid="u",nas_trial="s-00001",nas_attempt="1",metric="loss"} 0.0
nas_trial_metric{nas_search_uid="other",nas_trial="s-00000",nas_attempt="9",metric="loss"} 0.0
something_else 1
"""


@pytest.mark.parametrize(
    ("page", "found"),
    [(PAGE, {"s-00000": {"loss": 0.5}}), ("nas_trial_metric{", {}), ("x 1\n" * 400_000, {})],
    ids=["what a pod says of others is dropped", "garbage", "too large"],
)
async def test_without_prometheus_the_running_pods_are_scraped(
    page: str, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=page)

    server = await served(answer)
    assert server.port
    monkeypatch.setattr(curves, "METRICS_PORT", server.port)
    pod = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", "podIP": "127.0.0.1"}))
    waiting = replace(pod, phase="Pending", trial="s-00001")
    async with aiohttp.ClientSession() as session:
        assert await CurveReader(None).read(session, "u", (pod, waiting)) == found
    await server.close()


async def test_a_pod_that_does_not_answer_gives_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "METRICS_PORT", 1)
    pod = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", "podIP": "::1"}))
    async with aiohttp.ClientSession() as session:
        assert await CurveReader(None).read(session, "u", (pod,)) == {}
