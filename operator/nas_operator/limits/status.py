"""The status of policies: what the trials of each namespace use. Counted from Jobs and pods.

What runs follows from what exists, so a restart changes nothing. What was used this month does not: pods go. So the
status itself has the sum, and up to when all is in it (`nas_plan.limits.month`). One write changes both, at the version
of the policy that was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from nas_core.api.policy import MOST_NAMESPACES, MonthUse, NamespaceUse, NASPolicyStatus
from nas_core.records.policy import PolicyView
from nas_operator.kube.client import POLICIES, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_plan.limits.month import HOUR_S, beginning, used

COUNT_S = 60.0
"""Seconds between two writes of what was used this month, if nothing else changes."""
LAG = timedelta(seconds=15)
"""So old a moment has to be to be counted: kubelet and the watch tell of a pod's start or end a while later."""
MOST_WAIT_S = 3600.0
"""Seconds after which a policy is looked at again at the latest while it has a sum, which a new month begins anew."""


class PolicyReporter:
    """Keeps the status of policies up to date."""

    def __init__(self, client: Client, stores: Stores, served: Iterable[str], now: Callable[[], datetime]) -> None:
        """``served``: namespaces whose Jobs this operator sees; empty: all. ``now`` is the API server's time."""
        self._writer, self._stores, self._served = Writer(client), stores, frozenset(served)
        self._now = now

    async def reconcile(self, key: SearchKey) -> float | None:
        """Write the status of a policy, if it tells anything new; return the seconds after which to count again.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        policy = self._stores.policies.get(*key)
        if policy is None or policy.meta.deleting:
            return None
        until = self._now().replace(microsecond=0) - LAG
        status = self._status(policy, until)
        patch = merge_patch(policy.raw_status, status.to_dict())
        if patch:
            body = {"metadata": {"resourceVersion": str(policy.meta.resource_version)}, "status": patch}
            answer = await self._writer.patch(path(POLICIES, name=policy.meta.name, subresource="status"), body)
            self._stores.policies.put(answer)
        runs = [run for use in status.namespaces for run in self._stores.gpu_runs.of(use.name)]
        # Also while Jobs have no pod that runs: nothing tells when one begins.
        if status.gpus or any(run.ended is None for run in runs):
            return COUNT_S
        if any(run.ended and run.ended > until for run in runs):
            return LAG.total_seconds()
        return MOST_WAIT_S if status.gpu_hours else None

    def _status(self, policy: PolicyView, until: datetime) -> NASPolicyStatus:
        names = {found.meta.name for found in self._stores.namespaces.all() if policy.selects(found)}
        # An operator that serves some namespaces leaves the others to who serves them.
        uses = [use for use in policy.status.namespaces if self._served and use.name in names - self._served]
        uses += [self._use(policy, name, until) for name in names if not self._served or name in self._served]
        # A sum that goes is lost, so who has one comes first.
        uses = sorted((use for use in uses if use.trials or use.month), key=_order)[:MOST_NAMESPACES]
        spent = sum(use.month.gpu_seconds for use in uses if use.month)
        return NASPolicyStatus(
            observed_generation=policy.generation,
            matched=len(names),
            trials=sum(use.trials for use in uses),
            gpus=sum(use.gpus for use in uses),
            gpu_hours=f"{spent / HOUR_S:.1f}" if spent else None,
            namespaces=uses,
        )

    def _use(self, policy: PolicyView, namespace: str, until: datetime) -> NamespaceUse:
        jobs = list(self._stores.unfinished.of(namespace))
        return NamespaceUse(
            name=namespace,
            trials=len(jobs),
            gpus=sum(job.all_gpus for job in jobs),
            month=self._month(policy, namespace, until),
        )

    def _month(self, policy: PolicyView, namespace: str, until: datetime) -> MonthUse | None:
        before, runs = policy.month_of(namespace), self._stores.gpu_runs.of(namespace)
        after = used(policy, before, runs, until)
        if before and before.counted_until >= beginning(until) and after.gpu_seconds == before.gpu_seconds:
            # Nothing has run since, so what was written still holds, and needs no write.
            return before
        return after if after.gpu_seconds else None


def _order(use: NamespaceUse) -> tuple[int, int, str]:
    return -(use.month.gpu_seconds if use.month else 0), -use.trials, use.name
