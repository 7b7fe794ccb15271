"""Leader election: of all operators of one release one works, the others wait with their stores filled.

A leader may write until :data:`RENEW_LIMIT_S` after its last renewal was sent, by a clock that runs on while the
process or the machine is frozen. The API server's client asks before every write (`Client.fence`). What was already on
its way then carries a resource version that the next leader has made old (`nas_operator.leadership.claims`). A leader
that has lost its Lease ends: a new process starts with nothing in memory that was true once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from nas_core.api.search_status import OperatorTerm
from nas_operator.errors import ApiError, OperatorError
from nas_operator.kube.client import LEASES, Client, Json, path
from nas_operator.leadership.lease import (
    RENEW_LIMIT_S,
    RETRY_S,
    Lease,
    Watched,
    acquired,
    micro_time,
)
from nas_operator.operator_metrics import LEADER
from nas_operator.settings import LeaseName

logger = logging.getLogger(__name__)

RELEASE_S = 3.0
"""Seconds that giving the Lease back may take at the end."""


def running_clock() -> float:
    """Return seconds of a clock that also runs while the machine sleeps, which `time.monotonic` does not on Linux."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Elector:
    """Takes part in the election from :meth:`run` to :meth:`release`."""

    def __init__(
        self,
        client: Client,
        lease: LeaseName,
        identity: str,
        clock: Callable[[], float] = running_clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``identity`` is of the pod: a process that was started again in it takes the Lease back at once."""
        self._client, self.lease, self._identity = client, lease, identity
        self._clock, self._sleep = clock, sleep
        self._watched = Watched()
        self._writable_until: float | None = None
        self.elected = asyncio.Event()
        """Set when this operator has become the leader."""
        self.lost = asyncio.Event()
        """Set when it had to stop leading. It never becomes the leader again."""
        self.term: OperatorTerm | None = None
        """What this operator writes into the searches that it works on; None before it leads."""

    def leading(self) -> bool:
        """Return whether a write may be sent now."""
        return self._writable_until is not None and self._clock() < self._writable_until

    async def run(self) -> None:
        """Try to become the leader, then stay it; returns when the Lease was lost."""
        while True:
            began, held = self._clock(), None
            try:
                # What comes later than this is worth nothing, and the next try must be in time.
                async with asyncio.timeout(RENEW_LIMIT_S / 2):
                    held = await self._try()
            except (OperatorError, TimeoutError) as error:
                logger.warning("Lease %s: %s", self.lease, str(error) or "no answer in time")
            if held:
                self._writable_until = began + RENEW_LIMIT_S
                if not self.elected.is_set():
                    logger.info("leading: Lease %s is held by %s", self.lease, self._identity)
                    LEADER.set(1)
                    self.elected.set()
            elif self.elected.is_set() and (held is False or not self.leading()):
                return self._lose()
            await self._sleep(RETRY_S)

    async def release(self) -> None:
        """Give the Lease back, so that another one need not wait until it expires; nothing is written after that."""
        if not self.leading():
            return
        self._writable_until = None
        LEADER.set(0)
        try:
            async with asyncio.timeout(RELEASE_S):
                raw = await self._client.get(path(LEASES, *self.lease))
                if Lease.of(raw).holder == self._identity:
                    await self._write(Lease.of(raw), {"holderIdentity": ""})
        except (OperatorError, TimeoutError) as error:
            logger.warning("Lease %s was not given back: %s", self.lease, str(error) or "no answer in time")

    def _lose(self) -> None:
        logger.error("no longer leading: Lease %s was lost; this process ends", self.lease)
        self._writable_until = None
        LEADER.set(0)
        self.lost.set()

    async def _try(self) -> bool:
        """Take or renew the Lease; return whether this operator holds it."""
        try:
            lease = Lease.of(await self._client.get(path(LEASES, *self.lease)))
        except ApiError as error:
            if error.status != 404:
                raise
            # Also while leading: somebody has deleted it, and whoever makes it again is the leader.
            return await self._take(None)
        if self.elected.is_set():
            # By identity alone a former process of this pod would do; its term is another.
            return lease.holder == self._identity and await self._renew(lease)
        # Of a process that was here before: its container has ended, or this one would not run.
        if lease.holder == self._identity or self._watched.expired(lease, self._clock()):
            return await self._take(lease)
        return False

    async def _renew(self, lease: Lease) -> bool:
        return await self._write(lease, {"renewTime": micro_time(datetime.now(UTC))})

    async def _take(self, before: Lease | None) -> bool:
        now = datetime.now(UTC)
        spec = acquired(before, self._identity, now)
        if self.elected.is_set() or not await self._write(before, spec):
            return False
        self.term = OperatorTerm(lease=str(self.lease), holder=self._identity, since=now)
        return True

    async def _write(self, before: Lease | None, spec: Json) -> bool:
        """Write a spec if nobody has written since ``before`` was read; return whether that was so."""
        try:
            if before:
                body: Json = {"metadata": {"resourceVersion": before.version}, "spec": spec}
                await self._client.patch(path(LEASES, *self.lease), body, fenced=False)
            else:
                meta = self.lease._asdict()
                body = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": meta, "spec": spec}
                await self._client.create(path(LEASES, self.lease.namespace), body, fenced=False)
        except ApiError as error:
            # 409: another one was faster. 404: it was deleted in between, and the next try makes it.
            if error.status not in (404, 409):
                raise
            return False
        return True
