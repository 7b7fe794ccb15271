from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from aiohttp import web
from tests.support.factories import raw_trial
from tests.unit.nas_operator.api_server import ApiServer, denial

from kubernetes import client as k8s_client
from nas_operator.errors import ApiError, ApiUnreachable
from nas_operator.kube import client as client_module
from nas_operator.kube.client import CRDS, PODS, TRIALS, Client, path

Served = tuple[ApiServer, Client]
URL = path(TRIALS, "ns")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (path(TRIALS), "/apis/nas-operator.io/v1alpha1/nastrials"),
        (path(TRIALS, "ns"), "/apis/nas-operator.io/v1alpha1/namespaces/ns/nastrials"),
        (path(TRIALS, "ns", "t", "status"), "/apis/nas-operator.io/v1alpha1/namespaces/ns/nastrials/t/status"),
        (path(PODS, "ns", "p", "log"), "/api/v1/namespaces/ns/pods/p/log"),
        (path(CRDS, name="x"), "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/x"),
    ],
)
def test_paths(url: str, expected: str) -> None:
    assert url == expected


async def test_objects_are_made_read_patched_and_deleted(served: Served) -> None:
    api, client = served
    made = await client.create(URL, {"metadata": {"name": "t"}})
    assert await client.get(f"{URL}/t") == made
    patched = await client.patch(f"{URL}/t/status", {"metadata": {}, "status": {"epoch": 1}})
    assert patched["status"] == {"epoch": 1}
    await client.delete(f"{URL}/t", made["metadata"]["uid"])
    assert api.body("DELETE", "/t") == {
        "kind": "DeleteOptions",
        "apiVersion": "v1",
        "preconditions": {"uid": "uid-t"},
        "propagationPolicy": "Foreground",
    }


async def test_a_denial_carries_the_servers_words(served: Served) -> None:
    api, client = served
    api.faults["GET", "/t"] = (422, "spec.image: Invalid value")
    with pytest.raises(ApiError) as raised:
        await client.get(f"{URL}/t")
    error = raised.value
    assert (error.status, error.reason, error.message) == (422, "Injected", "spec.image: Invalid value")
    assert str(error) == "422 Injected: spec.image: Invalid value"


async def test_a_list_is_read_page_by_page(served: Served) -> None:
    api, client = served
    api.page_size = 2
    for index in range(5):
        api.add(URL, raw_trial(index))
    items, version = await client.list_all(URL, "a=b")
    assert [item["spec"]["index"] for item in items] == list(range(5)) and version == "100"
    assert len(api.requests) == 3


async def test_the_token_is_sent(served: Served) -> None:
    api, client = served
    seen: list[str] = []

    async def script(request: web.Request, response: web.StreamResponse) -> None:
        seen.append(request.headers["Authorization"])

    api.watches.append(script)
    assert await watched(client) == [] and seen == ["Bearer token"]


async def test_a_proxy_is_used_unless_the_host_is_exempt(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    api, _ = served
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    configuration = k8s_client.Configuration()
    configuration.host, configuration.proxy = "http://127.0.0.2:1", served[1]._configuration.host
    async with Client(configuration) as client:
        assert await client.create(URL, {"metadata": {"name": "t"}})
    assert api.requests[-1][:2] == ("POST", URL), "the proxy got it"
    monkeypatch.setenv("no_proxy", "127.0.0.2")
    async with Client(configuration) as client:
        with pytest.raises(ApiUnreachable):
            await client.get(f"{URL}/t")


async def watched(client: Client, silence_s: float = 5.0) -> list[Any]:
    return [event async for event in client.watch(URL, "7", "a=b", 60, silence_s)]


async def test_a_watch_yields_events_however_they_are_cut(served: Served) -> None:
    api, client = served
    asked: list[dict[str, str]] = []

    async def script(request: web.Request, response: web.StreamResponse) -> None:
        asked.append(dict(request.query))
        for part in (b'{"type":"ADDED","obj', b'ect":{"a":1}}\n{"type":"BOOKMARK","object":{}}', b"\n"):
            await response.write(part)
            await asyncio.sleep(0.01)

    api.watches.append(script)
    assert await watched(client) == [{"type": "ADDED", "object": {"a": 1}}, {"type": "BOOKMARK", "object": {}}]
    assert asked == [
        {
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": "7",
            "timeoutSeconds": "60",
            "labelSelector": "a=b",
        }
    ]


async def test_an_error_within_a_watch_is_raised(served: Served) -> None:
    api, client = served

    async def script(request: web.Request, response: web.StreamResponse) -> None:
        await response.write(b'{"type":"ERROR","object":{"code":410,"reason":"Expired","message":"too old"}}\n')

    api.watches.append(script)
    with pytest.raises(ApiError) as raised:
        await watched(client)
    assert raised.value.status == 410


async def test_a_denied_watch_is_raised(served: Served) -> None:
    api, client = served
    api.watches.append(lambda request, response: denial(403, "Forbidden"))
    with pytest.raises(ApiError) as raised:
        await watched(client)
    assert raised.value.status == 403


async def test_a_silent_watch_is_dead(served: Served) -> None:
    _, client = served
    with pytest.raises(ApiUnreachable):
        await watched(client, silence_s=0.05)


async def test_an_error_tells_its_causes(served: Served) -> None:
    api, client = served
    api.terminating = True
    with pytest.raises(ApiError) as raised:
        await client.create(URL, {"metadata": {"name": "t"}})
    assert raised.value.causes == ("NamespaceTerminating",) and raised.value.terminating


@pytest.mark.parametrize("page", [b"<html>", b"[1]", b'{"details": {"causes": [1]}}', b"null"])
def test_an_error_that_is_no_status_keeps_its_text(page: bytes) -> None:
    error = client_module._error(502, page)
    assert (error.status, error.message, error.causes) == (502, page.decode(), ())


async def test_an_answer_that_cannot_be_read_is_none(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html>")

    _, client = served
    monkeypatch.setattr(served[0], "_handle", page)
    with pytest.raises(ApiUnreachable, match="the API server does not answer: ValueError"):
        await client.get(f"{URL}/t")


async def test_of_an_answer_that_others_fill_no_more_than_its_bound_is_read(served: Served) -> None:
    api, client = served
    api.add(URL, raw_trial(0))
    whole = await client.request("GET", URL)
    size = len(json.dumps(whole))
    assert await client.request("GET", URL, limit=2 * size) == whole
    with pytest.raises(ApiUnreachable, match="the answer has more than 100 bytes"):
        await client.request("GET", URL, limit=100)
