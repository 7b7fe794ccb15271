"""What follows from a change of policies or of namespaces' labels: searches that other policies hold for look again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores

Bounds = Mapping[str, frozenset[tuple[str, int]]]
"""By namespace its policies, each as UID and generation."""


class LimitChanges:
    """Compares what holds with what held at the last look. Nothing is remembered over a restart: all look then."""

    def __init__(
        self, stores: Stores, search: Callable[[SearchKey], None], policy: Callable[[SearchKey], None]
    ) -> None:
        """``search`` gets the key of each search that has to look again, ``policy`` that of each policy."""
        self._stores, self._search, self._policy = stores, search, policy
        self._known: Bounds = {}

    async def reconcile(self, _: SearchKey) -> None:
        """Wake the searches of the namespaces for which other policies hold than before, and all policies."""
        before, self._known = self._known, self._bounds()
        changed = {name for name in before.keys() | self._known.keys() if before.get(name) != self._known.get(name)}
        for search in self._stores.searches.all():
            # One that has ended starts nothing, whatever policies say.
            if search.meta.namespace in changed and search.status.completion_time is None:
                self._search(search.meta.key)
        for policy in self._stores.policies.all():
            self._policy(policy.meta.key)

    def _bounds(self) -> Bounds:
        policies = self._stores.policies.all()
        return {
            namespace.meta.name: held
            for namespace in self._stores.namespaces.all()
            if (held := frozenset((p.meta.uid, p.generation) for p in policies if p.selects(namespace)))
        }
