"""The operator's page /metrics is for accounts that may read it: what the API server says of their tokens decides."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.kube import Kube
from tests.support.operator_process import Operator
from tests.support.release import rendered
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


@pytest.fixture
def readers(kube: Kube) -> Iterator[None]:
    """Two accounts of the namespace, ``prometheus`` with the chart's role and ``team`` without."""
    for name in ("prometheus", "team"):
        kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}})
    release, group = f"page-{kube.namespace}", "rbac.authorization.k8s.io"
    role = rendered(kube, release, "metrics-reader-clusterrole")
    kube.cluster.kubectl("apply", "--filename=-", stdin=role)
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": release},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": f"{release}-nas-operator-metrics-reader"},
        "subjects": [{"kind": "ServiceAccount", "name": "prometheus", "namespace": kube.namespace}],
    }
    kube.cluster.apply(binding)
    yield
    kube.cluster.kubectl("delete", "clusterrolebinding", release)
    kube.cluster.kubectl("delete", "--filename=-", stdin=role)


def token(kube: Kube, account: str) -> str:
    return kube.kubectl("create", "token", account).strip()


def test_the_page_is_for_those_who_may(kube: Kube, operator: Operator, readers: None, wait_for: Waiter) -> None:
    wait_for(operator.healthy, 60, "the operator runs")
    assert operator.scraped("")[0] == 401
    assert operator.scraped("not-a-token")[0] == 401
    status, page = operator.scraped(token(kube, "team"))
    assert status == 403 and "needs the verb get on the nonResourceURL /metrics" in page
    status, page = operator.scraped(token(kube, "prometheus"))
    assert status == 200 and "nas_searches" in page


def test_a_token_ends_with_its_account(kube: Kube, operator: Operator, readers: None, wait_for: Waiter) -> None:
    wait_for(operator.healthy, 60, "the operator runs")
    first, second = token(kube, "prometheus"), token(kube, "prometheus")
    assert operator.scraped(first)[0] == 200
    kube.delete("serviceaccount", "prometheus")
    # The first one counts for a while longer; what was not asked before is asked now.
    wait_for(lambda: operator.scraped(second)[0] == 401, 60, "the account is gone")
