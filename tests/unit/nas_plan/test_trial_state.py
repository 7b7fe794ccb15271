from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, World, meta, search

from nas_core.api.base import Condition
from nas_core.api.trial import Attempt, NASTrialStatus
from nas_core.contract import EXIT_CHECKPOINTED, TrialResult
from nas_core.records.pod import past_deadline
from nas_core.states import State
from nas_plan.judgement import Judgement
from nas_plan.snapshot import Collected
from nas_plan.trial_state import judge

JOB = "s-00000-a1"


@pytest.fixture
def world() -> World:
    """A search of one trial whose first Job exists, without a pod."""
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    return w


def judged(w: World, max_attempts: int = 3) -> Judgement:
    return judge(w.trials["s-00000"], w.snapshot(), max_attempts)


def with_attempts(w: World, *attempts: tuple[int, str]) -> None:
    ended = [Attempt(number=n, outcome=o, reason=o, recorded_time=START) for n, o in attempts]
    w.trials["s-00000"] = replace(w.trials["s-00000"], status=NASTrialStatus(attempts=ended))


@pytest.mark.parametrize(
    ("attempts", "seconds"),
    [
        ([(1, "Suspended")], None),
        ([(1, "Stopped")], None),
        ([(1, "Crashed")], 1),
        ([(1, "Crashed"), (2, "Crashed")], 2),
        ([(1, "Crashed"), (2, "Suspended"), (3, "Lost")], 2),
        ([(n, "Crashed") for n in range(1, 12)], 60),
    ],
)
def test_a_trial_without_a_job_is_ready_after_a_pause_that_grows_with_its_crashes(
    world: World, attempts: list[tuple[int, str]], seconds: int | None
) -> None:
    world.jobs.clear()
    with_attempts(world, *attempts)
    found = judged(world)
    assert (found.state, found.next_attempt) == (State.READY, len(attempts) + 1)
    assert found.not_before == (None if seconds is None else START + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("pod", "message"),
    [
        ({"phase": "Pending"}, ""),
        ({"phase": "Pending", "unschedulable": "0/3 nodes"}, "no node takes its pod: 0/3 nodes"),
        (
            {"phase": "Pending", "waiting": "ImagePullBackOff", "waiting_message": "no such image"},
            "ImagePullBackOff: no such image",
        ),
        ({"phase": "Pending", "waiting": "ContainerCreating"}, ""),
    ],
)
def test_a_pod_that_cannot_start_says_why(world: World, pod: dict[str, Any], message: str) -> None:
    world.run(JOB, **pod)
    world.now += timedelta(minutes=1)
    assert (judged(world).state, judged(world).message) == (State.PENDING, message)


def test_a_pod_that_stumbles_while_it_starts_is_no_news(world: World) -> None:
    world.run(JOB, phase="Pending", waiting="CreateContainerConfigError", waiting_message="failed to sync secret cache")
    assert judged(world).message == ""
    world.now += timedelta(seconds=11)
    assert "failed to sync secret cache" in judged(world).message


def test_an_attempt_waits_for_the_pod_of_a_job_that_somebody_deleted(world: World) -> None:
    world.jobs.clear()
    world.extra = {"leftovers": frozenset({"s-00000"})}
    assert (judged(world).state, judged(world).active) == (State.STOPPING, True)
    assert world.step().start_jobs == ()
    world.extra = {}
    assert judged(world).state == State.READY


def test_a_refused_pod_keeps_its_reason_between_the_looks_that_ask_for_it(world: World) -> None:
    world.extra = {"denied_pods": {f"uid-{JOB}": "exceeded quota"}}
    assert judged(world).message == "its pod is not created: exceeded quota"
    told = Condition(
        type="Progressing",
        status="True",
        reason="PodNotCreated",
        message=judged(world).message,
        last_transition_time=START,
    )
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(conditions=[told]))
    world.extra = {}
    assert judged(world).message == "its pod is not created: exceeded quota"
    world.extra = {"denied_pods": {}}
    assert judged(world).message == ""


def test_running_and_stopping(world: World) -> None:
    world.run(JOB)
    assert judged(world).state == State.RUNNING
    world.jobs[JOB] = replace(world.jobs[JOB], meta=replace(world.jobs[JOB].meta, deleted_at=START))
    assert judged(world).state == State.STOPPING


