"""The client beside servers that do not behave; a real one is in the integration tests."""

from __future__ import annotations

import io
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import repeat
from typing import Any

import pytest
from tests.support.strange_server import StrangeServer, answering, flood, trickle

from nas_core.api.storage import BucketAddress
from nas_core.reasons import StorageReason
from nas_storage import bucket as bucket_module
from nas_storage.bucket import Bucket
from nas_storage.credentials import Credentials
from nas_storage.explain import KeysOf
from nas_storage.faults import NotFound, ObjectTooLarge, StorageError, StorageFault
from nas_storage.policy import HEADER_BYTES, Policy

KEYS = Credentials("key", "secret")
CALM = Policy(call_s=20.0)
CALM = Policy(call_s=20.0)
SHORT = Policy(connect_s=1.0, read_s=6.0, call_s=0.3)


@contextmanager
def serving(answer: Callable[..., None], policy: Policy = CALM) -> Iterator[tuple[Bucket, StrangeServer]]:
    with StrangeServer(answer) as server:
        address = BucketAddress(bucket="nas", endpoint=server.url)
        yield Bucket(address, KEYS, policy, keys=KeysOf("Secret 'keys'")), server


CALLS: list[Callable[[Bucket], Any]] = [
    lambda bucket: bucket.get("k", 10),
    lambda bucket: bucket.get("k"),
    lambda bucket: bucket.part("k", 0, 10),
    lambda bucket: bucket.download("k", io.BytesIO()),
    lambda bucket: bucket.put_once("k", b"1"),
    lambda bucket: bucket.keys("k"),
    lambda bucket: bucket.first_keys("k"),
    lambda bucket: bucket.probe("k"),
    lambda bucket: bucket.delete_some("k"),
]


@pytest.mark.parametrize("call", CALLS)
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(call: Callable[[Bucket], Any]) -> None:
    with serving(trickle, SHORT) as (bucket, _), pytest.raises(StorageFault) as raised:
        started = time.monotonic()
        call(bucket)
    assert time.monotonic() - started < 3
    assert raised.value.reason == StorageReason.STORAGE_UNREACHABLE and raised.value.passing


def test_so_is_one_that_trickles_within_the_packets_timeout_in_the_body() -> None:
    def slowly(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.over.wait(0.05):
            connection.sendall(b"x")

    for call in CALLS:
        with serving(slowly, SHORT) as (bucket, _), pytest.raises(StorageFault) as raised:
            call(bucket)
        assert raised.value.reason == StorageReason.STORAGE_UNREACHABLE


@pytest.mark.parametrize("call", CALLS[2:])
def test_an_endless_answer_is_not_read(call: Callable[[Bucket], Any]) -> None:
    with serving(flood) as (bucket, _), pytest.raises(StorageFault) as raised:
        call(bucket)
    assert raised.value.reason == StorageReason.STORAGE_ERROR
    assert re.search("an answer of more than [0-9,]+ bytes", raised.value.message)
    assert "check that storage.endpoint is an S3 server" in raised.value.message


@pytest.mark.parametrize("status", ["404 Not Found", "403 Forbidden", "500 Oh", "301 Moved"])
def test_nor_is_an_endless_error(status: str) -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {status}\r\n\r\n".encode())
        while not server.over.is_set():
            connection.sendall(b"<a/>" * 4096)

    with serving(answer) as (bucket, _), pytest.raises(StorageFault, match="an answer of more than"):
        bucket.get("k", 10)


@pytest.mark.parametrize("headers", ["Content-Length: {length}", "Connection: close", "Content-Length: 5"])
def test_an_object_that_is_too_large_is_not_read(headers: str) -> None:
    with serving(answering(b"12345678901", headers=headers)) as (bucket, _):
        if headers == "Content-Length: 5":
            assert bucket.get("k", 10) == b"12345"
        else:
            with pytest.raises(ObjectTooLarge, match="object k has more than 10 bytes"):
                bucket.get("k", 10)


def test_nor_one_without_an_end() -> None:
    with serving(flood) as (bucket, _), pytest.raises(ObjectTooLarge):
        bucket.get("k", 10)
    with serving(flood) as (bucket, _), pytest.raises(ObjectTooLarge):
        bucket.get("k", HEADER_BYTES)


def test_an_object_without_a_length_is_read() -> None:
    for limit in (None, 10, 11):
        with serving(answering(b"0123456789", headers="Connection: close")) as (bucket, _):
            assert bucket.get("k", limit) == b"0123456789"


def test_an_object_that_is_cut_off_is_a_fault() -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234")
        connection.shutdown(socket.SHUT_RDWR)

    for limit in (None, 10):
        with serving(answer) as (bucket, _), pytest.raises(StorageFault):
            bucket.get("k", limit)


def ranges(content: bytes, etags: Iterator[str]) -> Callable[..., None]:
    """Return what answers requests for ranges of an object."""

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        found = re.search(rb"range: bytes=(\d+)-(\d+)", head, re.IGNORECASE)
        etag = next(etags)
        if not found or (b"if-match" in head.lower() and etag.encode() not in head):
            answering(b"", "412 Precondition Failed")(server, connection, head)
            return
        start, end = int(found[1]), int(found[2])
        if start >= len(content):
            answering(b"<Error><Code>InvalidRange</Code></Error>", "416 Range")(server, connection, head)
            return
        part = content[start : end + 1]
        headers = f"Content-Length: {{length}}\nETag: {etag}\n"
        headers += f"Content-Range: bytes {start}-{start + len(part) - 1}/{len(content)}"
        answering(part, "206 Partial Content", headers)(server, connection, head)

    return answer


@pytest.mark.parametrize(("size", "parts"), [(0, 1), (1, 1), (8, 1), (9, 2), (20, 3)])
def test_an_object_is_downloaded_in_parts(size: int, parts: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "PART_BYTES", 8)
    content, file = bytes(range(size)), io.BytesIO()
    with serving(ranges(content, repeat('"one"'))) as (bucket, server):
        bucket.download("k", file)
        assert file.getvalue() == content and len(server.requests) == parts


def test_the_first_bytes_of_an_object() -> None:
    with serving(ranges(b"0123456789", repeat('"one"'))) as (bucket, _):
        assert (bucket.head("k", 4), bucket.head("k", 99)) == (b"0123", b"0123456789")
    with serving(ranges(b"", repeat('"one"'))) as (bucket, _):
        assert bucket.head("k", 4) == b""


def test_the_parts_are_of_one_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "PART_BYTES", 8)
    with (
        serving(ranges(bytes(20), iter(['"one"', '"two"', '"two"']))) as (bucket, _),
        pytest.raises(StorageFault, match="412"),
    ):
        bucket.download("k", io.BytesIO())


