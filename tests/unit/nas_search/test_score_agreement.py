from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from nas_core.history import History, Observation, Scored
from nas_search.score_agreement import JUDGED, ScoreAgreement
from nas_search.scoring import draw
from nas_search.testing.strategy_conformance import ONE, SPACE, TWO

DRAWN = draw(SPACE, 0, 60)
SCORES = tuple(Scored(one, {"proxy_synflow": float(k), "proxy_naswot": float(k)}) for k, one in enumerate(DRAWN[:50]))


def results(values: Sequence[float | None], first: int = 0) -> tuple[Observation, ...]:
    """Results of the candidates from one on, in the order of their scores."""
    return tuple(
        Observation(k, k + 1, DRAWN[first + k], None if value is None else {"quality": value, "cost": -value})
        for k, value in enumerate(values)
    )


@pytest.mark.parametrize(
    ("values", "credible"),
    [
        ([1.0, 2.0, 3.0, 4.0], None),
        ([1.0, 2.0, 3.0, 4.0, 5.0], True),
        ([5.0, 4.0, 3.0, 2.0, 1.0], False),
        ([2.0, 5.0, 1.0, 4.0, 3.0], False),
        ([1.0, None, 2.0, 3.0, 4.0], None),
        ([1.0] * 10, None),
    ],
)
def test_it_is_said_of_five_results_whether_they_agree(values: list[float | None], credible: bool | None) -> None:
    found = ScoreAgreement(ONE).of(SCORES, results(values))
    assert found.credible is credible
    assert found.results == sum(value is not None for value in values)


def test_candidates_without_a_score_and_repeated_ones_do_not_count() -> None:
    agreement = ScoreAgreement(ONE)
    assert agreement.of(SCORES, results([1.0] * 10, first=50)).results == 0
    assert agreement.of((), results([1.0] * 10)).results == 0
    assert agreement.of(SCORES, results([1.0, 2.0]) + results([3.0, 4.0])).results == 2


def test_only_the_first_results_are_judged() -> None:
    """Later candidates are chosen by all that is known, and differ less."""
    good, bad = [float(k) for k in range(JUDGED)], [-float(k) for k in range(30)]
    found = ScoreAgreement(ONE).of(SCORES, results([*good, *bad]))
    assert (found.results, found.tau) == (JUDGED, 1.0)


def test_the_first_objective_counts() -> None:
    assert not ScoreAgreement(TWO).contradicted(History(results([1.0, 2.0, 3.0, 4.0, 5.0]), scores=SCORES))
    assert ScoreAgreement(TWO[::-1]).contradicted(History(results([5.0, 4.0, 3.0, 2.0, 1.0]), scores=SCORES))


def test_worthless_scores_are_mostly_dropped_and_good_ones_mostly_kept() -> None:
    dropped = {0.0: 0, 3.0: 0}
    for worth in dropped:
        for seed in range(100):
            rng = np.random.default_rng(seed)
            places = [25, 12, 3, 35, 20, 49]  # five random ones and the best
            seen = tuple(
                Observation(k, k + 1, DRAWN[p], {"quality": worth * p / 50 + rng.normal()})
                for k, p in enumerate(places)
            )
            dropped[worth] += ScoreAgreement(ONE).contradicted(History(seen, scores=SCORES))
    assert dropped[0.0] > 55
    assert dropped[3.0] < 15
