"""The operator's own Prometheus metrics. Counters and timings are set where things happen, states at a scrape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from nas_core.objectives import best_value
from nas_core.reasons import SearchReason
from nas_core.records.conditions import find
from nas_core.records.policy import PolicyView
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.states import ConditionType
from nas_plan.limits.month import most_seconds

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
EVENT_LOOP_LAG = Histogram(
    "nas_operator_event_loop_lag_seconds",
    "How much later than due the event loop goes on with something.",
    buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
TRACKING_REQUESTS = Counter(
    "nas_operator_tracking_requests",
    "Requests to the servers of spec.tracking, by HTTP status or, without one, by reason.",
    ["outcome"],
)
LEADER = Gauge("nas_operator_leader", "1 while this operator leads, 0 while it waits.")
QUEUE_DEPTH = Gauge("nas_operator_queue_depth", "Searches waiting for a look.")


def observe_look(outcome: str, seconds: float) -> None:
    """Count one look at a search."""
    RECONCILE_SECONDS.labels(outcome=outcome).observe(seconds)


class SearchCollector(Collector):
    """Searches, their trials and cost, read from the store when Prometheus asks.

    Whoever reads Prometheus mostly reads all of it. So series are sums over a namespace, which do not grow with the
    number of searches either; ``per_search`` gives each search its own, with its best values.
    """

    def __init__(self, searches: Callable[[], Iterable[SearchView]], per_search: bool) -> None:
        self._searches, self._per_search = searches, per_search

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        searches = list(self._searches())
        reasons, tracked, trials, seconds, gpu = (defaultdict[tuple[str, ...], float](float) for _ in range(5))
        for search in searches:
            who = self._who(search)
            progressing = find(search.status.conditions, ConditionType.PROGRESSING)
            reasons[(progressing.reason if progressing else SearchReason.NEW,)] += 1
            if tracking := find(search.status.conditions, ConditionType.TRACKED):
                tracked[(tracking.reason,)] += 1
            for state, count in search.status.trials.model_dump(exclude={"total"}).items():
                trials[*who, state] += count
            seconds[who] += search.status.cost.trial_seconds
            gpu[who] += search.status.cost.gpu_seconds
        labels = ("namespace", "search") if self._per_search else ("namespace",)
        yield _family("nas_searches", "Searches by the reason of their Progressing condition.", ("reason",), reasons)
        yield _family("nas_searches_tracked", "Searches by the reason of Tracked.", ("reason",), tracked)
        yield _family("nas_search_trials", "Trials of searches by state.", (*labels, "state"), trials)
        yield _family("nas_search_trial_seconds", "Seconds of ended attempts.", labels, seconds)
        yield _family("nas_search_gpu_seconds", "GPU-seconds of ended attempts.", labels, gpu)
        if self._per_search:
            yield from _best_values(searches)

    def _who(self, search: SearchView) -> tuple[str, ...]:
        return (search.meta.namespace, search.meta.name) if self._per_search else (search.meta.namespace,)


class PolicyCollector(Collector):
    """GPU time of the month by policy and namespace, as the policies' statuses have it."""

    def __init__(self, policies: Callable[[], Iterable[PolicyView]]) -> None:
        self._policies = policies

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the families."""
        used: dict[tuple[str, ...], float] = {}
        most: dict[tuple[str, ...], float] = {}
        for policy in self._policies():
            if (allowed := most_seconds(policy)) is not None:
                most[policy.meta.name,] = allowed
            for use in policy.status.namespaces:
                if use.month is not None:
                    used[policy.meta.name, use.name] = use.month.gpu_seconds
        yield _family(
            "nas_policy_month_gpu_seconds", "GPU-seconds that were used this month.", ("policy", "namespace"), used
        )
        yield _family(
            "nas_policy_month_gpu_seconds_limit", "GPU-seconds a month for each namespace.", ("policy",), most
        )


def _family(name: str, text: str, labels: Iterable[str], values: Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=tuple(labels))
    for each, value in values.items():
        family.add_metric(each, value)
    return family


def _best_values(searches: Iterable[SearchView]) -> Iterator[GaugeMetricFamily]:
    best: dict[tuple[str, ...], float] = {}
    volume: dict[tuple[str, ...], float] = {}
    for search in searches:
        who = (search.meta.namespace, search.meta.name)
        if isinstance(search, ReadableSearch) and search.status.best:
            for objective in search.spec.objectives:
                values = [b.metrics[objective.metric] for b in search.status.best if objective.metric in b.metrics]
                if values:
                    best[*who, objective.metric] = best_value(objective, values)
        if search.status.hypervolume is not None:
            volume[who] = float(search.status.hypervolume)
    labels = ("namespace", "search")
    yield _family("nas_search_best", "Best value of a search's objective.", (*labels, "metric"), best)
    yield _family("nas_search_hypervolume", "Hypervolume of a search's Pareto front.", labels, volume)
