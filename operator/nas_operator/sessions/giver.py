"""Gives a Job's pods keys that reach only what its trial reads and writes.

In this order, so that the operator can be killed anywhere: the keys are asked for, the Job is made, the Secret is
written, owned by the Job. No Secret is left behind without a Job, and a Job without one, whose pod waits, gets it from
`nas_operator.sessions.renewal`. No key is kept here: whatever is forgotten is asked for again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime

from nas_core.api.storage import Storage
from nas_core.contract import TrialInput
from nas_core.layout import ledger_head_key, search_root
from nas_core.reasons import StorageReason
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_operator.errors import NoSession, NotScoped
from nas_operator.kube.client import SECRETS, Client, Json, path
from nas_operator.kube.writes import Writer
from nas_operator.manifests.session import build_session_secret, input_of
from nas_operator.newest import Newest
from nas_operator.storage.objects import Buckets
from nas_storage.faults import StorageFault
from nas_storage.session import SESSION_S, Session
from nas_storage.session_policy import NoPolicy, Reach, policy_document, reach_of

CHECKED_S = 1800.0
"""Seconds after which it is tried again whether a storage keeps to session policies."""
RETRY_S = 30.0
"""Seconds after which keys are asked for again that could not be had."""
MOST_CHECKED = 4096
"""Searches and models of which it is remembered."""


def renew_after_s(expires: datetime, now: datetime) -> float:
    """Return the seconds after which keys are renewed: half of their life, as long as they were asked for at most."""
    # The server's clock may be another one than this cluster's.
    life = min(float(SESSION_S), (expires - now).total_seconds())
    return max(RETRY_S, life / 2)


def partition_of(role_arn: str | None) -> str:
    """Return the partition of the bucket's ARN: that of the role in Amazon's clouds, ``aws`` on other servers."""
    named = role_arn.split(":")[1] if role_arn else ""
    return named if named.startswith("aws") else "aws"


class SessionGiver:
    """Asks storages for sessions, and writes them into Secrets."""

    def __init__(
        self, client: Client, buckets: Buckets, enabled: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``enabled``: whether the operator was installed for it, and so may write Secrets."""
        self._client, self._buckets, self._enabled, self._clock = client, buckets, enabled, clock
        self._writer = Writer(client)
        self._checked: Newest[str, tuple[Storage, float]] = Newest(MOST_CHECKED)
        """By UID of the owner: the storage that has kept to a policy, and until when that counts."""
        self._due: dict[str, float] = {}
        """By UID of the Job: when its keys are to be renewed."""

    async def require(self, owner: Meta, storage: Storage) -> None:
        """Return if a storage gives sessions and keeps to their policies.

        Raises:
            StorageFault: if it does not.
        """
        if not self._enabled:
            raise StorageFault(
                StorageReason.SCOPED_NOT_ENABLED,
                "storage.scoped needs an operator that may write Secrets; ask the platform team for storage.scoped of "
                "its chart, or remove storage.scoped",
            )
        storage_then, until = self._checked.get(owner.uid, (None, 0.0))
        if storage_then == storage and self._clock() < until:
            return
        root = search_root(storage.prefix, owner.namespace, owner.name, owner.uid)
        session = await self._open(owner, storage, f"nas-{owner.name}", Reach((f"{storage.bucket}/{root}/trials/*",)))
        # Nothing that runs in a pod reads a ledger.
        await self._buckets.require_limits(owner, storage, session, ledger_head_key(root))
        self._checked[owner.uid] = storage, self._clock() + CHECKED_S

    async def open(self, owner: Meta, storage: Storage, name: str, given: TrialInput) -> Session:
        """Return keys for a Job with a name and an input.

        Raises:
            StorageFault: if the storage gives none, or none that are limited.
            NotScoped: if no policy limits them.
        """
        await self.require(owner, storage)
        try:
            return await self._open(owner, storage, name, reach_of(given))
        except NoPolicy as error:
            raise NotScoped(str(error)) from error
        except StorageFault:
            # The next probe of the storage finds it too, and tells the owner.
            self._checked.pop(owner.uid, None)
            raise

    async def for_job(self, owner: Meta, storage: Storage | None, body: Json) -> Session | None:
        """Return keys for the pods of a Job that is about to be made; None where the storage is not scoped.

        Raises:
            NoSession: if the storage gives none, or none that are limited.
            NotScoped: if no policy limits them.
        """
        if storage is None or not storage.scoped:
            return None
        try:
            return await self.open(owner, storage, body["metadata"]["name"], input_of(body))
        except StorageFault as fault:
            raise NoSession(fault.message) from fault

    async def give(self, job: Json, session: Session) -> None:
        """Write the Secret of a Job, or of what a trial runs as, which is as the API server has it.

        Raises:
            ApiDenied: if the API server does not take it.
        """
        secret = build_session_secret(job, session)
        await self._writer.make_or_replace(path(SECRETS, secret["metadata"]["namespace"]), secret)
        self._due[job["metadata"]["uid"]] = self._clock() + renew_after_s(session.expires, self._client.clock.now())

    def due(self, job: JobView) -> bool:
        """Whether a Job's keys are to be renewed, or it may have none."""
        return self._clock() >= self._due.get(job.meta.uid, 0.0)

    def failed(self, job: JobView) -> None:
        """Note that a Job's keys could not be renewed: they are due again after a pause."""
        self._due[job.meta.uid] = self._clock() + RETRY_S

    def keep_only(self, jobs: Collection[str]) -> None:
        """Forget the Jobs that are not among those with these UIDs."""
        self._due = {uid: at for uid, at in self._due.items() if uid in jobs}

    async def _open(self, owner: Meta, storage: Storage, name: str, reach: Reach) -> Session:
        return await self._buckets.session(owner, storage, name, policy_document(reach, partition_of(storage.role_arn)))
