"""How many trials each search may start: from the Jobs that exist, and from what was promised a moment ago.

Jobs in the store say what is in use, also after a restart. What a look has been given is kept here until that look has
made its Jobs, so two looks side by side are never given the same slot. Who was given less than it wants is woken when
it has a turn. Everything here runs on the event loop, without a wait in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from nas_core.records.policy import PolicyView
from nas_core.records.search import ReadableSearch, SearchView
from nas_operator.errors import NamespaceUnknown
from nas_operator.kube.store import SearchKey
from nas_operator.kube.stores import Stores
from nas_plan.limits.month import month_cap, needed, set_aside
from nas_plan.limits.room import Caps, Room, explain_wait
from nas_plan.limits.shares import Claimant, Slots, hand_out


@dataclass
class _Claim:
    key: SearchKey
    created: datetime
    need: Slots
    """Of each trial."""
    wants: int
    """Trials beyond those that run."""
    given: int = 0
    """Of these, for a look that has not made its Jobs yet."""

    @property
    def promised(self) -> Slots:
        return Slots().plus(self.need, self.given)


class Reservations:
    """Shares the slots of each namespace among its searches. ``ready`` gets the key of a search that has a turn."""

    def __init__(
        self,
        stores: Stores,
        ready: Callable[[SearchKey], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``now`` is the API server's time."""
        self._stores, self._ready, self._now = stores, ready, now
        self._claims: dict[str, dict[str, _Claim]] = defaultdict(dict)
        """By namespace, then by UID: of searches with a look under way, and of those that wait for a turn."""

    def policies_of(self, namespace: str) -> tuple[PolicyView, ...]:
        """Return the policies of a namespace, by name.

        Raises:
            NamespaceUnknown: if there are policies, and its labels are not known yet.
        """
        policies = self._stores.policies.all()
        if not policies:
            return ()
        found = self._stores.namespaces.get("", namespace)
        if found is None:
            raise NamespaceUnknown(f"the labels of namespace {namespace} are not known yet, which policies go by")
        return tuple(sorted((p for p in policies if p.selects(found)), key=lambda policy: policy.meta.name))

    def room(self, search: ReadableSearch) -> Room | None:
        """Return what a search may start now, and keep that for it; None if no policy bounds it.

        It is kept until :meth:`settle`, :meth:`give_up` or the next call for the search.

        Raises:
            NamespaceUnknown: as :meth:`policies_of`.
        """
        namespace = search.meta.namespace
        caps = self._caps(namespace)
        gpus = search.spec.trial_template.gpus
        if not caps.bound(gpus):
            self._drop(namespace, search.meta.uid)
            return None
        holders = self._holders(namespace)
        has = holders.get(search.meta.name, Slots())
        claim = _Claim(search.meta.key, search.created, Slots(1, gpus, needed(search.spec)), wants=0)
        self._claims[namespace][search.meta.uid] = claim
        if not (search.spec.suspend or search.status.completion_time):
            claim.wants = max(0, search.spec.budget.parallel_trials - has.trials)
        in_use = self._in_use(namespace, holders)
        claim.given = hand_out(caps.most, in_use, self._claimants(namespace, holders))[search.meta.uid]
        return Room(claim.given, explain_wait(caps, in_use, claim.need, holders))

    def settle(self, search: SearchView, held_back: int) -> None:
        """Take back what a look has not used: its Jobs are in the store now. ``held_back`` trials wait for a turn."""
        claim = self._claims.get(search.meta.namespace, {}).get(search.meta.uid)
        if claim is None:
            return
        claim.given, claim.wants = 0, held_back
        if not held_back:
            self._drop(search.meta.namespace, search.meta.uid)
        self.changed(search.meta.namespace)

    def give_up(self, search: SearchView) -> None:
        """Take a search out that can start nothing now."""
        self.forget(search.meta.namespace, search.meta.uid)

    def forget(self, namespace: str, uid: str) -> None:
        """Drop what belongs to a search that is gone."""
        if self._drop(namespace, uid):
            self.changed(namespace)

    def changed(self, namespace: str) -> None:
        """Wake the searches of a namespace that have a turn now."""
        claims = self._claims.get(namespace)
        found = self._stores.namespaces.get("", namespace)
        if not claims or found is None:
            return
        caps, holders = self._caps(namespace), self._holders(namespace)
        in_use = self._in_use(namespace, holders)
        for uid, turns in hand_out(caps.most, in_use, self._claimants(namespace, holders)).items():
            if turns:
                self._ready(claims[uid].key)

    def _caps(self, namespace: str) -> Caps:
        policies = self.policies_of(namespace)
        month = None
        if any(policy.spec.max_gpu_hours_per_month is not None for policy in policies):
            month = month_cap(policies, namespace, self._stores.gpu_runs.of(namespace), self._now())
        return Caps.of(policies, month)

    def _drop(self, namespace: str, uid: str) -> bool:
        claims = self._claims.get(namespace, {})
        known = claims.pop(uid, None) is not None
        if not claims:
            self._claims.pop(namespace, None)
        return known

    def _holders(self, namespace: str) -> dict[str, Slots]:
        """Return what the Jobs of each search hold, by its name."""
        holders: dict[str, Slots] = defaultdict(Slots)
        now = self._now()
        for job in self._stores.unfinished.of(namespace):
            held = Slots(1, job.all_gpus, set_aside(job, now))
            holders[job.meta.search or ""] = holders[job.meta.search or ""].plus(held)
        return holders

    def _in_use(self, namespace: str, holders: Mapping[str, Slots]) -> Slots:
        held = Slots()
        for one in (*holders.values(), *(claim.promised for claim in self._claims[namespace].values())):
            held = held.plus(one)
        return held

    def _claimants(self, namespace: str, holders: Mapping[str, Slots]) -> Iterator[Claimant]:
        for uid, claim in self._claims[namespace].items():
            yield Claimant(
                uid,
                has=holders.get(claim.key[1], Slots()).plus(claim.promised),
                need=claim.need,
                wants=claim.wants - claim.given,
                served=self._stores.unfinished.last_start(claim.key) or claim.created,
            )
