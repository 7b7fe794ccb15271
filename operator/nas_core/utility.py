"""What somebody wants of several objectives, learnt from comparisons of two results: the order of a Pareto front. Pure.

The utility of a result is minus what it loses against the best value of each objective, as a share of the front's span:
with weights that sum to one, between the weighted sum of these losses and the greatest of them (augmented Tchebycheff;
Steuer & Choo 1983). One of the losses may have a limit, beyond which it counts several times more. So the utility falls
with each objective that gets worse, whatever is learnt, and any point of a front may be the best. Somebody prefers the
first of two with the probability of their difference under a logistic function, whose slope is how consistent they are
(Bradley & Terry 1952).

Nothing is fitted: the prior is drawn from, always alike, and each draw counts by how likely it makes what was said.
Weights are equally likely at first (Dirichlet), or near those of the objectives; comparisons that contradict each other
make slopes likely that are less steep. What to ask next is where the draws disagree and each is sure (Houlsby et al.
2011, "Bayesian Active Learning for Classification and Preference Learning").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""An array of numbers; each use says its shape."""
DRAWS = 8192
"""With 30 comparisons some hundreds of them count, with 64 some tens."""
SUREST = 60.0
"""Slope with which what loses a twentieth of the span less is preferred 19 times of 20."""
LEAST_SURE = 4.0
"""With this one that which loses half of the span less is preferred 7 times of 8."""
PRIOR_STRENGTH = 2.0
"""How much weights of objectives count: Dirichlet parameters are so many times what weights of one have."""
LIMITED = 0.5
"""How many draws have a limit."""
LEAST_BEYOND, MOST_BEYOND = 1.0, 10.0
"""What losses beyond it count, where a weighted sum of all losses counts one."""
LEVEL = 0.95
AT_ONCE = 64
"""Results whose utilities are computed at a time."""
ASKED_OF = 1024
"""Draws by which pairs are compared."""


@dataclass(frozen=True)
class Weight:
    """How much an objective counts, from 0 to 1, with a 95 % interval; those of all sum to one."""

    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Draws:
    """Utilities that somebody may have."""

    weights: Floats
    """Shape (draws, objectives); each row sums to one."""
    of_sum: Floats
    """How much of a utility is the sum of losses, not the greatest, shape (draws,)."""
    limit: Floats
    """The loss from which on one objective counts more, shape (draws,)."""
    beyond: Floats
    """How much more, shape (draws, objectives): zero for all objectives but one."""
    slopes: Floats
    """Shape (draws,)."""

    @classmethod
    def of_prior(cls, by_weight: Floats) -> Self:
        """Draw; ``by_weight`` are the parameters of the weights' distribution, shape (objectives,)."""
        rng, objectives = np.random.default_rng(0), len(by_weight)
        weights, of_sum = rng.dirichlet(by_weight, DRAWS), rng.uniform(0.05, 1.0, DRAWS)
        more = (rng.random(DRAWS) < LIMITED) * np.exp(rng.uniform(np.log(LEAST_BEYOND), np.log(MOST_BEYOND), DRAWS))
        beyond = np.eye(objectives)[rng.integers(objectives, size=DRAWS)] * more[:, None]
        slopes = np.exp(rng.uniform(np.log(LEAST_SURE), np.log(SUREST), DRAWS))
        return cls(weights, of_sum, rng.uniform(0, 1, DRAWS), beyond, slopes)

    def utilities(self, losses: Floats) -> Floats:
        """Return those of losses (n, objectives), shape (draws, n)."""
        objectives = self.weights.shape[1]
        total, greatest = np.zeros((2, DRAWS, len(losses)))
        beyond = np.zeros_like(total)
        for weights, column, more in zip(self.weights.T, losses.T, self.beyond.T, strict=True):
            weighted = weights[:, None] * column
            total += weighted
            greatest = np.maximum(greatest, weighted)
            beyond += more[:, None] * np.maximum(0.0, column - self.limit[:, None])
        of_sum = self.of_sum[:, None]
        return np.asarray(-(of_sum * total + (1 - of_sum) * objectives * greatest + beyond))


