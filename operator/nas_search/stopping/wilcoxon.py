"""Stop a trial that is behind the best one epoch by epoch, by Wilcoxon's signed-rank test (Wilcoxon 1945, Biometrics).

After Optuna's WilcoxonPruner (3.6, 2024), which pairs the values of two trials on the same problem instances. Here the
pairs are the same epochs of two curves: what all networks gain and lose with the learning rate cancels out, and one
lucky epoch decides nothing, since ranks count. Successive epochs are no independent draws, as the test supposes, so the
threshold is no rate of errors: it says for how long a trial may be behind. Behind at each of n epochs, it is 2^-n: 5
are enough for 0.05, 10 for 0.001. A trial that has caught up at its newest epoch goes on whatever was before.
"""

from __future__ import annotations

import numpy as np

from nas_core.ranks import Floats, ranks
from nas_search.stopping.learning_curves import Cohort, Evidence, LearningCurve


def wilcoxon(
    running: LearningCurve, others: Cohort, min_trials: int, min_epochs: int, threshold: float
) -> Evidence | None:
    """Return why to stop ``running`` after its last point, None to let it go on.

    It is compared with the best of ``others`` that were trained in full, if these are at least ``min_trials``, at its
    points from ``min_epochs`` on that the other's curve covers, and stopped if the probability to be so far behind by
    chance is below ``threshold``. With several objectives each result of the Pareto front is such a best one: it must
    be better by the test in each objective in which the two ever differ.
    """
    done = int(others.full.sum())
    if done < min_trials:
        return None
    # Before minEpochs curves say little.
    later = running.epochs >= min_epochs
    for best in others.front:
        behind = running.costs[later] - best.at(running.epochs[later])
        behind = behind[~np.isnan(behind).any(axis=1)]
        # Caught up, or equal at the newest epoch: no reason to stop it now.
        if not len(behind) or (behind[-1] < 0).any() or not (behind[-1] > 0).any():
            continue
        # Objectives in which the two never differ, such as parameters, have no ranks to test.
        differing = behind[:, (behind != 0).any(axis=0)]
        # The least certain objective decides: a trial behind in one may be ahead in another.
        chance = max(by_chance(column) for column in differing.T)
        if chance < threshold:
            return Evidence(chance, threshold, done)
    return None


def by_chance(differences: Floats) -> float:
    """Return the probability of a sum of positive ranks as great as that of some differences (n), were signs random.

    Differences of 0 are left out, equal ones share their mean rank. The distribution is exact with ties too, which
    scipy's is not, or takes seconds for: accuracies are often equal.
    """
    differences = differences[differences != 0]
    # Mean ranks of equal values are halves: doubled they are whole and can index an array.
    doubled = np.rint(2 * ranks(np.abs(differences))).astype(np.int64)
    ways = np.zeros(int(doubled.sum()) + 1)
    ways[0] = 1.0
    # Subset sums by dynamic programming: each rank is in the positive sum or not, with equal chances.
    for rank in doubled.tolist():
        ways[rank:] += ways[: len(ways) - rank].copy()
    return float(ways[int(doubled[differences > 0].sum()) :].sum() / ways.sum())
