from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest
from tests.support.factories import raw_search
from tests.support.policies import raw_policy
from tests.support.tracked import condition

from nas_core.records.policy import PolicyView
from nas_core.records.search import read_search
from nas_operator.kube.store import Store
from nas_operator.operator_metrics import PolicyCollector, SearchCollector


def page(*searches: dict[str, object], per_search: bool = False) -> str:
    store = Store(read_search, lambda key: None, lambda view: view.meta.name)
    for raw in searches:
        store.put(raw)
    registry = CollectorRegistry()
    registry.register(SearchCollector(store.all, per_search))
    return generate_latest(registry).decode()


def running() -> dict[str, object]:
    """A search that has found something."""

    def best(accuracy: float, size: float) -> dict[str, object]:
        metrics = {"val_accuracy": accuracy, "size": size}
        return {"trial": "s-00000", "architecture": "a", "id": "i", "metrics": metrics}

    status = {
        "conditions": [condition("Progressing", reason="Running")],
        "trials": {"total": 3, "running": 1, "succeeded": 2},
        "best": [best(0.9, 7.0), best(0.5, 1.0)],
        "hypervolume": "1.25",
        "cost": {"trialSeconds": 8.5, "gpuSeconds": 17},
    }
    objectives = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
    return raw_search(status, objectives=objectives, trialTemplate={"image": "mine:1"})


def test_of_each_search_there_are_trials_best_values_and_cost() -> None:
    text = page(running(), per_search=True)
    for line in (
        'nas_searches{reason="Running"} 1.0',
        'nas_search_trials{namespace="ns",search="s",state="running"} 1.0',
        'nas_search_trials{namespace="ns",search="s",state="succeeded"} 2.0',
        'nas_search_best{metric="val_accuracy",namespace="ns",search="s"} 0.9',
        'nas_search_best{metric="size",namespace="ns",search="s"} 1.0',
        'nas_search_hypervolume{namespace="ns",search="s"} 1.25',
        'nas_search_gpu_seconds{namespace="ns",search="s"} 17.0',
        'nas_search_trial_seconds{namespace="ns",search="s"} 8.5',
    ):
        assert line in text
    assert 'state="total"' not in text, "a sum over the states would count every trial twice"


def test_unless_asked_for_series_are_sums_of_a_namespace_and_name_no_search() -> None:
    another = running()
    another["metadata"] = another["metadata"] | {"name": "another", "uid": "u2"}  # type: ignore[operator]
    text = page(running(), another)
    for line in (
        'nas_searches{reason="Running"} 2.0',
        'nas_search_trials{namespace="ns",state="succeeded"} 4.0',
        'nas_search_gpu_seconds{namespace="ns"} 34.0',
        'nas_search_trial_seconds{namespace="ns"} 17.0',
    ):
        assert line in text
    assert "search=" not in text and "nas_search_best" not in text and "nas_search_hypervolume" not in text


def test_a_search_that_was_not_looked_at_yet_is_new() -> None:
    text = page(raw_search(), per_search=True)
    assert 'nas_searches{reason="New"} 1.0' in text and "nas_search_best{" not in text


def test_gpu_time_of_the_month_by_policy_and_namespace() -> None:
    month = {"gpuSeconds": 90, "countedUntil": "2026-01-01T00:00:00Z"}
    uses = [{"name": "ns", "trials": 1, "gpus": 1, "month": month}, {"name": "idle", "trials": 1, "gpus": 0}]
    raw = raw_policy(maxGPUHoursPerMonth=2) | {"status": {"namespaces": uses}}
    registry = CollectorRegistry()
    registry.register(PolicyCollector(lambda: [PolicyView.of(raw)]))
    text = generate_latest(registry).decode()
    assert 'nas_policy_month_gpu_seconds{namespace="ns",policy="team"} 90.0' in text
    assert 'nas_policy_month_gpu_seconds_limit{policy="team"} 7200.0' in text and "idle" not in text


def test_tracked_searches_are_counted_by_reason() -> None:
    assert 'nas_searches_tracked{reason="ServerError"} 1.0' in page(
        raw_search({"conditions": [condition("Tracked", False, "ServerError")]})
    )