@pytest.mark.parametrize("job_is_deleted", [True, False], ids=["the operator stops it", "its node is lost"])
def test_a_pod_that_stays_terminating_is_shown(world: World, job_is_deleted: bool) -> None:
    world.run(JOB)
    world.pods[JOB] = replace(world.pods[JOB], meta=replace(world.pods[JOB].meta, deleted_at=START))
    if job_is_deleted:
        world.jobs[JOB] = replace(world.jobs[JOB], meta=replace(world.jobs[JOB].meta, deleted_at=START))
    assert judged(world).message == ""
    world.now = START + timedelta(seconds=61)
    message = judged(world).message
    assert f"pod {JOB}-x has been Terminating since 00:00:00" in message and "--force" in message
    assert "  " not in message


def test_the_job_of_a_recorded_attempt_goes_before_the_next_one_starts(world: World) -> None:
    world.run(JOB)
    with_attempts(world, (1, "Suspended"))
    assert judged(world).state == State.STOPPING
    world.jobs[JOB] = replace(world.jobs[JOB], complete=True)
    assert (judged(world).state, judged(world).next_attempt) == (State.READY, 2)


FAILED = TrialResult(outcome="Failed", reason="Boom", message="no luck")


@pytest.mark.parametrize(
    ("job", "pod", "result", "state", "outcome", "reason"),
    [
        ({"complete": True}, {}, TrialResult(outcome="Succeeded"), State.ENDED, "Succeeded", ""),
        ({"complete": True}, {}, FAILED, State.ENDED, "Failed", "Boom"),
        ({"complete": True}, {"exit_code": 0}, None, State.ENDED, "Failed", "ResultMissing"),
        ({"complete": True}, None, None, State.CRASHED, "Lost", "Lost"),
        ({"complete": True}, {"exit_code": 75}, None, State.CRASHED, "Lost", "Lost"),
        ({"failed_reason": "BackoffLimitExceeded"}, {"exit_code": 1}, None, State.CRASHED, "Crashed", "Crashed"),
        ({"failed_reason": "BackoffLimitExceeded"}, {"exit_code": 1}, FAILED, State.CRASHED, "Crashed", "Boom"),
        (
            {"failed_reason": "BackoffLimitExceeded"},
            {"exit_code": 137, "exit_reason": "OOMKilled"},
            None,
            State.CRASHED,
            "Crashed",
            "OOMKilled",
        ),
        ({"failed_reason": "PodFailurePolicy"}, {"exit_code": 64}, FAILED, State.ENDED, "Failed", "Boom"),
        ({"failed_reason": "PodFailurePolicy"}, None, None, State.ENDED, "Failed", "CandidateRejected"),
        ({"failed_reason": "BackoffLimitExceeded"}, None, None, State.CRASHED, "Lost", "Lost"),
        (
            {"failed_reason": "BackoffLimitExceeded"},
            {"exit_code": 137, "exit_reason": "Error", "meta": meta(f"{JOB}-x", deleted_at=START)},
            None,
            State.CRASHED,
            "Lost",
            "Lost",
        ),
        (
            {"failed_reason": "BackoffLimitExceeded"},
            {
                "exit_code": 1,
                "finished": START,
                "stop_asked": START + timedelta(seconds=1),
                "meta": meta(f"{JOB}-x", deleted_at=START + timedelta(seconds=1)),
            },
            None,
            State.CRASHED,
            "Crashed",
            "Crashed",
        ),
        ({"failed_reason": "DeadlineExceeded"}, {"started": START}, None, State.ENDED, "Failed", "DeadlineExceeded"),
        ({"failed_reason": "DeadlineExceeded"}, {"started": None}, None, State.CRASHED, "Lost", "PodNotStarted"),
        ({"failed_reason": "DeadlineExceeded"}, None, None, State.CRASHED, "Lost", "PodNotStarted"),
    ],
)
def test_what_a_finished_job_means(
    world: World,
    job: dict[str, Any],
    pod: dict[str, Any] | None,
    result: TrialResult | None,
    state: State,
    outcome: str,
    reason: str,
) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], end_time=START, **job)
    if pod is not None:
        world.run(JOB, **{"phase": "Succeeded" if job.get("complete") else "Failed"} | pod)
    world.results[JOB] = Collected(result)
    world.now = START + timedelta(seconds=11)
    found = judged(world)
    assert found.attempt is not None
    assert (found.state, found.attempt.outcome, found.attempt.reason) == (state, outcome, reason)


