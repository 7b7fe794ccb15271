"""`nasctl prefer`: which pair it proposes, and what it asks of the API server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.support.reports import DEFAULTS, reported

from nas_client.cli import options, prefer
from nas_client.cli.main import main
from nas_client.search_state import SearchState
from nas_core.api.guidance import Guidance
from nas_core.api.search_status import BestArchitecture
from nas_core.api.strategy import Objective
from nas_core.records.search import ReadableSearch
from nas_search.ranking import best

ASKED: list[tuple[str, Mapping[str, Any]]] = []


def state_of(*comparisons: tuple[int, int], objectives: int = 2, count: int = 30) -> SearchState:
    search, trials = reported(count, objectives=DEFAULTS["objectives"][:objectives])  # type: ignore[index]
    seen = [one for trial in trials if trial.recorded for one in trial.observations]
    named = {trial.spec.index: trial.meta.name for trial in trials}
    front = [
        BestArchitecture(trial=named[o.index], architecture="a", id=o.candidate.id, index=o.index, metrics=o.metrics)
        for o in best(seen, [Objective(metric="val_accuracy"), Objective(metric="parameters", goal="minimize")], [])
    ]
    said = Guidance.model_validate({"comparisons": [{"better": a, "worse": b} for a, b in comparisons]})
    assert isinstance(search, ReadableSearch)
    spec = search.spec.model_copy(update={"guidance": said if comparisons else None})
    status = search.status.model_copy(update={"best": front})
    return SearchState(replace(search, spec=spec, status=status), trials)


FRONT = [one.index for one in state_of().status.best if one.index is not None]


class Recorder:
    def __init__(self, _: Any) -> None:
        pass

    def change(self, name: str, spec: Mapping[str, Any]) -> None:
        ASKED.append((name, spec))


class Cluster:
    def __init__(self, state: SearchState) -> None:
        self.state = state

    def read(self, _: str) -> SearchState:
        return self.state


@pytest.fixture(autouse=True)
def _cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    ASKED.clear()
    monkeypatch.setattr(prefer, "Searches", Recorder)
    show(monkeypatch, state_of())


def show(monkeypatch: pytest.MonkeyPatch, state: SearchState) -> None:
    for module in (options, prefer):
        monkeypatch.setattr(module, "connect", lambda *_: Cluster(state))


def test_it_proposes_a_pair_of_the_front_and_what_to_type(capsys: pytest.CaptureFixture[str]) -> None:
    assert len(FRONT) > 2 and main(["prefer", "digits"]) == 0
    shown = capsys.readouterr().out
    one, other = (line for line in shown.splitlines() if line.startswith("nasctl prefer digits "))
    left, right = map(int, one.split()[-2:])
    assert {left, right} <= set(FRONT) and other.split()[-2:] == [str(right), str(left)]
    assert "val_accuracy" in shown and "parameters" in shown and f"digits-{left:05d}" in shown
    values = [dict(t.spec.candidates[0].architecture) for t in state_of().trials if t.spec.index in (left, right)]
    differ = [name for name in values[0] if values[0][name] != values[1][name]]
    rows = [line.split()[0] for line in shown.splitlines() if line.strip()]
    assert [name for name in rows if name in values[0]] == differ


def test_what_is_compared_is_not_proposed_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pairs = [(a, b) for place, a in enumerate(FRONT) for b in FRONT[place + 1 :]]
    show(monkeypatch, state_of(*pairs))
    assert main(["prefer", "digits"]) == 2
    assert "all pairs of its front are compared" in capsys.readouterr().err


@pytest.mark.parametrize("worse", ["{1}", "digits/{1}", "digits-{1:05d}"])
def test_a_comparison_is_added(worse: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prefer", "digits", str(FRONT[0]), worse.format(*FRONT)]) == 0
    said = {"better": FRONT[0], "worse": FRONT[1]}
    assert [("digits", {"guidance": {"comparisons": [said]}})] == ASKED
    assert f"{FRONT[0]} over {FRONT[1]}; 1 comparison." in capsys.readouterr().out


def test_who_thinks_again_takes_the_opposite_back(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b, c = FRONT[:3]
    show(monkeypatch, state_of((a, b), (b, c)))
    assert main(["prefer", "digits", str(b), str(a)]) == 0
    kept = [{"better": b, "worse": c}, {"better": b, "worse": a}]
    assert [("digits", {"guidance": {"comparisons": kept}})] == ASKED


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["7"], "7 is better than which one? name two candidates, or none"),
        ([f"{FRONT[0]}", f"{FRONT[0]}"], "is both; name two"),
        ([f"{FRONT[0]}", "9999"], "9999: no result of all objectives"),
        ([f"{FRONT[0]}", "other-00001"], "other-00001: no candidate of digits"),
    ],
)
def test_what_cannot_be_compared_says_so(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["prefer", "digits", *arguments]) == 2 and not ASKED
    assert message in capsys.readouterr().err


def test_of_a_trial_with_several_candidates_one_has_to_be_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    state = state_of()
    first = state.trials[0]
    packed = replace(first, spec=first.spec.model_copy(update={"candidates": first.spec.candidates * 3}))
    show(monkeypatch, replace(state, trials=(packed, *state.trials[3:])))
    assert main(["prefer", "digits", first.meta.name, str(FRONT[-1])]) == 2
    assert "has 3 candidates; name one of 0 to 2" in capsys.readouterr().err


def test_one_objective_and_a_front_of_one_have_nothing_to_compare(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show(monkeypatch, state_of(objectives=1))
    assert main(["prefer", "digits"]) == 2 and "comparisons are for several objectives" in capsys.readouterr().err
    state = state_of()
    status = state.status.model_copy(update={"best": state.status.best[:1]})
    show(monkeypatch, replace(state, search=replace(state.search, status=status)))
    assert main(["prefer", "digits"]) == 2 and "no two candidates yet" in capsys.readouterr().err


def test_no_more_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    show(monkeypatch, state_of(*((index, index + 1000) for index in range(64))))
    assert main(["prefer", "digits", str(FRONT[0]), str(FRONT[1])]) == 2
    assert "64 comparisons, as many as there may be" in capsys.readouterr().err


def test_of_a_run_it_says_what_to_add_to_the_manifest(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(options, "folder_state", lambda _: state_of())
    assert main(["prefer", f"{tmp_path}/run", str(FRONT[0]), str(FRONT[1])]) == 0 and not ASKED
    shown = capsys.readouterr().out
    given = yaml.safe_load(shown[shown.index("spec:") :])
    assert given == {"spec": {"guidance": {"comparisons": [{"better": FRONT[0], "worse": FRONT[1]}]}}}
