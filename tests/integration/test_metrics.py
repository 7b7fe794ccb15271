"""Live values of running trials, by Prometheus and without it, and the operator's own metrics."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import recording_proxy
from tests.support.inside import Server
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import fault_search, score
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster
from nas_dev.paths import REPOSITORY

pytestmark = pytest.mark.cluster


@pytest.fixture
def prometheus(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The cluster's Prometheus, and a file with the queries it was asked."""
    queries = tmp_path / "queries"
    queries.touch()
    proxy = Server(cluster, recording_proxy, cluster.prometheus.pod_url, str(queries))
    yield f"http://127.0.0.1:{proxy.port}", queries
    proxy.stop()


def expect_live_values(kube: Kube, wait_for: Waiter) -> None:
    """Start three trials and wait until each shows, while it runs, what it has reached."""
    kube.apply(fault_search("showing", "--seconds=3", "--serve", "--hold", trials=3, parallel=3))

    def shown() -> bool:
        trials = kube.trials("showing")
        return len(trials) == 3 and all(t.get("status", {}).get("epoch") == 10 for t in trials)

    wait_for(shown, 60, "the running trials show their epochs")
    for trial in kube.trials("showing"):
        assert trial["status"]["metrics"]["val_accuracy"] == score(trial)
        assert condition(trial, "Progressing")["reason"] == "Running"


def test_live_values_scraped_from_the_pods(kube: Kube, wait_for: Waiter) -> None:
    expect_live_values(kube, wait_for)


def test_live_values_read_from_prometheus_with_one_query_a_search(
    kube: Kube, operator: Operator, prometheus: tuple[str, Path], wait_for: Waiter
) -> None:
    url, asked = prometheus
    started = time.monotonic()
    operator.restart(PROMETHEUS_URL=url)
    expect_live_values(kube, wait_for)
    queries = asked.read_text().splitlines()
    uid, namespace = kube.search("showing")["metadata"]["uid"], re.escape(kube.namespace)
    asked_for = rf'last_over_time\(nas_trial_metric{{namespace="{namespace}",pod=~`.*`,nas_search_uid="{uid}"}}\[2m\]\)'
    assert all(re.fullmatch(asked_for, query) for query in queries)
    assert len(queries) <= 1 + time.monotonic() - started, "three trials run, and it looks once a second"


def test_a_prometheus_that_is_away_costs_nothing_but_live_values(
    kube: Kube, operator: Operator, wait_for: Waiter
) -> None:
    operator.restart(PROMETHEUS_URL="http://127.0.0.1:1")
    kube.apply(fault_search("blind", "--seconds=2", "--serve", trials=2))
    wait_for.condition("blind", "Succeeded")
    assert "no live metrics from Prometheus" in operator.log.read_text()


def test_the_operator_counts_what_it_does(kube: Kube, operator: Operator, wait_for: Waiter) -> None:
    operator.restart(METRICS_PER_SEARCH="true")
    kube.apply(fault_search("counting", trials=2))
    wait_for.condition("counting", "Succeeded")
    page = operator.metrics()
    assert f'nas_search_trials{{namespace="{kube.namespace}",search="counting",state="succeeded"}} 2.0' in page
    promised = re.findall(r"`(nas_(?:search|operator)\w*)", (REPOSITORY / "docs/metrics.md").read_text())
    assert len(promised) >= 10
    for family in promised:
        assert re.search(rf"^(# TYPE )?{family}\b", page, re.MULTILINE), f"docs/metrics.md promises {family}"
    assert 'nas_operator_api_requests_total{code="201",verb="POST"}' in page
