"""What Syne Tune's methods are given; skipped where it is not installed (`make build/peers`)."""

from __future__ import annotations

import pytest
from benchmarks.knowledge import searches
from benchmarks.knowledge.searches import QUERIES
from benchmarks.knowledge.tasks import FAMILIES, problem

from nas_core.history import Earlier, History, Scored
from nas_search.random_search import RandomSearch

pytest.importorskip("syne_tune")

from benchmarks.knowledge import syne_tune_peers as peers

from nas_benchmark.other_libraries.syne_tune_space import values_of


@pytest.fixture(autouse=True)
def drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Earlier searches that drew 20 configurations each."""

    def earlier(family: str, task: str, seed: int) -> Earlier:
        number = list(FAMILIES[family].data).index(task)
        found = RandomSearch(problem(family), 100 * seed + number).ask(History((), (), 0), 20)
        return Earlier(task, tuple(Scored(one, {}) for one in found))

    monkeypatch.setattr(searches, "_earlier", earlier)


@pytest.mark.parametrize("arm", ["ZeroShotTransfer", "BoundingBox"])
def test_regret_never_rises_and_seeds_differ(arm: str) -> None:
    first, again, other = (peers.run("fcnet", "protein_structure", seed, arm) for seed in (0, 0, 1))
    assert first == again != other
    assert len(first) == QUERIES and first == sorted(first, reverse=True) and first[-1] >= 0


def test_nothing_of_the_task_itself_is_given() -> None:
    assert set(searches.earlier_texts("fcnet", "protein_structure", 0)) == {*FAMILIES["fcnet"].data} - {
        "protein_structure"
    }


def test_a_configuration_comes_back_as_it_was() -> None:
    for family, task in (("fcnet", "protein_structure"), ("hpobench", "car")):
        space = problem(family).space
        for texts in searches.earlier_texts(family, task, 0).values():
            for values in map(space.parse, texts):
                assert values_of(space, peers.config_of(space, values)) == values
