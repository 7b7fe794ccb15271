"""What becomes of a run whose search is gone."""

from __future__ import annotations

from datetime import datetime

import pytest
from tests.support.factories import START

from nas_core.reasons import TrackingReason
from nas_operator.tracking import gone as gone_module
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.gone import KEPT_S, Gone, MadeFor
from nas_operator.tracking.pauses import LIMIT_S, Pauses

KEY = ("ns", "s")
MADE_FOR = MadeFor("uid-s", "http://mlflow", "ns/s")
AWAY = TrackingFault(TrackingReason.SERVER_UNREACHABLE, "away", of_server=True)


class Run:
    """A delivery; ``faults`` are those of the next tries."""

    def __init__(self, *faults: TrackingFault) -> None:
        self.faults, self.tries = list(faults), 0
        self.ended: datetime | None = None

    async def end(self, now: datetime) -> None:
        self.tries += 1
        if self.faults:
            raise self.faults.pop(0)
        self.ended = now


class Server:
    def __init__(self) -> None:
        self.now, self.allowed = 0.0, True
        self.gone = Gone(Pauses(lambda: self.now), lambda *_: self.allowed, lambda: self.now)

    def add(self, *runs: Run) -> None:
        for run in runs:
            self.gone.add(KEY, MADE_FOR, run, START)


@pytest.fixture
def server() -> Server:
    return Server()


async def test_a_run_is_ended_once_at_the_time_when_it_was_over(server: Server) -> None:
    run = Run()
    server.add(run)
    assert [await server.gone.end(KEY) for _ in range(2)] == [None, None]
    assert (run.tries, run.ended) == (1, START)


async def test_a_server_that_is_away_is_asked_once_for_all_until_it_answers(server: Server) -> None:
    runs = [Run(AWAY, AWAY), Run(), Run()]
    server.add(*runs)
    assert await server.gone.end(KEY) == 1.0
    assert [run.tries for run in runs] == [1, 0, 0]
    server.now += 1.0
    # The server answers to the second: each is tried for itself.
    assert await server.gone.end(KEY) == 2.0
    server.now += 2.0
    assert await server.gone.end(KEY) is None
    assert all(run.ended for run in runs)


async def test_it_is_not_tried_for_ever(server: Server) -> None:
    run = Run(*[AWAY] * 10_000)
    server.add(run)
    while (wait := await server.gone.end(KEY)) is not None:
        server.now += wait
    assert KEPT_S < server.now < KEPT_S + LIMIT_S + 1 and run.tries < 2000


async def test_what_the_server_does_not_take_is_not_tried_again(server: Server) -> None:
    run = Run(TrackingFault(TrackingReason.SERVER_DENIES, "401"))
    server.add(run)
    assert await server.gone.end(KEY) is None and await server.gone.end(KEY) is None
    assert run.tries == 1


async def test_a_server_that_a_policy_does_not_name_any_more_is_not_asked(server: Server) -> None:
    run = Run()
    server.add(run)
    server.allowed = False
    assert await server.gone.end(KEY) is None and run.tries == 0


async def test_one_that_goes_on_is_not_ended(server: Server) -> None:
    run, other = Run(), Run()
    server.add(run)
    server.gone.add(KEY, MADE_FOR._replace(uid="other"), other, START)
    server.gone.take_back(KEY, MADE_FOR)
    await server.gone.end(KEY)
    assert (run.tries, other.tries) == (0, 1)


async def test_only_so_many_are_remembered(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gone_module, "MOST", 1)
    runs = [Run(), Run()]
    server.add(*runs)
    await server.gone.end(KEY)
    assert [run.tries for run in runs] == [1, 0]
