"""Asynchronous successive halving by stopping (Li et al. 2020, MLSys, arXiv:1810.05934; the variant without promotion).

At the epochs (rungs) r, eta r, eta² r, … a trial goes on only if it is among the best 1/eta of all that have got there:
trained in full, stopped since, or still running. The first ones to arrive find nobody to be compared with and go on.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nas_search.stopping.course import Course, Evidence, dominating


def asha(
    running: Course, since: int, others: Sequence[Course], min_trials: int, min_epochs: int, eta: int
) -> Evidence | None:
    """Return why to stop ``running`` at the last rung it has passed after epoch ``since``, None to let it go on.

    It is compared with those of ``others`` that have a value at the rung, if they are at least ``min_trials``. With
    several objectives it counts how many dominate it there.
    """
    rung = last_rung(int(running.epochs[-1]), min_epochs, eta)
    mine = running.at(rung) if rung > since else None
    theirs = [there for other in others if (there := other.at(rung)) is not None]
    if mine is None or len(theirs) < min_trials:
        return None
    allowed = max(1, (len(theirs) + 1) // eta)
    better = dominating(theirs, mine)
    if better < allowed:
        return None
    if len(mine) == 1:
        cutoff = float(np.sort(np.array(theirs)[:, 0])[allowed - 1])
        return Evidence(float(mine[0]), cutoff, len(theirs))
    return Evidence(better / len(theirs), allowed / len(theirs), len(theirs))


def last_rung(epoch: int, min_epochs: int, eta: int) -> int:
    """Return the last rung up to an epoch, 0 if there is none."""
    rung = 0
    while (following := rung * eta or min_epochs) <= epoch:
        rung = following
    return rung
