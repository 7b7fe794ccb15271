from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from tests.support.factories import meta, raw_pod

from nas_backend.metrics_page import of_trial
from nas_core.records.pod import PodView
from nas_operator.searches import latest_metrics
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.latest_metrics import ANSWER_LIMIT, ANSWER_LIMIT_A_POD, PODS_A_QUERY, MetricsReader, query

SEARCH = replace(meta("s"), uid="u")
POD = PodView.of(raw_pod("s-00000-a2", "s-00000", {"phase": "Running", "podIP": "127.0.0.1"}))


def labels(trial: str = "s-00000", metric: str = "loss", uid: str = "u", **target: str) -> dict[str, str]:
    return {"nas_trial": trial, "nas_attempt": "2", "metric": metric, "nas_search_uid": uid, **target}


def test_the_query_asks_for_the_targets_that_are_the_searchs_pods() -> None:
    dotted = PodView.of(raw_pod("s.1-00000-a1", "s.1-00000", {}))
    target = r'namespace="ns",pod=~`s-00000-a2-x|s\.1-00000-a1-x`'
    assert query(SEARCH, [POD, dotted]) == f'last_over_time(nas_trial_metric{{{target},nas_search_uid="u"}}[2m])'


@pytest.mark.parametrize(
    ("claimed", "value"),
    [
        (labels(), math.nan),
        (labels(), math.inf),
        ({"metric": "loss"}, 1.0),
        ({"nas_trial": "s-00000", "nas_search_uid": "u"}, 1.0),
        (labels(trial="s-00001"), 1.0),
        (labels(uid="other"), 1.0),
        (labels(metric="x" * 129), 1.0),
    ],
    ids=["not a number", "infinite", "nobody's", "no metric", "another trial's", "another search's", "a long name"],
)
def test_what_says_nothing_of_the_pods_trial_is_dropped(claimed: dict[str, str], value: float) -> None:
    assert of_trial([(labels(metric="accuracy"), 0.5), (claimed, value)], POD.trial, "u") == {"accuracy": 0.5}


def test_of_very_many_metrics_the_first_are_kept() -> None:
    found = of_trial([(labels(metric=f"m{n}"), 1.0) for n in range(10_000)], POD.trial, "u")
    assert list(found)[:2] == ["m0", "m1"] and len(found) == 256


async def served(handler: Any, port: int | None = None) -> TestServer:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    server = TestServer(app, port=port)
    await server.start_server()
    return server


def prometheus(*series: dict[str, str], value: str = "0.5") -> Any:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"data": {"result": [{"metric": one, "value": [1, value]} for one in series]}})

    return answer


async def asked(handler: Any, pods: Sequence[PodView] = (POD,)) -> Any:
    server = await served(handler)
    async with HttpReader() as http:
        found = await MetricsReader(str(server.make_url("")).rstrip("/")).read(http, SEARCH, pods)
    await server.close()
    return found


async def test_prometheus_is_asked_once_for_a_search_with_few_pods() -> None:
    queries = []

    async def answer(request: web.Request) -> web.Response:
        queries.append((request.path, (await request.post())["query"]))
        response: web.Response = await prometheus(labels(namespace="ns", pod="s-00000-a2-x"))(request)
        return response

    assert await asked(answer) == {"s-00000": {"loss": 0.5}}
    assert queries == [("/api/v1/query", query(SEARCH, [POD]))]


@pytest.mark.parametrize(
    "target",
    [
        {"namespace": "b", "pod": "forger"},
        {"namespace": "b", "pod": "s-00000-a2-x"},
        {"namespace": "ns", "pod": "forger"},
        {"namespace": "ns", "pod": "s-00000-a1-x"},
        {"namespace": "b", "pod": "forger", "exported_namespace": "ns", "exported_pod": "s-00000-a2-x"},
        {"instance": "10.0.0.1:8080"},
    ],
    ids=["another team's pod", "of the same name", "a neighbour", "a former attempt's", "claims kept apart", "nothing"],
)
async def test_only_the_pod_of_the_running_attempt_speaks_for_a_trial(target: dict[str, str]) -> None:
    assert await asked(prometheus(labels(**target), value="0.001")) == {}


async def test_however_many_pods_there_are_an_answer_is_small(caplog: pytest.LogCaptureFixture) -> None:
    """All pods of a large search that say much are no more in memory than those of one query."""
    pods = [PodView.of(raw_pod(f"s-{n:05}-a1", f"s-{n:05}", {"phase": "Running"})) for n in range(1000)]
    most = ANSWER_LIMIT + PODS_A_QUERY * ANSWER_LIMIT_A_POD
    sizes = []

    async def answer(request: web.Request) -> web.Response:
        names = re.findall(r"s-\d{5}-a1-x", str((await request.post())["query"]))
        series = [(labels(trial=name[:7], namespace="ns", pod=name), len(names)) for name in names]
        result = [{"metric": one, "value": [1, str(value)]} for one, value in series]
        sizes.append(len(names))
        # One group's pods flood: it shows nothing, the others do.
        return web.json_response({"data": {"result": result}, "flood": "x" * (most if len(sizes) == 2 else 0)})

    found = await asked(answer, pods)
    assert most <= 3 << 20 and sizes == [64] * 15 + [40]
    assert len(found) == 1000 - 64 and found["s-00999"] == {"loss": 40.0}
    assert "the answer has more than" in caplog.text


async def test_an_answer_of_prometheus_that_never_ends_is_given_up(caplog: pytest.LogCaptureFixture) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            while sent < 1 << 28:
                await response.write(b" " * 65_536)
                sent += 65_536
        except ConnectionError:
            pass
        return response

    assert await asked(answer) == {}
    assert "the answer has more than" in caplog.text and sent < 1 << 24


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
    async with HttpReader() as http:
        assert await MetricsReader(str(server.make_url("")).rstrip("/")).read(http, SEARCH, [POD]) == {}
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
    [(PAGE, {"s-00000": {"loss": 0.5}}), ("nas_trial_metric{", {}), ("x 1\n" * 20_000, {})],
    ids=["what a pod says of others is dropped", "garbage", "too large"],
)
async def test_without_prometheus_the_running_pods_are_scraped(
    page: str, found: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=page)

    server = await served(answer)
    assert server.port
    monkeypatch.setattr(latest_metrics, "METRICS_PORT", server.port)
    waiting = replace(POD, phase="Pending", trial="s-00001")
    async with HttpReader() as http:
        assert await MetricsReader(None).read(http, SEARCH, (POD, waiting)) == found
    await server.close()


async def test_a_pod_that_does_not_answer_gives_no_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest_metrics, "METRICS_PORT", 1)
    pod = PodView.of(raw_pod("s-00000-a1", "s-00000", {"phase": "Running", "podIP": "::1"}))
    async with HttpReader() as http:
        assert await MetricsReader(None).read(http, SEARCH, (pod,)) == {}


async def test_a_pod_cannot_have_the_operator_ask_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = []

    async def answer(request: web.Request) -> web.Response:
        paths.append(request.path)
        return web.Response(status=302, headers={"Location": "/secret-internal?do=1"}, text=PAGE)

    server = await served(answer)
    assert server.port
    monkeypatch.setattr(latest_metrics, "METRICS_PORT", server.port)
    async with HttpReader() as http:
        assert await MetricsReader(None).read(http, SEARCH, (POD,)) == {}
    await server.close()
    assert paths == ["/metrics"]
