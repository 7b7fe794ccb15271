"""What arrives, whatever is lost on the way, and however often the operator is killed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest
from tests.support.recording_mlflow import RecordingMlflow
from tests.support.tracked import NOW, begun, done, ready, running

from nas_core.api.tracking import MlflowStatus
from nas_core.records.model import ModelView
from nas_core.records.search import ReadableSearch
from nas_core.records.trial import TrialView
from nas_operator.tracking import delivery as delivery_module
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_plan.tracking.candidates import candidate_run
from nas_plan.tracking.record import Record
from nas_plan.tracking.run import Run

TRIALS = [done(0, 0.3), done(1, None), done(2, 0.6)]
UIDS = [trial.meta.uid for trial in TRIALS]


class Delivering:
    """A delivery that the test may let forget all that it knows, as an operator that starts does."""

    def __init__(self, http: TrackingHttp, mlflow: RecordingMlflow) -> None:
        self._http, self._mlflow = http, mlflow
        self.models: list[ModelView] = []
        self.restart()

    def restart(self) -> None:
        self.delivery = MlflowDelivery(self._http, self._mlflow.url, "uid-s", "ns/s")

    async def __call__(
        self, search: ReadableSearch | None = None, trials: Sequence[TrialView] = TRIALS
    ) -> tuple[MlflowStatus, int]:
        return await self.delivery.deliver(Record(search or begun(), trials, self.models, NOW), {})


@pytest.fixture
def deliver(http: TrackingHttp, mlflow: RecordingMlflow) -> Delivering:
    return Delivering(http, mlflow)


def check(mlflow: RecordingMlflow, uids: Sequence[str] = UIDS) -> None:
    """Check that each candidate has its run below the search's, and that there is no other."""
    parent = mlflow.by_key("uid-s")
    assert sorted(run.tags["nas.key"] for run in mlflow.active()) == sorted(["uid-s", *uids])
    for uid in uids:
        run = mlflow.by_key(uid)
        assert run.tags["mlflow.parentRunId"] == parent.run_id and run.status != "RUNNING" and run.end
        assert run.params["architecture.0-1"] == "none"
    assert mlflow.by_key(UIDS[0]).metrics == {("val_accuracy", 0.3, 3, 60_000 + 1767225600_000)} | {
        ("parameters", 1000.0, 3, 60_000 + 1767225600_000)
    }
    assert {(name, value) for name, value, _, _ in parent.metrics} == {
        ("best_val_accuracy", 0.3),
        ("best_val_accuracy", 0.6),
    }


