"""Learning-curve extrapolation: stop a trial that is unlikely to end up best (Domhan et al. 2015, IJCAI).

A power law, a + b e^-c with b >= 0 (costs fall), is fitted to the trial's course by least squares; a fit knows nothing
of what a learning-rate schedule does at the end, and its error bars are far too short. So how wrong it is is measured:
the same law is fitted to the trials that were trained in full, up to the same epoch, and what they reached is compared
with what it said. The mean and the spread of these errors make a Student-t distribution of the trial's final value.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from nas_search.stopping.course import Course, Evidence, Floats, Ints, dominating

MIN_POINTS = 4
PROBABILITY = 0.05
EXPONENTS = np.geomspace(0.1, 4.0, 40)


def extrapolation(running: Course, others: Sequence[Course], min_trials: int, epochs: int) -> Evidence | None:
    """Return why to stop ``running``, which is to be trained for ``epochs``, after its last point; None: go on.

    It is compared with those of ``others`` that were trained in full, if at least ``min_trials`` of them have enough
    points up to that epoch. It is stopped if one of their results is better than what it reaches with a probability of
    5 %; with several objectives, if one dominates the point of all these values.
    """
    epoch = int(running.epochs[-1])
    done = [o for o in others if o.full and (o.epochs <= epoch).sum() >= MIN_POINTS]
    if len(running.epochs) < MIN_POINTS or len(done) < max(2, min_trials):
        return None
    finals = np.array([o.costs[-1] for o in done])
    predicted = np.array([predict(o.epochs[o.epochs <= epoch], o.up_to(epoch), int(o.epochs[-1])) for o in done])
    errors = finals - predicted
    expected = predict(running.epochs, running.costs, epochs) + errors.mean(axis=0)
    spread = errors.std(axis=0, ddof=1) * np.sqrt(1 + 1 / len(done))
    hopeful = expected + spread * student.ppf(PROBABILITY, len(done) - 1)
    better = dominating(list(finals), hopeful)
    if not better:
        return None
    if len(expected) == 1:
        return Evidence(float(expected[0]), float(finals.min()), len(done))
    return Evidence(better / len(done), 1 / len(done), len(done))


def predict(epochs: Ints, costs: Floats, final: int) -> Floats:
    """Return the costs (objectives) at epoch ``final`` by power laws fitted to costs (points, objectives).

    For each exponent the other two parameters are those of a linear regression on e^-c, less its value at the end; the
    exponent with the least squares is taken.
    """
    laws = epochs[None, :] ** -EXPONENTS[:, None] - (float(final) ** -EXPONENTS)[:, None]  # (exponents, points)
    centred = laws - laws.mean(axis=1, keepdims=True)
    slopes = np.maximum(0.0, centred @ (costs - costs.mean(axis=0)) / (centred**2).sum(axis=1, keepdims=True))
    ends = costs.mean(axis=0) - slopes * laws.mean(axis=1, keepdims=True)  # (exponents, objectives)
    misses = costs[None] - ends[:, None] - slopes[:, None] * laws[:, :, None]
    best = (misses**2).sum(axis=1).argmin(axis=0)
    return np.asarray(ends[best, np.arange(costs.shape[1])], dtype=np.float64)
