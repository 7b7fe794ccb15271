"""The running operator: watches feed stores, changes in the stores fill queues, workers empty the queues.

Kopf watches the searches, and `nas_operator.handlers` passes them on. Jobs, pods and trials have watches of their own,
because Kopf's indexing is quadratic in their number. Every loop is supervised.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from nas_core.records.names import MANAGED_BY, MODEL_LABEL
from nas_operator.kube.client import (
    JOBS,
    MODELS,
    NAMESPACES,
    PODS,
    POLICIES,
    QUOTAS,
    SEARCHES,
    SPACES,
    TRIALS,
    Client,
    Resource,
)
from nas_operator.kube.controller import Controller
from nas_operator.kube.crd_check import require_current_crds, require_kinds
from nas_operator.kube.job_kinds import Kinds
from nas_operator.kube.relist import Relist
from nas_operator.kube.store import Store
from nas_operator.kube.watch import Watch
from nas_operator.leadership.claims import Claims
from nas_operator.leadership.elector import Elector
from nas_operator.limits.changes import LimitChanges
from nas_operator.limits.status import PolicyReporter
from nas_operator.models.publish import Publisher
from nas_operator.models.reconcile import ModelReconciler
from nas_operator.operator_metrics import EVENT_LOOP_LAG, QUEUE_DEPTH, observe_look
from nas_operator.responsive import measure_lag
from nas_operator.searches.apply import Applier
from nas_operator.searches.collect import Collector
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.knowledge import KnowledgeReader
from nas_operator.searches.live_readings import LiveReader
from nas_operator.searches.planner import Planner
from nas_operator.searches.priority_boosts import PriorityBoosts
from nas_operator.searches.reconcile import Reconciler
from nas_operator.sessions.giver import SessionGiver
from nas_operator.sessions.renewal import Renewal
from nas_operator.settings import Settings
from nas_operator.shared_spaces.status import SpaceReporter
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.ledgers import Ledgers
from nas_operator.storage.objects import Buckets
from nas_operator.supervise import Supervisor
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.left_open import LeftOpen
from nas_operator.tracking.reconcile import Tracker
from nas_operator.trials import Trials
from nas_operator.triggers import Triggers

MODEL_WORKERS, TRACKERS = 4, 16
"""Models looked at at the same time, and searches that are brought to servers for experiments."""
SELECTOR = ",".join(f"{key}={value}" for key, value in MANAGED_BY.items())


@dataclass
class Runtime:
    """Everything that runs, from :meth:`start` to :meth:`stop`. Made by :func:`build_runtime`."""

    client: Client
    triggers: Triggers
    watches: Mapping[str, Watch]
    """By the name of each one's loop."""
    relist: Relist
    controllers: Mapping[str, Controller]
    """By the name of each worker's loop."""
    renewal: Renewal
    left_open: LeftOpen
    elector: Elector | None
    """None: there is no election."""
    job_kinds: Kinds
    """What trials may run as beside Jobs."""
    closing: contextlib.AsyncExitStack
    """What is left to close when no loop runs any more."""
    supervisor: Supervisor = field(default_factory=Supervisor)

    async def start(self) -> None:
        """Open connections, wait until every store has been filled once, start the workers, which wait to be elected.

        Raises:
            OutdatedCRD: if the CRDs are older than this operator.
            OperatorError: if they cannot be read. After either, nothing is left open.
        """
        try:
            await self.client.open()
            # Before the watches, which would wait for ever for the list of a kind that does not exist.
            await require_current_crds(self.client)
            await require_kinds(self.client, self.job_kinds, self.relist.namespaces[0])
            for name, watch in self.watches.items():
                # `partial` binds this watch; a lambda would see the loop's last one.
                self.supervisor.start(name, watch.run, partial(getattr, watch, "fresh_at"))
            await asyncio.gather(*(watch.synced.wait() for watch in self.watches.values()))
            self.relist.fresh_at = time.monotonic()
            self.supervisor.start("list of the searches", self.relist.run, partial(getattr, self.relist, "fresh_at"))
            self.supervisor.start("event loop's lag", partial(measure_lag, EVENT_LOOP_LAG.observe))
            if self.elector:
                self.supervisor.start("leader election", self._elect)
            for name, controller in self.controllers.items():
                self.supervisor.start(name, partial(self._work, controller.work))
            self.supervisor.start("renewal of keys", partial(self._work, self.renewal.run))
            self.supervisor.start("runs of deleted searches", partial(self._work, self.left_open.run))
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """End the loops, then close what they used."""
        await self.supervisor.stop()
        await self.closing.aclose()
        if self.elector:
            # When nothing writes any more, and before the connections are closed.
            await self.elector.release()
        await self.client.close()

    async def _elect(self) -> None:
        assert self.elector
        await self.elector.run()
        # The process ends by now (`nas_operator.__main__`); nothing is to be started again.
        await asyncio.Event().wait()

    async def _work(self, work: Callable[[], Awaitable[None]]) -> None:
        if self.elector:
            await self.elector.elected.wait()
        await work()

    def leading(self) -> bool:
        """Return whether this operator works, and does not wait for another one to end."""
        return self.elector is None or self.elector.leading()

    @property
    def lost_its_lease(self) -> bool:
        """Whether another operator may lead by now, so this process has to end."""
        return self.elector is not None and self.elector.lost.is_set()

    def complaints(self) -> list[str]:
        """Return what is wrong with which loop, and for how long; nothing if all is well."""
        return self.supervisor.complaints() + (["its Lease was lost"] if self.lost_its_lease else [])


