"""NASTrials that somebody deletes: nothing that was found is lost, nothing adds up wrong, and the search says so."""

from __future__ import annotations

from typing import Any

from tests.support.factories import World, search

from nas_core.api.search_status import Cost, DeletedTrials, NASSearchStatus, TrialCounts
from nas_plan.deleted_trials import deleted_trials


def world_of(trials: int, parallel: int = 1, **spec: Any) -> World:
    world = World(search(budget={"maxTrials": trials, "parallelTrials": parallel}, **spec))
    world.step()
    return world


def run(world: World, *values: float) -> None:
    """Let the running trials end, one after the other."""
    for value in values:
        world.succeed(world.active()[0], value)
        world.step()


def delete(world: World, *names: str) -> None:
    """Delete trials as a user does: Kubernetes deletes their Jobs."""
    for name in names:
        world._delete(name)


def counts(status: NASSearchStatus) -> dict[str, int]:
    return {name: n for name, n in status.trials.to_dict().items() if n}


def adds_up(status: NASSearchStatus) -> bool:
    found = status.trials.model_dump()
    return found.pop("total") == sum(found.values())


def test_an_ended_search_keeps_what_it_found() -> None:
    world = world_of(3)
    run(world, 0.4, 0.6, 0.5)
    before = world.search.status
    assert world.condition("Succeeded") == ("True", "BudgetSpent")
    delete(world, *list(world.trials))
    actions = world.step()
    after = world.search.status
    assert world.condition("Succeeded") == ("True", "BudgetSpent") and world.condition("Failed")[0] == "False"
    assert after.best == before.best and after.best_value == "0.6" and after.progress == "3/3"
    assert after.trials == before.trials and after.cost == before.cost
    assert world.condition("RecordComplete") == ("False", "TrialsDeleted")
    assert "the NASTrials of 3 candidates were deleted" in world.condition_message("RecordComplete")
    assert [event.reason for event in actions.events] == ["TrialsDeleted"]
    assert not actions.create_trials and not world.step().events
    # A spec that somebody touches changes nothing of it.
    world.respec(suspend=True)
    world.step()
    assert world.condition("Succeeded") == ("True", "BudgetSpent") and world.search.status.best == before.best


def test_what_is_trained_again_is_not_trained_once_more_because_records_are_gone() -> None:
    world = world_of(2, retrain={"top": 1, "epochs": 2})
    run(world, 0.4, 0.6, 0.7)
    before = world.search.status
    assert world.condition("Succeeded")[0] == "True" and before.retrained
    delete(world, "s-00001")
    assert world.step().create_trials == ()
    assert world.search.status.retrained == before.retrained and world.condition("Succeeded")[0] == "True"


def test_a_target_that_was_reached_stays_reached() -> None:
    objectives = [{"metric": "val_accuracy", "goal": "maximize", "target": "0.9"}]
    world = world_of(5, objectives=objectives)
    run(world, 0.4, 0.95)
    assert world.condition("Succeeded") == ("True", "TargetReached")
    delete(world, "s-00001")
    assert world.step().create_trials == ()
    assert world.condition("Succeeded") == ("True", "TargetReached")


def test_the_budget_holds_though_trials_are_deleted_while_it_runs() -> None:
    world = world_of(6, parallel=2)
    run(world, 0.9, 0.5)
    assert counts(world.search.status) == {"total": 4, "pending": 2, "succeeded": 2}
    delete(world, "s-00000", "s-00002")  # one with a result, one that runs
    world.step()
    status = world.search.status
    assert counts(status) == {"total": 5, "pending": 2, "succeeded": 2, "deleted": 1} and adds_up(status)
    assert status.best_value == "0.9" and status.best[0].trial == "s-00000", "what was found is not forgotten"
    run(world, 0.6, 0.7, 0.8)
    status = world.search.status
    assert counts(status) == {"total": 6, "succeeded": 5, "deleted": 1} and status.progress == "6/6"
    assert world.condition("Succeeded") == ("True", "BudgetSpent") and status.best_value == "0.9"
    assert sorted(t.status.sequence or 0 for t in world.trials.values()) == [2, 3, 4, 5], "no number is used again"


def test_a_better_result_beats_one_whose_record_is_gone() -> None:
    world = world_of(3)
    run(world, 0.5)
    delete(world, "s-00000")
    run(world, 0.4)
    assert world.search.status.best_value == "0.5"
    run(world, 0.6)
    assert world.search.status.best_value == "0.6" and world.search.status.best[0].trial == "s-00002"


def test_several_objectives_keep_the_points_of_the_front() -> None:
    objectives = [{"metric": "val_accuracy", "goal": "maximize"}, {"metric": "parameters", "goal": "minimize"}]
    world = world_of(3, objectives=objectives)
    for value, size in ((0.9, 9.0), (0.5, 1.0)):
        world.succeed(world.active()[0], value, parameters=size)
        world.step()
    delete(world, "s-00000")
    world.succeed(world.active()[0], 0.7, parameters=5.0)
    world.step()
    assert sorted(entry.trial for entry in world.search.status.best) == ["s-00000", "s-00001", "s-00002"]


def test_failures_stay_counted_though_their_trials_are_deleted() -> None:
    world = world_of(4)
    for _ in range(2):
        world.fail(world.active()[0], 64, reason="PodFailurePolicy")
        world.step()
    run(world, 0.5)
    delete(world, "s-00000")
    world.step()
    assert counts(world.search.status) == {"total": 4, "pending": 1, "succeeded": 1, "failed": 2}


def test_what_they_had_cost_stays_counted() -> None:
    before = NASSearchStatus(trials=TrialCounts(total=2, succeeded=2), cost=Cost(trial_seconds=30, gpu_seconds=60))
    gone = deleted_trials(before, (), 2, {"trial_seconds": 10.0, "gpu_seconds": 20.0})
    assert gone == DeletedTrials(candidates=2, succeeded=2, trial_seconds=20, gpu_seconds=40)
    later = before.model_copy(update={"deleted_trials": gone})
    assert deleted_trials(later, (), 2, {"trial_seconds": 25.0, "gpu_seconds": 50.0}) == gone


def test_records_that_are_restored_are_no_longer_missed() -> None:
    world = world_of(3)
    run(world, 0.4, 0.6)
    kept = dict(world.trials)
    delete(world, "s-00000", "s-00001")
    world.step()
    assert world.search.status.deleted_trials
    world.trials["s-00000"] = kept["s-00000"]
    world.step()
    assert world.search.status.deleted_trials.candidates == 1 and adds_up(world.search.status)
    assert counts(world.search.status)["succeeded"] == 2
    world.trials["s-00001"] = kept["s-00001"]
    world.step()
    status = world.search.status
    assert status.deleted_trials is None and counts(status)["succeeded"] == 2 and adds_up(status)
    assert not any(condition.type == "RecordComplete" for condition in status.conditions)
