"""Which operator works on a search: the first look of each leader claims it, before it does anything else.

A claim is written into the search's status, and into that of each trial without a result. So every status that an
earlier leader still has on its way is refused by its resource version: no result gets a place twice. What else may be
on its way is harmless: names are deterministic, deletes carry the UID. A search that the operator of another release
has claimed is left alone for as long as that one's Lease is held.
"""

from __future__ import annotations

from collections.abc import Callable

from nas_backend.carry_out import all_of
from nas_core.api.search_status import OperatorTerm
from nas_core.reasons import EventReason
from nas_core.records.search import SearchView
from nas_operator.errors import ApiError, HeldByAnotherOperator
from nas_operator.kube.client import LEASES, SEARCHES, TRIALS, Client, Json, Resource, path
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.leadership.elector import running_clock
from nas_operator.leadership.lease import Lease, Watched
from nas_operator.manifests.event import build_event
from nas_operator.settings import LeaseName
from nas_plan.actions import EventDraft


class Claims:
    """Claims searches for this operator. ``term`` returns what it writes; None: there is no election."""

    def __init__(
        self,
        client: Client,
        stores: Stores,
        term: Callable[[], OperatorTerm | None],
        clock: Callable[[], float] = running_clock,
    ) -> None:
        self._client, self._stores, self._term, self._clock = client, stores, term, clock
        self._writer = Writer(client)
        self._others: dict[str, Watched] = {}
        """Leases of other operators, by their names: as many as there are releases."""
        self._reported: dict[str, str] = {}
        """By UID of a search the Lease that its Event named."""

    def holds(self, search: SearchView) -> bool:
        """Return whether this operator works on a search."""
        return search.status.operator == self._term()

    async def claim(self, search: SearchView) -> SearchView:
        """Return a search as it is once this operator works on it.

        Raises:
            HeldByAnotherOperator: if the operator of another release does.
            Conflict: if somebody was faster.
        """
        mine = self._term()
        if mine is None or search.status.operator == mine:
            return search
        other = search.status.operator
        if other is not None and other.lease != mine.lease and await self._held(other.lease):
            raise await self._refuse(search, other, mine)
        self._reported.pop(search.meta.uid, None)
        # The trials first: killed in between, the next look does them again, as it finds no claim on the search.
        term = mine.to_dict()
        await all_of(
            self._patch(TRIALS, trial.meta.key, {"status": {"claimedAt": term["since"]}})
            for trial in self._stores.trials.of_search(search.meta.key)
            if not trial.recorded
        )
        body = {"metadata": {"resourceVersion": str(search.meta.resource_version)}, "status": {"operator": term}}
        await self._patch(SEARCHES, search.meta.key, body)
        return self._stores.searches.get(*search.meta.key) or search

    async def _patch(self, resource: Resource, key: SearchKey, body: Json) -> None:
        store = self._stores.trials if resource is TRIALS else self._stores.searches
        store.put(await self._writer.patch(path(resource, *key, "status"), body))

    async def _held(self, name: str) -> bool:
        """Return whether a Lease of another operator is held."""
        try:
            lease = Lease.of(await self._client.get(path(LEASES, *LeaseName.of(name))))
        except ApiError as error:
            # Whoever may not read it must not take what is another's.
            return error.status != 404
        return not self._others.setdefault(name, Watched()).expired(lease, self._clock())

    async def _refuse(self, search: SearchView, other: OperatorTerm, mine: OperatorTerm) -> HeldByAnotherOperator:
        refusal = HeldByAnotherOperator(
            f"the operator {other.holder}, which holds Lease {other.lease}, works on this search, so the one of Lease "
            f"{mine.lease} does not; uninstall one of them, or give them different watchNamespaces"
        )
        if self._reported.get(search.meta.uid) != other.lease:
            self._reported[search.meta.uid] = other.lease
            draft = EventDraft("Warning", EventReason.HELD_BY_ANOTHER_OPERATOR, str(refusal))
            await self._writer.tell(build_event(search.meta, draft, self._client.clock.now()))
        return refusal
