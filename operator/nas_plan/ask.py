"""Which candidates to evaluate next: the strategy's answer, turned into trial specs with index, basis and seed.

A trial takes `evaluation.candidatesPerTrial` candidates with consecutive indices.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import Lock
from typing import Any

from nas_core.api.guidance import HeldGuidance
from nas_core.api.judgement import HeldJudgement
from nas_core.api.search import NASSearchSpec
from nas_core.api.storage import Storage
from nas_core.api.strategy import Constraint
from nas_core.api.template import TrialTemplate
from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.history import Earlier
from nas_core.records.trial import TrialView, by_result, observed
from nas_core.spaces import get_space
from nas_plan.pace import Slice
from nas_plan.targets import limits_of
from nas_search import (
    History,
    Observation,
    Pending,
    Problem,
    Scored,
    Strategy,
    WithRungs,
    create_strategy,
    history_at,
    scoring_of,
)
from nas_search.for_targets import ForTargets
from nas_search.predicted import prediction_of
from nas_search.predictors.worth import Worth

STRATEGIES_KEPT = 64
"""What they remember (kernels, studies, policies) is made anew from the history for any other search."""
# Whose trainer it is stays, and whether there is a storage: rules are checked again when the spec is read.
_UNASKED: dict[str, Any] = {
    **dict.fromkeys(("budget", "retrain", "retry", "suspend", "guidance"), True),
    "storage": set(Storage.model_fields) - {"bucket"},
    "trial_template": set(TrialTemplate.model_fields) - {"image", "command"},
}
"""Parts of the spec that no strategy is made of: guidance comes with the history."""


def ask(
    spec: NASSearchSpec,
    trials: Sequence[TrialView],
    first_index: int,
    n: int,
    scores: tuple[Scored, ...] = (),
    derived: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
    clock: Callable[[], float] = time.monotonic,
    generation: int = 0,
    injected: tuple[CandidateSpec, ...] = (),
) -> list[NASTrialSpec]:
    """Return the trials of the next ``n`` candidates.

    Fewer when the space is exhausted, when to choose all takes long (`nas_plan.pace`; at least one each time) or, in
    ordered mode, when results are awaited. ``trials`` are all of the search, sorted by index, with the results that are
    being recorded now; ``scores``, ``derived`` and ``earlier`` what was known before the first of them; ``generation``
    that of the spec; ``injected`` candidates of other searches that are to be tried.
    """
    if n <= 0:
        return []
    with _strategy(spec) as strategy:
        asked = _asked(strategy, Slice(clock), spec, trials, first_index, n, scores, derived, earlier, injected)
    # On record with each trial, in one write with it: so every decision can be repeated, however often this changes.
    held = {
        "guidance": HeldGuidance.of(spec.strategy_guidance, generation),
        "judged_by": HeldJudgement.of(spec.objectives, spec.constraints),
    }
    return [trial.model_copy(update=held) for trial in asked] if any(held.values()) else asked


def _asked(
    strategy: Strategy,
    time_left: Slice,
    spec: NASSearchSpec,
    trials: Sequence[TrialView],
    first_index: int,
    n: int,
    scores: tuple[Scored, ...],
    derived: tuple[Scored, ...],
    earlier: tuple[Earlier, ...],
    injected: tuple[CandidateSpec, ...],
) -> list[NASTrialSpec]:
    each = spec.evaluation.candidates_per_trial
    seen, pending = _results(trials)
    if not spec.strategy.ordered:
        history = History(seen, pending, first_index, scores, derived, earlier, spec.strategy_guidance, injected)
        candidates = _chosen(strategy.candidates(history), n, each, time_left)
        specs = [
            _trial_spec(spec, first_index + k, history.basis, candidates[k : k + each])
            for k in range(0, len(candidates), each)
        ]
        if not isinstance(strategy, WithRungs):
            return specs
        return [trial.model_copy(update={"epochs": strategy.ladder.first_epochs(trial.index)}) for trial in specs]
    specs = []
    for index in range(first_index, first_index + n, each):
        basis = ordered_basis(index, spec.budget.parallel_trials, each)
        # Trials that somebody deleted are not waited for: their results will never come.
        if any(waiting.index < basis for waiting in pending):
            break
        history = history_at(seen, pending, index, basis, scores, derived, earlier, spec.strategy_guidance, injected)
        candidates = strategy.ask(history, min(each, first_index + n - index))
        if not candidates:
            break
        specs.append(_trial_spec(spec, index, basis, candidates))
        # The next trial has to see these as waiting, as it would if each were chosen at a look of its own.
        pending = (*pending, *(Pending(index + k, candidate) for k, candidate in enumerate(candidates)))
        # Whole trials only, however long one takes: where it ends decides what the candidates after it see.
        if time_left.over:
            break
    return specs


def _chosen(candidates: Iterator[CandidateSpec], n: int, each: int, time_left: Slice) -> list[CandidateSpec]:
    """Return at most ``n`` candidates: those of whole trials, or of a part of one if time is over before."""
    chosen: list[CandidateSpec] = []
    for candidate in itertools.islice(candidates, n):
        chosen.append(candidate)
        if time_left.over and len(chosen) < n:
            return chosen[: len(chosen) - len(chosen) % each] or chosen
    return chosen


def promote(
    spec: NASSearchSpec, trials: Sequence[TrialView], first_index: int, total: int, n: int, generation: int = 0
) -> list[NASTrialSpec]:
    """Return at most ``n`` trials that take candidates to higher rungs; none without `strategy.rungs`.

    ``total``: candidates that the search will have tried in the end. ``generation``: that of the spec.
    """
    if n <= 0 or not spec.strategy.rungs:
        return []
    seen, pending = _results(trials)
    history = History(seen, pending, first_index)
    with _strategy(spec) as strategy:
        assert isinstance(strategy, WithRungs), "a search with rungs has a strategy with rungs"
        extended = _extended(spec, trials)
        promotions = strategy.promotions(history, total, extended.keys())
    below, judged_by = by_result(trials), HeldJudgement.of(spec.objectives, spec.constraints)
    stopped = {trial.spec.index for trial in trials if trial.status.stop_evidence}
    return [
        NASTrialSpec(
            index=promotion.result.index,
            basis=history.basis,
            epochs=promotion.epochs,
            continues=below[promotion.result.sequence].meta.name,
            candidates=[promotion.result.candidate],
            seed=trial_seed(spec.strategy.seed, promotion.result.index),
            # What a person asked for is on record as such: no rank tells why it was done.
            guidance=HeldGuidance(generation=generation, extend=extended[promotion.result.index])
            if promotion.extended
            else None,
            judged_by=judged_by,
        )
        for promotion in promotions
        # What a person has stopped is trained no further.
        if promotion.result.index not in stopped
    ][:n]


def _extended(spec: NASSearchSpec, trials: Sequence[TrialView]) -> dict[int, str]:
    """Return the candidates that `guidance.extend` is about, by index, each with the first trial of it that is named.

    Of a candidate on several rungs every trial stands for it.
    """
    names = spec.guidance.extend if spec.guidance else []
    if not names:
        return {}
    by_name = {trial.meta.name: trial.spec.index for trial in trials}
    return {by_name[name]: name for name in reversed(names) if name in by_name}


def retry(
    spec: NASSearchSpec, trials: Sequence[TrialView], first_index: int, failed: Iterable[int]
) -> list[NASTrialSpec]:
    """Return the trials that try failed candidates again, those that were made already left out.

    Each is a candidate of its own. So every decision that has seen the failure stays as it was, and those to come see
    the new result as well.
    """
    asked = set(failed)
    if not asked:
        return []
    again = sorted(asked.difference(index for trial in trials for index in trial.retries))
    if not again:
        return []
    by_index = {trial.spec.index + k: one for trial in trials for k, one in enumerate(trial.spec.candidates)}
    seen, _ = _results(trials)
    newest = max((result.sequence for result in seen), default=0)
    specs = []
    with _strategy(spec) as strategy:
        for index, parent in enumerate((index for index in again if index in by_index), first_index):
            candidate = by_index[parent].model_copy(update={"origin": "Retry", "parents": [parent]})
            each = spec.evaluation.candidates_per_trial
            basis = ordered_basis(index, spec.budget.parallel_trials, each) if spec.strategy.ordered else newest
            trial = _trial_spec(spec, index, basis, [candidate])
            if isinstance(strategy, WithRungs):
                trial = trial.model_copy(update={"epochs": strategy.ladder.first_epochs(index)})
            specs.append(trial)
    return specs


def surrogate(
    spec: NASSearchSpec,
    trials: Sequence[TrialView],
    scores: tuple[Scored, ...] = (),
    earlier: tuple[Earlier, ...] = (),
) -> Worth | None:
    """Return what the predictor of a search is worth, by all of its results; None before there is one."""
    seen, pending = _results(trials)
    with _strategy(spec) as strategy:
        return strategy.surrogate(History(seen, pending, scores=scores, earlier=earlier))


@contextmanager
def _strategy(spec: NASSearchSpec) -> Iterator[Strategy]:
    """Give the strategy of a search: the one that was asked before, if it is still there, with what it remembers."""
    strategy, lock = _made(spec.model_dump_json(by_alias=True, exclude_none=True, exclude=_UNASKED))
    # Plans run in threads, and searches that ask for the same share a strategy.
    with lock:
        yield strategy


@lru_cache(maxsize=STRATEGIES_KEPT)
def _made(text: str) -> tuple[Strategy, Lock]:
    return strategy_of(NASSearchSpec.model_validate_json(text)), Lock()


def strategy_of(spec: NASSearchSpec) -> Strategy:
    """Make the strategy that a search names, its space being described in the spec itself."""
    space = get_space(spec.search_space, spec.hyperparameters)
    scoring, prediction = scoring_of(spec.strategy, spec.evaluation), prediction_of(spec.evaluation)
    epochs = spec.evaluation.epochs
    supernet = spec.evaluation.supernet is not None

    def within(limits: Sequence[Constraint]) -> Strategy:
        problem = Problem(space, spec.objectives, limits)
        return create_strategy(
            spec.strategy,
            problem,
            scoring=scoring,
            prediction=prediction,
            epochs=epochs,
            supernet=supernet,
            guided=True,
            warm_start=spec.warm_start.candidates if spec.warm_start else None,
        )

    plain = within(spec.constraints)
    if not spec.targets:
        return plain
    return ForTargets(plain, {target.name: within(limits_of(spec, target)) for target in spec.targets})


def _results(trials: Sequence[TrialView]) -> tuple[tuple[Observation, ...], tuple[Pending, ...]]:
    seen = tuple(sorted(observed(trials), key=lambda o: o.sequence))
    return seen, tuple(waiting for t in trials if not t.recorded for waiting in t.pending)


def ordered_basis(index: int, parallel: int, each: int) -> int:
    """Return what a trial sees in ordered mode: all but the ``parallel - 1`` trials of ``each`` candidates beside it.

    ``index`` is that of its first candidate; the result of candidate i has the sequence number i + 1.
    """
    return max(0, index - (parallel - 1) * each)


def trial_seed(seed: int, index: int) -> int:
    """Return the seed of a trial's training, 31 bits derived from the search's seed and the trial's index."""
    # Not `hash()`: Python salts it in every process, and a seed has to be the same after a restart.
    return int.from_bytes(hashlib.sha256(f"train:{seed}:{index}".encode()).digest()[:4], "big") & 0x7FFFFFFF


def _trial_spec(spec: NASSearchSpec, index: int, basis: int, candidates: list[CandidateSpec]) -> NASTrialSpec:
    return NASTrialSpec(index=index, basis=basis, candidates=candidates, seed=trial_seed(spec.strategy.seed, index))
