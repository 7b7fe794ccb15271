"""Where requests may go, and what comes of answers that are none."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.recording_mlflow import RecordingMlflow

from nas_core.reasons import TrackingReason
from nas_operator.tracking import http as http_module
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.mlflow import Mlflow
from nas_storage.allowed_endpoints import AllowedEndpoints


async def refused(url: str, *allowed: str) -> TrackingFault:
    http = TrackingHttp(AllowedEndpoints.of(allowed))
    try:
        with pytest.raises(TrackingFault) as fault:
            await http.send(url, {}, {})
    finally:
        await http.close()
    return fault.value


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://169.254.169.254/", "http://nowhere.example/", "http://h:99999/"]
)
async def test_what_is_not_in_the_list_is_refused_alike_whatever_is_there(url: str, mlflow: RecordingMlflow) -> None:
    faults = [await refused(one, "mlflow.example.com") for one in (url, mlflow.url)]
    assert {fault.reason for fault in faults} == {TrackingReason.TRACKING_ENDPOINT_NOT_ALLOWED}
    assert len({fault.message for fault in faults}) == 1
    assert mlflow.asked == []


async def test_a_name_that_leads_to_this_machine_is_refused(
    mlflow: RecordingMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(mlflow.url.rpartition(":")[2])
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    fault = await refused(f"http://mlflow.example.com:{port}/", "mlflow.example.com:*")
    assert fault.reason == TrackingReason.TRACKING_ENDPOINT_NOT_ALLOWED and mlflow.asked == []


async def test_a_name_is_looked_up_once_and_the_connection_goes_there(
    mlflow: RecordingMlflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(mlflow.url.rpartition(":")[2])
    answers: Iterator[Any] = iter(["127.0.0.1"])
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]
    )
    http = TrackingHttp(AllowedEndpoints.of(["mlflow.example.com:*", "127.0.0.1:*"]))
    status, _ = await http.send(
        f"http://mlflow.example.com:{port}/api/2.0/mlflow/experiments/create", {}, {"name": "a"}
    )
    await http.close()
    assert status == 200 and mlflow.headers[0]["Host"] == f"mlflow.example.com:{port}"


async def test_no_redirect_is_followed(mlflow: RecordingMlflow, http: TrackingHttp) -> None:
    mlflow.faults["experiments/create"] = ["redirect"]
    with pytest.raises(TrackingFault, match="answers 302 to experiments/create"):
        await Mlflow(http, mlflow.url, {}).experiment("a")


async def test_a_server_that_is_away_is_a_fault_of_the_server() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        fault = await refused(f"http://127.0.0.1:{free.getsockname()[1]}/", "127.0.0.1:*")
    assert fault.reason == TrackingReason.SERVER_UNREACHABLE and fault.of_server


async def test_an_answer_that_is_too_long_is_not_read(
    mlflow: RecordingMlflow, http: TrackingHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "ANSWER_BYTES", 3)
    with pytest.raises(TrackingFault) as fault:
        await http.send(f"{mlflow.url}/api/2.0/mlflow/experiments/create", {}, {"name": "a"})
    assert fault.value.reason == TrackingReason.SERVER_UNREACHABLE


@pytest.mark.parametrize("status", [401, 403])
async def test_who_is_not_let_in_is_told_what_to_do(status: int, mlflow: RecordingMlflow, http: TrackingHttp) -> None:
    mlflow.faults["experiments/create"] = [status]
    with pytest.raises(TrackingFault, match="secretRef") as fault:
        await Mlflow(http, mlflow.url, {"Authorization": "Bearer t0p"}).experiment("a")
    assert fault.value.reason == TrackingReason.SERVER_DENIES and "t0p" not in fault.value.message
    assert mlflow.headers[0]["Authorization"] == "Bearer t0p"


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b"{}", b"<html>", b'{"runs": 1}', b'{"runs": [{}]}', b"[" * 100_000, b'{"runs": [{"data": 1}]}'],
)
async def test_an_answer_that_is_no_answer_is_a_fault(
    answer: bytes, http: TrackingHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(*_: object) -> tuple[int, bytes]:
        return 200, answer

    monkeypatch.setattr(http, "send", send)
    server = Mlflow(http, "http://h", {})
    if answer != b"{}":  # no runs
        with pytest.raises(TrackingFault):
            _ = [run async for run in server.runs("1", "uid")]
    with pytest.raises(TrackingFault) as fault:
        await server.experiment("a")
    assert fault.value.reason == TrackingReason.SERVER_ERROR
