from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from nas_core.api.guidance import Guidance
from nas_core.api.trial import CandidateSpec
from nas_core.history import History, Observation
from nas_core.spaces.guidance import guided
from nas_search.preferred import Preferred
from nas_search.problem import Problem
from nas_search.random_search import RandomSearch
from nas_search.testing.strategy_conformance import ONE, SPACE

CONVS = {edge.name: "nor_conv_3x3" for edge in SPACE.decisions}
Quality = Callable[[CandidateSpec], float]


def convs(candidate: CandidateSpec) -> float:
    return float(sum(operation == "nor_conv_3x3" for operation in candidate.architecture.values()))


def preferred(values: Mapping[str, str] = CONVS, confidence: str = "medium") -> Preferred:
    entries = [{"name": name, "prefer": value, "confidence": confidence} for name, value in values.items()]
    made = guided(SPACE, Guidance.model_validate({"decisions": entries}))
    return Preferred(Problem(made.space, ONE), made.preferred)


def history(count: int, quality: Quality) -> History:
    """Random results, after one with all that is preferred."""
    first = CandidateSpec(id=SPACE.canonical_id(CONVS), architecture=CONVS, origin="Preferred")
    drawn = [first, *RandomSearch(Problem(SPACE, ONE), 0).ask(History(), count - 1)]
    return History(tuple(Observation(k, k + 1, one, {"quality": quality(one)}) for k, one in enumerate(drawn)))


def share(of: Preferred, seen: History, asks: int = 400) -> float:
    proposed = [of.propose(seen, seen.seen_ids(), np.random.default_rng([7, ask])) for ask in range(asks)]
    return sum(one is not None for one in proposed) / asks


def test_the_first_candidate_has_all_that_is_preferred() -> None:
    rng = np.random.default_rng(0)
    first = preferred().propose(History(), set(), rng)
    assert first is not None and (first.origin, first.architecture) == ("Preferred", CONVS)
    part = preferred({"0-1": "none", "2-3": "skip_connect"}).propose(History(), set(), rng)
    assert part is not None and (part.architecture["0-1"], part.architecture["2-3"]) == ("none", "skip_connect")


def test_what_results_confirm_is_drawn_more_often_than_what_they_contradict() -> None:
    confirmed, useless, wrong = (
        share(preferred(), history(20, quality))
        for quality in (convs, lambda one: int(one.id, 16) % 97 / 97, lambda one: -convs(one))
    )
    assert confirmed > useless > wrong
    assert confirmed < 0.2 and wrong < 0.02


def test_the_share_falls_with_the_number_of_results() -> None:
    shares = [share(preferred(), history(count, convs)) for count in (5, 30, 200)]
    assert shares[0] > shares[1] > shares[2] > 0


@pytest.mark.parametrize(("confidence", "least", "most"), [("low", 1, 3.5), ("high", 4.5, 6)])
def test_a_candidate_has_so_many_preferred_values_as_they_are_trusted(
    confidence: str, least: float, most: float
) -> None:
    seen = history(3, convs)
    drawn = (preferred(confidence=confidence).propose(seen, set(), np.random.default_rng(k)) for k in range(900))
    assert least < float(np.mean([convs(one) for one in drawn if one])) < most


def test_results_without_an_order_decide_nothing() -> None:
    assert 0.05 < share(preferred(), history(8, lambda _: 0.5)) < 0.3
