"""Live values of running trials, by Prometheus and without it, and the operator's own metrics."""

from __future__ import annotations

import pytest
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize("prometheus", [True, False], ids=["prometheus", "scraped"])
def test_running_trials_show_their_newest_values(
    kube: Kube, operator: Operator, wait_for: Waiter, prometheus: bool
) -> None:
    if prometheus:
        operator.restart(PROMETHEUS_URL=kube.cluster.prometheus.pod_url)
    kube.apply(fault_search("showing", "--seconds=40", "--serve", trials=1, parallel=1))

    def shown() -> bool:
        [trial] = kube.trials("showing") or [{}]
        status = trial.get("status", {})
        return "sequence" not in status and status.get("epoch", 0) >= 1 and status["metrics"]["val_accuracy"] > 0

    wait_for(shown, 60, "the running trial shows an epoch and its accuracy")


def test_the_operator_counts_what_it_does(kube: Kube, operator: Operator, wait_for: Waiter) -> None:
    kube.apply(fault_search("counting", trials=2))
    wait_for.condition("counting", "Succeeded")
    page = operator.metrics()
    assert f'nas_search_trials{{namespace="{kube.namespace}",search="counting",state="succeeded"}} 2.0' in page
    for family in ("nas_searches", "nas_search_best", "nas_operator_reconcile_seconds", "nas_operator_plan_seconds"):
        assert family in page
    assert 'nas_operator_api_requests_total{code="201",verb="POST"}' in page