def build_runtime(client: Client, settings: Settings) -> Runtime:
    """Put the operator together. Nothing runs yet; called in the event loop that it will run in."""
    triggers = Triggers(client.clock.now, settings.job_kinds)
    stores, wake = triggers.stores, triggers.searches.add
    # Closed in reverse order, so the readers stop before the connections that they use.
    closing = contextlib.AsyncExitStack()
    http = HttpReader()
    closing.push_async_callback(http.close)
    live = LiveReader(client, http, settings.prometheus_url, wake)
    closing.push_async_callback(live.stop)
    planner = Planner(wake)
    closing.callback(planner.stop)
    health = HealthMonitor(time.monotonic, settings.metrics_interval)
    reservations = triggers.reservations
    buckets = Buckets(client, settings, reservations.policies_of)
    sessions = SessionGiver(client, buckets, settings.scoped_storage)
    collector = Collector(client, buckets, health, sessions, wake)
    closing.push_async_callback(collector.stop)
    ledgers = Ledgers(collector.objects, wake)
    closing.push_async_callback(ledgers.stop)
    knowledge = KnowledgeReader(collector.objects, wake)
    closing.push_async_callback(knowledge.stop)
    trials = Trials(stores, ledgers)
    applier = Applier(client, stores, settings, collector.objects, trials, sessions)
    elector = Elector(client, settings.lease, settings.identity or socket.gethostname()) if settings.lease else None
    if elector:
        client.fence = elector.leading
    claims = Claims(client, stores, lambda: elector.term if elector else None)
    gatherer = Gatherer(stores, collector, ledgers, live, knowledge, reservations, settings.trial_image)
    boosts = PriorityBoosts(client, len(settings.priority_boost_after))
    reconciler = Reconciler(
        stores, claims, gatherer, applier, planner, reservations, boosts, settings, client.clock.now
    )
    searches = Controller("search", triggers.searches, reconciler.reconcile, observe_look)
    spaces = Controller("search space", triggers.spaces, SpaceReporter(client, stores.spaces).reconcile)
    modeller = ModelReconciler(client, stores, trials, settings, buckets, reservations.policies_of, sessions)
    models = Controller("model", triggers.models, modeller.reconcile)
    reporter = PolicyReporter(client, stores, settings.namespaces, client.clock.now)
    policies = Controller("policy", triggers.policies, reporter.reconcile)
    changes = LimitChanges(stores, triggers.searches.renew, triggers.policies.renew)
    limits = Controller("limits", triggers.limits, changes.reconcile)
    publishing = Controller("models of search", triggers.publishers, Publisher(client, stores, claims).reconcile)
    tracking = TrackingHttp(settings.tracking_endpoints)
    closing.push_async_callback(tracking.close)
    tracker = Tracker(client, stores, trials, claims, reservations.policies_of, tracking, settings)
    tracked = Controller("tracking of search", triggers.trackers, tracker.reconcile)
    QUEUE_DEPTH.set_function(triggers.searches.__len__)
    return Runtime(
        client=client,
        triggers=triggers,
        watches=_watches(client, settings, triggers),
        relist=Relist(client, SEARCHES, settings.namespaces or (None,), stores.searches),
        controllers={
            "status of search spaces": spaces,
            "publishing of models": publishing,
            "status of policies": policies,
            "changes of policies": limits,
        }
        | {f"worker {n}": searches for n in range(settings.workers)}
        | {f"worker of models {n}": models for n in range(MODEL_WORKERS)}
        | {f"tracker {n}": tracked for n in range(TRACKERS)},
        renewal=Renewal(client, stores, sessions, settings.job_kinds),
        left_open=LeftOpen(client, stores, reservations.policies_of, tracking, settings),
        elector=elector,
        job_kinds=settings.job_kinds,
        closing=closing,
    )


def _watches(client: Client, settings: Settings, triggers: Triggers) -> dict[str, Watch]:
    stores = triggers.stores
    watched: dict[str, tuple[Resource, Store[Any], str | None]] = {
        "search spaces": (SPACES, stores.spaces, None),
        "trials": (TRIALS, stores.trials, SELECTOR),
        "jobs": (JOBS, stores.jobs, SELECTOR),
        "pods": (PODS, stores.pods, SELECTOR),
        "models": (MODELS, stores.models, None),
        "quotas": (QUOTAS, stores.quotas, None),
        "jobs of models": (JOBS, stores.exports, f"{SELECTOR},{MODEL_LABEL}"),
    }
    for name, kind in settings.job_kinds.items():
        watched[f"jobs of kind {name}"] = kind.resource, stores.of_kinds[name], SELECTOR
    of_the_cluster: dict[str, tuple[Resource, Store[Any]]] = {
        "policies": (POLICIES, stores.policies),
        "namespaces": (NAMESPACES, stores.namespaces),
    }
    return {
        f"watch of {name}" + (f" in {namespace}" if namespace else ""): Watch(
            client, resource, namespace, store, selector
        )
        for name, (resource, store, selector) in watched.items()
        for namespace in settings.namespaces or (None,)
    } | {f"watch of {name}": Watch(client, resource, None, store) for name, (resource, store) in of_the_cluster.items()}
