"""Searches without a cluster: trials run in parallel, take times drawn from a seed, and are recorded as they end.

The operator does the same with Jobs (`nas_plan`), and by the same rules in ordered mode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from nas_core.api.guidance import Guidance, HeldGuidance
from nas_core.api.trial import CandidateSpec
from nas_core.history import Earlier, Observation, Pending, Scored, history_at
from nas_search.replay import RecordedTrial
from nas_search.strategy import Strategy

Evaluate = Callable[[CandidateSpec], Mapping[str, float] | None]
"""Metrics of a candidate; None: the trial fails."""
Advice = Callable[[int], Guidance | None]
"""What people ask of the strategy when there are so many candidates."""


def _nothing(_: int) -> Guidance | None:
    return None


def simulate(
    strategy: Strategy,
    evaluate: Evaluate,
    trials: int,
    parallel: int,
    timing_seed: int,
    *,
    ordered: bool = False,
    scores: tuple[Scored, ...] = (),
    derived: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
    advice: Advice = _nothing,
) -> list[RecordedTrial]:
    """Run a search of ``trials`` trials, ``parallel`` at a time, and return its record by index.

    Fewer are returned when the space is exhausted. ``timing_seed`` decides which of the running trials end next, and
    how many before the strategy is asked again. ``ordered``: results are recorded in the order of the trials, and trial
    i sees exactly those of the trials up to i - parallel. ``scores``, ``derived`` and ``earlier``: what is known
    before the first trial. ``advice``: what guidance there is when so many candidates have been chosen.
    """
    rng = np.random.default_rng(timing_seed)
    record: list[RecordedTrial] = []
    running: set[int] = set()
    ended: list[int] = []
    recorded = 0
    while True:
        wanted = min(trials - len(record), parallel - len(running))
        if ordered:
            wanted = min(wanted, recorded + parallel - len(record))
        basis = max(0, len(record) - parallel + 1) if ordered else recorded
        new = _ask(strategy, record, basis, min(wanted, 1) if ordered else wanted, scores, derived, earlier, advice)
        running |= {decision.index for decision in new}
        record += new
        if ordered and new:
            continue
        if not running:
            return record
        for index in rng.choice(sorted(running), size=rng.integers(1, len(running) + 1), replace=False).tolist():
            running.remove(index)
            ended.append(index)
        if ordered:
            ended.sort()
        while ended and (not ordered or ended[0] == recorded):
            recorded += 1
            trial = record[ended.pop(0)]
            record[trial.index] = replace(trial, sequence=recorded, metrics=evaluate(trial.candidate))


def _ask(
    strategy: Strategy,
    record: list[RecordedTrial],
    basis: int,
    n: int,
    scores: tuple[Scored, ...],
    derived: tuple[Scored, ...],
    earlier: tuple[Earlier, ...],
    advice: Advice,
) -> list[RecordedTrial]:
    if n <= 0:
        return []
    seen = [Observation(d.index, d.sequence, d.candidate, d.metrics) for d in record if d.sequence is not None]
    pending = [Pending(d.index, d.candidate) for d in record if d.sequence is None]
    given = advice(len(record))
    history = history_at(seen, pending, len(record), basis, scores, derived, earlier, given)
    # As the operator records it: what is injected says so itself.
    recorded = HeldGuidance.of(given, 0)
    held = recorded.given if recorded else None
    return [
        RecordedTrial(len(record) + k, basis, candidate, guidance=held)
        for k, candidate in enumerate(strategy.ask(history, n))
    ]
