"""Searches and trials as the API server shows them, and a server that answers as it does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from kubernetes import client
from nas_client.reader import Reader
from nas_client.search_state import SearchState
from nas_core.records.search import read_search
from nas_core.records.trial import TrialView

START = "2026-01-02T03:04:05Z"


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": reason, "message": message, "lastTransitionTime": START}


def raw_search(status: dict[str, Any] | None, generation: int = 1, **spec: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "fashion",
            "namespace": "demo",
            "uid": "u1",
            "resourceVersion": "1",
            "generation": generation,
            "creationTimestamp": START,
        },
        "spec": {"task": {"dataset": {"name": "digits"}}, "evaluation": {"epochs": 4}, "budget": {"maxTrials": 4}}
        | spec,
    } | ({"status": status} if status is not None else {})


def raw_trial(index: int, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {"name": f"fashion-{index:05d}", "namespace": "demo", "uid": f"t{index}", "resourceVersion": "1"},
        "spec": {
            "index": index,
            "basis": 0,
            "seed": 1,
            "candidates": [{"id": f"id{index}", "architecture": {"op": "skip"}, "origin": "Random"}],
        },
        "status": status,
    }


def running(index: int, epoch: int, **metrics: float) -> dict[str, Any]:
    conditions = [condition("Progressing", "True", "Running")]
    return raw_trial(index, conditions=conditions, epoch=epoch, metrics=metrics, startTime=START)


def preparing(rows: int, **status: Any) -> dict[str, Any]:
    """Return the trial that prepares the data, which runs unless ``status`` says otherwise."""
    raw = raw_trial(0, conditions=[condition("Progressing", "True", "Running")], metrics={"rows": float(rows)})
    raw["metadata"]["name"] = "fashion-prepare"
    raw["spec"] |= {"work": "Prepare", "candidates": []}
    raw["status"] |= status
    return raw


def succeeded(index: int, **metrics: float) -> dict[str, Any]:
    conditions = [condition("Progressing", "False", "Succeeded"), condition("Succeeded", "True", "Completed")]
    return raw_trial(index, conditions=conditions, sequence=index + 1, metrics=metrics)


def failed(index: int, message: str) -> dict[str, Any]:
    conditions = [condition("Failed", "True", "OOMKilled", message)]
    return raw_trial(index, conditions=conditions, sequence=index + 1)


@pytest.fixture
def half_way() -> SearchState:
    """One trial ended, one runs in its second of four epochs, two are still to come."""
    status = {
        "observedGeneration": 1,
        "conditions": [
            condition("Accepted", "True", "Valid"),
            condition("Progressing", "True", "Running", "1 of 4 trials have ended"),
            condition("Succeeded", "False", "NotFinished"),
        ],
        "trials": {"total": 2, "running": 1, "succeeded": 1},
        "best": [
            {
                "trial": "fashion-00000",
                "architecture": "|skip~0|",
                "id": "id0",
                "metrics": {"val_accuracy": 0.8125, "parameters": 12345},
                "checkpoint": "s3://nas/demo/best.safetensors",
            }
        ],
        "startTime": START,
    }
    return state_of(raw_search(status), succeeded(0, val_accuracy=0.8125), running(1, 2, val_accuracy=0.5))


def state_of(search: dict[str, Any], *trials: dict[str, Any]) -> SearchState:
    return SearchState(read_search(search), tuple(TrialView.of(trial) for trial in trials))


@pytest.fixture
def build() -> Callable[..., SearchState]:
    """Build the state of a search from conditions ``(type, status, reason)``."""

    def make(*conditions: tuple[str, str, str], generation: int = 1, constraints: Sequence[str] = ()) -> SearchState:
        status = {"observedGeneration": 1, "conditions": [condition(*c) for c in conditions]} if conditions else None
        limits = [{"metric": name, "max": "1"} for name in constraints]
        return state_of(raw_search(status, generation, constraints=limits))

    return make


class Server(HTTPServer):
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.answers: dict[str, tuple[int, dict[str, Any] | bytes]] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self.server.asked.append((url.path, parse_qs(url.query)))
            status, body = self.server.answers.get(url.path, (404, {"reason": "NotFound"}))
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            pass

    with Server(Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def reader(server: Server) -> Reader:
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    configuration.retries = 0
    return Reader(client.ApiClient(configuration), "demo")
