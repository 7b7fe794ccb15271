"""Pods are threads here, which meet on the loopback interface."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest

from nas_trial.errors import PodsMissing, Stopped
from nas_trial.process import pods
from nas_trial.process.pods import MOST_SAID, Peers, Place, meet
from nas_trial.process.stop import StopFlag

TRIAL = "uid/digits-00000/1"


@pytest.fixture
def place() -> Place:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    return Place(3, 0, "127.0.0.1", port - 1)


@pytest.fixture
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(8)


def pod(pool: ThreadPoolExecutor, place: Place, node: int, trial: str = TRIAL, patience_s: float = 20) -> Future[Peers]:
    return pool.submit(meet, replace(place, node=node), trial, patience_s, StopFlag())


def all_three(pool: ThreadPoolExecutor, place: Place) -> list[Peers]:
    return [future.result(20) for future in [pod(pool, place, node) for node in (2, 1, 0)]][::-1]


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def stays(found: Callable[[], bool]) -> bool:
    """Whether something is not found in some looks."""
    return not any(found() for _ in range(20))


def test_all_begin_when_the_last_has_come(pool: ThreadPoolExecutor, place: Place) -> None:
    first, second = pod(pool, place, 0), pod(pool, place, 1)
    with pytest.raises(TimeoutError):
        second.result(0.5)
    third = pod(pool, place, 2)
    found = [future.result(20) for future in (first, second, third)]
    assert [each.first_address(replace(place, node=k)) for k, each in enumerate(found)] == ["127.0.0.1"] * 3
    assert stays(lambda: any(each.lost() for each in found))


def test_one_that_vanishes_is_lost_to_all(pool: ThreadPoolExecutor, place: Place) -> None:
    first, second, third = all_three(pool, place)
    third._links[0].close()  # as the kernel does when a process ends
    until(first.lost)
    assert stays(second.lost), "it knows the first one alone"
    first.leave(done=False)
    until(second.lost)


def test_one_that_ends_as_agreed_is_not_lost(pool: ThreadPoolExecutor, place: Place) -> None:
    first, second, third = all_three(pool, place)
    third.leave(done=True)
    assert stays(first.lost)
    second.leave(done=False)
    until(first.lost)


def test_one_that_is_started_again_before_all_are_there_takes_its_place(pool: ThreadPoolExecutor, place: Place) -> None:
    first = pod(pool, place, 0)
    assert _open(place)
    with socket.create_connection(("127.0.0.1", place.meeting_port)) as old:
        old.sendall(_hello(node=2))
    third = pod(pool, place, 2)
    with pytest.raises(TimeoutError):
        third.result(0.5)
    second = pod(pool, place, 1)
    assert stays(lambda: any(future.result(20).lost() for future in (first, second, third)))


def test_nobody_else_is_let_in(pool: ThreadPoolExecutor, place: Place) -> None:
    first = pod(pool, place, 0, patience_s=4)
    pod(pool, place, 1, "uid/digits-00000/2", patience_s=1)
    assert _open(place)
    wrong = (_hello(node=0), _hello(node=3), _hello(nodes=2))
    for said in (b"\x80\x04.\n", b"[]\n", b"{}\n", b"x" * (2 * MOST_SAID), b"[" * (MOST_SAID - 1) + b"\n", *wrong):
        with socket.create_connection(("127.0.0.1", place.meeting_port)) as stranger:
            stranger.sendall(said)
    with pytest.raises(PodsMissing, match=r"did not come within 4 s \(evaluation.stallTimeout\), counted from 0: 1, 2"):
        first.result(20)


def test_a_stranger_that_says_little_by_little_keeps_nobody_waiting(
    pool: ThreadPoolExecutor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pods, "CONNECT_S", 0.5)
    first = pod(pool, place, 0)
    assert _open(place)
    with socket.create_connection(("127.0.0.1", place.meeting_port)) as stranger:

        def dropped() -> bool:
            try:
                stranger.sendall(b"x")
            except OSError:
                return True
            return False

        until(dropped)
    others = [pod(pool, place, node) for node in (1, 2)]
    assert stays(lambda: any(future.result(20).lost() for future in (first, *others)))


def test_without_the_first_one_the_others_say_so(pool: ThreadPoolExecutor, place: Place) -> None:
    with pytest.raises(PodsMissing, match=r"127.0.0.1:\d+, could not be met within 1 s .*Connection refused"):
        pod(pool, place, 1, patience_s=1).result(20)
    nowhere = replace(place, address="digits-00000-a1-0.nowhere.invalid")
    with pytest.raises(PodsMissing, match="cluster's DNS"):
        pod(pool, nowhere, 1, patience_s=1).result(20)


@pytest.mark.parametrize("node", [0, 1])
def test_who_is_asked_to_stop_waits_no_longer(node: int, place: Place) -> None:
    stop = StopFlag()
    stop.set()
    with pytest.raises(Stopped):
        meet(replace(place, node=node), TRIAL, 60, stop)


def test_a_pod_knows_its_place_from_the_operator() -> None:
    given = {"NAS_NODES": "4", "NAS_NODE": "3", "MASTER_ADDR": "a-0.b", "MASTER_PORT": "29500"}
    assert Place.of(given) == Place(4, 3, "a-0.b", 29500)
    assert Place.of({}) is None and Place.of(given | {"NAS_NODES": "1"}) is None


def _open(place: Place) -> bool:
    def tried() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", place.meeting_port)) == 0

    until(tried)
    return True


def _hello(nodes: int = 3, node: int = 1) -> bytes:
    return json.dumps({"trial": TRIAL, "nodes": nodes, "node": node}).encode() + b"\n"
