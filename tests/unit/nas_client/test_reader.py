"""The reader against a real HTTP server that answers as the API server does."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from tests.unit.nas_client.conftest import raw_search, raw_trial

from kubernetes import client
from nas_client.errors import ApiUnreachable, KubeconfigInvalid, SearchNotFound, SearchUnreadable
from nas_client.reader import Reader


class Server(HTTPServer):
    """Answers what it was told to, and keeps what it was asked."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.asked: list[tuple[str, dict[str, list[str]]]] = []


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        server: Server

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            self.server.asked.append((url.path, parse_qs(url.query)))
            status, body = self.server.answers.get(url.path, (404, {"reason": "NotFound"}))
            payload = json.dumps(body).encode()
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


BASE = "/apis/nas-operator.io/v1alpha1/namespaces/demo"


def test_reads_the_search_and_only_its_own_trials_in_order(server: Server, reader: Reader) -> None:
    server.answers[f"{BASE}/nassearches/fashion"] = 200, raw_search({})
    server.answers[f"{BASE}/nastrials"] = 200, {"items": [raw_trial(1), raw_trial(0)]}
    state = reader.read("fashion")
    assert [trial.meta.name for trial in state.trials] == ["fashion-00000", "fashion-00001"]
    assert server.asked[1][1]["labelSelector"] == ["nas-operator.io/search-uid=u1"]


def test_a_missing_search_says_where_it_was_sought(reader: Reader) -> None:
    with pytest.raises(SearchNotFound, match="no NASSearch 'fashion' in namespace 'demo'"):
        reader.read("fashion")


def test_an_answer_of_no_is_final_and_an_overload_is_not(server: Server, reader: Reader) -> None:
    server.answers[f"{BASE}/nassearches/fashion"] = 403, {"reason": "Forbidden"}
    with pytest.raises(SearchUnreadable, match="403"):
        reader.read("fashion")
    server.answers[f"{BASE}/nassearches/fashion"] = 503, {}
    with pytest.raises(ApiUnreachable, match="503"):
        reader.read("fashion")


def test_nobody_listening_is_worth_another_try(server: Server, reader: Reader) -> None:
    server.server_close()
    server.shutdown()
    with pytest.raises(ApiUnreachable):
        reader.read("fashion")


def test_a_context_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigInvalid, match="--context"):
        Reader.connect(str(tmp_path / "none"), "nowhere", None)
