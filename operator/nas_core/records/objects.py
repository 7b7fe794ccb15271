"""Views: what the plan needs of each Kubernetes object, read from its raw JSON.

They are between the watches, which keep only these views, and the plan, which never sees raw JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, Self

from pydantic import ValidationError

from nas_core.api.curve import Curve
from nas_core.api.guidance import Injection
from nas_core.api.pod_metadata import QUEUE_LABEL
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, InitialModel, NASSearchStatus, SupernetStatus
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.storage import Storage
from nas_core.api.template import MOST_NODES
from nas_core.api.trial import CandidateSpec, NASTrialSpec, NASTrialStatus
from nas_core.clocks import is_recent
from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED, EXIT_OK
from nas_core.crd.explain import explain
from nas_core.history import Earlier, Observation, Pending
from nas_core.quantities import count_gpus
from nas_core.reasons import SearchReason
from nas_core.records.chosen import complete
from nas_core.records.conditions import find, is_true
from nas_core.records.names import (
    ASKED_ANNOTATION,
    ATTEMPT_LABEL,
    INDEX_LABEL,
    JOB_KIND_LABEL,
    SEARCH_LABEL,
    SESSION_ANNOTATION,
    SHORTENED_ANNOTATION,
    TEMPLATE_ANNOTATION,
    TRIAL_CONTAINER,
    TRIAL_LABEL,
    asked_hash,
    job_name,
)
from nas_core.states import ConditionType, Outcome, State, Work

if TYPE_CHECKING:  # takes a tenth of a second, which a command line waits for
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Json = dict[str, Any]

_NEVER = datetime.min.replace(tzinfo=UTC)
SAID = 512
"""Characters of what an init container said last that are kept."""
POD_GRACE_S = 30
"""Kubernetes' default of terminationGracePeriodSeconds."""
OTHERS_GRACE = timedelta(seconds=10)
"""How long other containers of a pod may outlive the trial's before the Job is not waited for any longer."""


def parse_time(text: str | None) -> datetime | None:
    """Turn an RFC 3339 time of the API server into an aware datetime."""
    # Python reads the Z of RFC 3339 from 3.11 on.
    return datetime.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Meta:
    """The part of `metav1.ObjectMeta` that matters here."""

    namespace: str
    """Empty for a kind that belongs to no namespace."""
    name: str
    uid: str
    resource_version: int
    deleted_at: datetime | None
    """When its graceful deletion is (or was) due to end; None while nobody deletes it."""
    owner_uid: str | None
    search: str | None

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> Self:
        """Cut the metadata out of a raw object."""
        meta = raw["metadata"]
        # Of several owners at most one is the controller, the one that is in charge.
        owners = [owner["uid"] for owner in meta.get("ownerReferences", ()) if owner.get("controller")]
        return cls(
            namespace=meta.get("namespace", ""),
            name=meta["name"],
            uid=meta["uid"],
            resource_version=int(meta["resourceVersion"]),
            deleted_at=parse_time(meta.get("deletionTimestamp")),
            owner_uid=owners[0] if owners else None,
            search=meta.get("labels", {}).get(SEARCH_LABEL),
        )

    @property
    def deleting(self) -> bool:
        """Whether its deletion has begun."""
        return self.deleted_at is not None

    @property
    def key(self) -> tuple[str, str]:
        """Namespace and name."""
        return self.namespace, self.name


class View(Protocol):
    """An object as the stores keep it."""

    @property
    def meta(self) -> Meta:
        """Its metadata."""
        ...


