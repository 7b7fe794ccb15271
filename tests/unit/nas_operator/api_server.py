"""A small API server in the test's process: objects in memory, with the preconditions and conflicts of the real one."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from kubernetes import client as k8s_client
from nas_operator.kube.client import Client

Json = dict[str, Any]


def denial(status: int, reason: str, message: str = "", *causes: str) -> web.Response:
    body: Json = {"kind": "Status", "status": "Failure", "code": status, "reason": reason, "message": message}
    body |= {"details": {"causes": [{"reason": cause} for cause in causes]}} if causes else {}
    return web.json_response(body, status=status)


class ApiServer:
    """Objects by path. ``requests`` is what was asked, ``faults`` what is answered instead of working."""

    def __init__(self) -> None:
        self.objects: dict[str, Json] = {}
        self.version = 100
        self.requests: list[tuple[str, str, Any]] = []
        self.faults: dict[tuple[str, str], tuple[int, str]] = {}
        """By verb and the path's end: status and message."""
        self.accounts: dict[str, str] = {}
        """Names of the accounts by their tokens."""
        self.readers: set[str] = set()
        """Names of those that may read ``/metrics``."""
        self.terminating = False
        """Whether the namespace is being deleted: nothing can be created."""
        self.watches: list[Callable[[web.Request, web.StreamResponse], Any]] = []
        """What each watch does in turn; when there is none left a watch stays silent."""
        self.watched_from: list[str] = []
        self.page_size = 500
        self._requested = asyncio.Event()
        self.changed = asyncio.Condition()
        """Notified when a request has been worked on."""

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Verb and last part of the path of what was written, Events aside."""
        writes = [(verb, url) for verb, url, _ in self.requests if verb != "GET" and not url.endswith("/events")]
        return [(verb, url.split("/namespaces/ns/")[-1]) for verb, url in writes]

    async def until(self, count: int) -> None:
        """Wait until so many requests were made."""
        async with asyncio.timeout(5):
            while len(self.requests) < count:
                self._requested.clear()
                await self._requested.wait()

    def body(self, verb: str, ending: str) -> Any:
        """What was sent with the last request of that kind."""
        return [body for v, url, body in self.requests if v == verb and url.endswith(ending)][-1]

    def add(self, collection: str, raw: Json) -> Json:
        """Put an object in, as another writer would; its own UID and version are kept."""
        self.objects[f"{collection}/{raw['metadata']['name']}"] = raw
        return raw

    def names(self, collection: str) -> list[str]:
        return sorted(url.rsplit("/", 1)[1] for url in self.objects if url.rsplit("/", 1)[0] == collection)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        answer = await self._handle(request)
        async with self.changed:
            self.changed.notify_all()
        return answer

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        content = await request.read()
        body: Any = json.loads(content) if content else None
        if request.query.get("watch"):
            return await self._watch(request)
        self.requests.append((request.method, request.path, body))
        self._requested.set()
        for (verb, ending), (status, message) in self.faults.items():
            if verb == request.method and request.path.endswith(ending):
                return denial(status, "Injected", message)
        match request.method:
            case "POST" if self.terminating and "/namespaces/ns/" in request.path:
                text = "unable to create new content in namespace ns because it is being terminated"
                return denial(403, "Forbidden", text, "NamespaceTerminating")
            case "POST" if request.path.endswith("reviews"):
                return web.json_response(body | {"status": self._review(body["spec"])}, status=201)
            case "POST" if request.query.get("dryRun"):
                return web.json_response(body, status=201)
            case "POST":
                return self._create(request.path, body)
            case "PATCH":
                return self._patch(request.path, body)
            case "PUT":
                return self._put(request.path, body)
            case "DELETE":
                return self._delete(request.path, body)
        if request.path in self.objects:
            return web.json_response(self.objects[request.path])
        if request.path.rsplit("/", 1)[0] in {url.rsplit("/", 1)[0] for url in self.objects} or request.path[-1] != "s":
            return denial(404, "NotFound", request.path)
        return self._list(request)

    def _review(self, spec: Json) -> Json:
        if "token" in spec:
            name = self.accounts.get(spec["token"])
            user = {"username": name, "uid": "1", "groups": ["system:authenticated"], "extra": {"pod": ["p"]}}
            return {"authenticated": True, "user": user} if name else {"error": "invalid bearer token"}
        return {"allowed": spec["user"] in self.readers}

    def _list(self, request: web.Request) -> web.Response:
        inside = [raw for url, raw in sorted(self.objects.items()) if url.rsplit("/", 1)[0] == request.path]
        start = int(request.query.get("continue", 0))
        end = start + self.page_size
        meta = {"resourceVersion": str(self.version)} | ({"continue": str(end)} if end < len(inside) else {})
        return web.json_response({"metadata": meta, "items": inside[start:end]})

    def _create(self, collection: str, body: Json) -> web.Response:
        url = f"{collection}/{body['metadata']['name']}"
        if url in self.objects:
            return denial(409, "AlreadyExists", url)
        self.version += 1
        given = {"uid": f"uid-{body['metadata']['name']}", "resourceVersion": str(self.version)}
        given["creationTimestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.objects[url] = body | {"metadata": body["metadata"] | given}
        return web.json_response(self.objects[url], status=201)

    def _patch(self, url: str, body: Json) -> web.Response:
        url = url.removesuffix("/status")
        if url not in self.objects:
            return denial(404, "NotFound", url)
        raw = self.objects[url]
        wanted = body.get("metadata", {}).get("resourceVersion")
        if wanted not in (None, raw["metadata"]["resourceVersion"]):
            return denial(409, "Conflict", "the object has been modified")
        self.version += 1
        self.objects[url] = merged(merged(raw, body), {"metadata": {"resourceVersion": str(self.version)}})
        return web.json_response(self.objects[url])

    def _put(self, url: str, body: Json) -> web.Response:
        if url not in self.objects:
            return denial(404, "NotFound", url)
        kept = {name: self.objects[url]["metadata"][name] for name in ("uid", "creationTimestamp")}
        self.version += 1
        self.objects[url] = body | {"metadata": body["metadata"] | kept | {"resourceVersion": str(self.version)}}
        return web.json_response(self.objects[url])

    def _delete(self, url: str, body: Json) -> web.Response:
        if url not in self.objects:
            return denial(404, "NotFound", url)
        raw = self.objects[url]
        if body["preconditions"]["uid"] != raw["metadata"]["uid"]:
            return denial(409, "Conflict", "the UID in the precondition does not match")
        self.version += 1
        changes = {"deletionTimestamp": "2026-01-01T00:00:00Z", "resourceVersion": str(self.version)}
        self.objects[url] = raw | {"metadata": raw["metadata"] | changes}
        return web.json_response(self.objects[url])

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        self.watched_from.append(request.query["resourceVersion"])
        response = web.StreamResponse()
        if not self.watches:
            await response.prepare(request)
            await asyncio.sleep(3600)
        script = self.watches.pop(0)
        answer = script(request, response)
        if isinstance(answer, web.StreamResponse):
            return answer
        await response.prepare(request)
        await answer
        return response


def merged(old: Any, patch: Any) -> Any:
    """RFC 7386, section 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(old) if isinstance(old, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


@asynccontextmanager
async def serving() -> AsyncIterator[tuple[ApiServer, Client]]:
    """Serve, with a client that is connected."""
    api = ApiServer()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", api.handle)
    server = TestServer(app)
    await server.start_server()
    configuration = k8s_client.Configuration()
    configuration.host = str(server.make_url("")).rstrip("/")
    configuration.api_key = {"authorization": "token"}
    configuration.api_key_prefix = {"authorization": "Bearer"}
    try:
        async with Client(configuration) as client:
            yield api, client
    finally:
        await server.close()
