"""How much each decision matters: the share of an objective's variance that its values explain, each decision alone.

For people who guide a search: `status.importance` has the first of them (`nas_plan.importance_so_far`), the report all.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nas_core.history import Observation
from nas_core.records.trial import TrialView, observed
from nas_core.states import Work

LEAST_RESULTS = 10
"""With fewer results chance alone would explain most."""
MOST_RESULTS = 2_000
"""The newest that are looked at."""
BINS = 5
"""Groups of about equal size into which a decision with more numbers than that is divided."""
RESAMPLES = 200
LEVEL = 0.95

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Importance:
    """What one decision explains, from 0 to 1, with a 95 % interval."""

    decision: str
    share: float
    low: float
    high: float


def importance_in(trials: Iterable[TrialView], metric: str) -> list[Importance]:
    """Return that of the decisions of a search's candidates, by their results on record."""
    trained = (trial for trial in trials if trial.spec.work == Work.TRAIN)
    return importance_of(comparable(observed(trained), metric), metric)


def comparable(results: Iterable[Observation], metric: str) -> list[Observation]:
    """Return those of some results with a finite value of a metric in the order of recording; empty of fewer than 10.

    With rungs those of the highest that has enough: values after fewer epochs are no match for others.
    """
    by_epochs: dict[int, list[Observation]] = defaultdict(list)
    for seen in results:
        if math.isfinite((seen.metrics or {}).get(metric, math.nan)):
            by_epochs[seen.epochs or 0].append(seen)
    enough = [epochs for epochs, known in by_epochs.items() if len(known) >= LEAST_RESULTS]
    return sorted(by_epochs[max(enough)], key=lambda seen: seen.sequence) if enough else []


def importance_of(results: Sequence[Observation], metric: str) -> list[Importance]:
    """Return that of the decisions of some results, each of which has a finite value of the metric."""
    newest = results[-MOST_RESULTS:]
    decisions = [seen.candidate.architecture | seen.candidate.hyperparameters for seen in newest]
    return importance(decisions, [(seen.metrics or {})[metric] for seen in newest])


def importance(architectures: Sequence[Mapping[str, str]], values: Sequence[float]) -> list[Importance]:
    """Return omega squared of each decision, the largest first; empty of fewer than 10 results.

    Omega squared (Hays 1963, "Statistics for Psychologists") is the share of the variance between the groups of equal
    values in a one-way analysis of variance, corrected for what chance explains. Decisions that act only together with
    others show little of it. That a decision does not apply is a value of its own. The interval has the quantiles of
    the bootstrap, less its bias: resampled groups always differ by more. It is the same each time.

    Args:
        architectures: the values of each candidate's decisions, by their names.
        values: the objective of each, finite.
    """
    wanted = np.asarray(values, dtype=np.float64)[-MOST_RESULTS:]
    newest = architectures[-MOST_RESULTS:]
    if len(wanted) < LEAST_RESULTS or not np.ptp(wanted):
        return []
    # How often each result is in a resample; in the first, which is what there is, once.
    count = len(wanted)
    drawn = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), RESAMPLES)
    weights = np.vstack([np.ones(count), drawn])
    names = dict.fromkeys(name for architecture in newest for name in architecture)
    found = [_of(name, _groups([each.get(name) for each in newest]), wanted, weights) for name in names]
    return sorted(found, key=lambda each: -each.share)


def _of(name: str, groups: NDArray[np.intp], values: Floats, weights: Floats) -> Importance:
    share, *resampled = _omega_squared(groups, values, weights).tolist()
    tail = (1 - LEVEL) / 2
    bias = float(np.mean(resampled)) - share
    low, high = (float(edge) - bias for edge in np.quantile(resampled, (tail, 1 - tail)))
    return Importance(name, max(0.0, share), *(min(1.0, max(0.0, edge)) for edge in (low, high)))


def _groups(values: Sequence[str | None]) -> NDArray[np.intp]:
    distinct = sorted({value for value in values if value is not None})
    try:
        numbers = np.array([np.nan if value is None else float(value) for value in values])
    except ValueError:
        numbers = None
    if numbers is not None and len(distinct) > BINS:
        bounds = np.unique(np.nanquantile(numbers, np.arange(1, BINS) / BINS))
        # What does not apply comes behind all bounds.
        return np.where(np.isnan(numbers), BINS, np.searchsorted(bounds, numbers))
    places = {value: place for place, value in enumerate([*distinct, None])}
    return np.array([places[value] for value in values])


def _omega_squared(groups: NDArray[np.intp], values: Floats, weights: Floats) -> Floats:
    """Return it for each row of weights, which say how often each value counts; perhaps below 0 by chance."""
    count = len(values)
    members = np.equal.outer(groups, np.unique(groups)).astype(np.float64)
    centred = values - values.mean()
    counts, sums = weights @ members, (weights * centred) @ members
    kinds = (counts > 0).sum(axis=1)
    mean = (weights @ centred) / count
    total = weights @ centred**2 - count * mean**2
    between = np.divide(sums**2, counts, out=np.zeros_like(sums), where=counts > 0).sum(axis=1) - count * mean**2
    left = count - kinds
    within = np.divide(total - between, left, out=np.zeros(len(weights)), where=left > 0)
    whole = total + within
    known = (kinds > 1) & (left > 0) & (whole > 0)
    found: Floats = np.divide(between - (kinds - 1) * within, whole, out=np.zeros(len(weights)), where=known)
    return found