@dataclass(frozen=True)
class SearchObject:
    """What every NASSearch has, whether its spec can be read or not."""

    meta: Meta
    generation: int
    created: datetime
    finalizers: tuple[str, ...]
    status: NASSearchStatus
    raw_status: Json = field(default_factory=dict, compare=False, kw_only=True)
    asked: str | None = field(default=None, kw_only=True)
    """`nas_core.records.names.asked_hash` of the spec, without what follows from it."""

    @property
    def begun(self) -> bool:
        """Whether candidates have been given trials, so that what results depend on cannot change any more."""
        return self.status.first_trial_time is not None or self.status.trials.total > 0

    def readable(self, spec: NASSearchSpec) -> ReadableSearch:
        """Return the search with its spec."""
        return ReadableSearch(**self._common, spec=spec)

    def unreadable(self, error: str, reason: SearchReason = SearchReason.INVALID_SPEC) -> UnreadableSearch:
        """Return the search as one for which nothing can be done."""
        return UnreadableSearch(**self._common, error=error, reason=reason)

    @property
    def storage(self) -> Storage | None:
        """Where it keeps results and checkpoints; None also while that cannot be read."""
        return None

    @property
    def space_ref(self) -> str | None:
        """Name of the NASSearchSpace that it refers to; None also while that cannot be read."""
        return None

    @property
    def supernet_ref(self) -> str | None:
        """Name of the search whose shared weights it uses; None also while that cannot be read."""
        return None

    @property
    def model_ref(self) -> str | None:
        """Name of the NASModel from whose weights it starts; None also while that cannot be read."""
        return None

    @property
    def earlier_refs(self) -> tuple[str, ...]:
        """Names of the earlier searches whose results are used; none also while that cannot be read."""
        return ()

    @property
    def imported_refs(self) -> tuple[str, ...]:
        """Names of the imported results that it begins with; none also while that cannot be read."""
        return ()

    @property
    def injections(self) -> Sequence[Injection]:
        """The candidates of other searches that it is to try; none also while that cannot be read."""
        return ()

    @property
    def _common(self) -> dict[str, Any]:
        # Not `asdict`, which would copy the whole status.
        return {of.name: getattr(self, of.name) for of in fields(SearchObject)}


@dataclass(frozen=True)
class ReadableSearch(SearchObject):
    """A NASSearch whose spec can be read."""

    spec: NASSearchSpec
    strategy_reason: str | None = None
    """Why the spec has the strategy it has, if that was chosen for it."""
    chosen: tuple[ChosenSetting, ...] = ()
    """What was chosen for other fields that it leaves open; the spec has it."""
    supernet: SupernetStatus | None = None
    """The shared weights of another search that it uses."""
    initial_model: InitialModel | None = None
    """The model from whose weights it starts; the spec has its address."""
    earlier: tuple[Earlier, ...] = ()
    """Results of earlier searches that have been read and are not on record yet."""
    injected: tuple[CandidateSpec, ...] = ()
    """Candidates of other searches that it is to try and has not tried yet."""
    injection_fault: str | None = None
    """Why one of those that it is to try cannot be had: names field and remedy."""
    knowledge_read: bool = False
    """Whether ``earlier`` has what the search takes of its namespace's knowledge base, and what was imported."""

    @property
    def storage(self) -> Storage | None:
        """Where it keeps results and checkpoints."""
        return self.spec.storage

    @property
    def space_ref(self) -> str | None:
        """Name of the NASSearchSpace that it refers to."""
        return self.spec.search_space.ref.name if self.spec.search_space.ref else None

    @property
    def space_taken(self) -> SearchSpaceSpec | None:
        """The space that its results are of: a shared one as it was when the search began, None before that."""
        space = self.spec.search_space
        return self.status.search_space if space.ref else space.described

    @property
    def supernet_ref(self) -> str | None:
        """Name of the search whose shared weights it uses."""
        shared = self.spec.evaluation.supernet
        return shared.from_.search if shared and shared.from_ else None

    @property
    def model_ref(self) -> str | None:
        """Name of the NASModel from whose weights it starts; None once its address is in the spec's place."""
        return self.spec.evaluation.init_from.model if self.spec.evaluation.init_from else None

    @property
    def earlier_refs(self) -> tuple[str, ...]:
        """Names of the earlier searches whose results are used, in the order of the spec."""
        found = self.spec.warm_start or self.spec.evaluation.learns_from
        return tuple(dict.fromkeys(found.searches or ())) if found else ()

    @property
    def imported_refs(self) -> tuple[str, ...]:
        """Names of the imported results that it begins with, in the order of the spec."""
        return tuple(dict.fromkeys(self.spec.warm_start.imported or ())) if self.spec.warm_start else ()

    @property
    def injections(self) -> Sequence[Injection]:
        """The candidates of other searches that it is to try."""
        return self.spec.guidance.inject_from if self.spec.guidance else ()


