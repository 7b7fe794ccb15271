from __future__ import annotations

from decimal import Decimal

from tests.support.policies import raw_quota

from nas_core.records.quota import QuotaView


def test_what_is_asked_for_counts_and_not_what_the_controller_has_seen_of_it() -> None:
    raw = raw_quota({"pods": "4", "requests.cpu": "500m"}, {"pods": "1"})
    raw["status"]["hard"] = {"pods": "9"}
    quota = QuotaView.of(raw)
    assert quota.hard == {"pods": Decimal(4), "requests.cpu": Decimal("0.5")} and quota.used == {"pods": Decimal(1)}
    assert not quota.scoped


def test_a_quota_may_be_for_some_pods_alone() -> None:
    assert QuotaView.of(raw_quota({"pods": "4"}, scopes=["BestEffort"])).scoped
    selector = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Exists"}]}
    assert QuotaView.of(raw_quota({"pods": "4"}, scopeSelector=selector)).scoped


def test_an_amount_that_cannot_be_read_bounds_nothing() -> None:
    assert QuotaView.of(raw_quota({"pods": "4", "new.example": "1/2"})).hard == {"pods": Decimal(4)}