def test_a_trial_that_was_seen_running_has_used_its_time_though_kubernetes_deleted_the_pod(world: World) -> None:
    seen = Condition(type="Progressing", status="True", reason="Running", last_transition_time=START)
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(conditions=[seen]))
    world.jobs[JOB] = replace(world.jobs[JOB], failed_reason="DeadlineExceeded", end_time=START)
    world.results[JOB] = Collected(None)
    found = judged(world)
    assert found.state == State.ENDED and "evaluation.maxTrialDuration; raise it" in found.message


@pytest.mark.parametrize(
    ("job", "pod"),
    [
        ({"complete": True}, None),
        ({"complete": True}, {"phase": "Running"}),
        ({"failed_reason": "BackoffLimitExceeded"}, {"phase": "Running"}),
    ],
    ids=["complete, no pod seen", "complete, pod seen running", "failed, pod seen running"],
)
def test_a_watch_of_pods_that_lags_behind_that_of_jobs_costs_no_result(
    world: World, job: dict[str, Any], pod: dict[str, Any] | None
) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], end_time=START, **job)
    world.results[JOB] = Collected(None)
    if pod:
        world.run(JOB, **pod)
    world.now = START + timedelta(seconds=10)
    assert judged(world).state == State.COLLECTING
    world.now = START + timedelta(seconds=11)
    assert judged(world).state in (State.ENDED, State.CRASHED)


def test_a_trial_is_given_up_after_its_attempts_lost_pods_not_counted(world: World) -> None:
    world.fail(JOB, 1, FAILED)
    with_attempts(world, (2, "Lost"), (3, "Suspended"))
    assert judged(world, max_attempts=2).state == State.CRASHED
    with_attempts(world, (2, "Crashed"), (3, "Lost"))
    found = judged(world, max_attempts=2)
    assert found.result is not None
    assert (found.state, found.result.reason) == (State.ENDED, "Boom")
    assert found.message == "no luck (attempt 2 of 2)"


def test_a_trial_whose_pods_are_always_taken_away_is_given_up(world: World) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], failed_reason="BackoffLimitExceeded", end_time=START)
    world.results[JOB] = Collected(None)
    with_attempts(world, *((n, "Lost") for n in range(2, 20)), (20, "Suspended"))
    assert judged(world).state == State.CRASHED
    with_attempts(world, *((n, "Lost") for n in range(2, 21)))
    found = judged(world)
    assert found.result and (found.state, found.result.reason) == (State.ENDED, "LostTooOften")
    assert found.message == "its pod does not exist any more (20 attempts were lost, and no further one is made)"


@pytest.mark.parametrize("ended", [{"failed_reason": "BackoffLimitExceeded"}, {"complete": True}])
def test_what_a_queue_preempts_is_tried_again_however_often(world: World, ended: dict[str, Any]) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], suspended=True, queue="gpus", end_time=START, **ended)
    code = 0 if ended.get("complete") else 137
    world.run(JOB, "Failed", exit_code=code, exit_reason="Error", meta=meta(f"{JOB}-x", deleted_at=START))
    world.results[JOB] = Collected(None)
    preempted = [Attempt(number=n, outcome="Lost", reason="Preempted") for n in range(2, 60)]
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(attempts=preempted))
    found = judged(world)
    assert found.state == State.CRASHED and found.attempt and found.attempt.reason == "Preempted"
    assert "the queue gpus preempted it" in found.message


def test_waiting_for_a_node_in_vain_is_no_loss(world: World) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], failed_reason="DeadlineExceeded", end_time=START)
    world.results[JOB] = Collected(None)
    waited = [Attempt(number=n, outcome="Lost", reason="PodNotStarted") for n in range(2, 60)]
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(attempts=waited))
    assert judged(world).state == State.CRASHED


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_a_kubelet_whose_clock_is_wrong_holds_no_retry_back_and_lets_none_come_early(
    world: World, off: timedelta
) -> None:
    world.fail(JOB, 1)
    ended = world.now + off
    world.pods[JOB] = replace(world.pods[JOB], started=ended - timedelta(seconds=7), finished=ended)
    world.step()
    world.jobs.clear()
    found = judged(world)
    assert found.state == State.READY and found.not_before == world.now + timedelta(seconds=1)
    assert world.trials["s-00000"].status.trial_seconds == 7


@pytest.mark.parametrize("off", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_no_grace_lasts_an_hour_because_a_clock_is_wrong(world: World, off: timedelta) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], complete=True, end_time=START + off)
    world.results[JOB] = Collected(None)
    assert judged(world).state == State.CRASHED
    world.jobs[JOB] = replace(world.jobs[JOB], complete=False, end_time=None)
    beside_others(world, finished=START + off)
    assert judged(world).state == State.ENDED