@dataclass(frozen=True)
class UnreadableSearch(SearchObject):
    """A NASSearch whose spec, or what it refers to, cannot be used."""

    error: str
    """Names field, value and remedy."""
    reason: SearchReason


SearchView = ReadableSearch | UnreadableSearch


def read_search(raw: Mapping[str, Any]) -> SearchView:
    """Cut the view out of a raw object; a spec that an older or newer CRD let in is reported, not raised."""
    meta = raw["metadata"]
    search = SearchObject(
        meta=Meta.of(raw),
        generation=meta.get("generation", 0),
        created=datetime.fromisoformat(meta["creationTimestamp"]),
        finalizers=tuple(meta.get("finalizers", ())),
        status=NASSearchStatus.model_validate(raw.get("status", {})),
        raw_status=raw.get("status", {}),
        asked=asked_hash(raw.get("spec", {})),
    )
    try:
        spec = NASSearchSpec.model_validate(raw.get("spec", {}))
        plan = search.status.plan
        return search.readable(complete(spec, plan.chosen) if plan and search.begun else spec)
    except ValidationError as invalid:
        return search.unreadable("; ".join(explain(fault) for fault in invalid.errors()))
    except Exception as bug:
        # Its owner reads of a bug as of a fault of the spec; the other searches go on.
        return search.unreadable(f"spec: {type(bug).__name__}: {bug}")


@dataclass(frozen=True)
class SpaceView:
    """A NASSearchSpace. ``spec`` is None when the stored object cannot be read; ``error`` says why."""

    meta: Meta
    generation: int
    spec: SearchSpaceSpec | None
    error: str | None = None
    raw_status: Json = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> SpaceView:
        """Cut the view out of a raw object."""
        # Here: spaces need numpy, which who looks at searches does not wait for.
        from nas_core.spaces import get_space

        spec, error = None, None
        try:
            spec = SearchSpaceSpec.model_validate(raw.get("spec", {}))
            # Decisions that are fine by themselves may not fit together, which only making the space shows.
            get_space(spec)
        except ValidationError as invalid:
            error = "; ".join(explain(fault) for fault in invalid.errors())
        except ValueError as invalid:
            spec, error = None, f"spec: {invalid}"
        except Exception as bug:
            spec, error = None, f"spec: {type(bug).__name__}: {bug}"
        return cls(Meta.of(raw), raw["metadata"].get("generation", 0), spec, error, raw.get("status", {}))


