"""Which candidates to evaluate next: the strategy's answer, turned into trial specs with index, basis and seed."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec, NASTrialSpec
from nas_core.spaces import get_space
from nas_operator.views import TrialView
from nas_search import History, Pending, create_strategy, history_at


def ask(spec: NASSearchSpec, trials: Sequence[TrialView], first_index: int, n: int) -> list[NASTrialSpec]:
    """Return the next ``n`` trials, fewer when the space is exhausted or, in ordered mode, when results are awaited.

    ``trials`` are all of the search, sorted by index, with the results that are being recorded now.
    """
    if n <= 0:
        return []
    space = get_space(spec.search_space, spec.hyperparameters)
    strategy = create_strategy(spec.strategy, space, spec.objectives, spec.constraints)
    seen = tuple(sorted((t.observation for t in trials if t.recorded), key=lambda o: o.sequence))
    pending = tuple(Pending(t.spec.index, t.spec.candidates[0]) for t in trials if not t.recorded)
    history = History(seen, pending, first_index)
    if not spec.strategy.ordered:
        return [
            _trial_spec(spec, first_index + k, history.basis, candidate)
            for k, candidate in enumerate(strategy.ask(history, n))
        ]
    specs: list[NASTrialSpec] = []
    for index in range(first_index, first_index + n):
        basis = ordered_basis(index, spec.budget.parallel_trials)
        # Trials that somebody deleted are not waited for: their results will never come.
        if any(waiting.index < basis for waiting in pending):
            break
        candidates = strategy.ask(history_at(seen, pending, index, basis), 1)
        if not candidates:
            break
        specs.append(_trial_spec(spec, index, basis, candidates[0]))
        pending = (*pending, Pending(index, candidates[0]))
    return specs


def ordered_basis(index: int, parallel: int) -> int:
    """Return what trial ``index`` sees in ordered mode: results 0 … index - parallel, with sequence index + 1."""
    return max(0, index - parallel + 1)


def trial_seed(seed: int, index: int) -> int:
    """Return the seed of a trial's training, 31 bits derived from the search's seed and the trial's index."""
    return int.from_bytes(hashlib.sha256(f"train:{seed}:{index}".encode()).digest()[:4], "big") & 0x7FFFFFFF


def _trial_spec(spec: NASSearchSpec, index: int, basis: int, candidate: CandidateSpec) -> NASTrialSpec:
    return NASTrialSpec(index=index, basis=basis, candidates=[candidate], seed=trial_seed(spec.strategy.seed, index))
