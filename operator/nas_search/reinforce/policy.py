"""The policy: a probability for each decision's values, given the value of the decision before it.

Every decision becomes one or several categorical choices (slots): a number with many values falls into bins, of a
subset each member is in or out. The logits of a slot are a row of its own plus a row for each value of the slot before
it, all zero at the beginning. So nothing has to be pretrained, and a single result already changes the next draw.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nas_core.spaces import Architecture, SearchSpace
from nas_core.spaces.decisions import Decision, Integer, Real, Subset
from nas_search.ranking import Floats

BINS = 8
"""Bins of a number that has more values than this."""
GIVEN_BEFORE = 0.5
"""Learning rate of the rows for the value before, as a share of that of the row for all."""


class Policy:
    """Draws candidates, and learns from what came of them."""

    def __init__(self, space: SearchSpace, learning_rate: float, entropy: float) -> None:
        self._space, self._learning_rate, self._entropy = space, learning_rate, entropy
        self._kinds = [_kind(decision) for decision in space.decisions]
        sizes = np.array([size for kind in self._kinds for size in kind.sizes])
        self._options = int(sizes.max())
        self._there = np.arange(self._options) < sizes[:, None]  # (slots, options)
        self._logits = np.zeros((len(sizes), self._options))  # (slots, options)
        # (slots, value before, options); the last value before means that nothing was chosen yet.
        self._given_before = np.zeros((len(sizes), self._options + 1, self._options))

    def draw(self, rng: np.random.Generator) -> dict[str, str]:
        """Draw the decisions one after the other."""
        values: dict[str, str] = {}
        before, place = self._options, 0
        for decision, kind in zip(self._space.decisions, self._kinds, strict=True):
            if decision.applies(values):
                picks: list[int] = []
                for slot, size in enumerate(kind.sizes, start=place):
                    logits = self._logits[slot] + self._given_before[slot, before]
                    if isinstance(kind, _Members):
                        logits[:size][np.logical_not(kind.allowed(picks))] = -np.inf
                    before = _draw(logits[:size], rng)  # the condition of the next slot
                    picks.append(before)
                values[decision.name] = kind.value(picks, rng)
            place += len(kind.sizes)
        return values

    def learn(self, values: Architecture, reward: float) -> None:
        """Move towards a candidate, or away from it if ``reward`` is negative."""
        slots, picks, allowed = self._picked(values)
        before = np.append(self._options, picks[:-1])
        logits = np.where(allowed, self._logits[slots] + self._given_before[slots, before], -np.inf)
        chances = np.exp(logits - logits.max(1, keepdims=True))  # (filled slots, options)
        chances /= chances.sum(1, keepdims=True)
        surprise = -np.log(np.maximum(chances, 1e-12))
        # Gradient of the entropy by the logits.
        more_entropy = chances * (surprise - (chances * surprise).sum(1, keepdims=True))
        chosen = np.arange(self._options) == picks[:, None]
        # (chosen - chances) is the gradient of the log probability by the logits.
        step = self._learning_rate * (reward * (chosen - chances) + self._entropy * more_entropy)
        self._logits[slots] += step
        self._given_before[slots, before] += GIVEN_BEFORE * step

    def _picked(self, values: Architecture) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.bool_]]:
        """Return the slots that were filled, with what, and what was allowed there, shape (filled, options)."""
        slots: list[int] = []
        picks: list[int] = []
        allowed = self._there.copy()
        place = 0
        for decision, kind in zip(self._space.decisions, self._kinds, strict=True):
            if (value := values.get(decision.name)) is not None:
                chosen = kind.picks(value)
                if isinstance(kind, _Members):
                    for k in range(len(chosen)):
                        out, inside = kind.allowed(chosen[:k])
                        if not (out and inside):
                            allowed[place + k, :2] = out, inside
                slots += range(place, place + len(chosen))
                picks += chosen
            place += len(kind.sizes)
        return np.array(slots), np.array(picks), allowed[slots]


def _draw(logits: Floats, rng: np.random.Generator) -> int:
    # Less the maximum, so that no logit overflows; the sum makes a cumulative distribution of them.
    chances = np.exp(logits - logits.max()).cumsum()
    return int(np.searchsorted(chances, rng.random() * chances[-1], side="right"))


class _Few:
    """A decision with few values, each an option of one choice."""

    def __init__(self, decision: Decision) -> None:
        self._values = list(decision.values())
        self.sizes = [len(self._values)]
        self._place = {value: place for place, value in enumerate(self._values)}

    def picks(self, value: str) -> list[int]:
        return [self._place[value]]

    def value(self, picks: Sequence[int], rng: np.random.Generator) -> str:
        return self._values[picks[0]]


class _Binned:
    """A number; within a bin all values are drawn alike."""

    sizes = [BINS]

    def __init__(self, decision: Real | Integer) -> None:
        self._decision = decision

    def picks(self, value: str) -> list[int]:
        [place] = self._decision.features(value)
        return [min(int(place * BINS), BINS - 1)]

    def value(self, picks: Sequence[int], rng: np.random.Generator) -> str:
        return self._decision.at((picks[0] + rng.random()) / BINS)


class _Members:
    """A subset: of each member in turn whether it is in, as far as that leaves neither too few nor too many."""

    def __init__(self, decision: Subset) -> None:
        self._decision = decision
        self.sizes = [2] * len(decision.members)

    def allowed(self, earlier: Sequence[int]) -> tuple[bool, bool]:
        """Whether the next member may be left out, and whether it may be in."""
        inside, left = sum(earlier), len(self.sizes) - len(earlier)
        return inside + left > self._decision.least, inside < self._decision.greatest

    def picks(self, value: str) -> list[int]:
        chosen = self._decision.read(value)
        return [int(member in chosen) for member in self._decision.members]

    def value(self, picks: Sequence[int], rng: np.random.Generator) -> str:
        return self._decision.write([m for m, inside in zip(self._decision.members, picks, strict=True) if inside])


def _kind(decision: Decision) -> _Few | _Binned | _Members:
    if isinstance(decision, Subset):
        return _Members(decision)
    if isinstance(decision, Real) or (isinstance(decision, Integer) and decision.count > BINS):
        return _Binned(decision)
    return _Few(decision)