@dataclass(frozen=True)
class TrialView:
    """A NASTrial. Derived values are cached, because every look at a search goes through all of its trials."""

    meta: Meta
    spec: NASTrialSpec
    status: NASTrialStatus
    raw_status: Json = field(default_factory=dict, compare=False)
    asked: str | None = None
    """For which spec it was made, as `SearchObject.asked` has it; None of one that does not say."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> TrialView:
        """Cut the view out of a raw object."""
        return cls(
            meta=Meta.of(raw),
            spec=NASTrialSpec.model_validate(raw["spec"]),
            status=NASTrialStatus.model_validate(raw.get("status", {})),
            raw_status=raw.get("status", {}),
            asked=raw["metadata"].get("annotations", {}).get(ASKED_ANNOTATION),
        )

    @cached_property
    def recorded(self) -> bool:
        """Whether the trial has ended and its result is part of the history."""
        return self.status.sequence is not None

    @property
    def compared(self) -> bool:
        """Whether its results have a place among those that are compared: only a training has."""
        return self.spec.work not in (Work.SCORE, Work.PREPARE, Work.SUPERNET, Work.EARLIER)

    @cached_property
    def succeeded(self) -> bool:
        """Whether it ended with what it is for: metrics, or a data set."""
        return is_true(self.status.conditions, ConditionType.SUCCEEDED)

    @cached_property
    def refused(self) -> bool:
        """Whether it ended without training, as none of its candidates keeps the constraints."""
        succeeded = find(self.status.conditions, ConditionType.SUCCEEDED)
        return succeeded is not None and succeeded.reason == Outcome.REFUSED

    @cached_property
    def refusals(self) -> int:
        """How many of its candidates were not trained because they break a constraint."""
        return len(self.refused_indices)

    @cached_property
    def refused_indices(self) -> frozenset[int]:
        """The places in the search of those candidates."""
        # A trial of one candidate has no list of them: the trial as a whole stands for it.
        if self.refused and not self.status.candidates:
            return frozenset(range(self.spec.index, self.next_index))
        outcomes = enumerate(self.status.candidates, self.spec.index)
        return frozenset(index for index, one in outcomes if one.outcome == Outcome.REFUSED)

    @cached_property
    def size(self) -> int:
        """How many candidates it evaluates."""
        return len(self.spec.candidates)

    @cached_property
    def next_index(self) -> int:
        """The place in the search after its last candidate's."""
        return self.spec.index + self.size

    @cached_property
    def observations(self) -> tuple[Observation, ...]:
        """What the strategy sees of it once it is recorded, one a candidate; one that failed has no metrics."""
        assert self.status.sequence is not None, "only recorded trials are seen"
        return tuple(
            Observation(
                self.spec.index + place,
                self.status.sequence + place,
                candidate,
                self._metrics(place),
                self.spec.epochs,
            )
            for place, candidate in enumerate(self.spec.candidates)
        )

    @cached_property
    def pending(self) -> tuple[Pending, ...]:
        """What the strategy sees of it until then."""
        return tuple(
            Pending(self.spec.index + place, candidate, self.spec.epochs)
            for place, candidate in enumerate(self.spec.candidates)
        )

    @cached_property
    def points(self) -> tuple[Ints, Mapping[str, Floats]]:
        """Its curve as arrays of one length: epochs, and values by metric."""
        import numpy as np

        curve = self.status.curve or Curve()
        return np.array(curve.epochs, dtype=np.int64), {name: np.array(column) for name, column in curve.values.items()}

    @cached_property
    def failed(self) -> Mapping[int, str]:
        """Why its candidates failed, once it is recorded: by the place in the search, reason and message of each."""
        indices = range(self.spec.index, self.next_index)
        if not (self.succeeded or self.refused):
            failed = find(self.status.conditions, ConditionType.FAILED)
            # A trial that failed as a whole has failed for each of its candidates.
            return dict.fromkeys(indices, f"{failed.reason}: {failed.message}" if failed else "failed")
        outcomes = zip(indices, self.status.candidates, strict=False)
        return {index: f"{c.reason}: {c.message}" for index, c in outcomes if c.outcome == Outcome.FAILED}

    @property
    def failures(self) -> tuple[str, ...]:
        """The same without the places, in their order."""
        return tuple(self.failed.values())

    @cached_property
    def retries(self) -> tuple[int, ...]:
        """The places of the failed candidates that it tries again."""
        return tuple(parent for one in self.spec.candidates if one.origin == "Retry" for parent in one.parents)

    @property
    def writes_checkpoint(self) -> bool:
        """Whether it was stopped early and the address of its last checkpoint is not known yet."""
        progressing = find(self.status.conditions, ConditionType.PROGRESSING)
        return (
            self.status.stop_evidence is not None and progressing is not None and progressing.reason == State.STOPPING
        )

    @property
    def drops_checkpoints(self) -> bool:
        """Whether checkpoints of it are to be deleted, as its record says."""
        return self.status.checkpoints in ("DeletingOlder", "DeletingAll")

    def checkpoint(self, index: int) -> str | None:
        """Return the address of the weights of the candidate with a place in the search."""
        candidates = self.status.candidates
        return candidates[index - self.spec.index].checkpoint if candidates else self.status.checkpoint

    def _metrics(self, place: int) -> Mapping[str, float] | None:
        if not (self.succeeded or self.refused):
            return None
        if not self.status.candidates:
            return self.status.metrics
        candidate = self.status.candidates[place]
        # Metrics of a failure are on record for people, but nothing may be decided by them.
        return None if candidate.outcome == Outcome.FAILED else candidate.metrics


def observed(trials: Iterable[TrialView]) -> list[Observation]:
    """Return what a strategy sees of those trials that are recorded."""
    return [seen for trial in trials if trial.recorded for seen in trial.observations]


