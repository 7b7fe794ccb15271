from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import raw_search
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.records.metadata import Meta
from nas_operator.kube.client import WORKLOADS, Client, path
from nas_operator.searches.priority_boosts import AT_ONCE, BOOST, KNOWN_S, PAUSE_S, PriorityBoosts

URL = path(WORKLOADS, "ns")
SEARCH = Meta.of(raw_search())


class Bench:
    def __init__(self, served: tuple[ApiServer, Client]) -> None:
        self.api, self.now = served[0], 0.0
        self.boosts = PriorityBoosts(served[1], 3, lambda: self.now)

    def workload(self, job: str, boost: str | None = None) -> None:
        meta: dict[str, Any] = {"name": f"job-{job}", "namespace": "ns", "uid": f"uid-{job}", "resourceVersion": "1"}
        meta |= {"ownerReferences": [{"uid": job, "controller": True}]}
        self.api.add(URL, {"metadata": meta | ({"annotations": {BOOST: boost}} if boost else {})})

    def boost(self, job: str) -> str | None:
        found: str | None = self.api.objects[f"{URL}/job-{job}"]["metadata"].get("annotations", {}).get(BOOST)
        return found

    async def write(self, **wanted: int) -> int:
        """Return how many requests that took."""
        before = len(self.api.requests)
        await self.boosts.write(SEARCH, wanted)
        return len(self.api.requests) - before


@pytest.fixture
def bench(served: tuple[ApiServer, Client]) -> Bench:
    return Bench(served)


async def test_a_boost_is_written_when_it_changes_and_only_then(bench: Bench) -> None:
    bench.workload("a")
    bench.workload("b")
    assert await bench.write(a=2, b=0) == 2, "a list, and one write"
    assert (bench.boost("a"), bench.boost("b")) == ("2", None)
    assert await bench.write(a=2, b=0) == 0
    assert await bench.write(a=0) == 2
    assert bench.boost("a") is None, "no boost is no annotation"


async def test_an_operator_that_knows_nothing_takes_an_old_boost_back(bench: Bench) -> None:
    bench.workload("a", "3")
    await bench.write(a=0)
    assert bench.boost("a") is None


async def test_what_somebody_has_changed_is_put_right_after_a_while(bench: Bench) -> None:
    bench.workload("a")
    await bench.write(a=1)
    bench.workload("a")
    assert await bench.write(a=1) == 0
    bench.now = KNOWN_S + 1
    await bench.write(a=1)
    assert bench.boost("a") == "1"


@pytest.mark.parametrize("value", ["100", "-100000", "4", "none"])
async def test_a_boost_of_somebody_else_stays(value: str, bench: Bench) -> None:
    bench.workload("a", value)
    await bench.write(a=2)
    assert bench.boost("a") == value


async def test_without_kueue_it_pauses_and_nothing_fails(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.api.faults["GET", "/workloads"] = (404, "the server could not find the requested resource")
    assert [await bench.write(a=1), await bench.write(a=1)] == [1, 0]
    assert "no priority boosts for 60 s: Workloads of ns/s" in caplog.text
    bench.api.faults.clear()
    bench.workload("a")
    bench.now = PAUSE_S
    await bench.write(a=1)
    assert bench.boost("a") == "1"


async def test_a_workload_that_is_gone_meanwhile_is_no_fault(bench: Bench) -> None:
    bench.workload("a")
    bench.workload("b")
    bench.api.faults["PATCH", "/job-a"] = (404, "not found")
    await bench.write(a=1, b=1)
    assert bench.boost("b") == "1"


async def test_a_look_asks_for_a_bounded_number(bench: Bench) -> None:
    jobs = {f"j{number:03d}": 1 for number in range(AT_ONCE + 5)}
    for job in jobs:
        bench.workload(job)
    assert await bench.write(**jobs) == 1 + AT_ONCE + 5, "the small server answers with all"
    assert await bench.write(**jobs) == 1, "those that were not asked for"
    assert await bench.write(**jobs) == 0
    bench.boosts.forget(SEARCH.uid)
    assert await bench.write(**jobs) == 1
