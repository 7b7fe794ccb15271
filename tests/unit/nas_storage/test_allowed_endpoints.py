"""Which servers the operator contacts; the addresses of names are the test's own, the connections are real."""

from __future__ import annotations

import socket
from typing import Any

import pytest
from tests.support.strange_server import StrangeServer, answering

from nas_core.api.storage import BucketAddress
from nas_storage.allowed_endpoints import AMAZON_S3, AllowedEndpoints
from nas_storage.bucket import Bucket
from nas_storage.credentials import Credentials
from nas_storage.faults import StorageFault

KEYS = Credentials("key", "secret")
EMPTY = answering(b"<ListBucketResult></ListBucketResult>")
REMEDY = "ask the platform team to add"


class Names:
    """A DNS that says what a test wants; addresses and other names are looked up as ever."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **known: list[str]) -> None:
        self.known, self.asked = known, list[str]()
        real = socket.getaddrinfo

        def look_up(host: Any, port: Any, *arguments: Any, **options: Any) -> Any:
            if host not in self.known:
                return real(host, port, *arguments, **options)
            self.asked.append(host)
            addresses = self.known[host]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("s3.example.com", "https://s3.example.com"),
        ("s3.example.com", "http://S3.Example.COM./some/path"),
        ("s3.example.com:9000", "http://s3.example.com:9000"),
        ("s3.example.com:*", "http://s3.example.com:1234"),
        ("*.example.com", "https://s3.example.com"),
        ("10.1.2.3:9000", "http://10.1.2.3:9000"),
        ("10.1.0.0/16:*", "http://10.1.2.3:9000"),
        ("[fd00::/8]:9000", "http://[fd00::1]:9000"),
        ("[::1]", "http://[::1]"),
        ("127.0.0.1", "http://[::ffff:127.0.0.1]"),
    ],
)
def test_what_the_list_names_is_allowed(entry: str, url: str) -> None:
    AllowedEndpoints.of([entry]).require(url)


@pytest.mark.parametrize(
    ("entry", "url"),
    [
        ("s3.example.com", "https://s3.example.com:9000"),
        ("s3.example.com:9000", "https://s3.example.com"),
        ("s3.example.com", "https://s3.example.com.evil.org"),
        ("s3.example.com", "https://evil.org/s3.example.com"),
        ("s3.example.com", "https://s3.example.com@evil.org"),
        ("*.example.com", "https://example.com"),
        ("*.example.com", "https://a.b.example.com"),
        ("*.*.*.*:*", "http://169.254.169.254"),
        ("10.1.0.0/16:*", "http://10.2.0.1:9000"),
        ("0.0.0.0/0:*", "http://[::1]:9000"),
    ],
)
def test_everything_else_is_not(entry: str, url: str) -> None:
    with pytest.raises(StorageFault, match=REMEDY) as fault:
        AllowedEndpoints.of([entry]).require(url)
    assert fault.value.reason == "EndpointNotAllowed" and not fault.value.passing


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest",
        "http://kubernetes.default.svc",
        "https://10.96.0.1",
        "http://127.0.0.1:8000",
        "http://localhost:8000",
        "http://2130706433",
        "http://0x7f.1",
        "http://[::ffff:a9fe:a9fe]",
        "http://[64:ff9b::a9fe:a9fe]",
        "https://s3.amazonaws.com.evil.org",
        "https://ec2-1-2-3-4.compute-1.amazonaws.com",
        "https://s3.us-east-1.amazonaws.com:22",
    ],
)
def test_by_default_nothing_but_amazon_s3_is_asked(url: str) -> None:
    with pytest.raises(StorageFault, match=REMEDY):
        AMAZON_S3.require(url)


def test_all_who_are_refused_are_told_the_same() -> None:
    """Nobody learns from a message what is or is not at an address."""
    messages = set()
    with StrangeServer(EMPTY) as server:
        for url in (server.url, "http://127.0.0.1:1", "http://no-such-host.invalid", "http://10.96.0.1:443"):
            with pytest.raises(StorageFault) as fault:
                Bucket(BucketAddress(bucket="nas", endpoint=url), KEYS, servers=AMAZON_S3).probe("p")
            messages.add(fault.value.message.replace(url, "URL"))
        assert len(messages) == 1 and "storage.endpoint 'URL' is not a server" in messages.pop()
        assert not server.requests


@pytest.mark.parametrize(("region", "style"), [("eu-west-1", "path"), ("cn-north-1", "path"), ("eu-west-1", "virtual")])
def test_amazon_s3_of_every_region_is_allowed(region: str, style: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    end = ".cn" if region.startswith("cn") else ""
    host = f"{'nas.' if style == 'virtual' else ''}s3.{region}.amazonaws.com{end}"
    # A private address stops it right before the connection: after the name was allowed.
    names = Names(monkeypatch, **{host: ["10.0.0.1"]})
    address = BucketAddress(bucket="nas", region=region, addressing_style=style)
    with pytest.raises(StorageFault, match="has no public address"):
        Bucket(address, KEYS, servers=AMAZON_S3).probe("p")
    assert names.asked == [host]


@pytest.mark.parametrize(
    ("entry", "address", "allowed"),
    [
        ("*.example.com", "8.8.8.8", True),
        ("*.example.com", "10.0.0.1", False),
        ("*.example.com", "100.64.0.1", False),
        ("*.example.com", "fd00:ec2::254", False),
        ("*.example.com", "::ffff:10.0.0.1", False),
        ("*.example.com", "64:ff9b::a00:1", False),
        ("*.example.com", "2002:a00:1::", False),
        ("*.example.com", "224.0.0.1", False),
        ("s3.example.com", "10.0.0.1", True),
        ("s3.example.com", "169.254.169.254", False),
        ("s3.example.com", "127.0.0.1", False),
        ("s3.example.com", "0.0.0.0", False),
        ("s3.example.com", "fe80::1%eth0", False),
        ("*.example.com 10.0.0.0/8", "10.0.0.1", True),
        ("*.example.com 10.0.0.0/8:9000", "10.0.0.1", False),
        ("s3.example.com 127.0.0.0/8", "127.0.0.1", True),
        ("s3.example.com:9000", "10.0.0.1", False),
        ("other.example.com", "8.8.8.8", False),
    ],
)
def test_where_a_name_leads_is_looked_at(
    entry: str, address: str, allowed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    Names(monkeypatch, **{"s3.example.com": [address]})
    servers = AllowedEndpoints.of(entry.split())
    if allowed:
        assert servers.addresses("s3.example.com", 443) == [address]
    else:
        with pytest.raises(StorageFault, match="has no public address") as fault:
            servers.addresses("s3.example.com", 443)
        assert address not in fault.value.message


def test_a_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads elsewhere a moment later (DNS rebinding) gains nothing: it is looked up once a connection."""
    with StrangeServer(EMPTY) as good, StrangeServer(EMPTY) as internal:
        port = int(good.url.rpartition(":")[2])
        names = Names(monkeypatch, **{"s3.example.com": ["127.0.0.9", "127.0.0.1"]})
        servers = AllowedEndpoints.of(["s3.example.com:*", "127.0.0.1:*"])
        Bucket(BucketAddress(bucket="nas", endpoint=f"http://s3.example.com:{port}"), KEYS, servers=servers).probe("p")
        assert len(good.requests) == 1 and names.asked == ["s3.example.com"]
        names.known["s3.example.com"] = ["127.0.0.9"]
        elsewhere = BucketAddress(bucket="nas", endpoint=f"http://s3.example.com:{internal.url.rpartition(':')[2]}")
        with pytest.raises(StorageFault, match="has no public address") as fault:
            Bucket(elsewhere, KEYS, servers=servers).probe("p")
        assert fault.value.reason == "EndpointNotAllowed" and not internal.requests


