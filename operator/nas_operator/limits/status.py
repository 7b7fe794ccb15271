"""The status of policies: what the trials of each namespace use. Counted from Jobs, so a restart changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

from nas_core.api.policy import MOST_NAMESPACES, NamespaceUse, NASPolicyStatus
from nas_core.records.policy import PolicyView
from nas_operator.kube.client import POLICIES, Client, path
from nas_operator.kube.merge_patch import merge_patch
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer


class PolicyReporter:
    """Keeps the status of policies up to date."""

    def __init__(self, client: Client, stores: Stores, served: Iterable[str]) -> None:
        """``served``: namespaces whose Jobs this operator sees; empty: all."""
        self._writer, self._stores, self._served = Writer(client), stores, frozenset(served)

    async def reconcile(self, key: SearchKey) -> None:
        """Write the status of a policy, if it tells anything new.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        policy = self._stores.policies.get(*key)
        if policy is None or policy.meta.deleting:
            return
        patch = merge_patch(policy.raw_status, self._status(policy).to_dict())
        if patch:
            body = {"metadata": {"resourceVersion": str(policy.meta.resource_version)}, "status": patch}
            answer = await self._writer.patch(path(POLICIES, name=policy.meta.name, subresource="status"), body)
            self._stores.policies.put(answer)

    def _status(self, policy: PolicyView) -> NASPolicyStatus:
        names = {found.meta.name for found in self._stores.namespaces.all() if policy.selects(found)}
        before = NASPolicyStatus.model_validate(policy.raw_status)
        # An operator that serves some namespaces leaves the others to who serves them.
        uses = [use for use in before.namespaces if self._served and use.name in names - self._served]
        uses += [self._use(name) for name in names if not self._served or name in self._served]
        uses = sorted((use for use in uses if use.trials), key=lambda use: (-use.trials, use.name))
        return NASPolicyStatus(
            observed_generation=policy.generation,
            matched=len(names),
            trials=sum(use.trials for use in uses),
            gpus=sum(use.gpus for use in uses),
            namespaces=uses[:MOST_NAMESPACES],
        )

    def _use(self, namespace: str) -> NamespaceUse:
        jobs = list(self._stores.unfinished.of(namespace))
        return NamespaceUse(name=namespace, trials=len(jobs), gpus=sum(job.gpus for job in jobs))
