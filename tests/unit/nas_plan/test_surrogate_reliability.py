from __future__ import annotations

import pytest
from tests.support.factories import World
from tests.support.factories import search as a_search

from nas_plan.surrogate_reliability import surrogate_reliability
from nas_search.judged import Judged
from nas_search.predictors.held_out import HeldOut
from nas_search.predictors.worth import Worth

JUDGED = Judged("boostedTrees", 20, "the strategy goes on without it")


@pytest.mark.parametrize(
    ("found", "holds", "says"),
    [
        (None, "Unknown", "judged when 20 results"),
        (HeldOut(20, None, None, 1.0), "Unknown", "all alike"),
        (HeldOut(20, 0.5, (0.2, 0.7), 1.0), "True", "boostedTrees: Kendall's tau 0.50 (95 % interval 0.20 to 0.70)"),
        (HeldOut(20, 0.1, (-0.2, 0.4), 1.0), "False", "the strategy goes on without it"),
    ],
)
def test_only_what_is_known_is_said(found: HeldOut | None, holds: str, says: str) -> None:
    said = surrogate_reliability(Worth(found) if found else None, JUDGED)
    assert said.holds == holds and says in said.message


@pytest.mark.parametrize(
    ("ranked", "told"), [(True, ("True", "SurrogateRanks")), (False, ("False", "SurrogateDoesNotRank"))]
)
@pytest.mark.parametrize(
    ("strategy", "evaluation", "trials"),
    [("random", {"prefilter": {"predictor": {"after": 10}}}, 14), ("bayesian", {}, 22)],
)
def test_a_search_says_whether_its_predictor_ranks(
    strategy: str, evaluation: dict[str, object], trials: int, ranked: bool, told: tuple[str, str]
) -> None:
    w = World(
        a_search(
            searchSpace={"name": "nas-bench-201"},
            strategy={strategy: {}},
            evaluation=evaluation,
            budget={"maxTrials": trials, "parallelTrials": 1},
        )
    )
    events, seen = [], []
    for _ in range(2 * trials + 10):
        events += [event.reason for event in w.step().events]
        for job in w.active():
            trial = w.trials[w.jobs[job].trial]
            convolutions = sum(op.startswith("nor") for op in trial.spec.candidates[0].architecture.values())
            w.succeed(job, convolutions / 10 if ranked else (trial.spec.index * 7 % 13) / 20)
            seen += [c for c in w.search.status.conditions if c.type == "SurrogateReliable"]
    assert seen[0].reason == "SurrogateUnclear"
    assert w.condition("SurrogateReliable") == told
    assert ranked or events.count("SurrogateDoesNotRank") == 1
