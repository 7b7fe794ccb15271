"""Why a pending trial does not run. Nothing waits for more than a minute without a message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, World, meta, search

from nas_core.api.base import Condition
from nas_core.api.trial import NASTrialStatus
from nas_core.states import State
from nas_plan.judgement import Judgement
from nas_plan.trial_state import judge
from nas_plan.waiting import SILENCE, to_ask_of

JOB = "s-00000-a1"
POD = f"uid-{JOB}-x"


@pytest.fixture
def world() -> World:
    """A search of one trial whose first Job exists, without a pod; a minute and more has passed."""
    w = World(search(budget={"maxTrials": 1, "parallelTrials": 1}), extra={"denied_pods": {}, "pod_events": {}})
    w.step()
    w.now = START + SILENCE + timedelta(seconds=1)
    return w


def judged(w: World) -> Judgement:
    return judge(w.trials["s-00000"], w.snapshot(), 3)


def pending(w: World, **pod: Any) -> None:
    changes: dict[str, Any] = {"phase": "Pending", "created": START, "started": None} | pod
    w.run(JOB, **changes)


@pytest.mark.parametrize(
    ("pod", "reason", "words"),
    [
        ({}, "PodNotStarted", "its pod is Pending since 00:00:00"),
        ({"phase": "Unknown"}, "PodNotStarted", "its pod is Unknown since 00:00:00"),
        ({"waiting": "ContainerCreating"}, "PodNotStarted", "its pod waits in ContainerCreating since 00:00:00"),
        ({"waiting": "PodInitializing"}, "PodNotStarted", "its pod waits in PodInitializing since 00:00:00"),
        ({"waiting": "ErrImagePull", "waiting_message": "no image"}, "ContainerNotStarted", "ErrImagePull: no image"),
        ({"unschedulable": "gated"}, "Unschedulable", "no node takes its pod: gated"),
        (
            {"phase": "Running", "waiting": "ContainerCreating"},
            "PodNotStarted",
            "its pod waits in ContainerCreating since 00:00:00",
        ),
    ],
)
def test_a_pod_that_has_not_started_after_a_minute(world: World, pod: dict[str, Any], reason: str, words: str) -> None:
    pending(world, **pod)
    assert (judged(world).state, judged(world).reason, judged(world).message) == (State.PENDING, reason, words)


def test_a_minute_is_no_news(world: World) -> None:
    world.now = START + SILENCE
    assert judged(world).message == ""
    pending(world, waiting="ContainerCreating")
    assert judged(world).message == ""


def test_the_event_of_a_pod_says_what_is_wrong(world: World) -> None:
    pending(world, waiting="ContainerCreating")
    world.extra["pod_events"] = {POD: 'FailedMount: secret "nas" not found'}
    told = 'its pod waits in ContainerCreating since 00:00:00: FailedMount: secret "nas" not found'
    assert judged(world).message == told
    wrote(world, "PodNotStarted", told)
    world.extra = {}
    assert judged(world).message == told, "between the looks that ask"
    pending(world, phase="Running", waiting=None)
    assert judged(world).state == State.RUNNING


def test_a_job_without_a_pod_and_without_an_event(world: World) -> None:
    assert (judged(world).reason, judged(world).message) == (
        "PodNotCreated",
        "its Job has no pod since 00:00:00; no Event says why",
    )
    world.extra["denied_pods"] = {f"uid-{JOB}": "exceeded quota"}
    assert judged(world).message == "its pod is not created: exceeded quota"


def test_a_job_that_a_queue_holds_is_queued_and_nothing_blocks_the_search(world: World) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], suspended=True, queue="gpus")
    assert (judged(world).reason, judged(world).message) == ("Queued", "its Job waits in the queue gpus")
    world.now = START
    world.step()
    assert world.condition("Progressing") == ("True", "Queued")


def test_a_job_that_is_suspended_without_a_queue(world: World) -> None:
    world.jobs[JOB] = replace(world.jobs[JOB], suspended=True)
    assert judged(world).reason == "JobSuspended"
    assert "its Job is suspended, and has no queue" in judged(world).message
    world.now = START
    assert judged(world).reason == "JobSuspended", "nobody has to wait for the word"
    world.step()
    assert world.condition("Progressing") == ("True", "TrialsBlocked")


def test_a_container_that_stops_by_itself_is_told_at_once(world: World) -> None:
    world.run(JOB, "Failed", exit_code=75, finished=START)
    assert judged(world).reason == "StoppedItself"
    assert "ended with exit code 75 1 of 3 times" in judged(world).message


def test_a_pod_that_has_ended_while_nobody_finishes_its_job(world: World) -> None:
    world.run(JOB, "Succeeded", exit_code=0, finished=START)
    assert judged(world).reason == "JobNotFinished"
    assert judged(world).message == "its pod has ended at 00:00:00, but Kubernetes has not finished its Job"
    world.now = START + SILENCE
    assert judged(world).message == ""


def test_a_pod_that_was_stopped_waits_for_the_next_one(world: World) -> None:
    world.run(JOB, "Failed", exit_code=75, finished=START, reason="Evicted")
    assert judged(world).message == "its Job has no pod since 00:00:00; no Event says why"


def test_events_are_asked_of_pods_that_have_waited_long_for_no_known_reason(world: World) -> None:
    pending(world, waiting="ContainerCreating")
    waits = world.pods[JOB]
    others = [
        replace(waits, created=world.now),
        replace(waits, phase="Running", waiting=None),
        replace(waits, phase="Failed"),
        replace(waits, unschedulable="0/3 nodes"),
        replace(waits, meta=meta("x", deleted_at=START)),
    ]
    assert to_ask_of([waits, *others], world.now) == [waits]


def wrote(w: World, reason: str, message: str) -> None:
    told = Condition(type="Progressing", status="True", reason=reason, message=message, last_transition_time=START)
    w.trials["s-00000"] = replace(w.trials["s-00000"], status=NASTrialStatus(conditions=[told]))
