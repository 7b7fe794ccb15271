"""Keeps `kueue.x-k8s.io/priority-boost` on the Workloads of running trials: how dear they are to preempt.

Kueue reads it on the Workload alone, and passes nothing of it on from the Job (KEP-7990; feature gate PriorityBoost,
alpha and off since Kueue 0.17). `nas_plan.preemption_cost` says what it is. A Workload is asked for only when its boost
changes, and some minutes after that, in case somebody has changed it. Nothing waits for it, and nothing fails by it.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from nas_core.api.pod_metadata import KUEUE
from nas_core.records.metadata import Meta
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import WORKLOADS, Client, Json, path

logger = logging.getLogger(__name__)

BOOST, JOB_UID = f"{KUEUE}priority-boost", f"{KUEUE}job-uid"
AT_ONCE = 50
"""Workloads that a look asks for; the others have their turn in the next ones."""
ANSWER_BYTES = 4 << 20
KNOWN_S = 600.0
"""Seconds for which what was written or read is taken for true."""
PAUSE_S = 60.0
"""Seconds without another try after a fault: there may be no Kueue."""


class PriorityBoosts:
    """Writes boosts that have changed."""

    def __init__(self, client: Client, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        """``most``: the highest boost; a Workload with one that is none of ours is somebody else's, and stays."""
        self._client, self._clock = client, clock
        self._values = {"", *map(str, range(1, most + 1))}
        self._known: dict[str, dict[str, tuple[int, float]]] = defaultdict(dict)
        """By UID of the search and of the Job: the boost, and when it was written or read."""
        self._paused_until = 0.0

    def forget(self, search_uid: str) -> None:
        """Drop what is remembered of a search that is gone."""
        self._known.pop(search_uid, None)

    async def write(self, search: Meta, wanted: Mapping[str, int]) -> None:
        """Bring the Workloads of a search's Jobs to what is wanted, by UID of the Job."""
        now = self._clock()
        if now < self._paused_until:
            return
        known = {uid: (boost, at) for uid, (boost, at) in self._known[search.uid].items() if now - at < KNOWN_S}
        self._known[search.uid] = known
        changed = [uid for uid, boost in wanted.items() if known.get(uid, (None,))[0] != boost][:AT_ONCE]
        if not changed:
            return
        try:
            query = {"labelSelector": f"{JOB_UID} in ({','.join(changed)})"}
            for meta in await self._client.list_metadata(path(WORKLOADS, search.namespace), query, ANSWER_BYTES):
                await self._bring(search, meta, wanted)
        except OperatorError as error:
            self._paused_until = now + PAUSE_S
            logger.warning("no priority boosts for %.0f s: Workloads of %s/%s: %s", PAUSE_S, *search.key, error)
            return
        # Also those without a Workload: the queue has none of them yet, or manages none.
        known |= {uid: (wanted[uid], now) for uid in changed}

    async def _bring(self, search: Meta, meta: Json, wanted: Mapping[str, int]) -> None:
        owner = next((one["uid"] for one in meta.get("ownerReferences", ()) if one.get("controller")), "")
        boost = wanted.get(owner)
        there = meta.get("annotations", {}).get(BOOST, "")
        if boost is None or there not in self._values or there == (str(boost) if boost else ""):
            return
        body = {"metadata": {"uid": meta["uid"], "annotations": {BOOST: str(boost) if boost else None}}}
        try:
            await self._client.patch(path(WORKLOADS, search.namespace, meta["name"]), body)
        except ApiError as error:
            # It is gone, or another one has its name.
            if error.status not in (404, 409):
                raise
