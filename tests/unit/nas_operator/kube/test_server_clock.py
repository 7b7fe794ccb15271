from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.kube.client import JOBS, Client, path
from nas_operator.kube.server_clock import ServerClock

OWN = datetime(2026, 1, 1, tzinfo=UTC)
"""What the operator's machine takes the time for."""


class Machine:
    """A machine whose steady clock the test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.clock = ServerClock(lambda: self.seconds, lambda: OWN)


@pytest.fixture
def machine() -> Machine:
    return Machine()


def test_the_machines_own_time_counts_until_the_server_has_answered(machine: Machine) -> None:
    assert machine.clock.now() == OWN
    machine.clock.heard("Thu, 01 Jan 2026 03:00:00 GMT")
    machine.seconds += 10
    assert machine.clock.now() == OWN + timedelta(hours=3, seconds=10)


def test_small_differences_do_not_make_it_jump_and_large_ones_do(machine: Machine) -> None:
    machine.clock.heard("Thu, 01 Jan 2026 03:00:00 GMT")
    machine.seconds += 10
    for second in ("09", "10", "11"):
        machine.clock.heard(f"Thu, 01 Jan 2026 03:00:{second} GMT")
        assert machine.clock.now() == OWN + timedelta(hours=3, seconds=10)
    machine.clock.heard("Thu, 01 Jan 2026 02:00:10 GMT")
    assert machine.clock.now() == OWN + timedelta(hours=2, seconds=10)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 41 Jan 2026 03:00:00 GMT"])
def test_what_is_no_date_tells_nothing(machine: Machine, date: str | None) -> None:
    machine.clock.heard(date)
    assert machine.clock.now() == OWN


async def test_each_answer_of_the_api_server_sets_it(served: tuple[ApiServer, Client]) -> None:
    _, client = served
    client.clock = ServerClock(own=lambda: OWN)
    await client.get(path(JOBS, "ns"))
    assert client.clock.now() - datetime.now(UTC) > timedelta(hours=-1), "the test's server has the time of today"
