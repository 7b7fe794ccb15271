"""Makes the models that searches publish. Called for each search that has changed."""

from __future__ import annotations

from nas_core.api.search_status import PublishedModel
from nas_core.reasons import EventReason
from nas_core.records.model import ModelView
from nas_core.records.search import SearchView
from nas_operator.errors import NamespaceTerminating
from nas_operator.kube.client import MODELS, SEARCHES, Client, path
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.leadership.claims import Claims
from nas_operator.manifests.event import build_event
from nas_plan.actions import EventDraft
from nas_plan.models.publish import published, record_of, recorded


class Publisher:
    """Creates NASModels of searches that have ended (`spec.retrain.publish`)."""

    def __init__(self, client: Client, stores: Stores, claims: Claims) -> None:
        self._client, self._stores, self._claims = client, stores, claims
        self._writer = Writer(client)

    async def reconcile(self, key: SearchKey) -> None:
        """Look at one search, if it is still there.

        Raises:
            OperatorError: to be tried again with a backoff.
        """
        search = self._stores.searches.get(*key)
        for one in published(search) if search and self._claims.holds(search) else ():
            model = self._stores.models.get(key[0], one.body["metadata"]["name"])
            if model is None:
                try:
                    raw = await self._writer.make(path(MODELS, key[0]), one.body)
                except NamespaceTerminating:
                    return
                self._stores.models.put(raw)
                model = ModelView.of(raw)
            # After the model: killed in between, the next look finds it there and records it.
            # The newest state: each of several targets is recorded by a write of its own.
            newest = self._stores.searches.get(*key)
            if newest and (record := record_of(one.body, model)):
                await self._record(newest, one.target, record)

    async def _record(self, search: SearchView, target: str | None, record: PublishedModel) -> None:
        """Write into the search's status what was published, then tell it."""
        body = {
            "metadata": {"resourceVersion": str(search.meta.resource_version)},
            "status": recorded(search.status, target, record),
        }
        self._stores.searches.put(await self._writer.patch(path(SEARCHES, *search.meta.key, "status"), body))
        draft = EventDraft.normal(EventReason.PUBLISHED, f"model {record.model} is made of trial {record.trial}")
        await self._writer.tell(build_event(search.meta, draft, self._client.clock.now()))