def test_only_the_part_that_failed_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "PART_BYTES", 8)
    content, file = bytes(range(20)), io.BytesIO()
    whole = ranges(content, repeat('"one"'))

    def twice(call: Callable[[], Any]) -> Any:
        try:
            return call()
        except StorageFault:
            return call()

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        if len(server.requests) == 2:
            connection.sendall(b"HTTP/1.1 206 Partial\r\nContent-Length: 8\r\n\r\n12")
            connection.shutdown(socket.SHUT_RDWR)
        else:
            whole(server, connection, head)

    with serving(answer, replace(CALM, patience=twice)) as (bucket, server):
        bucket.download("k", file)
        assert file.getvalue() == content and len(server.requests) == 4


def test_a_server_that_knows_no_ranges() -> None:
    file = io.BytesIO()
    with serving(answering(b"0123456789")) as (bucket, _):
        bucket.download("k", file)
    assert file.getvalue() == b"0123456789"
    short = "Content-Length: {length}\nContent-Range: bytes 0-9/99"
    with serving(answering(b"0123456789", headers=short)) as (bucket, _), pytest.raises(StorageFault):
        bucket.download("k", io.BytesIO())
    with serving(answering(b"<Error/>", "404 Not Found")) as (bucket, _), pytest.raises(NotFound):
        bucket.download("k", io.BytesIO())


@pytest.mark.parametrize(
    "answer",
    [
        answering(b"<html>"),
        answering(b"\xff\x00"),
        answering(b"", headers="Content-Length: many"),
        answering(b"<ListBucketResult><Contents><Size>9</Size></Contents></ListBucketResult>"),
        answering(b"<ListBucketResult><Contents><Key>k</Key><Size>x</Size></Contents></ListBucketResult>"),
        answering(b"<ListBucketResult><KeyCount>x</KeyCount></ListBucketResult>"),
        answering(b"", status="200 OK", headers="Last-Modified: never\nContent-Length: 0"),
        answering(b"", status="999 ?"),
        answering(b"", status="x y z"),
        answering(b"<Error/>", status="400 Bad"),
        answering(b"<Error><Code><a/></Code></Error>", status="400 Bad"),
    ],
)
def test_what_is_no_answer_is_a_fault_or_nothing(answer: Callable[..., None]) -> None:
    for call in CALLS:
        with serving(answer) as (bucket, _):
            try:
                call(bucket)
            except StorageError as found:
                assert str(found)


def test_a_list_without_an_end_is_given_up() -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        page = (
            f"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>{len(server.requests)}"
            "</NextContinuationToken><Contents><Key>k</Key><ETag>e</ETag><Size>1</Size></Contents></ListBucketResult>"
        )
        answering(page.encode())(server, connection, head)

    with serving(answer, replace(Policy(), pages=3)) as (bucket, server):
        with pytest.raises(StorageFault, match="a list of more than 3 pages"):
            bucket.keys("k")
        assert len(server.requests) == 4


def listing(*keys: str) -> Callable[..., None]:
    items = "".join(f"<Contents><Key>{key}</Key><ETag>e</ETag><Size>1</Size></Contents>" for key in keys)
    return answering(f"<ListBucketResult>{items}</ListBucketResult>".encode())


