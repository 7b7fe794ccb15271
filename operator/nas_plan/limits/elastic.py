"""How many trials of a search may run at the same time now: fixed, or as many as there is room for.

With `budget.minParallelTrials` the number goes by the ResourceQuotas of the namespace and by whether what was started
runs. Reference: HorizontalPodAutoscaler, whose `minReplicas` stands beside `maxReplicas`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from nas_core.api.resources import Resources
from nas_core.api.search import Budget
from nas_core.api.search_status import Parallel
from nas_core.api.template import TrialTemplate
from nas_core.quantities import parse_quantity
from nas_core.reasons import TrialReason
from nas_core.records.quota import QuotaView
from nas_core.states import State
from nas_plan.judgement import Judgement

_SHORT_NAMES = ("cpu", "memory", "ephemeral-storage")
"""Resources whose requests a quota may name without ``requests.``"""
_WITHOUT_ROOM = (TrialReason.UNSCHEDULABLE, TrialReason.POD_NOT_CREATED)


@dataclass(frozen=True)
class Started:
    """The trials of a search that hold a slot."""

    active: int
    running: int
    without_room: str = ""
    """Why one of them does not run, if the cluster has no room for its pod."""

    @classmethod
    def of(cls, judged: Iterable[Judgement]) -> Self:
        """Count them."""
        active = [j for j in judged if j.active]
        running = sum(j.state != State.PENDING for j in active)
        without_room = (j.message for j in active if j.reason in _WITHOUT_ROOM)
        return cls(len(active), running, next(without_room, ""))


def parallel(
    budget: Budget, template: TrialTemplate, started: Started, quotas: Iterable[QuotaView], without_pod: int
) -> Parallel:
    """Return how many trials of a search may run at the same time, and what bounds that.

    Args:
        budget: of the search.
        template: of each of its trials.
        started: what it has started.
        quotas: of its namespace.
        without_pod: Jobs of the namespace whose pods are still to be made, which the quotas have not counted.
    """
    most, least = budget.parallel_trials, budget.min_parallel_trials
    bounds = [(most, "budget.parallelTrials")]
    if least is None:
        return Parallel(trials=most, bounded_by=bounds[0][1])
    bounds += _by_quotas(template, started.active - without_pod, quotas)
    if started.without_room:
        bounds.append((started.active, f"no more are started until this one runs: {started.without_room}"))
    else:
        # So never more pods wait for a node than run: nothing here tells what nodes have left.
        bounds.append((2 * started.running, "more are started when those that were have begun to run"))
    trials, why = min(bounds, key=lambda bound: bound[0])
    if trials < least:
        trials, why = least, f"budget.minParallelTrials; {why}"
    return Parallel(trials=min(most, trials), bounded_by=why[:512])


def _by_quotas(template: TrialTemplate, counted: int, quotas: Iterable[QuotaView]) -> Iterable[tuple[int, str]]:
    """Yield what each quota allows; ``counted``: trials of the search whose pods it has counted, at least."""
    need = _need(template)
    # Whether a pod is one of a scoped quota is the cluster's to know; what such a quota denies, its Job says.
    for quota in sorted(quotas, key=lambda quota: quota.meta.name):
        for name, hard in quota.hard.items():
            if not quota.scoped and need.get(name):
                free = (hard - quota.used.get(name, Decimal(0))) // need[name]
                yield counted + int(free), f"ResourceQuota {quota.meta.name} ({name}: {hard.normalize():f})"


def _need(template: TrialTemplate) -> Mapping[str, Decimal]:
    """Return what the pods of a trial need, by the names that quotas have for it."""
    of_pod = _need_of_pod(template.resources)
    return {"count/jobs.batch": Decimal(1)} | {name: template.nodes * amount for name, amount in of_pod.items()}


def _need_of_pod(resources: Resources) -> Mapping[str, Decimal]:
    limits = {name: parse_quantity(value) for name, value in (resources.limits or {}).items()}
    asked = {name: parse_quantity(value) for name, value in (resources.requests or {}).items()}
    # Requests that are not said are the limits.
    requests = limits | asked
    one = dict.fromkeys(("pods", "count/pods"), Decimal(1))
    short = {name: requests[name] for name in _SHORT_NAMES if name in requests}
    of_requests = {f"requests.{name}": amount for name, amount in requests.items()}
    return one | short | of_requests | {f"limits.{name}": amount for name, amount in limits.items()}
