"""Which S3 servers a process may contact, where others write the endpoint: the platform team's list for the operator.

Without a list (the trainer, `nasctl`) a process acts with its user's own rights, and every server is allowed. With one,
`nas_storage.exchange` asks it twice: for the name in each request, before the name is looked up; and for the addresses
of each connection, which then goes to the address that was asked for. So a name whose addresses change in between
(DNS rebinding) leads nowhere else.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from nas_core.reasons import StorageReason
from nas_storage.faults import StorageFault

WEB_PORTS = frozenset({80, 443})
"""Ports of an entry that names none."""

_LABEL = r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?|\*)"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_ENTRY = re.compile(r"(?P<host>\[[^\]]+\]|[^:\[\]]+)(:(?P<port>[0-9]{1,5}|\*))?")
_NAT64 = IPv6Network("64:ff9b::/96")

Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class _Entry:
    labels: tuple[str, ...]
    """Of a name; "*" stands for any one label. Empty: the entry is a network."""
    network: IPv4Network | IPv6Network | None
    ports: frozenset[int] | None
    """None: any."""

    @classmethod
    def of(cls, text: str) -> _Entry:
        match = _ENTRY.fullmatch(text.strip().lower())
        host = match["host"].strip("[]").rstrip(".") if match else ""
        try:
            # A network first: "10.0.0.0" is also a name by its form.
            network = ip_network(host, strict=False)
        except ValueError:
            network = None
        if not match or (network is None and not _NAME.fullmatch(host)):
            raise ValueError(
                f"{text!r} is no name, address or network with a port if need be; write them as in s3.example.com, "
                "*.s3.example.com, minio.storage.svc:9000, 10.1.2.3:9000, 10.1.0.0/16:*, [fd00::/8]:9000"
            )
        port = match["port"]
        ports = None if port == "*" else frozenset({int(port)}) if port else WEB_PORTS
        return cls(() if network else tuple(host.split(".")), network, ports)

    def takes_port(self, port: int) -> bool:
        return self.ports is None or port in self.ports

    def names(self, host: str) -> bool:
        labels = host.split(".")
        return len(labels) == len(self.labels) and all(
            allowed in ("*", label) for allowed, label in zip(self.labels, labels, strict=True)
        )

    def holds(self, address: Address) -> bool:
        return self.network is not None and address.version == self.network.version and address in self.network


@dataclass(frozen=True)
class AllowedEndpoints:
    """The list. What it does not name is refused with one and the same message, whatever is or is not there."""

    entries: tuple[_Entry, ...]

    @classmethod
    def of(cls, texts: Iterable[str]) -> AllowedEndpoints:
        """Read a list.

        A name stands for itself; "*" in a name for any one label. An address or a network allows endpoints that are
        such an address, and names with "*" that lead there. Without a port, 80 and 443 are allowed; ``:*`` is any port.

        Raises:
            ValueError: naming the entry that cannot be read.
        """
        return cls(tuple(_Entry.of(text) for text in texts))

    def require(self, url: str) -> None:
        """Return if a request may go to this URL.

        Raises:
            StorageFault: ``EndpointNotAllowed``.
        """
        parts = urlsplit(url)
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:  # beyond 65535
            port = 0
        if not self._of_host(parts.hostname or "", port):
            raise _not_allowed(
                f"{parts.scheme}://{parts.netloc}",
                "is not a server that the operator may contact",
                "add it",
            )

    def addresses(self, host: str, port: int) -> list[str]:
        """Look a name up; return those of its addresses that a connection may go to.

        The machine itself and its neighbours on the link (cloud metadata) are allowed only by an address or a network
        of the list. Private addresses also by the full name of the host, which somebody has vouched for; but not by
        a name with "*", beneath which others may own names.

        Raises:
            StorageFault: ``EndpointNotAllowed``, if there are none.
            OSError: if the name has no address at all.
        """
        entries = self._of_host(host, port)
        vouched = any("*" not in entry.labels for entry in entries if entry.labels)
        # The order is the system's own preference (RFC 6724); the same address comes once for each kind of socket.
        found = dict.fromkeys(str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        allowed = [address for address in found if self._reaches(ip_address(address), port, vouched)] if entries else []
        if not allowed:
            raise _not_allowed(
                f"{host}:{port}",
                "has no public address, and no other one that the operator may contact",
                "add its full name, or its addresses as a network",
            )
        return allowed

    def _of_host(self, host: str, port: int) -> list[_Entry]:
        name = host.strip("[]").rstrip(".").lower()
        try:
            literal = ip_address(name)
        except ValueError:
            return [entry for entry in self.entries if entry.names(name) and entry.takes_port(port)]
        return [entry for entry in self.entries if entry.holds(_carried(literal)) and entry.takes_port(port)]

    def _reaches(self, address: Address, port: int, vouched: bool) -> bool:
        address = _carried(address)
        if any(entry.holds(address) and entry.takes_port(port) for entry in self.entries):
            return True
        if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
            return False
        return vouched or address.is_global


NONE = AllowedEndpoints(())
AMAZON_S3 = AllowedEndpoints.of(
    (
        "s3.amazonaws.com",
        "s3.*.amazonaws.com",
        "s3.dualstack.*.amazonaws.com",
        "s3-fips.*.amazonaws.com",
        "*.s3.*.amazonaws.com",
        "s3.*.amazonaws.com.cn",
        "*.s3.*.amazonaws.com.cn",
        "sts.*.amazonaws.com",
        "sts.*.amazonaws.com.cn",
    )
)
"""The public endpoints of Amazon S3, with the bucket in the path or in the name, and of its STS. The chart has the same
default."""


def _carried(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for (RFC 4291 2.5.5.2, RFC 6052, RFC 3056), else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _not_allowed(where: str, what: str, remedy: str) -> StorageFault:
    return StorageFault(
        StorageReason.ENDPOINT_NOT_ALLOWED,
        f"storage.endpoint {where!r} {what}; use another one, or ask the platform team to {remedy} to "
        "storage.allowedEndpoints of the operator's chart",
    )
