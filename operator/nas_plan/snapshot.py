"""The snapshot: everything known of one search at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from nas_core.api.search_status import LedgerStatus
from nas_core.contract import TrialResult
from nas_core.records.job import JobView
from nas_core.records.pod import PodView
from nas_core.records.quota import QuotaView
from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_plan.limits.room import Room
from nas_storage.faults import StorageFault

LatestMetrics = Mapping[str, Mapping[str, float]]
"""Newest values of running trials by trial name, then metric."""


@dataclass(frozen=True)
class Collected:
    """What a finished Job left behind. ``result`` is None when it certainly left none that can be used."""

    result: TrialResult | None
    log: str | None = None
    fault: str = ""
    """What is wrong with what was written, if it is no result."""


@dataclass(frozen=True)
class KeptTrials:
    """How a search's trials are kept."""

    recorded: frozenset[str]
    """Names of those that the ledger has which the search's status names."""
    objects: frozenset[str]
    """Names of those that have a NASTrial."""
    written: LedgerStatus | None = None
    """The ledger with the segment that was put and read back last, if the status does not name it yet."""
    writing: frozenset[str] = frozenset()
    """Names of the trials of that segment, or of one that is being put."""


@dataclass(frozen=True)
class Snapshot:
    """One search at one moment."""

    now: datetime
    search: SearchView
    trials: tuple[TrialView, ...] = ()
    """Sorted by index; only those that the search owns."""
    jobs: Mapping[str, tuple[JobView, ...]] = field(default_factory=dict)
    """By trial name, sorted by attempt; only those that the trial owns."""
    pods: Mapping[str, tuple[PodView, ...]] = field(default_factory=dict)
    """By Job UID."""
    leftovers: frozenset[str] = frozenset()
    """Trials with a pod that still ends, of a Job that somebody has deleted without waiting for it."""
    collected: Mapping[str, Collected] = field(default_factory=dict)
    """By UID of a finished Job; one that is not here could not be read yet."""
    checkpoints: Mapping[str, str | None] = field(default_factory=dict)
    """By name of a trial that was stopped early and whose pod has ended: address of its newest checkpoint."""
    dropped: frozenset[str] = frozenset()
    """Trials whose checkpoints have been deleted as far as their records say."""
    exported: frozenset[str] = frozenset()
    """Trials of which a NASModel is being made."""
    denied_pods: Mapping[str, str] | None = None
    """By Job UID: why Kubernetes does not create its pod; None as for the metrics."""
    pod_events: Mapping[str, str] | None = None
    """By UID of a pod that has not started for long: what Kubernetes' Events say of it; None as for the metrics."""
    latest_metrics: LatestMetrics | None = None
    """Newest values of running trials; None when there are none since the last look."""
    ledger: KeptTrials | None = None
    """None: the search keeps no ledger, as it has no storage or runs on one machine."""
    storage_fault: StorageFault | None = None
    """Why the storage cannot be used; None when it can, or when there is none."""
    refusal: str | None = None
    """Why the policies of the namespace let no trial run; None when they do."""
    room: Room | None = None
    """What these policies leave for more trials; None when they set no such limit."""
    quotas: tuple[QuotaView, ...] = ()
    """ResourceQuotas of the namespace; none for a search with a fixed number of parallel trials."""
    without_pod: int = 0
    """Jobs of the namespace whose pods are still to be made, so no quota has counted them."""
