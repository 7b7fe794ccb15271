"""Small builders of the objects that the plan's tests speak of, and a world that carries plans out in memory."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from nas_core.api.base import parse_duration
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import DatasetSummary, NASTrialSpec, NASTrialStatus
from nas_core.contract import CandidateResult, TrialResult
from nas_core.quantities import count_gpus
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import (
    ATTEMPT_LABEL,
    SEARCH_LABEL,
    TRIAL_LABEL,
    asked_hash,
    job_name,
    name_of,
    template_hash,
    trial_name,
)
from nas_core.records.pod import PodView
from nas_core.records.search import ReadableSearch, SearchObject, SearchView
from nas_core.records.space import SpaceView
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.actions import Actions
from nas_plan.decide import plan
from nas_plan.resolve import resolve
from nas_plan.snapshot import Collected, Snapshot

DATASET = DatasetSummary(
    address="s3://nas/ns/datasets/5eed/", hash="sha256:5eed", training=1200, validation=300, classes=7
)
"""What a trial finds that prepares data."""
START = datetime(2026, 1, 1, tzinfo=UTC)
Json = dict[str, Any]


def meta(name: str, owner: str | None = None, **changes: Any) -> Meta:
    return Meta("ns", name, f"uid-{name}", 1, changes.get("deleted_at"), owner, "s")


def search(status: NASSearchStatus | None = None, **spec: Any) -> ReadableSearch:
    given = {"task": {"dataset": {"name": "digits"}}, "strategy": {"random": {}, "seed": 1}, **spec}
    read = NASSearchSpec.model_validate(given)
    found = SearchObject(meta("s"), 1, START, (), status or NASSearchStatus(), asked=asked_hash(read.to_dict()))
    return found.readable(read)


def resolved(
    found: SearchView, space: SpaceView | None = None, dataset: DatasetSummary | None = None
) -> ReadableSearch:
    """Return what a search is resolved to; a test that expects an unreadable one looks at it through a World."""
    return cast(ReadableSearch, resolve(found, space, dataset))


@dataclass
class World:
    """What a cluster would hold, changed by plans and by the hand of a test."""

    search: ReadableSearch
    now: datetime = START
    trials: dict[str, TrialView] = field(default_factory=dict)
    jobs: dict[str, JobView] = field(default_factory=dict)
    pods: dict[str, PodView] = field(default_factory=dict)
    results: dict[str, Collected] = field(default_factory=dict)
    """By Job name."""
    extra: dict[str, Any] = field(default_factory=dict)

    def pass_a_second(self, rng: random.Random) -> None:
        """Let a second pass in which each running Job may succeed, fail or go on."""
        self.now += timedelta(seconds=1)
        for job in self.active():
            match rng.randrange(5):
                case 0 | 1:
                    self.succeed(job, rng.random())
                case 2:
                    self.fail(job, 1)

    def snapshot(self) -> Snapshot:
        jobs: dict[str, tuple[JobView, ...]] = {}
        for job in sorted(self.jobs.values(), key=lambda j: j.attempt):
            jobs[job.trial] = (*jobs.get(job.trial, ()), job)
        pods = {self.jobs[name].meta.uid: (pod,) for name, pod in self.pods.items() if name in self.jobs}
        return Snapshot(
            now=self.now,
            search=self.search,
            trials=tuple(sorted(self.trials.values(), key=lambda t: t.spec.index)),
            jobs=jobs,
            pods=pods,
            collected={self.jobs[name].meta.uid: c for name, c in self.results.items() if name in self.jobs},
            **self.extra,
        )

    def step(self, writes: int | None = None) -> Actions:
        """Plan and carry the plan out; with ``writes`` be killed after so many of them."""
        actions = plan(self.snapshot(), 5)
        todo = self._writes(actions)
        for write in todo if writes is None else todo[:writes]:
            write()
        # The record of the data's trial wakes the search: what it leaves open is chosen from the data then.
        prepared = any(r.trial.spec.work == Work.PREPARE and r.status.dataset for r in actions.records)
        if not prepared or writes is not None:
            return actions
        following = self.step()
        return replace(following, events=(*actions.events, *following.events))

    def _writes(self, actions: Actions) -> list[Any]:
        writes: list[Any] = [lambda r=r: self._record(r.trial.meta.name, r.status) for r in actions.records]
        writes += [lambda t=t: self._delete(t.meta.name) for t in actions.delete_trials]
        writes += [lambda j=j: self._stop(j.meta.name) for j in actions.stop_jobs]
        writes += [lambda s=s: self._start(s.trial.meta.name, s.attempt, s.limit_s) for s in actions.start_jobs]
        for spec in actions.create_trials:
            name = name_of("s", spec)
            writes.append(lambda n=name, s=spec: self._create(n, s))
            if not spec.known:
                writes.append(lambda n=name: self._start(n, 1, actions.limit_s))
        if actions.status:
            writes.append(lambda: self._status(actions.status))
        return writes

    def _delete(self, name: str) -> None:
        del self.trials[name]
        self.jobs = {job: view for job, view in self.jobs.items() if view.trial != name}

    def _stop(self, name: str) -> None:
        del self.jobs[name]

    def _status(self, status: NASSearchStatus | None) -> None:
        assert status is not None
        self.search = replace(self.search, status=status)

    def _record(self, name: str, status: NASTrialStatus) -> None:
        assert not self.trials[name].recorded, f"{name} is recorded twice"
        self.trials[name] = replace(self.trials[name], status=status)

    def _create(self, name: str, spec: NASTrialSpec) -> None:
        assert name not in self.trials
        self.trials[name] = TrialView(meta(name, "uid-s"), spec, NASTrialStatus(), asked=self.search.asked)

    def _start(self, trial: str, attempt: int, limit_s: int | None) -> None:
        name, spec = job_name(trial, attempt), self.search.spec
        assert name not in self.jobs
        longest = spec.evaluation.max_trial_duration
        bounds = [limit_s, int(parse_duration(longest).total_seconds()) if longest else None]
        deadline = min((bound for bound in bounds if bound is not None), default=None)
        self.jobs[name] = JobView(
            meta(name, f"uid-{trial}"), trial, attempt, self.now, self.now, None, False, None, "",
            count_gpus(spec.trial_template.resources.limits), template=template_hash(spec), deadline_s=deadline,
            shortened_by="budget.maxGPUHours" if deadline != bounds[1] else None,
            nodes=spec.trial_template.nodes_of(self.trials[trial].spec.work),
        )  # fmt: skip

    def run(self, job: str, phase: str = "Running", **changes: Any) -> None:
        """Give a Job a pod."""
        base = PodView(
            meta(f"{job}-x", f"uid-{job}"), self.now, f"uid-{job}", self.jobs[job].trial, phase, "10.0.0.1", None,
            self.now, None, None, None, "", None, "", None, None,
        )  # fmt: skip
        self.pods[job] = replace(base, **changes)

    def succeed(self, job: str, value: float = 0.5, **metrics: float) -> None:
        """Let a Job complete with a result; of several candidates each next one is worth a hundredth less."""
        self.now += timedelta(seconds=1)
        self.run(job, "Succeeded", finished=self.now, exit_code=0)
        self.jobs[job] = replace(self.jobs[job], complete=True, end_time=self.now)
        trial = self.trials[self.jobs[job].trial]
        if trial.spec.work == Work.PREPARE:
            self.results[job] = Collected(TrialResult(outcome="Succeeded", dataset=DATASET))
            return
        results = [
            CandidateResult(
                id=one.id, outcome="Succeeded", metrics={"val_accuracy": value - place / 100, **metrics},
                checkpoint=f"s3://nas/{one.id}",
            )
            for place, one in enumerate(trial.spec.candidates)
        ]  # fmt: skip
        self.results[job] = Collected(
            TrialResult(outcome="Succeeded", metrics=results[0].metrics, candidates=results if trial.size > 1 else [])
        )

    def fail(
        self, job: str, code: int, result: TrialResult | None = None, reason: str = "BackoffLimitExceeded"
    ) -> None:
        """Let a Job fail with an exit code."""
        self.now += timedelta(seconds=1)
        self.run(job, "Failed", finished=self.now, exit_code=code, exit_reason="Error")
        self.jobs[job] = replace(self.jobs[job], failed_reason=reason, end_time=self.now)
        self.results[job] = Collected(result, "last words")

    def respec(self, **spec: Any) -> None:
        """Change the spec as a user would."""
        given = self.search.spec.to_dict() | spec if isinstance(self.search, ReadableSearch) else spec
        read = NASSearchSpec.model_validate(given)
        asked = asked_hash(read.to_dict())
        self.search = replace(self.search, generation=self.search.generation + 1, asked=asked).readable(read)

    def spoil(self, error: str, generation: int | None = None) -> None:
        """Let the spec be one that cannot be read."""
        changed = replace(self.search, generation=generation or self.search.generation)
        self.search = cast(ReadableSearch, changed.unreadable(error))

    def active(self) -> list[str]:
        return [name for name, job in self.jobs.items() if not job.finished]

    def condition(self, kind: str) -> tuple[str, str]:
        found = next(c for c in self.search.status.conditions if c.type == kind)
        return found.status, found.reason

    def condition_message(self, kind: str) -> str:
        return next(c.message for c in self.search.status.conditions if c.type == kind)


class SlowWorld(World):
    """A world in which a Job stays until its pod is gone."""

    def _stop(self, name: str) -> None:
        self.jobs[name] = replace(self.jobs[name], meta=replace(self.jobs[name].meta, deleted_at=self.now))


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def raw_meta(name: str, owner: str | None = None, labels: dict[str, str] | None = None, **changes: Any) -> Json:
    owners = {"ownerReferences": [{"uid": owner, "controller": True}]} if owner else {}
    given: Json = {"name": name, "namespace": "ns", "uid": f"uid-{name}", "resourceVersion": "1"}
    return (
        given | {"creationTimestamp": stamp(START), "labels": {SEARCH_LABEL: "s"} | (labels or {})} | owners | changes
    )


def raw_search(status: Json | None = None, meta: Json | None = None, **spec: Any) -> Json:
    given = {"task": {"dataset": {"name": "digits"}}, "strategy": {"random": {}, "seed": 1}, **spec}
    return {"kind": "NASSearch", "metadata": raw_meta("s", generation=1) | (meta or {}), "spec": given} | (
        {"status": status} if status else {}
    )


def raw_trial(index: int, status: Json | None = None, **changes: Any) -> Json:
    candidate = {"id": f"id{index}", "architecture": {"0-1": "none"}, "origin": "Random"}
    return {
        "kind": "NASTrial",
        "metadata": raw_meta(trial_name("s", index), "uid-s") | changes,
        "spec": {"index": index, "basis": 0, "seed": 3, "candidates": [candidate]},
    } | ({"status": status} if status else {})


def raw_job(trial: str, attempt: int = 1, status: Json | None = None, **changes: Any) -> Json:
    labels = {TRIAL_LABEL: trial, ATTEMPT_LABEL: str(attempt)}
    return {
        "kind": "Job",
        "metadata": raw_meta(job_name(trial, attempt), f"uid-{trial}", labels) | changes,
        "spec": {"template": {"spec": {"containers": [{"name": "trial"}]}}},
        "status": status or {},
    }


def raw_pod(job: str, trial: str, status: Json | None = None, **changes: Any) -> Json:
    return {
        "kind": "Pod",
        "metadata": raw_meta(f"{job}-x", f"uid-{job}", {TRIAL_LABEL: trial}) | changes,
        "status": status or {},
    }


def raw_space(**spec: Any) -> Json:
    return {"kind": "NASSearchSpace", "metadata": raw_meta("shared", generation=1), "spec": spec}
