from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import World, search

from nas_core.api.search_status import NASSearchStatus, PublishedModel
from nas_core.api.tracking import MlflowStatus, TrackingStatus
from nas_core.reasons import SearchReason, StorageReason
from nas_core.records.conditions import is_true, set_condition
from nas_operator.errors import ApiDenied
from nas_plan.search_status import report_denial, report_hold_up
from nas_storage.faults import StorageFault


def progressing(status: NASSearchStatus) -> str:
    return next(c.reason for c in status.conditions if c.type == "Progressing")


def test_a_search_is_summed_up() -> None:
    w = World(search(budget={"maxTrials": 3, "parallelTrials": 3}, storage={"bucket": "nas", "prefix": "team"}))
    w.step()
    w.run("s-00001-a1")
    w.succeed("s-00000-a1", 0.25)
    w.step()
    status = w.search.status
    assert status.trials.model_dump(exclude_defaults=True) == {"total": 3, "pending": 1, "running": 1, "succeeded": 1}
    assert (status.progress, status.best_value, progressing(status)) == ("1/3", "0.25", "Running")
    assert status.storage_root == "s3://nas/team/ns/s/uid-s"
    assert w.condition("StorageReady") == ("True", "Reachable")


def test_the_clock_and_the_preview_stay_while_the_spec_does() -> None:
    w = World(search())
    w.step()
    plan, started = w.search.status.plan, w.search.status.start_time
    w.now += timedelta(minutes=1)
    w.step()
    assert w.search.status.plan is plan and w.search.status.start_time == started
    w.respec(budget={"maxTrials": 5})
    w.step()
    assert w.search.status.plan is not None and w.search.status.plan.candidates == 5
    assert w.search.status.observed_generation == 2
    assert {c.observed_generation for c in w.search.status.conditions} == {2}


def test_what_was_published_stays_on_record() -> None:
    w = World(search())
    w.step()
    record = PublishedModel(model="digits-1", trial="s-r9-best")
    w.search = replace(w.search, status=w.search.status.model_copy(update={"published": record}))
    w.now += timedelta(minutes=1)
    w.step()
    assert w.search.status.published == record


def test_what_was_tracked_stays_on_record() -> None:
    w = World(search())
    w.step()
    tracking = TrackingStatus(mlflow=MlflowStatus(endpoint="http://mlflow", experiment_id="1", run_id="2"))
    conditions = set_condition(w.search.status.conditions, "Tracked", True, "Delivered", "", w.now)
    w.search = replace(
        w.search, status=w.search.status.model_copy(update={"tracking": tracking, "conditions": conditions})
    )
    w.now += timedelta(minutes=1)
    w.step()
    assert w.search.status.tracking == tracking and is_true(w.search.status.conditions, "Tracked")


def test_several_objectives_give_the_pareto_front() -> None:
    objectives = [{"metric": "val_accuracy"}, {"metric": "size", "goal": "minimize"}]
    budget = {"maxTrials": 3, "parallelTrials": 3}
    w = World(search(objectives=objectives, budget=budget, trialTemplate={"image": "mine:1"}))
    w.step()
    for job, accuracy, size in (("s-00000-a1", 0.9, 9.0), ("s-00001-a1", 0.5, 1.0), ("s-00002-a1", 0.4, 2.0)):
        w.succeed(job, accuracy, size=size)
    w.step()
    assert [b.trial for b in w.search.status.best] == ["s-00000", "s-00001"] and w.search.status.best_value == "0.9"
    assert w.trials["s-00001"].status.objective == "0.5, 1"


def test_constraints_keep_the_infeasible_out() -> None:
    budget = {"maxTrials": 2, "parallelTrials": 2}
    w = World(search(constraints=[{"metric": "size", "max": 5}], budget=budget, trialTemplate={"image": "mine:1"}))
    w.step()
    w.succeed("s-00000-a1", 0.9, size=9.0)
    w.succeed("s-00001-a1", 0.5, size=1.0)
    w.step()
    assert [b.trial for b in w.search.status.best] == ["s-00001"]


def test_an_unreadable_spec_keeps_what_was_reached() -> None:
    w = World(search())
    w.step()
    w.spoil("spec.budget.maxTrials: must be a number, not 'many'", generation=2)
    w.step()
    assert w.search.status.trials.total == 2 and w.search.status.observed_generation == 2
    message = next(c.message for c in w.search.status.conditions if c.type == "Accepted")
    assert message == "spec.budget.maxTrials: must be a number, not 'many'; correct the spec"


def test_trials_that_kubernetes_refuses_block_the_search_and_are_not_counted_as_made() -> None:
    w = World(search())
    actions = w.step(writes=0)
    assert actions.status is not None
    denial = ApiDenied("spec.template: Invalid value")
    status = report_denial(w.snapshot(), actions.status, denial.reason, denial.condition_message)
    assert progressing(status) == "TrialsBlocked" and status.trials.total == 0
    message = next(c.message for c in status.conditions if c.type == "Progressing")
    assert "spec.template: Invalid value" in message and "correct spec.trialTemplate" in message


def test_a_storage_fault_shows_its_own_words() -> None:
    w = World(search(storage={"bucket": "nas"}))
    w.extra = {"storage_fault": StorageFault(StorageReason.BUCKET_NOT_FOUND, "create it")}
    w.step()
    assert w.condition("StorageReady") == ("False", "BucketNotFound") and not w.trials
    assert w.condition("Progressing") == ("True", "BucketNotFound")


@pytest.mark.parametrize(
    ("given", "progresses"), [({"suspend": True}, "False"), ({"budget": {"maxTrials": 1}}, "False"), ({}, "True")]
)
def test_what_holds_a_search_up_makes_none_progress_that_is_suspended_or_over(
    given: dict[str, Any], progresses: str
) -> None:
    w = World(search(**given))
    w.step()
    if "budget" in given:
        w.succeed("s-00000-a1", 0.5)
        w.step()
    status = report_hold_up(w.search, SearchReason.INTERNAL_ERROR, "a bug", w.now)
    held = next(c for c in status.conditions if c.type == "Progressing")
    assert (held.status, held.reason, held.message) == (progresses, "InternalError", "a bug")
