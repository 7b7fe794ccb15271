from __future__ import annotations

import numpy as np
from tests.support.factories import World, meta, search

from nas_core.api.trial import KnownResult, NASTrialSpec, NASTrialStatus
from nas_core.records.trial import TrialView
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_plan.known_result import judge_known
from nas_search.strategy import candidate_of

SPACE = NasBench201()
CANDIDATES = [candidate_of(SPACE, SPACE.sample(np.random.default_rng(seed)), "Random") for seed in range(2)]


def trial(values: list[float]) -> TrialView:
    known = [KnownResult.of({"val_accuracy": value}) for value in values]
    spec = NASTrialSpec(index=0, basis=0, candidates=CANDIDATES[: len(values)], known=known, seed=1)
    return TrialView(meta("s-00000", "uid-s"), spec, NASTrialStatus())


def test_a_trial_whose_result_is_known_ends_without_a_job() -> None:
    w = World(search(budget={"maxTrials": 2}, evaluation={"candidatesPerTrial": 1}))
    w.trials["s-00000"] = trial([0.25, 0.75])
    w.step()
    done = w.trials["s-00000"]
    assert done.succeeded and done.status.sequence == 1 and not w.jobs and not done.status.attempts
    assert [one.metrics for one in done.status.candidates] == [{"val_accuracy": 0.25}, {"val_accuracy": 0.75}]
    assert done.status.metrics == {"val_accuracy": 0.75} and done.status.trial_seconds == 0


def test_of_one_candidate_it_is_the_trials_own() -> None:
    found = judge_known(trial([0.5])).result
    assert found is not None and found.metrics == {"val_accuracy": 0.5}