def test_no_retry_waits_an_hour_because_the_api_servers_clock_was_wrong(world: World) -> None:
    world.now += HOUR
    world.fail(JOB, 1)
    world.step()
    world.jobs.clear()
    world.now -= HOUR
    found = judged(world)
    assert found.state == State.READY and found.not_before is None


def test_a_lost_node_leaves_no_time_of_another_clock(world: World) -> None:
    """The container's start is kubelet's, its end nobody has seen: then both times are the Job's."""
    world.run(JOB, started=START + HOUR)
    world.jobs[JOB] = replace(world.jobs[JOB], failed_reason="BackoffLimitExceeded", end_time=START)
    world.results[JOB] = Collected(None)
    world.now = START + timedelta(seconds=11)
    found = judged(world)
    assert found.attempt and (found.attempt.start_time, found.attempt.completion_time) == (START, START)


def test_the_longest_message_a_trial_may_write_still_fits_when_it_is_given_up(world: World) -> None:
    world.fail(JOB, 1, FAILED.model_copy(update={"message": "x" * 2048}))
    found = judged(world, max_attempts=1)
    assert len(found.message) == 2048 and found.message.endswith("(attempt 1 of 1)")


@pytest.mark.parametrize(
    ("pod", "words"),
    [
        ({"exit_code": 137, "exit_reason": "OOMKilled"}, "resources.limits.memory allows; raise it"),
        ({"exit_code": 3, "exit_reason": "Error"}, "exit code 3 (Error)"),
        ({"exit_code": None, "exit_reason": None, "reason": "Evicted"}, "its pod failed (Evicted)"),
        ({"exit_code": None, "failed_before": "its init container fetch ended with exit code 7"}, "container fetch"),
    ],
)
def test_a_crash_says_how_the_container_ended(world: World, pod: dict[str, Any], words: str) -> None:
    world.fail(JOB, 1)
    world.pods[JOB] = replace(world.pods[JOB], **pod)
    assert words in judged(world).message


def checkpointed(world: World, seconds: float, count: int, **changes: Any) -> Judgement:
    """Judge a trial whose pods ended as if they had been stopped, each after so many seconds."""
    world.run(JOB, "Failed", exit_code=75, **changes)
    ended = [
        replace(
            world.pods[JOB],
            meta=replace(world.pods[JOB].meta, name=f"{JOB}-{n}"),
            started=START + timedelta(minutes=10 * n),
            finished=START + timedelta(minutes=10 * n, seconds=seconds),
        )
        for n in range(count)
    ]
    snapshot = replace(world.snapshot(), pods={world.jobs[JOB].meta.uid: tuple(ended)})
    return judge(world.trials["s-00000"], snapshot, 2)


@pytest.mark.parametrize("seconds", [5, 600], ids=["at once", "after some work"])
def test_a_container_that_says_for_ever_that_it_goes_on_later_has_crashed(world: World, seconds: float) -> None:
    found = checkpointed(world, seconds, 3)
    assert found.state == State.CRASHED and found.attempt and found.attempt.outcome == "Crashed"
    assert "exit code 75 3 times" in found.message


@pytest.mark.parametrize(("count", "changes"), [(2, {}), (6, {"reason": "Evicted"})], ids=["a few times", "evictions"])
def test_a_container_that_was_stopped_goes_on_later(world: World, count: int, changes: dict[str, Any]) -> None:
    assert checkpointed(world, 5, count, **changes).state == State.PENDING


def test_the_job_of_an_attempt_that_does_not_go_on_is_ended_before_the_next_one(world: World) -> None:
    found = checkpointed(world, 5, 3)
    assert found.attempt
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(attempts=[found.attempt]))
    assert judged(world).state == State.STOPPING


def test_a_result_that_was_written_wrong_is_told_as_such(world: World) -> None:
    world.succeed(JOB)
    world.results[JOB] = Collected(None, fault='metrics.val_accuracy: "91.2%" is no number')
    found = judged(world)
    assert found.result and found.result.reason == "ResultInvalid"
    assert found.message.startswith('its result cannot be used: metrics.val_accuracy: "91.2%" is no number; see docs/')


def test_a_wrong_result_of_a_crash_is_told_beside_it(world: World) -> None:
    world.fail(JOB, 1)
    world.results[JOB] = Collected(None, fault='outcome: "failed" is none of …')
    assert judged(world).message.endswith(
        'exit code 1 (Error); its result cannot be used: outcome: "failed" is none of …'
    )