@dataclass(frozen=True)
class Utility:
    """What is known of somebody's utility."""

    best: Floats
    """The best cost of each objective, shape (objectives,)."""
    span: Floats
    """Likewise between the best and the worst."""
    draws: Draws
    likely: Floats
    """How likely each draw is, shape (draws,); their sum is one."""

    def of(self, costs: Floats) -> Floats:
        """Return the expected utility of results, shape (n,); ``costs`` (n, objectives), less being better."""
        # Some at a time: a front of thousands, by thousands of draws, would take gigabytes.
        parts = [self.likely @ self._drawn(costs[first : first + AT_ONCE]) for first in range(0, len(costs), AT_ONCE)]
        return np.concatenate([np.zeros(0), *parts])

    def weight(self, objective: int) -> Weight:
        """Return how much an objective counts, by its place: of what is lost from the best of each to its worst."""
        lost = self.draws.utilities(np.eye(len(self.span)))
        column = lost[:, objective] / lost.sum(axis=1)
        order = np.argsort(column)
        below = np.cumsum(self.likely[order])
        low, high = column[order][np.searchsorted(below, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]).clip(max=len(order) - 1)]
        return Weight(float(self.likely @ column), float(low), float(high))

    def to_compare(self, costs: Floats, known: Sequence[tuple[int, int]] = ()) -> tuple[int, int] | None:
        """Return the places of the two results whose comparison says most; None if there is no pair left.

        Args:
            costs: shape (n, objectives).
            known: places of pairs that need not be compared again.
        """
        left, right = np.triu_indices(len(costs), 1)
        done = {tuple(sorted(pair)) for pair in known}
        kept = [place for place, pair in enumerate(zip(left.tolist(), right.tolist(), strict=True)) if pair not in done]
        if not kept:
            return None
        left, right = left[kept], right[kept]
        # Evenly spaced in the distribution, so that no random numbers are needed.
        places = np.searchsorted(np.cumsum(self.likely), (np.arange(ASKED_OF) + 0.5) / ASKED_OF).clip(max=DRAWS - 1)
        utilities, slopes = self._drawn(costs)[places], self.draws.slopes[places]
        chance = _logistic(slopes[:, None] * (utilities[:, left] - utilities[:, right]))
        gain = _entropy(chance.mean(axis=0)) - _entropy(chance).mean(axis=0)
        place = int(np.argmax(gain))
        return int(left[place]), int(right[place])

    def _drawn(self, costs: Floats) -> Floats:
        return self.draws.utilities((costs - self.best) / self.span)


def learn_utility(front: Floats, better: Floats, worse: Floats, prior: Floats | None = None) -> Utility:
    """Return what comparisons say of somebody's utility.

    Args:
        front: costs, shape (n, objectives), at least one; less is better. What lies between the best and the worst of
            an objective is its scale.
        better: costs of those that were preferred, shape (comparisons, objectives).
        worse: costs of those that they were preferred to.
        prior: the weights of the objectives if they have some, shape (objectives,).
    """
    objectives = front.shape[1]
    by_weight = np.ones(objectives) if prior is None else PRIOR_STRENGTH * objectives * prior / prior.sum()
    draws = Draws.of_prior(by_weight)
    best, span = front.min(axis=0), np.ptp(front, axis=0)
    # An objective in which all are equal has no losses.
    span = np.where(span > 0, span, 1.0)
    gained, lost = (draws.utilities((costs - best) / span) for costs in (better, worse))
    logs = _log_logistic(draws.slopes[:, None] * (gained - lost)).sum(axis=1)
    likely = np.exp(logs - logs.max())
    return Utility(best, span, draws, likely / likely.sum())


def _logistic(x: Floats) -> Floats:
    return np.asarray(np.exp(_log_logistic(x)))


def _log_logistic(x: Floats) -> Floats:
    return np.asarray(-np.logaddexp(0.0, -x))


def _entropy(chance: Floats) -> Floats:
    inside = np.clip(chance, 1e-12, 1 - 1e-12)
    return np.asarray(-(inside * np.log(inside) + (1 - inside) * np.log1p(-inside)))
