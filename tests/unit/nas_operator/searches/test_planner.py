from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START, meta, search

from nas_operator.errors import PlanTooSlow
from nas_operator.searches import planner
from nas_operator.searches.planner import A_NAMESPACE, QUICK, Planner
from nas_plan.actions import Actions
from nas_plan.snapshot import Snapshot


class Plans:
    """Plans that take as long as the test says: those of searches named slow… until they are let go."""

    def __init__(self) -> None:
        self.go, self.made = threading.Event(), list[str]()

    def __call__(self, snapshot: Snapshot, interval: float) -> Actions:
        name = snapshot.search.meta.name
        self.made.append(name)
        if name.startswith("slow"):
            self.go.wait(10)
        if name == "broken":
            raise OverflowError("too large")
        return Actions(requeue_after=interval)


@pytest.fixture
def plans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plans]:
    made = Plans()
    monkeypatch.setattr(planner, "plan", made)
    yield made
    made.go.set()


def of(name: str, namespace: str = "ns", generation: int = 1) -> Snapshot:
    whose = replace(meta(name), namespace=namespace, uid=f"uid-{namespace}-{name}")
    return Snapshot(START, replace(search(), meta=whose, generation=generation))


class Bench:
    def __init__(self, patience_s: float = 0.01) -> None:
        self.woken: asyncio.Queue[Any] = asyncio.Queue()
        self.planner = Planner(self.woken.put_nowait, patience_s)

    async def begin(self, snapshot: Snapshot) -> None:
        """Begin a slow plan."""
        with pytest.raises(PlanTooSlow):
            await self.planner.plan(snapshot, 5)

    async def ready(self) -> Any:
        return await asyncio.wait_for(self.woken.get(), 5)


async def test_a_quick_plan_is_there_at_once(plans: Plans) -> None:
    bench, snapshot = Bench(5), of("s")
    planned = await bench.planner.plan(snapshot, 5)
    assert planned and planned.snapshot is snapshot and planned.actions == Actions(requeue_after=5)
    assert bench.planner.take(snapshot.search) is None and bench.woken.empty()


async def test_what_a_plan_raises_is_raised(plans: Plans) -> None:
    with pytest.raises(OverflowError):
        await Bench(5).planner.plan(of("broken"), 5)


async def test_a_slow_plan_is_taken_by_a_later_look(plans: Plans) -> None:
    bench, snapshot = Bench(), of("slow")
    await bench.begin(snapshot)
    assert not bench.planner.has_room(snapshot.search), "never two plans of one search"
    assert bench.planner.take(snapshot.search) is None
    plans.go.set()
    assert await bench.ready() == ("ns", "slow")
    planned = bench.planner.take(snapshot.search)
    assert planned and planned.snapshot is snapshot and bench.planner.has_room(snapshot.search)


async def test_a_search_whose_plans_are_slow_keeps_no_look_waiting(plans: Plans) -> None:
    bench, snapshot = Bench(), of("slow")
    await bench.begin(snapshot)
    plans.go.set()
    await bench.ready()
    bench.planner.take(snapshot.search)
    plans.go.clear()
    bench.planner._patience = 3600
    assert await bench.planner.plan(snapshot, 5) is None
    plans.go.set()
    await bench.ready()
    assert bench.planner.take(snapshot.search)
    assert await bench.planner.plan(snapshot, 5), "it was quick, so the next one is waited for again"


async def test_a_plan_of_a_former_spec_is_dropped(plans: Plans) -> None:
    bench = Bench()
    await bench.begin(of("slow"))
    plans.go.set()
    await bench.ready()
    changed = of("slow", generation=2).search
    assert bench.planner.take(changed) is None and bench.planner.has_room(changed)


async def test_the_slow_plans_of_one_namespace_leave_room_for_the_others(plans: Plans) -> None:
    bench = Bench()
    for number in range(A_NAMESPACE):
        await bench.begin(of(f"slow{number}", "a"))
    assert not bench.planner.has_room(of("next", "a").search)
    other = of("good", "b")
    assert bench.planner.has_room(other.search)
    bench.planner._patience = 5
    assert await bench.planner.plan(other, 5)