def test_keys_that_were_not_asked_for_are_left_alone() -> None:
    with serving(listing("root/a", "other", "root/b")) as (bucket, server):
        assert bucket.tags("root/") == {"root/a": "e-1", "root/b": "e-1"}
        assert bucket.delete_some("root/") == (2, True)
    assert [line.split()[1] for line in server.requests if line.startswith("DELETE")] == ["/nas/root/a", "/nas/root/b"]


def test_the_first_keys_are_a_page_however_many_there_are() -> None:
    with serving(listing("root/b", "other", "root/a")) as (bucket, server):
        assert bucket.first_keys("root/") == ["root/a", "root/b"]
    [asked] = server.requests
    assert "max-keys=100" in asked


def test_keys_that_are_kept_are_left_alone() -> None:
    with serving(listing("root/a", "root/b", "root/c")) as (bucket, server):
        assert bucket.delete_some("root/", {"root/b"}) == (2, True)
    assert [line.split()[1] for line in server.requests if line.startswith("DELETE")] == ["/nas/root/a", "/nas/root/c"]


def test_deleting_stops_in_time_and_says_so() -> None:
    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        if head.startswith(b"DELETE"):
            server.over.wait(0.25)
        listing(*(f"k/{number}" for number in range(100)))(server, connection, head)

    # Long enough for making the client and reading the list on a loaded machine: both are part of the call.
    with serving(answer, Policy(call_s=3)) as (bucket, _):
        count, all_gone = bucket.delete_some("k/")
    assert 0 < count < 20 and not all_gone


def test_a_whole_bucket_is_never_deleted() -> None:
    with serving(listing("a")) as (bucket, server):
        with pytest.raises(ValueError, match="whole bucket"):
            bucket.delete_some("/")
        assert server.requests == []


def test_missing_objects_and_buckets_are_two_things() -> None:
    with (
        serving(answering(b"<Error><Code>NoSuchKey</Code></Error>", "404 Not Found")) as (bucket, _),
        pytest.raises(NotFound),
    ):
        bucket.get("k")
    with (
        serving(answering(b"<Error><Code>NoSuchBucket</Code></Error>", "404 Not Found")) as (bucket, _),
        pytest.raises(StorageFault) as raised,
    ):
        bucket.get("k")
    assert (raised.value.reason, raised.value.passing) == (StorageReason.BUCKET_NOT_FOUND, False)


@pytest.mark.parametrize(("status", "put"), [("200 OK", True), ("412 Precondition Failed", False)])
def test_an_object_is_put_once(status: str, put: bool) -> None:
    with serving(answering(b"", status)) as (bucket, server):
        assert bucket.put_once("k", b"1") is put
        assert server.requests == ["PUT /nas/k HTTP/1.1"]


class Parts:
    """A server that takes objects in parts, and fails at one of them if it is told to."""

    def __init__(self, failing: int = 0) -> None:
        self.failing, self.taken, self.joined, self.aborted = failing, dict[int, bytes](), b"", False

    def create_multipart_upload(self, **_: Any) -> dict[str, str]:
        return {"UploadId": "u"}

    def upload_part(self, **asked: Any) -> dict[str, str]:
        if asked["PartNumber"] == self.failing:
            raise NotFound("part")
        self.taken[asked["PartNumber"]] = asked["Body"]
        return {"ETag": f"tag-{asked['PartNumber']}"}

    def complete_multipart_upload(self, **asked: Any) -> None:
        self.joined = b"".join(self.taken[part["PartNumber"]] for part in asked["MultipartUpload"]["Parts"])

    def abort_multipart_upload(self, **_: Any) -> None:
        self.aborted = True


def test_a_large_object_is_put_in_parts_and_one_that_fails_leaves_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket_module, "PUT_BYTES", 4)
    bucket = Bucket(BucketAddress(bucket="nas", endpoint="http://127.0.0.1:1"), KEYS)
    for server in (Parts(), Parts(failing=2)):
        monkeypatch.setattr(Bucket, "_call", lambda _, work, *rest, server=server: work(server, None))
        if server.failing:
            with pytest.raises(NotFound):
                bucket.put("k", b"0123456789")
            assert server.aborted and not server.joined
        else:
            bucket.put("k", b"0123456789")
            assert server.joined == b"0123456789" and len(server.taken) == 3 and not server.aborted


@pytest.mark.parametrize(
    ("listed", "missing"),
    [("", True), ("<Contents><Key>k2</Key></Contents>", True), ("<Contents><Key>k</Key></Contents>", False)],
)
def test_who_may_list_a_part_of_a_bucket_learns_there_what_is_missing(listed: str, missing: bool) -> None:
    """Amazon answers 403 for an object that is not there to who may not list the whole bucket."""

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        body, status = b"<Error><Code>AccessDenied</Code></Error>", "403 Forbidden"
        if b"list-type=2" in head.split(b"\r\n", 1)[0]:
            body, status = f"<ListBucketResult>{listed}</ListBucketResult>".encode(), "200 OK"
        answering(body, status)(server, connection, head)

    with serving(answer) as (bucket, _), pytest.raises(NotFound if missing else StorageFault):
        bucket.get("k")
