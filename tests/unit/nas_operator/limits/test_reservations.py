"""Slots of a namespace that several searches ask for: side by side, one after the other, and after a restart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START
from tests.support.policies import complete, job_of, pod_of, raw_namespace, raw_policy, search_named

from nas_core.records.search import ReadableSearch
from nas_operator.errors import NamespaceUnknown
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.limits.reservations import Reservations

GPU = {"resources": {"limits": {"nvidia.com/gpu": "2"}}}


class Bench:
    """Reservations, with Jobs put into the stores by hand."""

    def __init__(self, **limits: Any) -> None:
        self.woken: list[SearchKey] = []
        self.stores = Stores(on_use=lambda namespace: self.reservations.changed(namespace))
        self.now = START
        self.reservations = Reservations(self.stores, self.woken.append, lambda: self.now)
        self.stores.namespaces.put(raw_namespace())
        self.stores.policies.put(raw_policy(**limits))

    def search(self, name: str, status: dict[str, str] | None = None, **spec: Any) -> ReadableSearch:
        self.stores.searches.put(search_named(name, **spec) | {"status": status or {}})
        found = self.stores.searches.get("ns", name)
        assert isinstance(found, ReadableSearch)
        return found

    def free(self, search: ReadableSearch) -> int:
        """Begin a look."""
        room = self.reservations.room(search)
        assert room is not None
        return room.free

    def end_look(self, search: ReadableSearch, starts: int, held_back: int, first: int = 0, gpus: int = 0) -> None:
        for number in range(first, first + starts):
            self.stores.jobs.put(job_of(search.meta.name, number, gpus))
        self.reservations.settle(search, held_back)

    def finish(self, name: str, number: int) -> None:
        self.woken.clear()
        self.stores.jobs.put(complete(job_of(name, number)))


def test_two_looks_side_by_side_are_not_given_the_same_slot() -> None:
    bench = Bench(maxParallelTrials=2)
    first, second = bench.search("first"), bench.search("second")
    assert bench.free(first) == 2
    assert bench.free(second) == 0
    bench.end_look(first, starts=1, held_back=0)
    assert bench.free(second) == 1


def test_a_look_that_is_repeated_is_given_its_own_again() -> None:
    bench = Bench(maxParallelTrials=2)
    first = bench.search("first")
    assert [bench.free(first), bench.free(first)] == [2, 2]


def test_what_becomes_free_goes_to_who_has_less_and_wakes_him() -> None:
    bench = Bench(maxParallelTrials=2)
    first, second = bench.search("first"), bench.search("second")
    bench.free(first)
    bench.end_look(first, starts=2, held_back=2)
    assert bench.free(second) == 0
    bench.end_look(second, starts=0, held_back=4)
    bench.finish("first", 0)
    assert bench.woken == [("ns", "second")]
    # The first is looked at as well, since its own Job has ended; it gets nothing before the second does.
    assert bench.free(first) == 0
    assert bench.free(second) == 1
    bench.end_look(second, starts=1, held_back=3)
    bench.finish("first", 1)
    assert bench.woken == [("ns", "first")]


def test_after_a_restart_the_jobs_that_exist_count() -> None:
    bench = Bench(maxParallelTrials=2)
    for number in range(2):
        bench.stores.jobs.put(job_of("first", number))
    room = bench.reservations.room(bench.search("second"))
    assert room and room.free == 0 and "2 are in use (first 2)" in room.why


def test_a_lower_limit_stops_nothing_and_gives_nothing() -> None:
    bench = Bench(maxParallelTrials=4)
    first = bench.search("first")
    bench.free(first)
    bench.end_look(first, starts=4, held_back=0)
    bench.stores.policies.put(raw_policy(version=2, maxParallelTrials=1))
    assert bench.free(first) == 0


def test_a_search_that_cannot_go_on_lets_others_have_its_turn() -> None:
    bench = Bench(maxParallelTrials=1)
    first, second = bench.search("first"), bench.search("second")
    assert bench.free(first) == 1
    bench.end_look(second, starts=0, held_back=0)
    assert bench.free(second) == 0
    bench.reservations.settle(second, 4)
    bench.woken.clear()
    bench.reservations.give_up(first)
    assert bench.woken == [("ns", "second")] and bench.free(second) == 1


def test_a_search_that_is_gone_keeps_nothing() -> None:
    bench = Bench(maxParallelTrials=1)
    first, second = bench.search("first"), bench.search("second")
    bench.free(first)
    bench.reservations.forget("ns", first.meta.uid)
    assert bench.free(second) == 1


@pytest.mark.parametrize("given", [{"status": {"completionTime": "2026-01-01T00:00:00Z"}}, {"suspend": True}])
def test_a_search_that_rests_is_given_nothing(given: dict[str, Any]) -> None:
    bench = Bench(maxParallelTrials=1)
    assert bench.free(bench.search("rests", **given)) == 0


def test_gpus_are_counted_by_the_jobs_and_asked_for_by_the_spec() -> None:
    bench = Bench(maxGPUs=5)
    first, second = bench.search("first", trialTemplate=GPU), bench.search("second", trialTemplate=GPU)
    assert bench.free(first) == 2
    bench.end_look(first, starts=2, held_back=2, gpus=2)
    room = bench.reservations.room(second)
    assert room and room.free == 0 and "(maxGPUs) allows 5 GPUs" in room.why and "(first 4)" in room.why
    assert bench.reservations.room(bench.search("without")) is None, "its trials have no GPUs"


def test_gpus_of_all_nodes_of_a_trial_count() -> None:
    bench = Bench(maxGPUs=9)
    search = bench.search("first", trialTemplate=GPU | {"nodes": 2})
    assert bench.free(search) == 2, "four each"
    job = job_of("other", 0, 2)
    job["spec"]["completions"] = 3
    bench.stores.jobs.put(job)
    assert bench.free(search) == 0, "six are in use"


def test_gpu_time_is_set_aside_from_the_promise_to_the_end() -> None:
    bench = Bench(maxGPUHoursPerMonth=1)
    # Of the hour, one trial with two GPUs may use 2 * (10 + 0.5) minutes.
    bounded: dict[str, Any] = {"trialTemplate": GPU, "evaluation": {"maxTrialDuration": "10m"}}
    first, second = bench.search("first", **bounded), bench.search("second", **bounded)
    assert bench.free(first) == 2
    assert bench.free(second) == 0, "it is promised to the first"
    for number in range(2):
        job = job_of("first", number, 2)
        job["spec"]["activeDeadlineSeconds"] = 600
        bench.stores.jobs.put(job)
    bench.reservations.settle(first, 0)
    room = bench.reservations.room(second)
    assert room and room.free == 0 and "0 are used, 0.7 set aside" in room.why
    # One ends after three minutes: the rest is free, and what it used is not.
    bench.stores.pods.put(pod_of("first", 0, 2, START, START + timedelta(minutes=3)))
    bench.now = START + timedelta(minutes=3)
    bench.finish("first", 0)
    assert bench.free(second) == 1
    assert bench.reservations.room(bench.search("without", evaluation={"maxTrialDuration": "10m"})) is None


def test_without_such_a_limit_nothing_is_counted() -> None:
    bench = Bench()
    assert bench.reservations.room(bench.search("first")) is None


def test_the_policies_of_other_namespaces_do_not_hold() -> None:
    bench = Bench()
    bench.stores.policies.put(raw_policy("other", namespace="other", maxParallelTrials=0))
    assert bench.reservations.room(bench.search("first")) is None


def test_nothing_starts_before_the_labels_of_the_namespace_are_known() -> None:
    bench = Bench(maxParallelTrials=1)
    first = bench.search("first")
    bench.stores.namespaces.remove(raw_namespace(version=2))
    with pytest.raises(NamespaceUnknown, match="the labels of namespace ns are not known yet"):
        bench.reservations.room(first)
    assert Reservations(Stores(), lambda _: None).policies_of("ns") == (), "without any policy labels do not matter"
