from __future__ import annotations

import pytest
from tests.support.learning_curves import cohort, curve, single

from nas_search.stopping import asha
from nas_search.stopping.asha import last_rung

AT_2 = [single(0.0, value, full=False) for value in (0.1, 0.2, 0.3, 0.4, 0.5)]


@pytest.mark.parametrize(("epoch", "rung"), [(1, 0), (2, 2), (5, 2), (6, 6), (17, 6), (18, 18)])
def test_rungs_are_a_geometric_series(epoch: int, rung: int) -> None:
    assert last_rung(epoch, 2, 3) == rung


def test_of_six_the_two_best_go_on() -> None:
    assert asha(single(0.0, 0.45, full=False), 1, cohort(*AT_2), 5, 2, 3) is None
    assert asha(single(0.0, 0.4, full=False), 1, cohort(*AT_2), 5, 2, 3) is None, "equal to the second is not worse"
    found = asha(single(0.0, 0.39, full=False), 1, cohort(*AT_2), 5, 2, 3)
    assert found and (found.value, found.threshold, found.others) == (-0.39, -0.4, 5)


def test_it_decides_once_a_rung_and_not_with_too_few() -> None:
    bad = single(0.0, 0.01, 0.01, full=False)
    assert asha(bad, 2, cohort(*AT_2), 5, 2, 3) is None, "the rung was passed on an earlier look"
    assert asha(bad, 1, cohort(*AT_2[:4]), 5, 2, 3) is None
    assert asha(bad, 1, cohort(*AT_2[:4], single(0.9)), 5, 2, 3) is None, (
        "one that did not get there counts for nothing"
    )


def test_it_is_not_compared_with_itself() -> None:
    mine = single(0.0, 0.39, full=False)
    found = asha(mine, 1, cohort(*AT_2, mine), 5, 2, 3)
    assert found and found.others == 5
    assert asha(mine, 1, cohort(*AT_2[:4], mine), 5, 2, 3) is None


def test_a_rung_that_was_passed_unseen_lies_on_the_line_between_its_neighbours() -> None:
    found = asha(curve([1, 3], [[-0.1], [-0.3]]), 1, cohort(*AT_2), 5, 2, 3)
    assert found and found.value == pytest.approx(-0.2)
    assert asha(curve([3], [[-0.1]]), 0, cohort(*AT_2), 5, 2, 3) is None, "nothing is known of the time before"


def test_with_several_objectives_those_that_dominate_count() -> None:
    others = cohort(curve([1], [[-0.9, 1.0]]), curve([1], [[-0.8, 2.0]]), *[curve([1], [[-0.1, 0.1]])] * 3)
    assert asha(curve([1], [[-0.85, 3.0]]), 0, others, 5, 1, 3) is None
    found = asha(curve([1], [[-0.7, 3.0]]), 0, others, 5, 1, 3)
    assert found and (found.value, found.threshold) == (0.4, 0.4)
