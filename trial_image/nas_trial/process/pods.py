"""The pods over which one attempt is trained: they meet before any of them begins, and notice when one is lost.

The first one listens, each other one connects to it and says who it is. When all are there the first one tells them to
begin. From then on the connections only show that the others are there: a pod says how it ends, and one that ends
without a word, or whose node has gone silent, is lost. Neither gloo nor NCCL notices that by itself in every case.

What anybody sends here can at worst keep a trial from running; a policy of the cluster's network lets only pods of
such trials talk to one another. Needs no PyTorch.
"""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from nas_core.contract import MASTER_ADDRESS_ENV, MASTER_PORT_ENV, NODE_ENV, NODES_ENV
from nas_trial.errors import PodsMissing, Stopped
from nas_trial.process.stop import StopFlag

GO, DONE, LOST = b"go\n", b"done\n", b"lost\n"
"""What is said: begin; this pod's processes have ended as agreed; one of them, or another pod, is lost."""
MOST_SAID = 1024
"""Bytes of what a pod says of itself."""
POLL_S = 0.2
CONNECT_S = 3.0
"""How long one try to reach the first pod takes at most; its address may be that of a pod that is gone."""
IDLE_S, INTERVAL_S, PROBES = 10, 5, 6
"""After so long without a word the kernel asks for a sign of life, so often: a silent node is lost after 40 s."""


@dataclass(frozen=True)
class Place:
    """Which of the pods this is."""

    nodes: int
    node: int
    address: str
    """Name of the first pod."""
    port: int
    """Of the first pod, at which its first process listens for the others."""

    @classmethod
    def of(cls, env: Mapping[str, str] = os.environ) -> Self | None:
        """Return it as the operator says it; None if there is only one pod."""
        nodes = int(env.get(NODES_ENV, "1"))
        if nodes == 1:
            return None
        return cls(nodes, int(env[NODE_ENV]), env[MASTER_ADDRESS_ENV], int(env[MASTER_PORT_ENV]))

    @property
    def meeting_port(self) -> int:
        """Of the first pod, at which the pods themselves meet."""
        return self.port + 1

    @property
    def first(self) -> bool:
        """Whether this is the first pod."""
        return self.node == 0


class Peers:
    """Connections to the other pods: of the first one to all, of each other one to the first."""

    def __init__(self, links: Mapping[int, socket.socket]) -> None:
        self._links, self._said = dict(links), dict.fromkeys(links, b"")

    def first_address(self, place: Place) -> str:
        """Return the address of the first pod, as a URL has it: no name is looked up once more."""
        if place.first:
            return "127.0.0.1"
        address = str(self._links[0].getpeername()[0])
        return f"[{address}]" if ":" in address else address

    def lost(self) -> bool:
        """Whether another pod is lost, or says that one is."""
        return any(self._is_lost(node) for node in list(self._links))

    def _is_lost(self, node: int) -> bool:
        try:
            said = self._links[node].recv(MOST_SAID)
        except BlockingIOError:
            return False
        except OSError:  # the node is silent, or its kernel knows nothing of the connection any more
            said = b""
        self._said[node] = (self._said[node] + said)[-MOST_SAID:]
        if said and not self._said[node].endswith((DONE, LOST)):
            return False
        if self._said[node].endswith(DONE):
            # It has ended as all agreed on; this one may still have something to store.
            self._links.pop(node).close()
            return False
        return True

    def leave(self, *, done: bool) -> None:
        """Say how this pod ends."""
        for link in self._links.values():
            with suppress(OSError):  # it is gone already
                link.sendall(DONE if done else LOST)
            link.close()
        self._links.clear()


def meet(place: Place, trial: str, patience_s: float, stop: StopFlag) -> Peers:
    """Return when all pods of a trial's attempt are there.

    Args:
        place: which of them this is.
        trial: names the attempt; a pod of another one is not let in.
        patience_s: how long to wait for the others.
        stop: asks to stop.

    Raises:
        PodsMissing: if they are not there in time; the message says which.
        Stopped: if asked to stop.
    """
    deadline = time.monotonic() + patience_s
    if place.first:
        return _gather(place, trial, patience_s, deadline, stop)
    return _join(place, trial, patience_s, deadline, stop)