def by_result(trials: Iterable[TrialView]) -> dict[int, TrialView]:
    """Return the recorded trials by the sequence numbers of their results."""
    return {result.sequence: trial for trial in trials if trial.recorded for result in trial.observations}


@dataclass(frozen=True)
class JobView:
    """A Job: one attempt of a trial."""

    meta: Meta
    trial: str
    attempt: int
    created: datetime
    start_time: datetime | None
    end_time: datetime | None
    complete: bool
    failed_reason: str | None
    failed_message: str
    gpus: int
    """Of each of its pods."""
    suspended: bool = False
    """Whether somebody holds it (KEP-2232): Kubernetes makes no pod until that is over."""
    queue: str | None = None
    """Name of the queue that admits it: nobody else changes whether it is suspended."""
    grace_s: int = POD_GRACE_S
    """Seconds that its pod may take to end."""
    failing_since: datetime | None = None
    """When Kubernetes began to end its pods because it fails; it has failed when they have ended."""
    template: str | None = None
    """What it was made from, as `nas_core.records.names.template_hash` has it; None of one that does not say."""
    deadline_s: int | None = None
    """Seconds that it may take from its start."""
    shortened_by: str | None = None
    """The field of the budget by which that is less than evaluation.maxTrialDuration."""
    nodes: int = 1
    """Over how many pods it runs, each with ``gpus``."""
    kind: str | None = None
    """What it is, by the chart's name, if it is no Job: nobody but the operator enforces its deadline then."""
    session_secret: str | None = None
    """Name of the Secret with the short-lived keys of its pods; None: they have none."""

    @classmethod
    def of(cls, raw: Mapping[str, Any], kind: str | None = None) -> JobView:
        """Cut the view out of a raw object; one of another ``kind`` has the form of a Job by now."""
        meta, status = raw["metadata"], raw.get("status", {})
        # Only Complete and Failed are final: FailureTarget and SuccessCriteriaMet come while pods still end.
        conditions = {c["type"]: c for c in status.get("conditions", ()) if c["status"] == "True"}
        failed, complete = conditions.get("Failed"), conditions.get("Complete")
        ended = failed or complete
        container = _of_trial(raw["spec"]["template"]["spec"]["containers"])
        limits = container.get("resources", {}).get("limits", {})
        return cls(
            meta=Meta.of(raw),
            trial=meta.get("labels", {}).get(TRIAL_LABEL, ""),
            attempt=int(meta.get("labels", {}).get(ATTEMPT_LABEL, "0")),
            created=datetime.fromisoformat(meta["creationTimestamp"]),
            start_time=parse_time(status.get("startTime")),
            # Kubernetes sets completionTime only for a Job that has succeeded.
            end_time=parse_time(status.get("completionTime") or (ended or {}).get("lastTransitionTime")),
            complete=complete is not None,
            failed_reason=failed.get("reason", "Failed") if failed else None,
            failed_message=failed.get("message", "") if failed else "",
            gpus=count_gpus(limits),
            suspended=raw["spec"].get("suspend", False),
            queue=meta.get("labels", {}).get(QUEUE_LABEL) or None,
            grace_s=raw["spec"]["template"]["spec"].get("terminationGracePeriodSeconds", POD_GRACE_S),
            failing_since=parse_time(conditions.get("FailureTarget", {}).get("lastTransitionTime")),
            template=meta.get("annotations", {}).get(TEMPLATE_ANNOTATION),
            deadline_s=raw["spec"].get("activeDeadlineSeconds"),
            shortened_by=meta.get("annotations", {}).get(SHORTENED_ANNOTATION),
            # The Job may be anybody's.
            nodes=min(raw["spec"].get("completions") or 1, MOST_NODES),
            kind=kind,
            session_secret=meta.get("annotations", {}).get(SESSION_ANNOTATION),
        )

    @property
    def pods_key(self) -> str:
        """What its pods know it by: its UID; other kinds may put owners between, so of them namespace and name."""
        return _key(*self.meta.key) if self.kind else self.meta.uid

    @property
    def all_gpus(self) -> int:
        """GPUs of all its pods."""
        return self.nodes * self.gpus

    @property
    def held_by(self) -> str | None:
        """Name of the queue that holds it; None if none does."""
        return self.queue if self.suspended else None

    @property
    def finished(self) -> bool:
        """Whether Kubernetes will do nothing more for it."""
        return self.complete or self.failed_reason is not None


