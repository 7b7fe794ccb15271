from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.support.factories import World
from tests.unit.nas_plan.test_replay import played

from nas_client.cli import options
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_core.records.trial import TrialView


class Cluster:
    """A reader that has one search."""

    def __init__(self, world: World) -> None:
        self.world = world

    def read(self, _: str) -> SearchState:
        return SearchState(self.world.search, tuple(sorted(self.world.trials.values(), key=_index)))


def _index(trial: TrialView) -> int:
    return trial.spec.index


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("COLUMNS", "200")
    found = played()
    monkeypatch.setattr(options, "connect", lambda *_: Cluster(found))
    return found


def forge(world: World, name: str) -> None:
    spec = world.trials[name].spec
    candidates = [one.model_copy(update={"text": "forged"}) for one in spec.candidates]
    world.trials[name] = replace(world.trials[name], spec=spec.model_copy(update={"candidates": candidates}))


@pytest.mark.usefixtures("world")
def test_a_search_that_is_the_same_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "s"]) == 0
    assert capsys.readouterr().out == "s: 12 candidates asked again, none chosen differently\n"


@pytest.mark.usefixtures("world")
def test_a_part_of_a_search_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", "s", "--sample", "4"]) == 0
    assert capsys.readouterr().out == "s: 4 of 12 candidates asked again, none chosen differently\n"


def test_what_differs_is_shown_and_is_an_exit_code(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    forge(world, "s-00011")
    assert main(["replay", "s"]) == 1
    head, row, total = capsys.readouterr().out.splitlines()
    assert head.split() == ["trial", "index", "seen", "recorded", "chosen", "again"]
    assert row.split()[0] == "s-00011" and "forged" in row
    assert total == "s: 12 candidates asked again, 1 chosen differently"


def test_what_differs_is_told_to_programs(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    forge(world, "s-00011")
    del world.trials["s-00010"]
    assert main(["replay", "s", "-o", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["candidates"], told["checked"], told["missing"]) == (11, 11, [10])
    last = told["differences"][-1]
    assert (last["trial"], last["index"], last["recorded"]["text"]) == ("s-00011", 11, "forged")
    assert last["again"]["architecture"]


def test_trials_that_are_gone_are_said(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    del world.trials["s-00003"]
    main(["replay", "s"])
    assert "1 candidates are missing, the first with index 3" in capsys.readouterr().out


def test_what_cannot_be_replayed_says_why(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    world.spoil("spec.task: is wrong")
    assert main(["replay", "s"]) == 2
    assert capsys.readouterr().err == "nasctl: s cannot be replayed: spec.task: is wrong\n"
    assert main(["replay", "s", "--sample", "0"]) == 2