async def test_a_search_is_a_run_with_one_below_it_for_each_candidate(
    deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    status, left = await deliver()
    check(mlflow)
    parent = mlflow.by_key("uid-s")
    assert list(mlflow.experiments) == ["ns/s"] and left == 0
    assert status == MlflowStatus(
        endpoint=mlflow.url, experiment_id="1", run_id=parent.run_id, candidates=3, ended=None
    )
    assert (parent.status, parent.params["strategy"]) == ("RUNNING", "random")
    assert [mlflow.by_key(uid).status for uid in UIDS] == ["FINISHED", "FAILED", "FINISHED"]


async def test_what_is_there_is_not_sent_again(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver()
    asked = len(mlflow.asked)
    await deliver()
    assert len(mlflow.asked) == asked
    deliver.restart()
    await deliver(trials=[*TRIALS, done(3, 0.1)])
    assert mlflow.asked.count("runs/create") == 5
    check(mlflow, [*UIDS, "uid-trial-3"])


async def test_a_search_that_has_ended_is_ended_after_the_server_was_asked(
    deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    search = begun(ended=True)
    status, _ = await deliver(search)
    assert status.ended == search.status.completion_time
    assert mlflow.asked.count("runs/search") == 2 and mlflow.asked[-1] == "runs/update"
    parent = mlflow.by_key("uid-s")
    assert parent.status == "FINISHED" and parent.tags["nas.reason"].startswith("BudgetSpent")
    # It goes on when its budget is raised.
    status, _ = await deliver(begun())
    assert (status.ended, parent.status) == (None, "RUNNING")


async def test_only_so_many_are_brought_in_one_look(
    deliver: Delivering, mlflow: RecordingMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "A_LOOK", 2)
    status, left = await deliver(begun(ended=True))
    assert (status.candidates, status.ended, left) == (2, None, 1)
    assert mlflow.by_key("uid-s").status == "RUNNING"
    assert (await deliver(begun(ended=True)))[1] == 0
    check(mlflow)


def points(mlflow: RecordingMlflow, uid: str) -> list[tuple[str, float, int]]:
    return sorted((name, value, step) for name, value, step, _ in mlflow.by_key(uid).metrics)


async def test_one_that_runs_has_its_run_and_its_epochs_so_far(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver(trials=[done(0), running(1, epochs=3)])
    run = mlflow.by_key("uid-trial-1")
    assert (run.status, run.end, run.params["seed"]) == ("RUNNING", None, "3")
    assert points(mlflow, "uid-trial-1") == [("val_accuracy", 0.1, 1), ("val_accuracy", 0.2, 2)]
    # Without another epoch nothing is asked, with one a single time.
    for epochs, more in ((3, 0), (4, 1), (4, 0)):
        asked = len(mlflow.asked)
        await deliver(trials=[done(0), running(1, epochs=epochs)])
        assert len(mlflow.asked) == asked + more
    curve = running(1, epochs=5).raw_status["curve"]
    status, _ = await deliver(trials=[done(0), done(1, 0.7, curve=curve, epoch=5, imageID="trial@sha256:1")])
    assert mlflow.by_key("uid-trial-1") is run and status.candidates == 2
    assert (run.status, run.tags["nas.outcome"], run.tags["nas.image"]) == ("FINISHED", "Succeeded", "trial@sha256:1")
    steps = [(step, value) for name, value, step in points(mlflow, "uid-trial-1") if name == "val_accuracy"]
    assert steps == [(1, 0.1), (2, 0.2), (3, 0.3), (4, 0.4), (5, 0.7)]


async def test_those_that_have_ended_go_first_and_only_so_many_that_run_are_told_of(
    deliver: Delivering, mlflow: RecordingMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "A_LOOK", 2)
    monkeypatch.setattr(delivery_module, "RUNNING_A_LOOK", 2)
    trials = [done(0), done(1), done(2), *(running(index) for index in (3, 4, 5))]
    for expected in (0, 2, 3):
        await deliver(trials=trials)
        assert [run.status for run in mlflow.active()].count("RUNNING") == 1 + expected


@pytest.mark.parametrize("seed", range(6))
async def test_a_search_in_its_course_has_each_run_once_whatever_is_lost(
    seed: int, deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    rng, trials = random.Random(seed), list[TrialView]()
    for what in ("runs/create", "runs/log-batch", "runs/update", "runs/search", "runs/delete"):
        mlflow.faults[what] = rng.choices([0, 0, 500, 400, "lost"], k=10)
    curve = running(0, epochs=4).raw_status["curve"]
    ends = [done(index, 0.5, curve=curve, epoch=4) for index in range(6)]
    for epoch in range(1, 40):
        # Two run at a time, for four epochs each.
        at, epochs = divmod(epoch, 4)
        trials = ends[: 2 * at] + [running(2 * at + n, epochs=epochs) for n in (0, 1) if 2 * at < 6 and epochs]
        try:
            await deliver(begun(ended=epoch > 30), trials)
        except TrackingFault:
            if rng.random() < 0.5:
                deliver.restart()
    assert sorted(run.tags["nas.key"] for run in mlflow.active()) == sorted(["uid-s", *(e.meta.uid for e in ends)])
    expected = [("parameters", 1000.0, 4), *(("val_accuracy", e / 10, e) for e in (1, 2, 3)), ("val_accuracy", 0.5, 4)]
    for end in ends:
        run = mlflow.by_key(end.meta.uid)
        assert run.status == "FINISHED" and run.tags["nas.outcome"] == "Succeeded"
        assert points(mlflow, end.meta.uid) == expected
    assert mlflow.by_key("uid-s").status == "FINISHED"


async def test_a_trial_that_is_deleted_while_it_runs_is_killed_when_the_search_ends(
    deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    await deliver(trials=[running(0), running(1)])
    await deliver(trials=[done(0)])
    assert mlflow.by_key("uid-trial-1").status == "RUNNING"
    await deliver(begun(ended=True), [done(0)])
    assert [mlflow.by_key(f"uid-trial-{n}").status for n in (0, 1)] == ["FINISHED", "KILLED"]


async def test_the_run_of_one_that_runs_may_be_deleted(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver(trials=[running(0)])
    mlflow.by_key("uid-trial-0").stage = "deleted"
    with pytest.raises(TrackingFault, match="answers 400"):
        await deliver(trials=[running(0, epochs=4)])
    await deliver(trials=[running(0, epochs=5)])
    await deliver(begun(ended=True), [done(0)])
    assert [run.tags["nas.key"] for run in mlflow.active()] == ["uid-s"]


@pytest.mark.parametrize("what", ["runs/create", "runs/log-batch", "runs/update", "runs/search", "experiments/create"])
@pytest.mark.parametrize("fault", [503, "lost"])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("restart", [False, True])
async def test_no_fault_loses_or_doubles_anything(
    what: str, fault: int | str, at: int, restart: bool, deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    mlflow.faults[what] = [*[0] * at, fault]
    for _ in range(3):
        try:
            await deliver(begun(ended=True))
        except TrackingFault:
            if restart:
                deliver.restart()
    check(mlflow)
    assert mlflow.by_key("uid-s").status == "FINISHED"


@pytest.mark.parametrize("seed", range(5))
async def test_no_course_of_faults_loses_or_doubles_anything(
    seed: int, deliver: Delivering, mlflow: RecordingMlflow
) -> None:
    rng = random.Random(seed)
    for what in ("runs/create", "runs/log-batch", "runs/update", "runs/search", "runs/delete", "experiments/create"):
        mlflow.faults[what] = rng.choices([0, 0, 500, "lost"], k=8)
    mlflow.page = 2
    for _ in range(40):
        try:
            await deliver(begun(ended=True))
        except TrackingFault:
            if rng.random() < 0.5:
                deliver.restart()
    check(mlflow)


async def test_a_run_that_came_late_goes_again(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver()
    first = mlflow.by_key(UIDS[0])
    # The answer was lost, and so the operator asked before the server had made it.
    late = {
        "run_name": "s-00000",
        "start_time": 0,
        "experiment_id": "1",
        "tags": [{"key": k, "value": v} for k, v in first.tags.items()],
    }
    mlflow._runs_create(late)
    mlflow._runs_create(
        late | {"tags": [{"key": "nas.key", "value": "uid-s"}, {"key": "nas.search_uid", "value": "uid-s"}]}
    )
    await deliver(begun(ended=True), [*TRIALS, done(3, 0.1)])
    assert mlflow.by_key(UIDS[0]) is first
    check(mlflow, [*UIDS, "uid-trial-3"])


async def test_what_somebody_has_deleted_does_not_come_back(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver()
    mlflow.by_key(UIDS[1]).stage = "deleted"
    deliver.restart()
    await deliver(begun(ended=True))
    check(mlflow, [UIDS[0], UIDS[2]])
    mlflow.by_key("uid-s").stage = "deleted"
    deliver.restart()
    with pytest.raises(TrackingFault, match="deleted the run of the search"):
        await deliver()


async def test_a_deleted_experiment_is_named(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    await deliver()
    mlflow.deleted_experiments.add("ns/s")
    deliver.restart()
    with pytest.raises(TrackingFault, match="deleted the experiment 'ns/s' at the MLflow server; restore it"):
        await deliver()


async def test_a_bug_ends_the_look_when_nothing_goes_on_any_more(
    deliver: Delivering, mlflow: RecordingMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(search: ReadableSearch, key: str, trial: TrialView, place: int) -> Run:
        if key == UIDS[0]:
            raise RuntimeError("a bug")
        return candidate_run(search, key, trial, place)

    monkeypatch.setattr(delivery_module, "candidate_run", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        await deliver()
    asked = len(mlflow.asked)
    assert [mlflow.by_key(uid).status for uid in UIDS[1:]] == ["FAILED", "FINISHED"]
    # Whatever of it still ran would go on now.
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(mlflow.asked) == asked


async def test_one_run_that_is_not_taken_does_not_keep_the_others(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    # Of the search's run there is one log, then one of each of the three.
    mlflow.faults["runs/log-batch"] = [0, 400]
    with pytest.raises(TrackingFault, match="answers 400 INTERNAL_ERROR to runs/log-batch") as fault:
        await deliver()
    assert not fault.value.of_server and "secret" not in fault.value.message
    assert [run.status for run in mlflow.active()].count("RUNNING") == 2
    await deliver()
    check(mlflow)


async def test_each_model_has_one_version_whoever_is_killed(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    mlflow.page = 1
    deliver.models = [ready("one"), ready("two", trial=2, address="s3://nas/2/"), ready("other", "uid-other")]
    mlflow.faults["model-versions/create"] = ["lost", 500]
    for _ in range(4):
        try:
            status, _ = await deliver(begun(ended=True))
        except TrackingFault:
            deliver.restart()
    assert [(version["name"], version["source"]) for version in mlflow.versions] == [
        ("ns.one", "s3://nas/one/"),
        ("ns.two", "s3://nas/2/"),
    ]
    assert mlflow.versions[1]["run_id"] == mlflow.by_key(UIDS[2]).run_id
    assert status.models == ["uid-one", "uid-two"]
    assert mlflow.asked.count("registered-models/create") == 5, "what is in the status is not asked again"


async def test_the_run_of_a_search_that_is_deleted_is_killed(deliver: Delivering, mlflow: RecordingMlflow) -> None:
    search = begun()
    await deliver(search, [*TRIALS, running(3)])
    await deliver.delivery.end(search.created)
    assert [mlflow.by_key(key).status for key in ("uid-s", "uid-trial-3")] == ["KILLED", "KILLED"]
    assert mlflow.by_key(UIDS[0]).status == "FINISHED"