@dataclass(frozen=True)
class PodView:
    """A pod of a trial's Job; the container fields are those of the trial's own container."""

    meta: Meta
    created: datetime
    job: str | None
    """The `pods_key` of its Job; None if it belongs to none."""
    trial: str
    phase: str
    ip: str | None
    reason: str | None
    started: datetime | None
    finished: datetime | None
    exit_code: int | None
    exit_reason: str | None
    message: str
    waiting: str | None
    waiting_message: str
    unschedulable: str | None
    image_id: str | None
    stop_asked: datetime | None = None
    """When somebody asked for its deletion."""
    gpus: int = 0
    """Of the trial's own container, by its limits."""
    failed_before: str | None = None
    """How an init container has ended, if one has failed: the trial's own has never begun."""
    node: int = 0
    """Which of its Job's pods it is: the first one, which tells the result, or another one."""

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> PodView:
        """Cut the view out of a raw object."""
        meta, status, labels = Meta.of(raw), raw.get("status", {}), raw["metadata"].get("labels", {})
        container = _of_trial(status.get("containerStatuses", ()))
        state = container.get("state", {})
        terminated, waiting, running = state.get("terminated"), state.get("waiting"), state.get("running")
        unschedulable = [
            c.get("message", c.get("reason", "Unschedulable"))
            for c in status.get("conditions", ())
            if c["type"] == "PodScheduled" and c["status"] == "False"
        ]
        return cls(
            meta=meta,
            created=datetime.fromisoformat(raw["metadata"]["creationTimestamp"]),
            job=_named(meta.namespace, labels) if JOB_KIND_LABEL in labels else meta.owner_uid,
            trial=labels.get(TRIAL_LABEL, ""),
            phase=status.get("phase", "Pending"),
            ip=status.get("podIP"),
            reason=status.get("reason"),
            # The time of the start is kept when the container's state changes from running to terminated.
            started=parse_time((running or terminated or {}).get("startedAt")),
            finished=parse_time((terminated or {}).get("finishedAt")),
            exit_code=terminated.get("exitCode") if terminated else None,
            exit_reason=terminated.get("reason") if terminated else None,
            message=(terminated or {}).get("message", ""),
            waiting=(waiting or {}).get("reason"),
            waiting_message=(waiting or {}).get("message", ""),
            unschedulable=unschedulable[0] if unschedulable else None,
            image_id=container.get("imageID") or None,
            stop_asked=_asked(raw["metadata"], meta),
            gpus=count_gpus(
                _of_trial(raw.get("spec", {}).get("containers", ())).get("resources", {}).get("limits", {})
            ),
            failed_before=_failed_before(status),
            node=_node(labels.get(INDEX_LABEL, "")),
        )

    @property
    def ended(self) -> bool:
        """Whether its containers have ended for good."""
        return self.phase in ("Succeeded", "Failed")

    @property
    def runs(self) -> bool:
        """Whether the trial's container runs."""
        # A pod that is being deleted keeps the phase Running until its containers have ended, and one with containers
        # of others is Running as soon as one of them is.
        return self.phase == "Running" and not (self.meta.deleting or self.waiting or self.exit_code is not None)

    @property
    def ended_by_itself(self) -> bool:
        """Whether the trial's container had ended before somebody asked for the pod's deletion."""
        # The time of asking is lost when kubelet removes the pod: it then has that of the removal. But who is killed
        # from outside has not ended by itself.
        if self.exit_code in KILLED and self.exit_reason != "OOMKilled":
            return False
        return self.finished is not None and (self.stop_asked is None or self.finished < self.stop_asked)

    @property
    def failed_by_itself(self) -> bool:
        """Whether it has failed, and neither because it was stopped nor because somebody took it away."""
        if self.exit_code is None:
            return self.phase == "Failed" and not self.meta.deleting
        return self.exit_code not in (EXIT_OK, EXIT_CHECKPOINTED) and self.ended_by_itself


KILLED = (128 + 9, 128 + 15)
"""Exit codes of a container that SIGKILL or SIGTERM has ended."""


