"""Several operators: one works, another goes on when it is lost, and none acts beside another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.kube import Kube
from tests.support.operator_process import LEASE_LOST, Operator
from tests.support.searches import check_record, check_replay, fault_search
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster

pytestmark = pytest.mark.cluster

MakeOperator = Callable[[str, str], Operator]


@pytest.fixture
def another(cluster: Cluster, kube: Kube, tmp_path: Path) -> Iterator[MakeOperator]:
    """Starts one more operator for the test's namespace: of a pod, and of a release."""
    made = []

    def make(pod: str, release: str) -> Operator:
        made.append(Operator(cluster, kube.namespace, tmp_path / f"{pod}.log", release))
        made[-1].start()
        return made[-1]

    yield make
    for operator in made:
        operator.stop()


def leader(kube: Kube) -> str:
    lease = kube.find("leases", "nas-operator")
    return str(lease["spec"].get("holderIdentity", "")) if lease else ""


def two_of_one_release(operator: Operator, another: MakeOperator, kube: Kube, wait_for: Waiter) -> Operator:
    """Return a second operator, which waits with its stores filled while the first one leads."""
    wait_for(lambda: leader(kube) == "operator_nas-operator", 60, "the first operator leads")
    second = another("second", "nas-operator")
    wait_for(second.healthy, 60, "the second one waits with its stores filled")
    return second


def test_a_leader_that_freezes_is_followed_and_acts_no_more_when_it_wakes(
    kube: Kube, operator: Operator, another: MakeOperator, wait_for: Waiter
) -> None:
    two_of_one_release(operator, another, kube, wait_for)
    kube.apply(fault_search("watched", "--seconds=1", trials=24, parallel=4))
    wait_for.counts("watched", total=6)
    assert leader(kube) == "operator_nas-operator"
    operator.freeze()
    wait_for(lambda: leader(kube) == "second_nas-operator", 60, "the second one leads")
    before = kube.search("watched")["status"]["trials"]["total"]
    wait_for.counts("watched", total=before + 4)
    operator.wake()
    wait_for(lambda: operator.ended() == LEASE_LOST, 60, "the first one ends: it has lost its Lease")
    wait_for.condition("watched", "Succeeded", timeout=120)
    trials = kube.trials("watched")
    check_record(trials, 24)
    check_replay(kube.search("watched"), trials)
    assert kube.search("watched")["status"]["operator"]["holder"] == "second_nas-operator"
    assert all(len(trial["status"]["attempts"]) == 1 for trial in trials)


def test_an_operator_that_is_stopped_hands_over_at_once(
    kube: Kube, operator: Operator, another: MakeOperator, wait_for: Waiter
) -> None:
    second = two_of_one_release(operator, another, kube, wait_for)
    assert "nas_operator_leader 0.0" in second.metrics() and "nas_operator_leader 1.0" in operator.metrics()
    operator.stop()
    wait_for(lambda: leader(kube) == "second_nas-operator", 60, "the second one leads")


def test_an_operator_of_another_release_leaves_a_search_alone_and_says_whose_it_is(
    kube: Kube, operator: Operator, another: MakeOperator, wait_for: Waiter
) -> None:
    kube.apply(fault_search("ours", "--seconds=0.5", trials=12, parallel=3))
    wait_for.counts("ours", total=1)
    other = another("other", "second-release")
    wait_for.events("ours", "HeldByAnotherOperator")
    wait_for.condition("ours", "Succeeded", timeout=60)
    check_record(kube.trials("ours"), 12)
    [told] = {e["message"] for e in kube.events("ours") if e["reason"] == "HeldByAnotherOperator"}
    assert f"which holds Lease {kube.namespace}/nas-operator, works on this search" in told
    assert kube.search("ours")["status"]["operator"]["lease"] == f"{kube.namespace}/nas-operator"
    # Whoever is left takes over: the first one gives its Lease back.
    operator.stop()
    kube.patch("ours", budget={"maxTrials": 14})
    wait_for(lambda: len(kube.trials("ours")) == 14, 60, "the other one goes on")
    Waiter(kube, other).condition("ours", "Succeeded")
    assert kube.search("ours")["status"]["operator"]["lease"] == f"{kube.namespace}/second-release"
