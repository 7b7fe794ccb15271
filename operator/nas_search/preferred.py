"""Preferred values: some candidates are drawn near them, as long as results do not speak against it.

Works in front of any strategy, which chooses the other candidates and learns from all. The first candidate has every
preferred value. A later one begins as one of the best results, or as a random one; then each decision for which a value
is preferred takes it with the confidence that was given. The share of these candidates falls with the number of
results, so that what results say wins in the end; and faster while those near the preferred values are not better than
others: before each candidate their rank correlation is looked at. Results from before the preference count as well.

References: Mallik et al., "PriorBand: Practical Hyperparameter Optimization in the Age of Deep Learning", NeurIPS 2023,
arXiv:2306.12370 (candidates from a prior beside random ones and neighbours of the best, weighted by their results);
Hvarfner et al., "πBO: Augmenting Acquisition Functions with User Beliefs for Bayesian Optimization", ICLR 2022,
arXiv:2204.11051 (a belief whose weight falls with the number of results).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from statistics import NormalDist, fmean

import numpy as np

from nas_core.api.trial import CandidateSpec
from nas_core.history import History
from nas_core.ranks import FEWEST, rank_correlation
from nas_core.spaces import Architecture
from nas_core.spaces.decisions import Decision
from nas_core.spaces.guidance import Preference
from nas_search.problem import Problem
from nas_search.results_matrix import ResultsMatrix
from nas_search.strategy import candidate_of

SHARE = 0.15
"""Of the candidates at the beginning, while there are too few results to say anything."""
UNFADED = 10
"""Results up to which the share does not fall: as many as the strategies' own beginnings have."""
HALVED = 8
"""Results beyond those after which the share has fallen by half."""
LASTING = 0.1
"""What is left of the share in the end, of a preference that results confirm."""
TRUST = 0.3
"""By how many standard errors of the correlation a preference is trusted beyond results first, and less in the end."""
JUDGED = 200
"""Last results that it is judged by."""
BEST = 5
"""Best results that a candidate may begin as."""
TRIES = 16
"""Draws of a candidate before it is the strategy's turn."""


@dataclass(frozen=True)
class Preferred:
    """Draws candidates near the preferred values of a problem's decisions, at least one."""

    problem: Problem
    preferences: Mapping[str, Preference]

    def propose(self, history: History, taken: AbstractSet[str], rng: np.random.Generator) -> CandidateSpec | None:
        """Return a candidate near the preferred values; None when it is the strategy's turn."""
        tried = [o.candidate for o in history.observations] + [p.candidate for p in history.pending]
        first = not any(self._nearness(one) == 1 for one in tried)
        results = ResultsMatrix(self.problem)
        results.look(history.observations[-JUDGED:])
        if not first and rng.random() >= self._share(results, len(history.observations)):
            return None
        space = self.problem.space
        best = [one for group in results.by_merit(BEST) for one in group][:BEST]
        for _ in range(TRIES):
            base: Architecture = space.sample(rng)
            if best and rng.random() < 1 / 2:
                chosen = best[int(rng.integers(len(best)))].candidate
                base = space.join(chosen.architecture, chosen.hyperparameters)
            values = self._near(base, rng, certain=first)
            if space.fault(values) is None and space.canonical_id(values) not in taken:
                return candidate_of(space, values, "Preferred")
        return None

    def _near(self, base: Architecture, rng: np.random.Generator, *, certain: bool) -> dict[str, str]:
        """Return an architecture with some preferred values, or all that apply if that is ``certain``."""

        def choose(decision: Decision) -> str:
            preference = self.preferences.get(decision.name)
            if preference is not None and (certain or rng.random() < preference.confidence):
                return preference.value
            return base[decision.name] if decision.name in base else decision.draw(rng)

        return self.problem.space.complete(choose)

    def _share(self, results: ResultsMatrix, count: int) -> float:
        """Return the share of the candidates that are drawn here after so many results."""
        left = HALVED / (HALVED + max(0, count - UNFADED))
        ranked = [
            (self._nearness(one.candidate), -number)
            for number, group in enumerate(results.by_merit(len(results.valid)))
            for one in group
        ]
        rho = None
        if len(ranked) >= FEWEST:
            near, merit = zip(*ranked, strict=True)
            rho = rank_correlation(near, merit)
        if rho is None:
            return SHARE * left
        # Under no correlation rho times this root is about standard normal.
        errors = rho * math.sqrt(len(ranked) - 1) + TRUST * (2 * left - 1)
        return SHARE * NormalDist().cdf(errors) * (left + (1 - left) * LASTING)

    def _nearness(self, candidate: CandidateSpec) -> float:
        """Return how near a candidate is to the preferred values of the decisions that apply, from 0 to 1."""
        values = self.problem.space.join(candidate.architecture, candidate.hyperparameters)
        there = [one.nearness(values[name]) for name, one in self.preferences.items() if name in values]
        return fmean(there) if there else 0.0
