"""Candidates looked up instead of trained (``evaluation.benchmark``): the trial's other way to its result.

Everything around it is as in training: the input, packing, ``/metrics``, log lines, watchdog, storage, result. Needs
no PyTorch, so that a trial takes about a second. There is no checkpoint: another attempt looks up again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from nas_core.api.benchmark import Benchmark
from nas_core.api.curve import Curve
from nas_core.api.trial import CandidateSpec
from nas_core.contract import TrialInput, TrialResult
from nas_core.layout import result_key
from nas_core.states import Outcome, Work
from nas_trial.errors import Stopped
from nas_trial.lookup.source import read
from nas_trial.lookup.tabulated_curve import TabulatedCurve, known_before
from nas_trial.process.log import log
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.work import packing
from nas_trial.work.attempt import Attempt
from nas_trial.work.constraint_check import broken_constraint, refused
from nas_trial.work.result import recorded

BEAT_S = 1.0
"""Longest wait between two signs of life."""


def look_up(attempt: Attempt, benchmark: Benchmark) -> TrialResult:
    """Look up the trial's candidates, one or several.

    Raises:
        CandidateRejected: if there is no such file or column, or the only candidate is not in it.
        Stopped: if asked to stop while waiting.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    trial = attempt.trial
    with attempt.watching("reading the benchmark", computing=True):
        curve_of = read(trial, benchmark, attempt.stop)
    trained = _epochs_before(attempt)

    def evaluate(candidate: CandidateSpec) -> TrialResult:
        with attempt.watching(f"candidate {candidate.id}"):
            tabulated = curve_of(candidate)
            if trial.work == Work.SCORE:  # which takes no time, as nothing is trained
                return TrialResult(
                    outcome=Outcome.SUCCEEDED, metrics=dict(tabulated[-1].metrics), attempt=trial.identity.attempt
                )
            log("start", trial=trial.identity.trial, architecture=candidate.text or candidate.architecture)
            attempt.endpoint.reset()
            known = known_before(tabulated, trial.constraints)
            # Not contended: nothing was timed here, the times are the table's.
            if why := broken_constraint(known, False, trial.constraints):
                return refused(known, why, trial.identity.attempt)
            pause = wait(attempt.stop, attempt.watchdog)
            return follow(tabulated, float(benchmark.time_scale), trial, attempt.endpoint, pause, trained)

    if len(trial.candidates) == 1:
        return evaluate(trial.candidates[0])
    return packing.evaluate_all(trial, evaluate, attempt.store, attempt.endpoint.begin)


def _epochs_before(attempt: Attempt) -> int:
    """Return the epochs of the trial that this one goes on from, 0 if there is none or its result is not there."""
    storage, below = attempt.trial.storage, attempt.trial.continues
    result = recorded(attempt.store, result_key(storage.root, below)) if attempt.store and storage and below else None
    return (result.epochs or 0) if result else 0


def follow(
    tabulated: TabulatedCurve,
    time_scale: float,
    trial: TrialInput,
    endpoint: MetricsEndpoint,
    wait: Callable[[float], None],
    trained: int = 0,
) -> TrialResult:
    """Go through a training as it went, in its time or a share of it; return what it came to.

    The time of the ``trained`` first epochs has passed in the trial that this one goes on from.
    """
    before, curve = 0.0, Curve()
    for point in tabulated:
        if point.epoch > trained:
            wait(time_scale * max(0.0, point.seconds - before))  # a surrogate's seconds are predicted and may fall
        # Also of epochs that are not waited for: their time has passed.
        before = point.seconds
        log("epoch", epoch=point.epoch, **point.metrics)
        endpoint.set(**point.metrics, epoch=point.epoch)
        if known := {o.metric: point.metrics[o.metric] for o in trial.objectives if o.metric in point.metrics}:
            curve = curve.with_point(point.epoch, known)
    return TrialResult(
        outcome=Outcome.SUCCEEDED,
        metrics=dict(tabulated[-1].metrics),
        epochs=tabulated[-1].epoch,
        attempt=trial.identity.attempt,
        curve=curve if curve.epochs else None,
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
