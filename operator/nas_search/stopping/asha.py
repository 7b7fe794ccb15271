"""Asynchronous successive halving by stopping (Li et al. 2020, MLSys, arXiv:1810.05934; the variant without promotion).

At the epochs (rungs) r, eta r, eta² r, … a trial goes on only if it is among the best 1/eta of all that have got there:
trained in full, stopped since, or still running. The first ones to arrive find nobody to be compared with and go on.
"""

from __future__ import annotations

import numpy as np

from nas_search.stopping.learning_curves import Cohort, Evidence, LearningCurve, dominating


def asha(
    running: LearningCurve, since: int, others: Cohort, min_trials: int, min_epochs: int, eta: int
) -> Evidence | None:
    """Return why to stop ``running`` at the last rung it has passed after epoch ``since``, None to let it go on.

    It is compared with those of ``others`` that have a value at the rung, if they are at least ``min_trials``; that it
    may be one of them itself does not matter. With several objectives it counts how many dominate it there.
    """
    rung = last_rung(int(running.epochs[-1]), min_epochs, eta)
    # Each rung is judged once, when the trial passes it; without a point on either side it cannot be.
    if rung <= since or np.isnan(mine := running.at(rung)).any():
        return None
    reached = others.at(rung)
    there = np.asarray(~np.isnan(reached).any(axis=1))
    if (own := others.place(running)) is not None:
        # It would count itself among those that are no better.
        there[own] = False
    reached = reached[there]
    if len(reached) < min_trials:
        return None
    # The best 1/eta of all at the rung, this trial included, and always at least one.
    allowed = max(1, (len(reached) + 1) // eta)
    better = dominating(reached, mine)
    if better < allowed:
        return None
    if len(mine) == 1:
        cutoff = float(np.partition(reached[:, 0], allowed - 1)[allowed - 1])
        return Evidence(float(mine[0]), cutoff, len(reached), costs=True)
    return Evidence(better / len(reached), allowed / len(reached), len(reached))


def last_rung(epoch: int, min_epochs: int, eta: int) -> int:
    """Return the last rung up to an epoch, 0 if there is none."""
    rung = 0
    while (following := rung * eta or min_epochs) <= epoch:
        rung = following
    return rung