def _asked(raw: Mapping[str, Any], meta: Meta) -> datetime | None:
    """Return when a deletion was asked for: deletionTimestamp is the end of the grace period."""
    grace = timedelta(seconds=raw.get("deletionGracePeriodSeconds") or 0)
    return meta.deleted_at - grace if meta.deleted_at else None


def _named(namespace: str, labels: Mapping[str, str]) -> str:
    return _key(namespace, job_name(labels.get(TRIAL_LABEL, ""), int(labels.get(ATTEMPT_LABEL, "0"))))


def _key(namespace: str, name: str) -> str:
    return f"{namespace}/{name}"


def _node(label: str) -> int:
    # Anybody may make a pod with such a label.
    return min(int(label), MOST_NODES) if label.isdecimal() else 0


def _failed_before(status: Json) -> str | None:
    for container in status.get("initContainerStatuses", ()):
        ended = container.get("state", {}).get("terminated")
        if ended and ended["exitCode"]:
            said = f": {ended['message'].strip()[-SAID:]}" if ended.get("message") else ""
            return f"its init container {container['name']} ended with exit code {ended['exitCode']}{said}"
    return None


def _of_trial(containers: Iterable[Json]) -> Json:
    return next((c for c in containers if c["name"] == TRIAL_CONTAINER), {})


def ended_beside_others(pods: Iterable[PodView], now: datetime) -> PodView | None:
    """Return the pod whose trial has ended while others go on, if they have done so for a while.

    Others are containers beside the trial's or, where the first pod of several has ended well, the other pods.
    """
    pods = tuple(pods)
    beside = any(not pod.ended for pod in pods if pod.node)
    return next(
        (
            pod
            for pod in pods
            if (pod.phase == "Running" or (beside and pod.node == 0 and pod.exit_code == EXIT_OK))
            and pod.exit_code is not None
            and not pod.meta.deleting
            and not is_recent(pod.finished or pod.created, now, OTHERS_GRACE)
        ),
        None,
    )


def past_deadline(job: JobView, pods: Iterable[PodView], now: datetime) -> bool:
    """Whether the pod of a kind that has no deadline of its own has run for longer than it may."""
    if job.kind is None or job.deadline_s is None or job.finished:
        return False
    started = min((pod.started for pod in pods if pod.started), default=now)
    return now - started > timedelta(seconds=job.deadline_s)


def run_seconds(pods: Iterable[PodView], now: datetime) -> float:
    """Return how long the trial's containers in some pods have run, all together."""
    # The two times may come from the clocks of different machines.
    spans = [(pod.finished or now) - pod.started for pod in pods if pod.started]
    return sum(max(0.0, span.total_seconds()) for span in spans)


def last_pod(pods: Iterable[PodView]) -> PodView | None:
    """Return the pod that ended (or started) last."""
    # Of equal times the name decides, so that every look sees the same pod.
    return max(pods, key=lambda pod: (pod.finished or pod.started or _NEVER, pod.meta.name), default=None)


def telling_pod(pods: Iterable[PodView]) -> PodView | None:
    """Return the pod whose end tells how an attempt has ended: of one pod at a time the last one.

    Of several side by side it is the first one's if that ended well, as it alone tells the result; else that of the
    one which failed by itself first, as the others fail or are stopped for it; else of one that somebody took away.
    """
    pods = tuple(pods)
    first = last_pod(pod for pod in pods if pod.node == 0)
    if not any(pod.node for pod in pods) or (first and first.exit_code == EXIT_OK):
        return first
    # Of each the newest: those before it were stopped, and took up again.
    newest = {pod.node: pod for pod in sorted(pods, key=lambda pod: pod.created)}
    over = (pod for pod in newest.values() if pod.ended or pod.exit_code is not None)
    ended = sorted(over, key=lambda pod: (pod.finished or pod.created, pod.node))
    rejected = (pod for pod in ended if pod.exit_code == EXIT_CANDIDATE)
    failed = (pod for pod in ended if pod.failed_by_itself)
    taken = (pod for pod in ended if pod.meta.deleting or pod.exit_code in KILLED)
    return next(chain(rejected, failed, taken), first)