def test_of_several_addresses_one_that_answers_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with StrangeServer(EMPTY) as server:
        port = int(server.url.rpartition(":")[2])
        Names(monkeypatch, **{"s3.example.com": ["127.0.0.2", "127.0.0.1"]})  # nothing listens at the first
        servers = AllowedEndpoints.of(["s3.example.com:*", "127.0.0.0/8:*"])
        Bucket(BucketAddress(bucket="nas", endpoint=f"http://s3.example.com:{port}"), KEYS, servers=servers).probe("p")
        with pytest.raises(StorageFault, match="does not answer") as fault:
            at_none = BucketAddress(bucket="nas", endpoint="http://s3.example.com:1")
            Bucket(at_none, KEYS, servers=servers).probe("p")
        assert fault.value.reason == "StorageUnreachable"


def test_a_redirect_is_not_followed() -> None:
    with StrangeServer(EMPTY) as internal:
        moved = answering(b"", "307 Moved", f"Content-Length: {{length}}\nLocation: {internal.url}/nas")
        with StrangeServer(moved) as server, pytest.raises(StorageFault):
            Bucket(BucketAddress(bucket="nas", endpoint=server.url), KEYS).probe("p")
        assert not internal.requests


@pytest.mark.parametrize("entry", ["", "http://s3", "s3:port", "10.0.0.0/40", "a_b", "s3.*x.com", "[::1", "a b"])
def test_an_entry_that_cannot_be_read_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no name, address or network") as error:
        AllowedEndpoints.of([entry])
    assert repr(entry) in str(error.value)
