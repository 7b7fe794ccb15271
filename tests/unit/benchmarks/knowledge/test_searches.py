"""What the measurement of the knowledge base compares."""

from __future__ import annotations

import pytest
from benchmarks.knowledge import searches
from benchmarks.knowledge.searches import entries, portfolio, run
from benchmarks.knowledge.tasks import CHOSEN_ON, FAMILIES, features, measured

from nas_core.history import Earlier

TASKS = FAMILIES["hpobench"].data


@pytest.fixture
def unsearched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searches, "_earlier", lambda _, task, seed: Earlier(task, ()))


def test_no_task_is_judged_by_what_was_measured_of_itself(unsearched: None) -> None:
    for task in TASKS:
        taken = [one.source for one in entries("hpobench", task, 0, "nearest 3")]
        assert task not in taken and len(set(taken)) == 3
    assert entries("hpobench", "car", 0, "none") == ()
    drawn = {tuple(one.source for one in entries("hpobench", "car", seed, "any 3")) for seed in range(9)}
    assert len(drawn) > 3, "other seeds draw others"


def test_the_nearest_are_those_of_alike_data(unsearched: None) -> None:
    [nearest] = entries("hpobench", "phoneme", 0, "nearest 1")
    assert nearest.source in ("kc1", "blood_transfusion"), "numbers alone, two classes"
    assert set(CHOSEN_ON) < set(TASKS) and features("fcnet", "slice_localization")["numeric share"] == 1


def test_a_portfolio_has_what_is_good_everywhere_else() -> None:
    regret = [measured("hpobench", name).regret for name in TASKS if name != "car"]
    first, *_ = chosen = portfolio("hpobench", "car")
    assert len(set(chosen)) == 5
    mean = {text: sum(table[text] for table in regret) for text in regret[0]}
    assert mean[first] == min(mean.values())


def test_regret_never_rises() -> None:
    found = run("hpobench", "car", 0, "random")
    assert found == sorted(found, reverse=True) and found[-1] >= 0
