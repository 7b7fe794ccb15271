from __future__ import annotations

import pytest
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import ApiError
from nas_operator.kube.client import Client
from nas_operator.metrics_access import KEPT, KEPT_S, REVIEWS_A_SECOND, Access, MetricsAccess, TooManyReviews


class Clock:
    """Seconds, as the test sets them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


Asked = tuple[ApiServer, MetricsAccess, Clock]


@pytest.fixture
def asked(served: tuple[ApiServer, Client]) -> Asked:
    """An API server that knows Prometheus, who may read the page, and a team's account, which may not."""
    api, client = served
    api.accounts |= {"p": "prometheus", "t": "team"}
    api.readers.add("prometheus")
    # A second operator waits to lead, and its page is read as well.
    client.fence = lambda: False
    clock = Clock()
    return api, MetricsAccess(client, clock), clock


async def test_the_api_server_decides_and_is_asked_what_kubernetes_own_filters_ask(asked: Asked) -> None:
    api, access, _ = asked
    assert [await access.of(token) for token in ("p", "t", "made up")] == [
        Access.ALLOWED,
        Access.FORBIDDEN,
        Access.UNKNOWN,
    ]
    assert [url for _, url, _ in api.requests] == [
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        "/apis/authentication.k8s.io/v1/tokenreviews",
        "/apis/authorization.k8s.io/v1/subjectaccessreviews",
        "/apis/authentication.k8s.io/v1/tokenreviews",
    ]
    assert api.requests[1][2]["spec"] == {
        "nonResourceAttributes": {"path": "/metrics", "verb": "get"},
        "user": "prometheus",
        "uid": "1",
        "groups": ["system:authenticated"],
        "extra": {"pod": ["p"]},
    }


async def test_a_right_that_was_taken_away_ends_within_a_minute(asked: Asked) -> None:
    api, access, clock = asked
    assert await access.of("p") is Access.ALLOWED
    api.readers.clear()
    clock.now = KEPT_S - 1
    assert await access.of("p") is Access.ALLOWED
    assert len(api.requests) == 2, "what is known is not asked again"
    clock.now = KEPT_S
    assert await access.of("p") is Access.FORBIDDEN


async def test_an_account_that_is_gone_is_not_remembered(asked: Asked) -> None:
    api, access, clock = asked
    assert await access.of("p") is Access.ALLOWED
    clock.now = KEPT_S
    del api.accounts["p"]
    assert await access.of("p") is Access.UNKNOWN
    api.accounts["p"] = "prometheus"
    assert await access.of("p") is Access.ALLOWED


async def test_what_is_not_answered_is_not_allowed_and_asked_again(asked: Asked) -> None:
    api, access, _ = asked
    for kind in ("tokenreviews", "subjectaccessreviews"):
        api.faults["POST", kind] = (403, "the operator may not")
        with pytest.raises(ApiError):
            await access.of("p")
        del api.faults["POST", kind]
    assert await access.of("p") is Access.ALLOWED


async def test_a_flood_of_tokens_reaches_the_api_server_slowly_and_does_not_shut_prometheus_out(asked: Asked) -> None:
    api, access, clock = asked
    assert await access.of("p") is Access.ALLOWED
    for n in range(REVIEWS_A_SECOND - 1):
        await access.of(f"made up {n}")
    before = len(api.requests)
    with pytest.raises(TooManyReviews):
        await access.of("one more")
    assert len(api.requests) == before
    assert await access.of("p") is Access.ALLOWED
    clock.now = 1.0
    assert await access.of("one more") is Access.UNKNOWN


async def test_what_is_remembered_is_bounded(asked: Asked) -> None:
    api, access, clock = asked
    api.accounts |= {f"t{n}": "team" for n in range(KEPT)}
    await access.of("t")
    for n in range(KEPT):
        clock.now += 0.15
        await access.of("p")
        await access.of(f"t{n}")
    before = len(api.requests)
    assert await access.of("p") is Access.ALLOWED
    assert len(api.requests) == before, "it was used all the time"
    await access.of("t")
    assert len(api.requests) == before + 2, "it was used longest ago"
    assert len(access._kept) == KEPT
