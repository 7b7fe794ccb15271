"""Servers that answer as MLflow does, and others. `tests/integration/test_import.py` asks MLflow itself."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.strange_server import StrangeServer

from nas_client.errors import ApiUnreachable, ClientError, InvalidInput, SearchUnreadable
from nas_client.importing import mlflow_server
from nas_client.importing.mlflow_server import read_server
from nas_client.importing.sources import Tool, read

Json = dict[str, Any]
KNOWN: Json = {"experiment": {"experiment_id": "7"}}


def page(*names: str, token: str = "") -> Json:
    info = {"experiment_id": "7", "status": "FINISHED", "lifecycle_stage": "active", "start_time": 1}
    runs = [{"info": info | {"run_id": name}, "data": {"params": [{"key": "lr", "value": name}]}} for name in names]
    return {"runs": runs, "next_page_token": token}


class Answers:
    """Gives one answer after the other, and keeps what it was asked."""

    def __init__(self, *answers: tuple[int, Any] | bytes) -> None:
        self._left: Iterator[tuple[int, Any] | bytes] = iter(answers)
        self.heads: list[str] = []

    def __call__(self, server: StrangeServer, connection: socket.socket, head: bytes) -> None:
        self.heads.append(head.decode())
        answer = next(self._left)
        if isinstance(answer, tuple):
            status, body = answer
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            answer = b"HTTP/1.1 %d x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % (status, len(content))
            answer += content
        connection.sendall(answer)
        connection.shutdown(socket.SHUT_RDWR)


def test_all_pages_of_an_experiment_are_read() -> None:
    answers = Answers((200, KNOWN), (200, page("a", "b", token="more")), (200, page("c")))
    with StrangeServer(answers) as server:
        found = read_server(f"{server.url}/", "vision/fashion", {})
    assert [one.values for one in found.trials] == [{"lr": "a"}, {"lr": "b"}, {"lr": "c"}]
    assert found.name == "vision/fashion"
    assert answers.heads[0].startswith(
        "GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=vision%2Ffashion HTTP"
    )
    assert answers.heads[1].startswith("POST /api/2.0/mlflow/runs/search HTTP")
    assert not any("authorization" in head.lower() for head in answers.heads)


@pytest.mark.parametrize(
    ("environment", "header"),
    [
        ({"MLFLOW_TRACKING_TOKEN": "t"}, "authorization: bearer t"),
        ({"MLFLOW_TRACKING_USERNAME": "u", "MLFLOW_TRACKING_PASSWORD": "p"}, "authorization: basic dtpw"),
    ],
)
def test_who_asks_is_said_as_mlflow_does(environment: dict[str, str], header: str) -> None:
    answers = Answers((200, KNOWN), (200, page("a")))
    with StrangeServer(answers) as server:
        read_server(server.url, "x", environment)
    assert all(header in head.lower() for head in answers.heads)


@pytest.mark.parametrize(
    ("answers", "kind", "why"),
    [
        ([(404, {"error_code": "RESOURCE_DOES_NOT_EXIST"})], InvalidInput, "has no such experiment"),
        ([(401, {})], SearchUnreadable, "answers 401; set MLFLOW_TRACKING_TOKEN"),
        ([(500, {})], ApiUnreachable, "answers 500 to experiments/get-by-name"),
        ([(302, {})], ApiUnreachable, "answers 302"),
        ([(200, [])], InvalidInput, "does not answer as MLflow does"),
        ([(200, b"<html>")], InvalidInput, "is no JSON"),
        ([(200, KNOWN), (200, {"runs": 5})], InvalidInput, "has no runs as MLflow's REST API"),
        ([(200, b"x" * 300)], InvalidInput, "answers with more than 200 bytes"),
        ([b"nonsense\r\n\r\n"] * 3, ApiUnreachable, "does not answer"),
    ],
)
def test_other_servers_are_told_apart(
    answers: list[Any], kind: type[ClientError], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_server, "ANSWER_BYTES", 200)
    with StrangeServer(Answers(*answers)) as server, pytest.raises(kind, match=why):
        read_server(server.url, "x", {})


def test_no_redirect_is_followed() -> None:
    elsewhere = Answers((200, KNOWN))
    with StrangeServer(elsewhere) as other:
        moved = b"HTTP/1.1 302 x\r\nLocation: %s/\r\nContent-Length: 0\r\n\r\n" % other.url.encode()
        with StrangeServer(Answers(moved)) as server, pytest.raises(ApiUnreachable, match="answers 302"):
            read_server(server.url, "x", {"MLFLOW_TRACKING_TOKEN": "t"})
    assert elsewhere.heads == []


def test_a_server_that_never_comes_to_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mlflow_server, "ALL_BYTES", 2000)
    with (
        StrangeServer(Answers((200, KNOWN), *[(200, page("a", token="more"))] * 50)) as server,
        pytest.raises(InvalidInput, match="2,000 in all"),
    ):
        read_server(server.url, "x", {})
    monkeypatch.setattr(mlflow_server, "ALL_S", -1.0)
    with pytest.raises(ApiUnreachable, match="has not told all runs"):
        read_server("http://127.0.0.1:1", "x", {})


@pytest.mark.parametrize("endpoint", ["file:///etc/passwd", "mlflow", "http://", "ftp://host"])
def test_what_is_no_url_of_a_server_is_refused(endpoint: str) -> None:
    with pytest.raises(InvalidInput, match="must be the URL of an MLflow server"):
        read_server(endpoint, "x", {})


def test_a_server_is_for_mlflow_alone_and_needs_a_name(tmp_path: Path) -> None:
    for tool, file in ((Tool.OPTUNA, None), (Tool.MLFLOW, "a")):
        with pytest.raises(InvalidInput, match="give one of the two"):
            read(tool, file, "http://host", "x")
    with pytest.raises(InvalidInput, match="--experiment NAME"):
        read(Tool.MLFLOW, None, "http://host", None)
    with pytest.raises(InvalidInput, match="give the file"):
        read(Tool.KATIB, None, None, None)
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read(Tool.KATIB, str(tmp_path / "none"), None, None)
