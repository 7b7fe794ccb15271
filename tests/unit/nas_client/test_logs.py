"""Which log is shown of a trial, against a real HTTP server that answers as the API server does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.nas_client.conftest import START, Server, condition, raw_trial

from nas_client.errors import InvalidInput, SearchUnreadable
from nas_client.logs import Logs, Pod, choose, kept_log
from nas_client.reader import Reader
from nas_core.api.trial import Attempt, NASTrialStatus
from nas_core.states import AttemptOutcome

TRIAL = "/apis/nas-operator.io/v1alpha1/namespaces/demo/nastrials/fashion-00000"
PODS = "/api/v1/namespaces/demo/pods"


def pod(name: str, attempt: str, **more: str) -> dict[str, Any]:
    labels = {"nas-operator.io/trial": "fashion-00000", "nas-operator.io/attempt": attempt, **more}
    return {"metadata": {"name": name, "labels": labels, "creationTimestamp": START}}


def failed(number: int, log: str) -> dict[str, Any]:
    return {
        "conditions": [condition("Failed", "True", "Crashed")],
        "attempts": [{"number": number, "outcome": "Crashed"}],
        "lastLog": log,
    }


def test_the_log_of_the_newest_attempt_is_streamed(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0)
    server.answers[PODS] = 200, {"items": [pod("a2", "2"), pod("a1", "1"), pod("of-others", "x")]}
    server.answers[f"{PODS}/a2/log"] = 200, b"epoch 1\nepoch 2\n"
    log = Logs(reader).open("fashion-00000", tail=2)
    assert b"".join(log.pieces) == b"epoch 1\nepoch 2\n"
    assert server.asked[1][1]["labelSelector"] == ["nas-operator.io/trial=fashion-00000"]
    assert server.asked[2][1] == {"container": ["trial"], "tailLines": ["2"], "follow": ["false"]}


def test_of_several_nodes_the_log_is_the_first_ones(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0)
    pods = [pod(f"a1-{node}", "1", **{"batch.kubernetes.io/job-completion-index": str(node)}) for node in (1, 0, 2)]
    server.answers[PODS] = 200, {"items": pods}
    server.answers[f"{PODS}/a1-0/log"] = 200, b"epoch 1\n"
    assert b"".join(Logs(reader).open("fashion-00000").pieces) == b"epoch 1\n"


def test_an_attempt_is_chosen_and_followed(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0)
    server.answers[PODS] = 200, {"items": [pod("a2", "2"), pod("a1", "1")]}
    server.answers[f"{PODS}/a1/log"] = 200, b"first\n"
    assert b"".join(Logs(reader).open("fashion-00000", attempt=1, follow=True).pieces) == b"first\n"
    assert server.asked[2][1]["follow"] == ["true"]


def test_a_container_that_has_not_started_is_said_in_the_api_servers_words(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0)
    server.answers[PODS] = 200, {"items": [pod("a1", "1")]}
    server.answers[f"{PODS}/a1/log"] = 400, {"message": 'container "trial" is waiting to start: ContainerCreating'}
    with pytest.raises(InvalidInput, match="waiting to start"):
        list(Logs(reader).open("fashion-00000").pieces)


def test_who_may_not_list_pods_is_told(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0)
    server.answers[PODS] = 403, {"reason": "Forbidden"}
    with pytest.raises(SearchUnreadable, match="the pods of fashion-00000"):
        Logs(reader).open("fashion-00000")


def test_without_a_trial_there_is_no_log(reader: Reader) -> None:
    with pytest.raises(InvalidInput, match="no nastrial 'fashion-00000'"):
        Logs(reader).open("fashion-00000")


def test_without_a_pod_the_status_has_the_end_of_the_failed_attempt(server: Server, reader: Reader) -> None:
    server.answers[TRIAL] = 200, raw_trial(0, **failed(1, "one\ntwo\nout of memory"))
    server.answers[PODS] = 200, {"items": []}
    log = Logs(reader).open("fashion-00000", tail=2)
    assert b"".join(log.pieces) == b"two\nout of memory\n"
    assert "status.lastLog" in log.source


@pytest.mark.parametrize(
    ("status", "attempt", "said"),
    [
        ({}, None, "trial 'fashion-00000' has no pod and no log: it has not begun"),
        (failed(1, "x"), 2, "attempt 2 of trial 'fashion-00000' has no pod.*ended: 1 Crashed"),
    ],
)
def test_without_any_log_it_is_said_why(
    status: dict[str, Any], attempt: int | None, said: str, server: Server, reader: Reader
) -> None:
    server.answers[TRIAL] = 200, raw_trial(0, **status)
    server.answers[PODS] = 200, {"items": []}
    with pytest.raises(InvalidInput, match=said):
        Logs(reader).open("fashion-00000", attempt)


def test_of_several_pods_of_an_attempt_the_last_one_counts() -> None:
    pods = [Pod("b", 1, 2), Pod("a", 1, 1)]
    assert choose(pods, None) == choose(pods, 1) == pods[0]
    assert choose(pods, 2) is None


def test_a_kept_log_is_of_the_last_attempt_that_failed() -> None:
    outcomes = [AttemptOutcome.CRASHED, AttemptOutcome.CRASHED, AttemptOutcome.SUSPENDED]
    attempts = [Attempt(number=number, outcome=outcome) for number, outcome in enumerate(outcomes, 1)]
    status = NASTrialStatus(attempts=attempts, last_log="end")
    assert [kept_log(status, number) for number in (None, 1, 2, 3)] == ["end", None, "end", None]