async def test_slow_plans_of_many_namespaces_leave_room_for_the_others(plans: Plans) -> None:
    bench = Bench()
    for number in range(QUICK + 1):
        await bench.begin(of("slow", f"team-{number}"))
    other = of("good", "b")
    assert bench.planner.has_room(other.search)
    bench.planner._patience = 5
    assert await bench.planner.plan(other, 5)


async def test_a_search_that_found_no_room_is_woken_when_there_is(plans: Plans) -> None:
    bench = Bench()
    for number in range(A_NAMESPACE):
        await bench.begin(of(f"slow{number}"))
    waits = of("next").search
    assert not bench.planner.has_room(waits)
    plans.go.set()
    woken = {await bench.ready() for _ in range(A_NAMESPACE + 1)}
    assert ("ns", "next") in woken and bench.planner.has_room(waits)


async def test_what_belongs_to_a_search_goes_with_it(plans: Plans) -> None:
    bench, snapshot = Bench(), of("slow")
    await bench.begin(snapshot)
    bench.planner.forget(snapshot.search.meta.uid)
    assert bench.planner.has_room(snapshot.search)
    bench.planner.stop()


async def test_searches_that_are_made_and_deleted_in_turn_take_no_more_room_than_others(plans: Plans) -> None:
    bench = Bench()
    for number in range(A_NAMESPACE):
        await bench.begin(of(f"slow{number}"))
        bench.planner.forget(f"uid-ns-slow{number}")
    assert not bench.planner.has_room(of("slow9").search)


async def test_the_bound_of_a_namespace_holds_for_looks_that_all_found_room_before_one_began(plans: Plans) -> None:
    bench, snapshots = Bench(), [of(f"slow{number}") for number in range(2 * A_NAMESPACE)]
    assert all(bench.planner.has_room(snapshot.search) for snapshot in snapshots)
    # Each look has awaited its snapshot since.
    looks = await asyncio.gather(*(bench.planner.plan(s, 5) for s in snapshots), return_exceptions=True)
    assert len(plans.made) == A_NAMESPACE
    assert [isinstance(look, PlanTooSlow) for look in looks] == [True] * A_NAMESPACE + [False] * A_NAMESPACE
    assert looks[A_NAMESPACE:] == [None] * A_NAMESPACE


async def test_a_search_that_finds_no_room_knows_the_slow_ones_it_waits_for(plans: Plans) -> None:
    bench = Bench()
    for number in range(A_NAMESPACE):
        await bench.begin(of(f"slow{number}", "a"))
    waits, own, other = of("next", "a").search, of("slow0", "a").search, of("next", "b").search
    assert not bench.planner.has_room(waits) and not bench.planner.has_room(own) and bench.planner.has_room(other)
    said = bench.planner.blocked_by(waits)
    assert said and said.startswith("waits for slow plans of this namespace (slow0, slow1, slow2, slow3)")
    assert bench.planner.blocked_by(own) is None and bench.planner.blocked_by(other) is None
    plans.go.set()
    for _ in range(A_NAMESPACE):
        await bench.ready()
    assert bench.planner.has_room(waits) and bench.planner.blocked_by(waits) is None


@pytest.mark.parametrize("how", ["found room by itself", "is gone"])
async def test_a_search_that_no_longer_waits_takes_no_wake_from_the_next(
    plans: Plans, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    bench = Bench()
    for number in range(A_NAMESPACE):
        await bench.begin(of(f"slow{number}"))
    first, second = of("first").search, of("second").search
    assert not bench.planner.has_room(first) and not bench.planner.has_room(second)
    if how == "is gone":
        bench.planner.forget(first.meta.uid)
    else:
        with monkeypatch.context() as patch:
            patch.setattr(planner, "A_NAMESPACE", A_NAMESPACE + 1)
            assert bench.planner.has_room(first)
    plans.go.set()
    woken = [await bench.ready() for _ in range(A_NAMESPACE + 1)]
    assert ("ns", "first") not in woken and ("ns", "second") in woken
