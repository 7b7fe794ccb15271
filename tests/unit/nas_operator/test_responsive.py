from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest

from nas_operator import responsive
from nas_operator.responsive import FROZEN_S, LAG_EVERY_S, LONG_S, SWITCH_S, Freezer, measure_lag, stay_responsive


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    callbacks, interval = list(gc.callbacks), sys.getswitchinterval()
    yield
    gc.callbacks[:] = callbacks
    sys.setswitchinterval(interval)
    gc.unfreeze()


def collect(freezer: Freezer, clock: Clock, seconds: float, generation: int = 2) -> None:
    freezer("start", {"generation": generation})
    clock.now += seconds
    freezer("stop", {"generation": generation})


def test_what_survives_a_long_full_collection_is_frozen() -> None:
    clock = Clock()
    freezer = Freezer(clock)
    before = gc.get_freeze_count()
    collect(freezer, clock, LONG_S / 2)
    collect(freezer, clock, LONG_S * 2, generation=1)
    assert gc.get_freeze_count() == before
    collect(freezer, clock, 2 * LONG_S)
    assert gc.get_freeze_count() > before + 1000


def test_once_a_day_all_is_looked_through_again() -> None:
    clock = Clock()
    freezer = Freezer(clock)
    collect(freezer, clock, 2 * LONG_S)
    clock.now = FROZEN_S - 1
    collect(freezer, clock, 0)
    assert gc.get_freeze_count()
    clock.now = FROZEN_S
    collect(freezer, clock, 0)
    assert not gc.get_freeze_count()


def test_the_collector_itself_may_call_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responsive, "LONG_S", 0.0)
    stay_responsive()
    assert sys.getswitchinterval() == pytest.approx(SWITCH_S)
    kept = [[number] for number in range(1000)]
    gc.collect()
    frozen = gc.get_freeze_count()
    assert frozen > len(kept)
    kept.clear()
    assert gc.get_freeze_count() <= frozen - 1000, "what nobody refers to is freed all the same"


async def test_the_lag_is_what_comes_on_top_of_the_time_that_it_waits() -> None:
    clock, late, lags = Clock(), iter([0.0, 1.5, -0.1]), list[float]()

    async def sleep(seconds: float) -> None:
        clock.now += seconds + next(late)

    with pytest.raises(RuntimeError):
        # A coroutine turns the end of the iterator into this error.
        await measure_lag(lags.append, clock, sleep)
    assert lags == [0.0, 1.5, 0.0]
    assert clock.now == pytest.approx(3 * LAG_EVERY_S + 1.4)
