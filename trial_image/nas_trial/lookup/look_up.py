"""Candidates looked up instead of trained (``evaluation.benchmark``): the trial's other way to its result.

Everything around it is as in training: the input, packing, ``/metrics``, log lines, watchdog, storage, result. Needs
no PyTorch, so that a trial takes about a second. There is no checkpoint: another attempt looks up again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from nas_core.api.base import parse_duration
from nas_core.api.benchmark import Benchmark
from nas_core.api.curve import Curve as Told
from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialInput, TrialResult
from nas_storage.store import ObjectStore
from nas_trial.errors import Stopped
from nas_trial.lookup.curve import Curve, known_before
from nas_trial.lookup.source import read
from nas_trial.process.log import log
from nas_trial.process.metrics_endpoint import Exporter
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work import packing
from nas_trial.work.constraint_check import refusal, refused
from nas_trial.work.result import recorded

BEAT_S = 1.0
"""Longest wait between two signs of life."""


def look_up(
    trial: TrialInput,
    benchmark: Benchmark,
    store: ObjectStore | None,
    exporter: Exporter,
    stop: StopFlag,
    watchdog: Watchdog,
) -> TrialResult:
    """Look up the trial's candidates, one or several.

    Raises:
        CandidateRejected: if there is no such file or column, or the only candidate is not in it.
        Stopped: if asked to stop while waiting.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    limit = parse_duration(trial.evaluation.stall_timeout).total_seconds()
    with watchdog.watching(limit, "reading the benchmark", computing=True):
        curve_of = read(trial, benchmark, stop)

    below = (
        recorded(store, trial.storage.root, trial.continues) if store and trial.storage and trial.continues else None
    )
    trained = (below.epochs or 0) if below else 0

    def evaluate(candidate: CandidateSpec) -> TrialResult:
        with watchdog.watching(limit, f"candidate {candidate.id}"):
            curve = curve_of(candidate)
            if trial.work == "Score":  # which takes no time, as nothing is trained
                return TrialResult(outcome="Succeeded", metrics=dict(curve[-1].metrics), attempt=trial.identity.attempt)
            log("start", trial=trial.identity.trial, architecture=candidate.text or candidate.architecture)
            exporter.reset()
            known = known_before(curve, trial.constraints)
            if why := refusal(known, False, trial.constraints):
                return refused(known, why, trial.identity.attempt)
            return follow(curve, float(benchmark.time_scale), trial, exporter, wait(stop, watchdog), trained)

    if len(trial.candidates) == 1:
        return evaluate(trial.candidates[0])
    return packing.evaluate_all(trial, evaluate, store, exporter.begin)


def follow(
    curve: Curve,
    time_scale: float,
    trial: TrialInput,
    exporter: Exporter,
    wait: Callable[[float], None],
    trained: int = 0,
) -> TrialResult:
    """Go through a training as it went, in its time or a share of it; return what it came to.

    The time of the ``trained`` first epochs has passed in the trial that this one goes on from.
    """
    before, told = 0.0, Told()
    for point in curve:
        if point.epoch > trained:
            wait(time_scale * max(0.0, point.seconds - before))
        before = point.seconds
        log("epoch", epoch=point.epoch, **point.metrics)
        exporter.set(**point.metrics, epoch=point.epoch)
        if known := {o.metric: point.metrics[o.metric] for o in trial.objectives if o.metric in point.metrics}:
            told = told.with_point(point.epoch, known)
    return TrialResult(
        outcome="Succeeded",
        metrics=dict(curve[-1].metrics),
        epochs=curve[-1].epoch,
        attempt=trial.identity.attempt,
        curve=told if told.epochs else None,
    )


def wait(stop: StopFlag, watchdog: Watchdog) -> Callable[[float], None]:
    """Return what waits so many seconds and gives signs of life; it raises Stopped when asked to stop."""

    def waiting(seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if stop.wait(min(BEAT_S, left)):
                raise Stopped
            watchdog.beat()

    return waiting
