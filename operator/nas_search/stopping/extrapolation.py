"""Learning-curve extrapolation: stop a trial that is unlikely to end up best (Domhan et al. 2015, IJCAI).

A power law, a + b e^-c with b >= 0 (costs fall), is fitted to the trial's curve by least squares; a fit knows nothing
of what a learning-rate schedule does at the end, and its error bars are far too short. So how wrong it is is measured:
the same law is fitted to trials that were trained in full, up to the same epoch, and what they reached is compared with
what it said. The mean and the spread of these errors make a Student-t distribution of the trial's final value.
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from nas_search.ranking import Floats
from nas_search.stopping.learning_curves import NEVER, Cohort, Evidence, Ints, LearningCurve, dominating

MIN_POINTS = 4
"""Points that a curve needs: the law has three parameters."""
PROBABILITY = 0.05
"""A trial is stopped when it beats the best with less than this probability."""
EXPONENTS = np.geomspace(0.1, 4.0, 40)
"""Values of c that are tried; for each the best a and b follow by linear regression."""
MOST_CHECKED = 512
"""Newest complete trials whose prediction errors are measured; more would only take longer."""


def extrapolation(running: LearningCurve, others: Cohort, min_trials: int, epochs: int) -> Evidence | None:
    """Return why to stop ``running``, which is to be trained for ``epochs``, after its last point; None: go on.

    It is compared with those of ``others`` that were trained in full, if at least ``min_trials`` of them have enough
    points up to that epoch. It is stopped if one of their results is better than what it reaches with a probability of
    5 %; with several objectives, if one dominates the point of all these values.
    """
    epoch = int(running.epochs[-1])
    done = np.flatnonzero(others.full & (others.seen(epoch) >= MIN_POINTS))
    if len(running.epochs) < MIN_POINTS or len(done) < max(2, min_trials):
        return None
    errors = _errors(others, done[-MOST_CHECKED:], epoch)
    expected = predict(running.epochs, running.costs, epochs) + errors.mean(axis=0)
    # The error of a new trial varies by as much as the known ones, and their mean is uncertain too.
    spread = errors.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(errors))
    # Costs: the lower quantile of Student's t is what the trial reaches if all goes well.
    optimistic = expected + spread * stdtrit(len(errors) - 1, PROBABILITY)
    better = dominating(others.finals[done], optimistic)
    if not better:
        return None
    if len(expected) == 1:
        return Evidence(float(expected[0]), float(others.finals[done].min()), len(done), costs=True)
    return Evidence(better / len(done), 1 / len(done), len(done))


def _errors(cohort: Cohort, rows: Ints, epoch: int) -> Floats:
    """Return by how much results were worse than a law fitted up to an epoch predicted, shape (trials, objectives).

    Trials with the same epochs are fitted together, as columns of one regression.
    """
    seen = cohort.seen(epoch)
    # By the points that are seen and the epoch that is predicted: then the laws are the same.
    alike: dict[tuple[bytes, int], list[int]] = {}
    for row in rows.tolist():
        known = cohort.epochs[row]
        last = int(known[known < NEVER][-1])
        alike.setdefault((known[: seen[row]].tobytes(), last), []).append(row)
    errors = []
    for (_, last), members in alike.items():
        points = int(seen[members[0]])
        columns = cohort.costs[members, :points].transpose(1, 0, 2).reshape(points, -1)
        predicted = predict(cohort.epochs[members[0], :points], columns, last)
        errors.append(cohort.finals[members] - predicted.reshape(len(members), -1))
    return np.concatenate(errors)


def predict(epochs: Ints, costs: Floats, final: int) -> Floats:
    """Return the costs (curves) at epoch ``final`` by power laws fitted to costs (points, curves).

    For each exponent the other two parameters are those of a linear regression on e^-c, less its value at the end; the
    exponent with the least squares is taken.
    """
    laws = epochs[None, :] ** -EXPONENTS[:, None] - (float(final) ** -EXPONENTS)[:, None]  # (exponents, points)
    centred = laws - laws.mean(axis=1, keepdims=True)
    squares = (centred**2).sum(axis=1, keepdims=True)
    products = centred @ (costs - costs.mean(axis=0))  # (exponents, curves)
    # A slope below 0 would be a law of rising costs: better none, a flat line.
    slopes = np.maximum(0.0, products / squares)
    misses = slopes * (slopes * squares - 2 * products)  # squared, less those of a flat line
    best = misses.argmin(axis=0)
    ends = costs.mean(axis=0) - slopes * laws.mean(axis=1, keepdims=True)
    return np.asarray(ends[best, np.arange(costs.shape[1])], dtype=np.float64)
