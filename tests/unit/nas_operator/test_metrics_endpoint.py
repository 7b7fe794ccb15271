from __future__ import annotations

import logging
from typing import NamedTuple

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry, Gauge
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.kube.client import Client
from nas_operator.metrics_access import REVIEWS_A_SECOND, MetricsAccess
from nas_operator.metrics_endpoint import MetricsEndpoint


class Answer(NamedTuple):
    status: int
    text: str


async def scrape(endpoint: MetricsEndpoint, *headers: dict[str, str]) -> list[Answer]:
    """Ask for the page with each of these headers in turn."""
    app = web.Application()
    app.router.add_get("/metrics", endpoint.answer)
    server = TestServer(app)
    await server.start_server()
    async with aiohttp.ClientSession() as session:
        answers = []
        for each in headers:
            async with session.get(server.make_url("/metrics"), headers=each) as answer:
                answers.append(Answer(answer.status, await answer.text()))
    await server.close()
    return answers


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def registry() -> CollectorRegistry:
    registry = CollectorRegistry()
    Gauge("secret_value", "", registry=registry).set(7)
    return registry


async def test_only_who_may_sees_the_page(served: tuple[ApiServer, Client], registry: CollectorRegistry) -> None:
    api, client = served
    api.accounts |= {"p": "prometheus", "t": "team"}
    api.readers.add("prometheus")
    wrong: list[dict[str, str]] = [{}, {"Authorization": "Basic cDpw"}, {"Authorization": "Bearer "}, bearer("x")]
    asked = [*wrong, bearer("t"), bearer("p")]
    answers = await scrape(MetricsEndpoint(MetricsAccess(client), registry), *asked)
    assert [answer.status for answer in answers] == [401, 401, 401, 401, 403, 200]
    assert [("secret_value" in answer.text) for answer in answers] == [False] * 5 + [True]
    assert "metrics-reader" in answers[4].text, "says what is missing"


async def test_without_an_answer_of_the_api_server_nothing_is_shown_and_the_log_says_why_once(
    served: tuple[ApiServer, Client], registry: CollectorRegistry, caplog: pytest.LogCaptureFixture
) -> None:
    api, client = served
    api.faults["POST", "tokenreviews"] = (403, "tokenreviews is forbidden: the operator may not")
    with caplog.at_level(logging.WARNING):
        answers = await scrape(MetricsEndpoint(MetricsAccess(client), registry), bearer("p"), bearer("p"))
    assert [answer.status for answer in answers] == [503, 503]
    assert "secret_value" not in answers[0].text and "forbidden" not in answers[0].text
    [said] = [record.getMessage() for record in caplog.records]
    assert "the operator may not" in said


async def test_too_many_tokens_are_sent_away(served: tuple[ApiServer, Client], registry: CollectorRegistry) -> None:
    access = MetricsAccess(served[1], clock=lambda: 0.0)
    answers = await scrape(MetricsEndpoint(access, registry), *map(bearer, "abcdefghijk"))
    assert [answer.status for answer in answers] == [401] * REVIEWS_A_SECOND + [429]


async def test_turned_off_it_asks_nobody(registry: CollectorRegistry) -> None:
    [answer] = await scrape(MetricsEndpoint(None, registry), {})
    assert answer.status == 200 and "secret_value 7.0" in answer.text
