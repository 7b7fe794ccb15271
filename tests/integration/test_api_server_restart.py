"""The API server goes away in the middle of a search and comes back."""

from __future__ import annotations

import pytest
from tests.support.kube import Kube, attempts
from tests.support.operator_process import Operator
from tests.support.searches import check_record, check_replay, fault_search
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster

pytestmark = [pytest.mark.cluster, pytest.mark.alone]


def test_the_search_goes_on_when_the_api_server_is_back(
    cluster: Cluster, kube: Kube, operator: Operator, wait_for: Waiter
) -> None:
    kube.apply(fault_search("outlasting", "--seconds=1", trials=12, parallel=3))
    wait_for.counts("outlasting", succeeded=2, total=5)
    cluster.restart_apiserver()
    # Kubernetes's own controllers back off, too: half a minute is common, two minutes after several restarts.
    wait_for.condition("outlasting", "Succeeded", timeout=240)
    search, trials = kube.search("outlasting"), kube.trials("outlasting")
    check_record(trials, 12)
    check_replay(search, trials)
    assert [attempts(t) for t in trials] == [[(1, "Succeeded")]] * 12
    operator.kill()  # it has not ended by itself
