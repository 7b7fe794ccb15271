from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import raw_trial

from nas_core.records.trial import TrialView
from nas_operator.kube.store import Store

KEY = ("ns", "s")


class Watched(Store[TrialView]):
    """A store of trials that remembers whom it woke."""

    def __init__(self) -> None:
        self.woken: list[tuple[str, str]] = []
        super().__init__(TrialView.of, self.woken.append)

    def names(self) -> list[str]:
        return sorted(view.meta.name for view in self.all())

    def version(self, index: int = 0) -> int | None:
        view = self.get("ns", f"s-{index:05d}")
        return view.meta.resource_version if view else None


@pytest.fixture
def store() -> Watched:
    return Watched()


def trial(index: int = 0, version: int = 1, epoch: int | None = None, **meta: Any) -> dict[str, Any]:
    return raw_trial(index, {"epoch": epoch} if epoch else None, resourceVersion=str(version), **meta)


def test_an_object_is_found_by_name_and_by_search(store: Watched) -> None:
    store.put(trial())
    store.put(trial(1, labels={"nas-operator.io/search": "other"}))
    assert len(store) == 2 and [v.meta.name for v in store.of_search(KEY)] == ["s-00000"]
    assert store.woken == [KEY, ("ns", "other")]


def test_older_states_and_repetitions_are_passed_over(store: Watched) -> None:
    store.put(trial(version=5, epoch=3))
    store.put(trial(version=4, epoch=2))
    store.put(trial(version=5, epoch=1))
    view = store.get("ns", "s-00000")
    assert view and view.status.epoch == 3 and store.woken == [KEY]


def test_what_was_derived_from_a_state_is_no_difference(store: Watched) -> None:
    store.put(trial(version=1))
    view = store.get("ns", "s-00000")
    assert view and not view.succeeded
    store.put(trial(version=2))
    assert store.woken == [KEY]


def test_only_changes_that_matter_wake_the_search(store: Watched) -> None:
    store.put(trial(version=1))
    store.put(trial(version=2, managedFields=[{"manager": "x"}]))
    assert store.woken == [KEY] and store.version() == 2
    store.put(trial(version=3, deletionTimestamp="2026-01-01T00:00:00Z"))
    store.put(trial(version=4, epoch=1, deletionTimestamp="2026-01-01T00:00:00Z"))
    assert store.woken == [KEY] * 3


def test_an_object_of_the_same_name_made_anew_wakes_the_search(store: Watched) -> None:
    store.put(trial(version=1))
    store.put(trial(version=2, uid="another"))
    assert store.woken == [KEY] * 2


def test_a_removed_object_is_gone_and_a_late_answer_does_not_bring_it_back(store: Watched) -> None:
    store.put(trial(version=5))
    store.remove(trial(version=7))
    store.put(trial(version=6))
    assert store.names() == [] and store.of_search(KEY) == () and store.woken == [KEY] * 2
    store.put(trial(version=8))
    assert store.names() == ["s-00000"]


def test_a_late_removal_of_its_predecessor_does_not_hit_the_new_one(store: Watched) -> None:
    store.put(trial(version=9, uid="new"))
    store.remove(trial(version=7, uid="old"))
    assert store.version() == 9


def test_a_list_replaces_all_but_what_is_newer(store: Watched) -> None:
    store.put(trial(0, version=3))
    store.put(trial(1, version=3))
    store.put(trial(2, version=12))
    store.replace([trial(1, version=4), trial(3, version=5)], version=10)
    assert store.names() == ["s-00001", "s-00002", "s-00003"] and store.version(1) == 4


def test_a_list_of_one_namespace_leaves_the_others_alone(store: Watched) -> None:
    store.put(trial(0, version=3))
    store.put(trial(0, version=3, namespace="team-b"))
    store.replace([], 10, "team-b")
    assert store.names() == ["s-00000"] and store.version() == 3
    store.replace([], 10)
    assert store.names() == []


@pytest.mark.parametrize("spec", [{"index": "x"}, None, {"index": 0, "basis": 0, "seed": 1, "candidates": []}])
def test_one_object_that_cannot_be_read_does_not_hide_the_others(store: Watched, spec: Any) -> None:
    store.replace([trial(0) | {"spec": spec}, trial(1)], version=10)
    assert store.names() == ["s-00001"]


def test_what_belongs_to_no_search_is_not_kept(store: Watched) -> None:
    store.put(trial(labels={}))
    assert len(store) == 0 and store.woken == []


@pytest.mark.parametrize("error", [OverflowError("x"), RecursionError("x"), AttributeError("x"), AssertionError()])
def test_an_object_that_raises_while_it_is_read_is_left_alone(error: Exception) -> None:
    def parse(raw: Any) -> TrialView:
        if raw["metadata"]["name"] == "s-00000":
            raise error
        return TrialView.of(raw)

    store = Store(parse, lambda _: None)
    store.replace([trial(0), trial(1)], version=10)
    assert [view.meta.name for view in store.all()] == ["s-00001"]
