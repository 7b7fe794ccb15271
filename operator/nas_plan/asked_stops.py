"""Trials that a person stops (`spec.guidance.stop`): what they have found so far is their result.

As of a trial that `nas_plan.early_stopping` ends, one write of the status records the result, its sequence number and
why; after that the Job is deleted. A trial without a value of every objective has no result that could count, so it
goes on until it has one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from nas_core.api.curve import EPOCH_LIMIT
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import StopEvidence
from nas_core.states import State, Work
from nas_plan.early_stopping import ended_early, extend_curve
from nas_plan.judgement import Judgement
from nas_plan.snapshot import Snapshot

ASKED = "spec.guidance.stop"
"""The rule of the evidence."""
STOPPABLE = (State.READY, State.PENDING, State.RUNNING)


def stop_asked(snapshot: Snapshot, spec: NASSearchSpec, judged: Sequence[Judgement]) -> list[Judgement]:
    """Return the judgements in which the trials that a person stops have ended, with the result as seen."""
    names = set(spec.guidance.stop if spec.guidance else ())
    if not names:
        return list(judged)
    return [_stopped(j, snapshot, spec) if j.trial.meta.name in names else j for j in judged]


def _stopped(judgement: Judgement, snapshot: Snapshot, spec: NASSearchSpec) -> Judgement:
    trial = judgement.trial
    # Of several candidates it is not known which one the values are of; the API server denies it where it can tell.
    if trial.spec.work != Work.TRAIN or trial.size > 1 or judgement.state not in STOPPABLE:
        return judgement
    newest = (snapshot.latest_metrics or {}).get(trial.meta.name, {})
    epoch = int(newest.get("epoch", trial.status.epoch or 0))
    metrics = {name: v for name, v in {**trial.status.metrics, **newest}.items() if name != "epoch"}
    missing = any(not math.isfinite(metrics.get(objective.metric, math.nan)) for objective in spec.objectives)
    if missing or not 1 <= epoch <= EPOCH_LIMIT:
        return judgement
    curve = extend_curve(trial.status, newest, spec.objectives) or trial.status.curve
    ended = ended_early(judgement, StopEvidence(rule=ASKED, epoch=epoch), metrics, curve, snapshot.now)
    if judgement.state == State.RUNNING or ended.attempt is None:
        return ended
    # Of a pod that waits no time is charged.
    return replace(ended, attempt=ended.attempt.model_copy(update={"start_time": None}))