def stopped(world: World, **job: Any) -> Judgement:
    """Judge a trial whose pod somebody deleted, and whose container then ended with exit code 0 and no result."""
    gone = replace(meta(f"{JOB}-x"), deleted_at=START)
    world.run(JOB, "Succeeded", exit_code=0, finished=START, stop_asked=START, meta=gone)
    world.jobs[JOB] = replace(world.jobs[JOB], end_time=START, **job)
    world.results[JOB] = Collected(None)
    return judged(world)


def test_a_container_that_ends_with_0_when_it_is_told_to_stop_has_not_failed(world: World) -> None:
    found = stopped(world, complete=True)
    assert (found.state, found.message) == (State.CRASHED, "its pod was deleted while it ran")
    assert found.attempt and found.attempt.outcome == "Lost"


def test_a_job_that_failed_with_another_container_is_judged_by_the_trials_own(world: World) -> None:
    world.fail(JOB, 0)
    found = judged(world)
    assert found.result and (found.state, found.result.reason) == (State.ENDED, "ResultMissing")


def beside_others(world: World, **pod: Any) -> None:
    """Let the trial's container end in a pod of which another container goes on."""
    world.run(JOB, "Running", **{"finished": START, "exit_code": 0} | pod)
    world.now = START + timedelta(seconds=11)


def test_a_trial_that_ended_beside_other_containers_is_collected_and_its_job_deleted(world: World) -> None:
    beside_others(world)
    assert judged(world).state == State.COLLECTING
    world.results[JOB] = Collected(TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5}))
    world.step()
    assert world.trials["s-00000"].succeeded and world.search.status.trials.succeeded == 1
    world.step()
    assert world.jobs == {}


@pytest.mark.parametrize(
    ("code", "state", "outcome"),
    [
        (0, State.ENDED, "Failed"),
        (1, State.CRASHED, "Crashed"),
        (64, State.ENDED, "Failed"),
        (75, State.CRASHED, "Lost"),
    ],
)
def test_how_a_trial_ended_beside_other_containers(world: World, code: int, state: State, outcome: str) -> None:
    beside_others(world, exit_code=code)
    world.results[JOB] = Collected(None)
    found = judged(world)
    assert found.attempt and (found.state, found.attempt.outcome) == (state, outcome)
    world.trials["s-00000"] = replace(world.trials["s-00000"], status=NASTrialStatus(attempts=[found.attempt]))
    assert judged(world).state == State.STOPPING


def test_kubernetes_has_some_seconds_to_see_that_all_containers_have_ended(world: World) -> None:
    beside_others(world)
    world.now = START + timedelta(seconds=10)
    assert (judged(world).state, judged(world).message) == (State.PENDING, "")


CHANGES: list[dict[str, Any]] = [
    {"resources": {"requests": {"cpu": "2"}}},
    {"nodeSelector": {"zone": "b"}},
    {"tolerations": [{"operator": "Exists"}]},
    {"imagePullSecrets": [{"name": "registry"}]},
    {"env": [{"name": "A", "value": "b"}]},
]


@pytest.mark.parametrize("template", CHANGES, ids=lambda template: next(iter(template)))
def test_a_job_whose_pod_never_started_is_made_again_from_a_changed_template(template: dict[str, Any]) -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.run(JOB, "Pending", started=None, unschedulable="0/3 nodes")
    made = w.jobs[JOB]
    w.step()
    assert w.jobs[JOB] is made
    w.respec(trialTemplate=template)
    w.step()
    assert w.jobs == {}
    w.step()
    assert list(w.jobs) == [JOB] and w.jobs[JOB].template != made.template
    assert w.trials["s-00000"].status.attempts == []


def test_a_job_stays_while_its_pod_has_started_or_nothing_of_the_pod_has_changed() -> None:
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}))
    w.step()
    w.respec(trialTemplate={"maxAttempts": 5})
    w.step()
    assert list(w.jobs) == [JOB]
    w.run(JOB, "Failed", exit_code=75, finished=START, reason="Evicted")
    w.respec(trialTemplate=CHANGES[0])
    w.step()
    assert list(w.jobs) == [JOB], "what it has done so far may be in its checkpoint, or its result on the way"


