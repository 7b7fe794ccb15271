from __future__ import annotations

import numpy as np
from benchmarks.stopping.__main__ import play

from nas_core.api.early_stopping import EarlyStopping

MEDIAN = EarlyStopping.model_validate({"median": {}, "minTrials": 2})


def test_what_is_stopped_saves_its_epochs() -> None:
    costs = np.repeat([[0.2], [0.1], [0.3], [0.05]], 10, axis=1)
    found = play(MEDIAN, costs, 1)
    assert (round(found.saved, 9), found.missed, found.rank) == (9 / 40, False, 0), (
        "the third goes after its first epoch"
    )


def test_a_slow_starter_that_would_have_been_best_is_missed() -> None:
    costs = np.repeat([[0.2], [0.1], [0.3]], 10, axis=1)
    costs[2, -1] = 0.01
    found = play(MEDIAN, costs, 1)
    assert (round(found.saved, 9), found.missed, found.rank) == (9 / 30, True, 1)
