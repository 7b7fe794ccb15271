from __future__ import annotations

import socket
import threading
from collections.abc import Awaitable

import pytest
from tests.support.factories import meta
from tests.support.strange_server import StrangeServer, answering

from nas_core.api.storage import Storage
from nas_core.reasons import StorageReason
from nas_operator.storage import objects as module
from nas_operator.storage.lanes import Lanes
from nas_operator.storage.objects import Objects
from nas_storage.allowed_endpoints import AMAZON_S3, AllowedEndpoints
from nas_storage.bucket import Bucket
from nas_storage.credentials import Credentials
from nas_storage.faults import ObjectTooLarge, StorageFault
from nas_storage.policy import Policy

OWNER = meta("s")


def objects_at(server: StrangeServer, policy: Policy = Policy()) -> Objects:  # noqa: B008 frozen
    storage, servers = Storage(bucket="nas", endpoint=server.url), AllowedEndpoints.of(["127.0.0.1:*"])
    return Objects(storage, Credentials("key", "s"), Lanes(), OWNER, servers, policy)


@pytest.mark.parametrize("key", ["other/k", "ns", "nsx/k", "ns/../other/k", "/ns/k", ""])
async def test_no_object_of_another_namespace_is_touched(key: str) -> None:
    with StrangeServer(answering(b"content")) as server:
        objects = objects_at(server)
        calls: list[Awaitable[object]] = [objects.get(key), objects.put_once(key, b""), objects.put(key, b"", "")]
        calls += [objects.newest(key, ""), objects.tags(key), objects.probe(key), objects.delete_some(key)]
        for call in (*calls, objects.delete_others(key, ())):
            with pytest.raises(ValueError, match=r"is not below 'ns/'"):
                await call
        assert not server.requests


NOTHING = answering(b"<Error><Code>NoSuchKey</Code></Error>", "404 Not Found")


async def test_an_object_is_read_or_is_not_there() -> None:
    with StrangeServer(answering(b"content")) as server:
        assert await objects_at(server).get("ns/k") == b"content"
        with pytest.raises(ObjectTooLarge):
            await objects_at(server).get("ns/k", limit=6)
    with StrangeServer(NOTHING) as server:
        assert await objects_at(server).get("ns/k") is None


@pytest.mark.parametrize("status", ["412 Precondition Failed", "409 Conflict"])
async def test_of_two_that_put_the_first_one_holds(status: str) -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        put = head.startswith(b"PUT")
        answering(b"" if put else b"theirs", status if put else "200 OK")(server, connection, head)

    with StrangeServer(answer) as server:
        assert await objects_at(server).put_once("ns/k", b"ours") == b"theirs"


async def test_one_that_is_put_without_being_there_is_ours() -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        (answering(b"", "409 Conflict") if head.startswith(b"PUT") else NOTHING)(server, connection, head)

    with StrangeServer(answer) as server:
        assert await objects_at(server).put_once("ns/k", b"ours") == b"ours"
    with StrangeServer(answering(b"", "503 Slow Down")) as server, pytest.raises(StorageFault):
        await objects_at(server).put_once("ns/k", b"ours")


async def test_the_newest_is_the_last_by_name() -> None:
    keys = "".join(f"<Contents><Key>ns/c/{name}</Key></Contents>" for name in ("e2.json", "e1.json", "e3.safetensors"))
    with StrangeServer(answering(f"<ListBucketResult>{keys}</ListBucketResult>".encode())) as server:
        assert await objects_at(server).newest("ns/c/", ".json") == "ns/c/e2.json"
        assert await objects_at(server).newest("ns/c/", ".txt") is None


async def test_a_thread_that_hangs_where_no_bound_reaches_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    end = threading.Event()
    monkeypatch.setattr(module, "GIVING_UP_S", 0.0)
    monkeypatch.setattr(Bucket, "probe", lambda *_: end.wait())
    with StrangeServer(NOTHING) as server:
        objects = objects_at(server, Policy(call_s=0.01))
        with pytest.raises(StorageFault, match=r"has not answered within 0\.01 s; check storage\.endpoint") as raised:
            await objects.probe("ns/k")
    assert raised.value.reason == StorageReason.STORAGE_UNREACHABLE
    end.set()


async def test_a_server_that_the_list_does_not_name_is_not_contacted() -> None:
    with StrangeServer(NOTHING) as server:
        storage = Storage(bucket="nas", endpoint=server.url)
        objects = Objects(storage, Credentials("key", "s"), Lanes(), OWNER, AMAZON_S3)
        for call in (objects.probe("ns/k"), objects.put_once("ns/k", b""), objects.delete_some("ns/k")):
            with pytest.raises(StorageFault) as raised:
                await call
            assert raised.value.reason == StorageReason.ENDPOINT_NOT_ALLOWED
        assert not server.requests
