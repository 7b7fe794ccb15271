"""However many candidates a search wants at a time, a look chooses for a slice of time; the next ones do the rest."""

from __future__ import annotations

import itertools

import pytest
from tests.support.factories import World, search

from nas_core.api.search import NASSearchSpec
from nas_plan import pace
from nas_plan.ask import ask

STORAGE = {"bucket": "nas", "secretRef": {"name": "nas-storage"}}


def asked(each: int, *, ordered: bool = False, strategy: str = "regularizedEvolution") -> NASSearchSpec:
    return search(
        strategy={strategy: {}, "seed": 1, "ordered": ordered},
        budget={"maxTrials": 9, "parallelTrials": 9},
        evaluation={"candidatesPerTrial": each},
        storage=STORAGE,
    ).spec


def chosen(spec: NASSearchSpec, candidate_s: float) -> list[int]:
    """Return the sizes of the trials of one look whose candidates take so long each."""
    ticks = itertools.count()
    return [len(trial.candidates) for trial in ask(spec, [], 0, 9, clock=lambda: next(ticks) * candidate_s)]


@pytest.mark.parametrize(
    ("each", "candidate_s", "sizes"),
    [
        (1, 0.0, [1] * 9),
        (1, pace.SLICE_S / 3, [1] * 3),
        (1, pace.SLICE_S * 100, [1]),
        (2, pace.SLICE_S / 3, [2]),
        (2, pace.SLICE_S / 4, [2, 2]),
        (4, pace.SLICE_S, [1]),
        (4, 0.0, [4, 4, 1]),
    ],
)
def test_a_look_chooses_whole_trials_while_its_time_lasts(each: int, candidate_s: float, sizes: list[int]) -> None:
    assert chosen(asked(each), candidate_s) == sizes


def test_in_ordered_mode_no_trial_is_ever_divided() -> None:
    assert chosen(asked(4, ordered=True), pace.SLICE_S * 100) == [4]


@pytest.mark.parametrize("strategy", ["regularizedEvolution", "bayesian", "grid"])
@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("each", [1, 2])
def test_what_is_chosen_at_several_looks_is_what_one_would_choose(
    ordered: bool, strategy: str, each: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = asked(each, ordered=ordered, strategy=strategy)
    at_once = [one for trial in ask(spec, [], 0, 9) for one in trial.candidates]
    monkeypatch.setattr(pace, "SLICE_S", 0.0)
    w = World(search(**spec.to_dict()))
    looks = 0
    while w.step().create_trials:
        looks += 1
    assert looks == (5 if ordered and each == 2 else 9)
    assert [one for name in sorted(w.trials) for one in w.trials[name].spec.candidates] == at_once


@pytest.mark.parametrize("strategy", ["bayesian", "reinforce", "localSearch"])
def test_in_ordered_mode_slices_change_no_candidate_of_a_whole_search(
    strategy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run() -> list[tuple[int, int, str]]:
        ordered = {strategy: {}, "seed": 3, "ordered": True}
        w = World(search(strategy=ordered, budget={"maxTrials": 14, "parallelTrials": 5}))
        while not w.search.status.completion_time:
            w.step()
            for job in w.active()[:2]:
                w.succeed(job, int(w.trials[w.jobs[job].trial].spec.candidates[0].id, 16) % 1000 / 1000)
        return [(t.spec.index, t.spec.basis, t.spec.candidates[0].id) for t in w.trials.values()]

    at_once = run()
    monkeypatch.setattr(pace, "SLICE_S", 0.0)
    assert sorted(run()) == sorted(at_once)
    assert len(at_once) == 14
