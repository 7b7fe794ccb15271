from __future__ import annotations

from datetime import UTC, datetime

from nas_operator.leadership.lease import Lease, Watched, acquired, micro_time

NOW = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)


def lease(holder: str = "other", version: str = "1") -> Lease:
    return Lease(holder, 15.0, 3, version)


def test_a_lease_expires_when_it_has_not_changed_for_its_duration_by_the_own_clock() -> None:
    watched = Watched()
    assert not watched.expired(lease(), 100.0)
    assert not watched.expired(lease(), 114.9)
    assert not watched.expired(lease(version="2"), 115.0), "renewed"
    assert not watched.expired(lease(version="2"), 129.9)
    assert watched.expired(lease(version="2"), 130.0)


def test_a_lease_that_was_given_back_has_expired_at_once() -> None:
    assert Watched().expired(lease(holder=""), 100.0)


def test_what_is_absent_is_what_kubernetes_takes_it_for() -> None:
    assert Lease.of({"metadata": {"resourceVersion": "7"}}) == Lease("", 15.0, 0, "7")
    assert Lease.of({"metadata": {"resourceVersion": "7"}, "spec": {"holderIdentity": None}}).holder == ""


def test_each_holder_is_one_transition() -> None:
    assert acquired(None, "me", NOW)["leaseTransitions"] == 0
    taken = acquired(lease(), "me", NOW)
    assert (taken["leaseTransitions"], taken["holderIdentity"], taken["leaseDurationSeconds"]) == (4, "me", 15)
    assert taken["renewTime"] == taken["acquireTime"] == micro_time(NOW) == "2026-01-02T03:04:05.000678Z"
