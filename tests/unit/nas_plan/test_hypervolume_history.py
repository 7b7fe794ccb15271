from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.factories import World, search

from nas_core.api.search_status import HypervolumePoint
from nas_core.records.trial import TrialView
from nas_plan.hypervolume_history import HISTORY_LIMIT, thin

OBJECTIVES = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
OWN_TRAINER = {"image": "mine:1"}


def world(**spec: object) -> World:
    given = {"budget": {"maxTrials": 20, "parallelTrials": 1}, "objectives": OBJECTIVES, "trialTemplate": OWN_TRAINER}
    w = World(search(None, **{**given, **spec}))
    w.step()
    return w


def results(w: World, *found: tuple[float, float]) -> None:
    """Let one trial after the other end with an accuracy and a size."""
    for accuracy, size in found:
        [job] = w.active()
        w.succeed(job, accuracy, size=size)
        w.step()


NINE = [(0.5, 10.0)] * 9


def test_it_is_measured_in_the_box_of_the_first_ten_results() -> None:
    w = world()
    results(w, *NINE)
    assert w.search.status.hypervolume is None and w.search.status.hypervolume_box is None
    results(w, (0.7, 30.0))
    status = w.search.status
    assert status.hypervolume_box and status.hypervolume_box.best == {"val_accuracy": 0.7, "size": 10.0}
    assert status.hypervolume_box.reference == pytest.approx({"val_accuracy": 0.48, "size": 32.0})
    # In shares of 0.22 and of 22: each end of the front beats a strip, and both the corner where they cross.
    strip, corner = 0.02 / 0.22, 0.02 / 0.22 * 2 / 22
    assert float(status.hypervolume or 0) == pytest.approx(strip + 2 / 22 - corner, rel=1e-5)
    results(w, (0.7, 10.0))
    assert w.search.status.hypervolume == "1", "it has the best values together"
    results(w, (0.9, 5.0))
    after = w.search.status
    assert float(after.hypervolume or 0) > 1 and after.hypervolume_box == status.hypervolume_box
    assert [point.trials for point in after.hypervolume_history] == [10, 11, 12]
    results(w, (0.1, 99.0))
    assert w.search.status.hypervolume_history == after.hypervolume_history, "only what changes is told"


def test_what_breaks_a_constraint_spans_no_box() -> None:
    w = world(constraints=[{"metric": "size", "max": 20}])
    results(w, *NINE, (0.7, 30.0))
    assert w.search.status.hypervolume_box is None
    results(w, (0.7, 20.0))
    assert w.search.status.hypervolume_box


def test_an_objective_without_differences_has_a_box_all_the_same() -> None:
    w = world()
    results(w, *NINE, (0.7, 10.0))
    box = w.search.status.hypervolume_box
    assert box and box.reference["size"] == pytest.approx(11.0) and float(w.search.status.hypervolume or 0) > 0


def test_one_objective_has_none() -> None:
    w = world(objectives=OBJECTIVES[:1])
    results(w, *NINE, (0.7, 30.0))
    assert w.search.status.hypervolume is None


def climb(w: World, number: int, accuracy: float, size: float) -> None:
    """Take a candidate to the second of the rungs 3 and 48."""
    trial = w.trials[f"s-{number:05d}"]
    name = f"{trial.meta.name}-e48"
    spec = trial.spec.model_copy(update={"epochs": 48, "continues": trial.meta.name})
    metrics = {"val_accuracy": accuracy, "size": size}
    status = trial.status.model_copy(update={"metrics": metrics, "sequence": 100 + number})
    w.trials[name] = TrialView(replace(trial.meta, name=name, uid=f"uid-{name}"), spec, status)


def test_with_rungs_only_results_of_the_same_rung_are_measured_together() -> None:
    strategy = {"random": {}, "seed": 1, "rungs": {"minEpochs": 3, "reductionFactor": 16}}
    budget = {"maxTrials": 30, "parallelTrials": 1}
    w = world(strategy=strategy, evaluation={"epochs": 48}, storage={"bucket": "nas"}, budget=budget)
    for place in range(12):
        [job] = w.active()
        w.succeed(job, 0.5 + place / 100, size=10.0 + place)
        w.step()
    low = w.search.status
    assert low.hypervolume_box and low.hypervolume_box.epochs == 3
    for number in range(9):
        climb(w, number, 0.9, 10.0 + number)
    w.step()
    after = w.search.status
    assert w.trials[after.best[0].trial].spec.epochs == 48, "the best ones are of the rung above"
    assert after.hypervolume == low.hypervolume and after.hypervolume_history == low.hypervolume_history
    climb(w, 9, 0.95, 19.0)
    w.step()
    above = w.search.status
    assert above.hypervolume_box and above.hypervolume_box.epochs == 48
    assert above.hypervolume_box.best == {"val_accuracy": 0.95, "size": 10.0}
    assert [point.value for point in above.hypervolume_history] == [above.hypervolume]
    del w.trials["s-00009-e48"]
    w.step()
    assert w.search.status.hypervolume_box == above.hypervolume_box, "it never goes back"


def test_a_long_history_keeps_its_ends() -> None:
    history: list[HypervolumePoint] = []
    for trials in range(1000):
        history = thin([*history, HypervolumePoint(trials=trials, value=str(trials))])
        assert len(history) <= HISTORY_LIMIT
    assert (history[0].trials, history[-1].trials) == (0, 999)
    assert [p.trials for p in history] == sorted({p.trials for p in history})
