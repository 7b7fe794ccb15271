"""Zero-cost scores in a search: which candidates are scored before the first is trained, and their order by them.

What is scored follows from the space and the seed alone, and nothing is trained before all scores are in. So every
decision has seen all of them, and a record of the scores is all that replay needs.

References: Abdelfattah et al., "Zero-Cost Proxies for Lightweight NAS", ICLR 2021, arXiv:2101.08134 (warm-up of a
search by proxies); Krishnakumar et al., "NAS-Bench-Suite-Zero", NeurIPS 2022, arXiv:2210.03230 (several together).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nas_core.api.evaluation import Evaluation
from nas_core.api.strategy import Constraint, StrategySpec
from nas_core.api.trial import CandidateSpec
from nas_core.api.types import PROXY_PREFIX
from nas_core.history import Scored
from nas_core.objectives import known_to_break
from nas_core.spaces import Architecture, SearchSpace
from nas_search.score_agreement import JUDGED_FROM, mean_rank
from nas_search.strategy import ENUMERABLE, RANDOM_TRIES_LARGE, candidate_of

RANDOM_FIRST = JUDGED_FROM
"""Random ones of the scored candidates that are trained before the best: they are enough to judge the scores.

Strategies begin with random candidates anyway, so scores that these contradict cost nothing. Ones with low scores
would tell more, but where scores mislead they are no random ones, and a search that begins with them is behind.
"""
STREAM = 0x5C04E
"""Seeds the generator of the scored candidates apart from those of the search's own decisions."""
DENSE = 4
"""A space of at most this many times the wanted candidates is enumerated: drawing would mostly repeat itself."""


@dataclass(frozen=True)
class Scoring:
    """What a search wants scored before it trains."""

    proxies: tuple[str, ...]
    candidates: int
    keep: int
    """How many of the best are trained before the strategy goes on."""
    random: int = RANDOM_FIRST
    """Random ones that are trained before the best, so that results tell what the scores are worth."""


def scoring_of(strategy: StrategySpec, evaluation: Evaluation) -> Scoring | None:
    """Return what a search wants scored before it trains; None: nothing."""
    if asked := strategy.zero_cost:
        return Scoring(tuple(asked.proxies), asked.candidates, asked.candidates, _random(asked.random_candidates))
    if (filtered := evaluation.prefilter) and filtered.scored_by:
        return Scoring(filtered.scored_by, filtered.candidates, filtered.keep, _random(filtered.random_candidates))
    return None


def _random(asked: int | None) -> int:
    return RANDOM_FIRST if asked is None else asked


def draw(space: SearchSpace, seed: int, count: int) -> list[CandidateSpec]:
    """Return ``count`` random candidates, no two isomorphic; fewer when the space has no more."""
    rng = np.random.default_rng([seed, STREAM])
    drawn: dict[str, Architecture] = {}
    if space.size is not None and space.size <= min(ENUMERABLE, DENSE * count):
        every = list(space.distinct.items())
        # A permutation, since drawing most of a small space would hit the same architectures again and again.
        drawn = dict(every[place] for place in rng.permutation(len(every))[:count].tolist())
    else:
        missed = 0
        while len(drawn) < count and missed < RANDOM_TRIES_LARGE:
            values = space.sample(rng)
            identity = space.canonical_id(values)
            # Draws in a row without a new architecture: a large space may mean few distinct ones.
            missed = missed + 1 if identity in drawn else 0
            drawn.setdefault(identity, values)
    return [candidate_of(space, values, "Random") for values in drawn.values()]


def ranked(scores: Sequence[Scored], proxies: Sequence[str], constraints: Sequence[Constraint]) -> list[Scored]:
    """Return those that have a score of every proxy and break no constraint, by the mean of their ranks, best first.

    Equal ones stay in their order.
    """
    names = [PROXY_PREFIX + proxy for proxy in proxies]
    usable = [score for score in scores if _has(score, names) and not known_to_break(score.metrics, constraints)]
    if not usable:
        return []
    # Ranks, since the scores of different proxies have nothing in common but their order.
    order = np.argsort(-mean_rank(usable, names), kind="stable")
    return [usable[place] for place in order.tolist()]


def _has(scored: Scored, names: Sequence[str]) -> bool:
    return all(math.isfinite(scored.metrics.get(name, math.nan)) for name in names)
