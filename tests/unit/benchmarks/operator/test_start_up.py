from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from benchmarks.operator.start_up import QUIET_S, wait_until_started


@dataclass
class Start:
    """An operator that is healthy after some seconds and busy for some more, and a clock that only pauses move."""

    healthy_after: float
    busy_until: float
    now: float = field(default=0.0)

    def wait(self) -> float:
        def healthy() -> bool:
            return self.now >= self.healthy_after

        def cpu() -> float:
            return min(self.now, self.busy_until)

        wait_until_started(healthy, cpu, 60.0, lambda: self.now, self.sleep)
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_it_waits_for_the_health_endpoint_and_for_the_work_of_the_start_to_end() -> None:
    assert Start(healthy_after=0, busy_until=0).wait() == QUIET_S
    assert Start(healthy_after=7, busy_until=7).wait() == 7 + QUIET_S
    assert 12 + QUIET_S <= Start(healthy_after=7, busy_until=12).wait() <= 13 + QUIET_S


def test_an_operator_that_never_starts_or_never_rests_is_an_error() -> None:
    with pytest.raises(TimeoutError, match="is not healthy 60 s after its start"):
        Start(healthy_after=1e9, busy_until=0).wait()
    with pytest.raises(TimeoutError, match="still has work to do"):
        Start(healthy_after=0, busy_until=1e9).wait()
