"""How many candidates a look asks for, so that no plan takes long and other searches get their turn.

The next look asks for the rest. It comes at once, because the new trials trigger it. The candidates are the same: a
strategy chooses one after the other, and each choice sees those before it.
"""

from __future__ import annotations

from nas_core.api.search import NASSearchSpec
from nas_core.spaces import SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real

THINKING_S = 5.0
"""CPU seconds that the choice of new candidates may take at one look, unless one takes longer."""
_CANDIDATE_S = 1e-3
"""Of drawing, changing and identifying a candidate; the dearest space measured takes 0.6 ms."""
_NUMBER_S = {"bayesian": 22e-3, "optuna": 43e-3, "reinforce": 1e-3}
"""Of strategies that weigh many candidates or fit a model for each: by a number that is decided, at most.

Measured with 600 results on one core, 5 to 50 numbers: bayesian 10 to 22 ms, tpe 1 ms (real) and 42 ms (integers to
1e9), REINFORCE 0.1 to 0.8 ms.
"""
_OPTION_S = {"bayesian": 1.4e-3, "optuna": 0.7e-3, "localSearch": 2e-5}
"""The same by an option of a choice or a member of a subset.

Measured with 600 to 1,000 results, 30 to 7,040 options: bayesian 0.25 to 1.4 ms, tpe 0.27 to 0.7 ms, NSGA-II of Optuna
0.25 to 0.5 ms, local search 0.015 ms.
"""
_PREDICTED_S, _SOURCE_S = 0.02, 0.025
"""Of a candidate that a predictor chooses among proposals: to predict these, and for each earlier search and objective.

Each proposal costs what a candidate costs without a predictor. Measured with 200 results and 50 proposals of evolution:
15 to 33 ms in all, and 2 ms (Gaussian process) to 24 ms (trees) for an earlier search. A fit, once a look, comes on
top: 0.1 to 0.5 s, and as much for all earlier searches together at the first one.
"""


def candidates_at_a_look(spec: NASSearchSpec, space: SearchSpace) -> int:
    """Return how many candidates may be chosen at one look, at least 1."""
    strategy = spec.strategy.member or ""
    seconds = _CANDIDATE_S + sum(_seconds(strategy, decision) for decision in space.decisions)
    prefilter = spec.evaluation.prefilter
    if prefilter is not None and (predictor := prefilter.predictor) is not None:
        sources = len(predictor.from_.searches) if predictor.from_ else 0
        seconds = seconds * predictor.candidates + _PREDICTED_S + _SOURCE_S * sources * len(spec.objectives)
    # However dear a candidate is, each look has to bring the search on by one.
    most = max(1, int(THINKING_S / seconds))
    each = spec.evaluation.candidates_per_trial
    # Whole trials, as long as one is not too much already.
    return most - most % each if most > each else most


def _seconds(strategy: str, decision: Decision) -> float:
    if isinstance(decision, Integer | Real):
        return _NUMBER_S.get(strategy, 0.0)
    return decision.width * _OPTION_S.get(strategy, 0.0)
