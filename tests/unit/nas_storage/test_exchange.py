from __future__ import annotations

import socket

import pytest
from tests.support.strange_server import StrangeServer, answering

from nas_storage.exchange import _HTTP, Allowance


def test_an_allowance_counts_down() -> None:
    now = [100.0]
    allowance = Allowance(10.0, 1000, clock=lambda: now[0])
    assert allowance.left() == 10 and allowance.wait_s(3.0) == 3 and allowance.wait_s(None) == 10
    now[0] += 8
    assert allowance.wait_s(3.0) == 2
    now[0] += 3
    assert allowance.left() == 0
    with pytest.raises(TimeoutError):
        allowance.wait_s(3.0)


def test_without_a_bound_the_timeout_of_the_connection_holds() -> None:
    allowance = Allowance(float("inf"), float("inf"))
    assert allowance.wait_s(60.0) == 60 and allowance.wait_s(None) is None


def test_no_server_is_asked_whether_it_would_take_a_request() -> None:
    """botocore reads the answer to that without any bound, and for ever if the server hangs up."""
    heads: list[bytes] = []

    def answer(server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        heads.append(head)
        answering(b"")(server, connection, head)

    with StrangeServer(answer) as server:
        connection = _HTTP("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
        with Allowance(20.0, 1000).in_force():
            connection.request("PUT", "/k", b"1", {"Expect": "100-continue", "X-Other": "kept"})
            assert connection.getresponse().status == 200
        connection.close()
    assert b"Expect" not in heads[0] and b"X-Other: kept" in heads[0]
