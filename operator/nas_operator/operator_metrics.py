"""The operator's own Prometheus metrics. Counters and timings are set where things happen, states at a scrape."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nas_core.objectives import best_value
from nas_core.reasons import SearchReason
from nas_core.records.conditions import find
from nas_core.records.objects import ReadableSearch, SearchView
from nas_core.states import ConditionType

API_REQUESTS = Counter("nas_operator_api_requests", "Requests to the API server.", ["verb", "code"])
WATCH_RESTARTS = Counter(
    "nas_operator_watch_restarts", "Watches that were opened again after a fault.", ["resource", "reason"]
)
RECONCILE_SECONDS = Histogram(
    "nas_operator_reconcile_seconds",
    "Duration of a look.",
    ["outcome"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
PLAN_SECONDS = Histogram(
    "nas_operator_plan_seconds",
    "Duration of planning, the strategy included.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)
TASK_RESTARTS = Counter(
    "nas_operator_task_restarts", "Loops of the operator that were restarted after a bug.", ["task"]
)
LEADER = Gauge("nas_operator_leader", "1 while this operator leads, 0 while it waits.")
QUEUE_DEPTH = Gauge("nas_operator_queue_depth", "Searches waiting for a look.")


def observe_look(outcome: str, seconds: float) -> None:
    """Count one look at a search."""
    RECONCILE_SECONDS.labels(outcome=outcome).observe(seconds)


class SearchCollector(Collector):
    """Searches, their trials, best values and cost, read from the store when Prometheus asks."""

    def __init__(self, searches: Callable[[], Iterable[SearchView]]) -> None:
        self._searches = searches

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        reasons: Tally[str] = Tally()
        trials = GaugeMetricFamily(
            "nas_search_trials", "Trials of a search by state.", labels=["namespace", "search", "state"]
        )
        best = GaugeMetricFamily(
            "nas_search_best", "Best value of a search's objective.", labels=["namespace", "search", "metric"]
        )
        volume = GaugeMetricFamily(
            "nas_search_hypervolume", "Hypervolume of a search's Pareto front.", labels=["namespace", "search"]
        )
        gpu = GaugeMetricFamily(
            "nas_search_gpu_seconds", "GPU-seconds of ended attempts.", labels=["namespace", "search"]
        )
        seconds = GaugeMetricFamily(
            "nas_search_trial_seconds", "Seconds of ended attempts.", labels=["namespace", "search"]
        )
        for search in self._searches():
            who = [search.meta.namespace, search.meta.name]
            progressing = find(search.status.conditions, ConditionType.PROGRESSING)
            reasons[progressing.reason if progressing else SearchReason.NEW] += 1
            for state, count in search.status.trials.model_dump(exclude={"total"}).items():
                trials.add_metric([*who, state], count)
            if isinstance(search, ReadableSearch) and search.status.best:
                for objective in search.spec.objectives:
                    values = [b.metrics[objective.metric] for b in search.status.best if objective.metric in b.metrics]
                    if values:
                        best.add_metric([*who, objective.metric], best_value(objective, values))
            if search.status.hypervolume is not None:
                volume.add_metric(who, float(search.status.hypervolume))
            gpu.add_metric(who, search.status.cost.gpu_seconds)
            seconds.add_metric(who, search.status.cost.trial_seconds)
        searches = GaugeMetricFamily(
            "nas_searches", "Searches by the reason of their Progressing condition.", labels=["reason"]
        )
        for reason, count in reasons.items():
            searches.add_metric([reason], count)
        yield from (searches, trials, best, volume, gpu, seconds)