def over_nodes(w: World, *pods: dict[str, Any]) -> Judgement:
    """Judge a trial whose Job has so many nodes; each pod says which it is of, the first by default."""
    w.jobs[JOB] = replace(w.jobs[JOB], nodes=2)
    w.run(JOB)
    base, seen = w.pods[JOB], w.snapshot()
    made = [
        replace(base, meta=replace(base.meta, name=f"{JOB}-{k}", uid=f"uid-{JOB}-{k}"), **{"node": 0, **changes})
        for k, changes in enumerate(pods)
    ]
    return judge(w.trials["s-00000"], replace(seen, pods={w.jobs[JOB].meta.uid: tuple(made)}), 3)


PENDING: dict[str, Any] = {"phase": "Pending", "started": None}


def test_it_runs_when_all_of_its_pods_run(world: World) -> None:
    assert over_nodes(world, {}, {"node": 1}).state == State.RUNNING
    waiting = over_nodes(world, {}, {"node": 1, **PENDING, "unschedulable": "0/3 nodes are available"})
    assert (waiting.state, waiting.reason) == (State.PENDING, "Unschedulable")
    assert "0/3 nodes are available" in waiting.message
    assert over_nodes(world, {}).state == State.PENDING, "one is still to be made"
    ended = {"node": 1, "phase": "Succeeded", "exit_code": 0, "finished": START}
    assert over_nodes(world, {}, ended).state == State.RUNNING, "the first one is still to tell the result"


def own_stops_of(node: int, times: int) -> list[dict[str, Any]]:
    return [{"node": node, "phase": "Failed", "exit_code": 75, "finished": START}] * times


def test_stops_count_that_no_pod_of_the_others_has_caused(world: World) -> None:
    """When one is evicted all stop, so that the stops of the others are not their own."""
    assert over_nodes(world, *own_stops_of(0, 5), *own_stops_of(1, 2)).state == State.PENDING
    assert over_nodes(world, *own_stops_of(0, 3), *own_stops_of(1, 3)).state == State.CRASHED
    assert over_nodes(world, *own_stops_of(0, 20)).state == State.CRASHED, "not for ever"


def test_time_of_all_pods_counts(world: World) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], complete=True, end_time=START)
    world.results[JOB] = Collected(TrialResult(outcome="Succeeded", metrics={"val_accuracy": 0.5}))
    ended = {"phase": "Succeeded", "exit_code": 0, "started": START, "finished": START + timedelta(seconds=10)}
    found = over_nodes(world, ended, ended | {"node": 1, "finished": START + timedelta(seconds=12)})
    assert found.state == State.ENDED and found.earlier_s == 12


def test_a_pod_that_is_removed_at_once_is_no_crash_of_those_that_stop_for_it(world: World) -> None:
    """`kubectl delete pod --force`: nobody sees how it ended, and the Job has failed."""
    world.jobs[JOB] = replace(world.jobs[JOB], failed_reason="BackoffLimitExceeded", end_time=START)
    world.results[JOB] = Collected(None)
    found = over_nodes(world, *own_stops_of(0, 1))
    assert found.attempt and found.attempt.outcome == "Lost" and "does not exist any more" in found.message


def test_a_kind_without_a_deadline_of_its_own_is_held_to_that_of_the_search(world: World) -> None:
    world.run(JOB, started=world.now)
    world.jobs[JOB] = replace(world.jobs[JOB], kind="group", deadline_s=60)
    world.now += timedelta(seconds=60)
    assert judged(world).state == State.RUNNING
    world.now += timedelta(seconds=1)
    world.results[JOB] = Collected(None)
    found = judged(world)
    assert (found.state, found.result and found.result.reason) == (State.ENDED, "DeadlineExceeded")
    of_a_job = replace(world.jobs[JOB], kind=None)
    assert not past_deadline(of_a_job, world.snapshot().pods[of_a_job.meta.uid], world.now), "Kubernetes ends a Job"
    world.step()
    assert [job.meta.name for job in world.step().stop_jobs] == [JOB], "what is on record goes"


def test_of_a_kind_that_makes_no_other_pod_one_that_was_stopped_is_lost(world: World) -> None:
    world.run(JOB, phase="Failed", exit_code=EXIT_CHECKPOINTED, started=START, finished=START)
    world.jobs[JOB] = replace(world.jobs[JOB], kind="group", failed_reason="PodFailed", end_time=START)
    world.results[JOB] = Collected(None)
    found = judged(world)
    assert found.attempt and found.attempt.outcome == "Lost"
    assert found.message == "it was stopped, and a group does not make another pod for it"
