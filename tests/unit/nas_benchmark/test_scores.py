from __future__ import annotations

import pytest

from nas_benchmark.scores import Scores
from nas_benchmark.table import Table
from nas_core.testing.toy_space import ToySpace
from nas_search.scoring import Scoring, draw

TOY = ToySpace()
IDS = list(TOY.distinct)
TABLE = Table(TOY, "mean", {one: {"proxy_synflow": float(k), "depth": -float(k)} for k, one in enumerate(IDS)})
SCORES = Scores(TABLE, ("proxy_synflow", "depth"), 10)


def test_a_run_knows_the_scores_of_what_a_search_with_its_seed_would_draw() -> None:
    drawn = SCORES.drawn(7)
    assert [one.candidate for one in drawn] == draw(TOY, 7, 10) != [one.candidate for one in SCORES.drawn(8)]
    for one in drawn:
        place = float(IDS.index(one.candidate.id))
        assert one.metrics == {"proxy_synflow": place, "proxy_depth": -place}


def test_the_strategy_is_told_the_names_of_the_scores() -> None:
    assert SCORES.asked(3) == Scoring(("synflow", "depth"), 10, 3)


@pytest.mark.parametrize("known", [0, 1, len(IDS)])
def test_of_what_is_not_in_the_table_nothing_is_known(known: int) -> None:
    table = Table(TOY, "mean", {one: TABLE.metrics[one] for one in IDS[:known]})
    found = Scores(table, ("depth",), 10_000).drawn(0)
    assert {one.candidate.id for one in found} == set(IDS[:known])
