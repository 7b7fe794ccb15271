"""Snapshots of large searches, as the operator's plan gets them: recorded trials, running ones with a Job, scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.trial import CandidateSpec, NASTrialSpec, NASTrialStatus
from nas_core.api.types import PROXY_PREFIX
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import TRIAL_CONTAINER, job_name, name_of, template_hash
from nas_core.records.pod import PodView
from nas_core.records.search import ReadableSearch, SearchObject
from nas_core.records.trial import TrialView
from nas_core.spaces import get_space
from nas_core.states import Work
from nas_plan.snapshot import Snapshot
from nas_search.strategy import candidate_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WIDE = {"decisions": [{"name": f"d{k}", "choice": [f"v{j}" for j in range(64)]} for k in range(110)]}
"""As many options as a space may have that its users describe, or nearly so."""
CELLS = {"name": "nas-bench-301"}
Json = dict[str, Any]


def search(space: Json, strategy: Json, parallel: int, objectives: int, **spec: Any) -> ReadableSearch:
    """Return a search whose spec asks for these."""
    goals = [{"metric": "val_accuracy"}, {"metric": "latency_ms", "goal": "minimize"}][:objectives]
    read = NASSearchSpec.model_validate(
        {
            "task": {"dataset": {"name": "digits"}},
            "searchSpace": space,
            "strategy": {**strategy, "seed": 1},
            "objectives": goals,
            "budget": {"maxTrials": 20_000, "parallelTrials": parallel, "maxFailedTrials": 20_000},
            **spec,
        }
    )
    return SearchObject(_meta("s", None), 1, NOW, (), NASSearchStatus()).readable(read)


class Going:
    """A search that goes on: some trials on record, some that run, and one after the other that ends."""

    def __init__(self, asked: ReadableSearch, recorded: int, running: int) -> None:
        """Begin with random candidates; one in twenty has failed."""
        self.search, self._rng = asked, np.random.default_rng(0)
        self._template = template_hash(asked.spec)
        space = get_space(asked.spec.search_space, asked.spec.hyperparameters)
        drawn = (candidate_of(space, space.sample(self._rng), "Random") for _ in range(recorded + running))
        self.trials = [_trial(index, max(0, index - running), [one]) for index, one in enumerate(drawn)]
        for index in range(recorded):
            self.trials[index] = replace(self.trials[index], status=self._ended(index + 1))
        self._recorded = recorded
        self._jobs = {trial.meta.name: self._job(trial) for trial in self.trials}
        self._pods = {job.meta.uid: _pod(job) for job in self._jobs.values()}

    def snapshot(self) -> Snapshot:
        """Return it as a look finds it: what has not changed is the same object as before."""
        going = self.trials[self._recorded :]
        jobs = {trial.meta.name: (self._jobs[trial.meta.name],) for trial in going}
        pods = {job.meta.uid: (self._pods[job.meta.uid],) for (job,) in jobs.values()}
        return Snapshot(NOW, self.search, tuple(self.trials), jobs, pods)

    def end_one(self) -> None:
        """Put the oldest that runs on record."""
        self.trials[self._recorded] = replace(self.trials[self._recorded], status=self._ended(self._recorded + 1))
        self._recorded += 1

    def begin(self, made: Sequence[NASTrialSpec], status: NASSearchStatus | None) -> None:
        """Take over what a plan has asked for."""
        for spec in made:
            trial = TrialView(_meta(name_of("s", spec), "uid-s"), spec, NASTrialStatus())
            job = self._jobs[trial.meta.name] = self._job(trial)
            self._pods[job.meta.uid] = _pod(job)
            self.trials.append(trial)
        if status:
            self.search = replace(self.search, status=status)

    def _ended(self, sequence: int) -> NASTrialStatus:
        value, cost, fate = self._rng.random(3).tolist()
        outcome = "Succeeded" if fate < 0.95 else "Failed"
        conditions = [{"type": outcome, "status": "True", "reason": outcome, "lastTransitionTime": NOW}]
        metrics = {"val_accuracy": value, "latency_ms": cost} if outcome == "Succeeded" else {}
        return NASTrialStatus.model_validate({"sequence": sequence, "conditions": conditions, "metrics": metrics})

    def _job(self, trial: TrialView) -> JobView:
        made = NOW - timedelta(minutes=1)
        return JobView(
            meta=_meta(job_name(trial.meta.name, 1), trial.meta.uid),
            trial=trial.meta.name,
            attempt=1,
            created=made,
            start_time=made,
            end_time=None,
            complete=False,
            failed_reason=None,
            failed_message="",
            gpus=0,
            template=self._template,
        )


def scored(asked: ReadableSearch, scoring: Sequence[NASTrialSpec]) -> tuple[TrialView, ...]:
    """Return the trials that score, all on record with the scores of their candidates."""
    rng, proxies = np.random.default_rng(0), asked.spec.strategy.zero_cost.proxies  # type: ignore[union-attr]
    conditions = [{"type": "Succeeded", "status": "True", "reason": "Succeeded", "lastTransitionTime": NOW}]
    draw = partial(dict.fromkeys, [PROXY_PREFIX + name for name in proxies])
    return tuple(
        TrialView(
            _meta(name_of("s", spec), "uid-s"),
            spec,
            NASTrialStatus.model_validate(
                {
                    "sequence": place + 1,
                    "conditions": conditions,
                    "candidates": [
                        {"id": one.id, "outcome": "Succeeded", "metrics": draw(float(rng.random()))}
                        for one in spec.candidates
                    ],
                }
            ),
        )
        for place, spec in enumerate(scoring)
    )


def _trial(index: int, basis: int, candidates: list[CandidateSpec]) -> TrialView:
    spec = NASTrialSpec(index=index, basis=basis, work=Work.TRAIN, candidates=candidates, seed=1)
    return TrialView(_meta(name_of("s", spec), "uid-s"), spec, NASTrialStatus())


def _pod(job: JobView) -> PodView:
    return PodView.of(
        {
            "metadata": {
                "name": f"{job.meta.name}-x",
                "uid": f"uid-{job.meta.name}-x",
                "resourceVersion": "1",
                "creationTimestamp": "2025-12-31T23:59:00Z",
                "ownerReferences": [{"uid": job.meta.uid, "controller": True}],
            },
            "status": {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "name": TRIAL_CONTAINER,
                        "state": {"running": {"startedAt": "2025-12-31T23:59:00Z"}},
                        "imageID": "",
                    }
                ],
            },
        }
    )


def _meta(name: str, owner: str | None) -> Meta:
    return Meta("ns", name, f"uid-{name}", 1, None, owner, "s")
