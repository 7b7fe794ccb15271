"""The median stopping rule (Golovin et al. 2017, KDD, "Google Vizier: A Service for Black-Box Optimization", 3.2.2).

A trial is stopped after epoch e if its best value so far is worse than the median of the running averages, up to e, of
the trials that were trained in full. The median is the true one: of an even number the mean of the two in the middle.
With several objectives it is stopped if half of those averages or more dominate the best it had of each objective.
"""

from __future__ import annotations

import numpy as np

from nas_search.stopping.learning_curves import Cohort, Evidence, LearningCurve, dominating


def median(running: LearningCurve, others: Cohort, min_trials: int) -> Evidence | None:
    """Return why to stop ``running`` after its last point, None to let it go on.

    It is compared with those of ``others`` that were trained in full and have a value up to that epoch, if they are at
    least ``min_trials``.
    """
    averages = others.averages(int(running.epochs[-1]))
    # As in the paper only trials that were trained in full count.
    averages = averages[others.full & ~np.isnan(averages).any(axis=1)]
    if len(averages) < min_trials:
        return None
    best = running.costs.min(axis=0)  # (objectives,)
    if len(best) == 1:
        middle = float(np.median(averages))
        return Evidence(float(best[0]), middle, len(averages), costs=True) if best[0] > middle else None
    share = dominating(averages, best) / len(averages)
    return Evidence(share, 0.5, len(averages)) if share >= 0.5 else None
