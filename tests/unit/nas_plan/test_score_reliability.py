from __future__ import annotations

import pytest
from tests.unit.nas_plan.phases.test_score import scored_world, trained, value

from nas_plan.score_reliability import score_reliability
from nas_search.score_agreement import Agreement


@pytest.mark.parametrize(
    ("agreement", "holds", "says"),
    [
        (Agreement(0, None, None), "Unknown", "0 scored candidates so far"),
        (Agreement(1, None, None), "Unknown", "1 scored candidate so far"),
        (Agreement(7, None, None), "Unknown", "7 scored candidates with a result, which differ too little"),
        (Agreement(6, 0.6, True), "True", "tau of scores and results is 0.60, of 6 scored candidates"),
        (Agreement(6, -0.2, False), "False", "the strategy goes on as without scores"),
    ],
)
def test_only_what_is_known_is_said(agreement: Agreement, holds: str, says: str) -> None:
    found = score_reliability(agreement)
    assert found.holds == holds and says in found.message


@pytest.mark.parametrize(
    ("sign", "told", "kept"), [(1, ("True", "ScoresAgree"), 3), (-1, ("False", "ScoresContradicted"), 1)]
)
def test_a_search_says_whether_results_go_with_scores(sign: int, told: tuple[str, str], kept: int) -> None:
    w = scored_world(budget={"maxTrials": 8, "parallelTrials": 2})
    w.step()
    assert not any(c.type == "ScoresReliable" for c in w.search.status.conditions)
    events = []
    for _ in range(20):
        for job in w.active():
            [candidate] = w.trials[w.jobs[job].trial].spec.candidates
            w.succeed(job, 0.5 + sign * value(candidate.id) / 100)
        events += [event.reason for event in w.step().events]
    assert w.condition("ScoresReliable") == told
    assert sum(t.spec.candidates[0].origin == "Score" for t in trained(w)) == kept
    assert events.count("ScoresContradicted") == (sign < 0)
