"""The cluster's DNS: names of Services, and of the pods in headless ones, as CoreDNS answers them in a real cluster.

Each question is answered from the API server at that moment, so there is nothing to keep. Only A records of
``….svc.cluster.local`` are known; of anything else it says that there is no such name. It is kube-proxy to the API
server, as it reads the same.
Sources: RFC 1035; Kubernetes, "DNS-Based Service Discovery" (github.com/kubernetes/dns, docs/specification.md).
"""

import argparse
import json
import socketserver
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from urllib.parse import quote

from nas_dev.cluster.api_server import ApiServer
from nas_dev.cluster.network import NODE_IP

PORT = 53
DOMAIN = ["svc", "cluster", "local"]
A_RECORD, INTERNET = 1, 1
RESPONSE, RECURSION_ASKED, NO_ERROR, SERVER_FAILURE, NO_SUCH_NAME = 0x8400, 0x0100, 0, 2, 3
SECONDS_KEPT = 1
"""A pod that is made anew has another address."""


@dataclass(frozen=True)
class Question:
    """What is asked."""

    number: int
    flags: int
    labels: Sequence[str]
    type: int
    raw: bytes
    """As it was asked, which the answer repeats."""


def parse(message: bytes) -> Question:
    """Read the first question of a message.

    Raises:
        ValueError: if it is none.
    """
    try:
        number, flags, questions = struct.unpack_from("!HHH", message)
        place, labels = 12, []
        while length := message[place]:
            labels.append(message[place + 1 : place + 1 + length].decode("ascii").lower())
            place += 1 + length
        kind, of = struct.unpack_from("!HH", message, place + 1)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise ValueError(f"no question: {error}") from error
    if questions != 1 or of != INTERNET:
        raise ValueError(f"{questions} questions of class {of}")
    return Question(number, flags, labels, kind, message[12 : place + 5])


def answer(question: Question, addresses: Sequence[str] | None) -> bytes:
    """Return the answer: ``addresses`` of the name, None if there is no such name."""
    found = addresses or [] if question.type == A_RECORD else []
    code = NO_SUCH_NAME if addresses is None else NO_ERROR
    flags = RESPONSE | (question.flags & RECURSION_ASKED) | code
    head = struct.pack("!HHHHHH", question.number, flags, 1, len(found), 0, 0)
    # 0xC00C points to the name in the question.
    of = struct.pack("!HHHIH", 0xC00C, A_RECORD, INTERNET, SECONDS_KEPT, 4)
    return head + question.raw + b"".join(of + IPv4Address(address).packed for address in found)


class Names:
    """Looks names up in the API server."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    def addresses(self, labels: Sequence[str]) -> list[str] | None:
        """Return the addresses of a name; None if there is no such name."""
        inside, domain = labels[: -len(DOMAIN)], list(labels[-len(DOMAIN) :])
        if domain != DOMAIN or len(inside) not in (2, 3):
            return None
        *host, service, namespace = inside
        namespace, service = quote(namespace, safe=""), quote(service, safe="")
        found = self._list(f"/api/v1/namespaces/{namespace}/services?fieldSelector=metadata.name%3D{service}")
        if not found:
            return None
        if not host and found[0]["spec"]["clusterIP"] != "None":
            return [found[0]["spec"]["clusterIP"]]
        selector = f"labelSelector=kubernetes.io/service-name%3D{service}"
        slices = self._list(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices?{selector}")
        points = [point for each in slices for point in each.get("endpoints") or ()]
        mine = [point for point in points if not host or point.get("hostname") == host[0]]
        return [address for point in mine for address in point["addresses"]] or None

    def _list(self, path: str) -> list[Any]:
        with self._server.open(path, timeout=5) as response:
            items: list[Any] = json.load(response)["items"]
        return items


class Handler(socketserver.BaseRequestHandler):
    """Answers one packet."""

    names: Names

    def handle(self) -> None:
        """Answer; what is no question is passed over."""
        message, socket = self.request
        try:
            question = parse(message)
        except ValueError:
            return
        try:
            found = answer(question, self.names.addresses(question.labels))
        except (OSError, ValueError, KeyError) as error:
            print(f"{'.'.join(question.labels)}: {error!r}", flush=True)
            found = struct.pack("!HHHHHH", question.number, RESPONSE | SERVER_FAILURE, 1, 0, 0, 0) + question.raw
        socket.sendto(found, self.client_address)


def main() -> None:
    """Run the DNS as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("authority", "token"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    Handler.names = Names(ApiServer(options.server, options.authority, options.token.read_text()))
    with socketserver.ThreadingUDPServer((NODE_IP, PORT), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