def _gather(place: Place, trial: str, patience_s: float, deadline: float, stop: StopFlag) -> Peers:
    links: dict[int, socket.socket] = {}
    # Of both families where there are both: which one pods have is the cluster's to know.
    both = socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both else socket.AF_INET
    with socket.create_server(("", place.meeting_port), family=family, dualstack_ipv6=both) as server:
        server.settimeout(POLL_S)
        while len(links) < place.nodes - 1:
            _check(stop)
            if time.monotonic() > deadline:
                missing = ", ".join(str(node) for node in range(1, place.nodes) if node not in links)
                raise PodsMissing(
                    f"of the {place.nodes} pods of the trial these did not come within {patience_s:.0f} s "
                    f"(evaluation.stallTimeout), counted from 0: {missing}. There may be no node for them, or a "
                    "NetworkPolicy may keep pods of a trial apart"
                )
            links = {node: link for node, link in links.items() if _waits(link)}
            if joined := _accept(server, place, trial):
                node, link = joined
                # One that has come again stands for the one before it.
                if before := links.pop(node, None):
                    before.close()
                links[node] = link
    for link in links.values():
        try:
            link.sendall(GO)
        except OSError:  # gone in this moment: `Peers.lost` says so
            continue
    return Peers(links)


def _accept(server: socket.socket, place: Place, trial: str) -> tuple[int, socket.socket] | None:
    try:
        link, _ = server.accept()
    except TimeoutError:
        return None
    try:
        said = json.loads(_line(link))
        if (said["trial"], said["nodes"]) == (trial, place.nodes) and said["node"] in range(1, place.nodes):
            _keep(link)
            return said["node"], link
    except (OSError, ValueError, KeyError, TypeError, RecursionError):  # nobody of this trial
        pass
    link.close()
    return None


def _join(place: Place, trial: str, patience_s: float, deadline: float, stop: StopFlag) -> Peers:
    why = ""
    while time.monotonic() < deadline:
        _check(stop)
        link = None
        try:
            link = socket.create_connection((place.address, place.meeting_port), CONNECT_S)
            link.sendall(json.dumps({"trial": trial, "nodes": place.nodes, "node": place.node}).encode() + b"\n")
            _keep(link)
            why = "it does not say that all are there"
            if _may_begin(link, deadline, stop):
                return Peers({0: link})
        except OSError as error:
            why = str(error)
        if link is not None:
            link.close()
        stop.wait(POLL_S)
    _check(stop)
    raise PodsMissing(
        f"the first pod of the trial, {place.address}:{place.meeting_port}, could not be met within {patience_s:.0f} s "
        f"(evaluation.stallTimeout): {why}. There may be no node for it; pods find one another by the cluster's DNS, "
        "and NetworkPolicies have to let pods of a trial talk to one another"
    )


def _may_begin(link: socket.socket, deadline: float, stop: StopFlag) -> bool:
    """Wait for the word of the first pod; return False if that pod is gone, or takes this one for another's."""
    said = b""
    while not said.endswith(GO):
        _check(stop)
        if time.monotonic() > deadline:
            return False
        try:
            received = link.recv(len(GO) - len(said))
        except BlockingIOError:
            stop.wait(POLL_S)
            continue
        if not received:
            return False
        said += received
    return True


def _keep(link: socket.socket) -> None:
    """Make a connection that does not wait, and that notices when the other side is silent."""
    link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    times = {socket.TCP_KEEPIDLE: IDLE_S, socket.TCP_KEEPINTVL: INTERVAL_S, socket.TCP_KEEPCNT: PROBES}
    for option, value in times.items():
        link.setsockopt(socket.IPPROTO_TCP, option, value)
    link.setblocking(False)


def _waits(link: socket.socket) -> bool:
    """Whether a pod that has come is still there; until it is told to begin it says nothing more."""
    try:
        return bool(link.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _line(link: socket.socket) -> bytes:
    """Return what is said first; raise TimeoutError if that takes too long as a whole: others wait to be let in."""
    said, deadline = b"", time.monotonic() + CONNECT_S
    while not said.endswith(b"\n") and len(said) < MOST_SAID:
        if (left := deadline - time.monotonic()) <= 0:
            raise TimeoutError
        link.settimeout(left)
        received = link.recv(MOST_SAID - len(said))
        if not received:
            break
        said += received
    return said


def _check(stop: StopFlag) -> None:
    if stop.is_set():
        raise Stopped
