from __future__ import annotations

import pytest

from nas_core.reasons import StorageReason
from nas_operator.storage.health import HealthMonitor
from nas_storage.faults import StorageFault


class Bench:
    """A monitor with a clock to turn and a storage to break."""

    def __init__(self) -> None:
        self.now, self.probes, self.fault = 100.0, 0, False
        self.monitor = HealthMonitor(lambda: self.now, 5.0)

    async def probe(self) -> None:
        self.probes += 1
        if self.fault:
            raise StorageFault(StorageReason.STORAGE_UNREACHABLE, "it does not answer")

    async def ready(self, after: float = 0.0, key: str = "uid/1") -> bool:
        self.now += after
        return (await self.monitor.check(key, self.probe)).fault is None


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_a_healthy_storage_is_looked_at_once_an_interval(bench: Bench) -> None:
    assert await bench.ready() and await bench.ready(4.9)
    assert bench.probes == 1
    assert await bench.ready(0.2) and bench.probes == 2


async def test_a_broken_one_is_looked_at_with_a_backoff(bench: Bench) -> None:
    bench.fault = True
    assert not await bench.ready()
    for count, delay in enumerate((1, 2, 4, 8, 16, 30, 30), start=1):
        assert not await bench.ready(delay - 0.1) and bench.probes == count
        assert not await bench.ready(0.1) and bench.probes == count + 1


async def test_recovery_starts_afresh(bench: Bench) -> None:
    bench.fault = True
    for _ in range(4):
        await bench.ready(31)
    bench.fault = False
    assert await bench.ready(31)
    health = bench.monitor.failed("uid/1", StorageFault(StorageReason.STORAGE_ERROR, "x"))
    assert (health.failures, health.retry_s) == (1, 1.0)


async def test_a_new_spec_is_looked_at_at_once(bench: Bench) -> None:
    bench.fault = True
    await bench.ready()
    bench.fault = False
    assert await bench.ready(key="uid/2")


async def test_a_search_that_is_gone_is_forgotten(bench: Bench) -> None:
    for key in ("uid/1", "uid/2", "other/1"):
        await bench.ready(key=key)
    bench.monitor.forget("uid")
    for key in ("uid/1", "uid/2", "other/1"):
        await bench.ready(key=key)
    assert bench.probes == 5
