"""The client's models against a real HTTP server that answers as the API server does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.support.factories import raw_trial
from tests.support.models import ENDED, raw_model

from kubernetes import client
from nas_client.errors import ApiUnreachable, InvalidInput, SearchUnreadable
from nas_client.models import Models
from nas_client.reader import Reader

BASE = "/apis/nas-operator.io/v1alpha1/namespaces/ns"


class Server(HTTPServer):
    """Answers what it was given, and keeps what it was sent."""

    answers: dict[tuple[str, str], tuple[int, dict[str, Any]]]
    sent: list[dict[str, Any]]


@pytest.fixture
def server() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        server: Server

        def _answer(self) -> None:
            path = urlsplit(self.path).path.removeprefix(f"{BASE}/")
            if length := int(self.headers.get("Content-Length", 0)):
                self.server.sent.append(json.loads(self.rfile.read(length)))
            status, body = self.server.answers.get((self.command, path), (404, {"reason": "NotFound"}))
            payload = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, *_: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as running:
        running.answers, running.sent = {}, []
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


@pytest.fixture
def models(server: Server) -> Models:
    configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    configuration.retries = 0
    return Models(Reader(client.ApiClient(configuration), "ns"))


def test_a_trial_becomes_a_model_named_after_its_search(server: Server, models: Models) -> None:
    server.answers[("GET", "nastrials/s-00000")] = (200, raw_trial(0, ENDED))
    server.answers[("POST", "nasmodels")] = (201, raw_model("s-00000", name="s", version="00000"))
    assert models.export("s-00000", None, None, ["onnx"]).name == "s"
    [body] = server.sent
    assert body["metadata"]["name"] == "s-00000"
    assert body["spec"]["source"] == {"search": "s", "trial": "s-00000"}
    assert (body["spec"]["version"], body["spec"]["exports"]) == ("00000", ["onnx"])


def test_what_cannot_be_a_model_is_explained(server: Server, models: Models) -> None:
    with pytest.raises(InvalidInput, match=r"there is no nastrial 's-00000' .*kubectl get nastrials"):
        models.export("s-00000", None, None, [])
    server.answers[("GET", "nastrials/s-00000")] = (200, raw_trial(0, {"sequence": 1}))
    with pytest.raises(InvalidInput, match="has no weights"):
        models.export("s-00000", None, None, [])
    server.answers[("GET", "nastrials/s-00000")] = (200, raw_trial(0, ENDED))
    with pytest.raises(InvalidInput, match="exports"):
        models.export("s-00000", None, None, ["tflite"])
    server.answers[("POST", "nasmodels")] = (409, {"message": 'nasmodels "s-00000" already exists'})
    with pytest.raises(InvalidInput, match="already exists"):
        models.export("s-00000", None, None, [])


def test_a_version_is_promoted_by_its_name(server: Server, models: Models) -> None:
    one, two = (raw_model(f"object-{n}", name="digits", version=n) for n in ("1", "2"))
    server.answers[("GET", "nasmodels")] = (200, {"items": [two, one, raw_model("other")]})
    server.answers[("PATCH", "nasmodels/object-2")] = (200, two)
    assert models.promote("digits", "2").meta.name == "object-2"
    assert server.sent == [{"spec": {"stage": "production"}}]
    with pytest.raises(InvalidInput, match=r"no version '3' .*; it has: 1, 2"):
        models.promote("digits", "3")


@pytest.mark.parametrize(("status", "error"), [(503, ApiUnreachable), (403, SearchUnreadable)])
def test_what_the_api_server_denies_is_an_error_of_the_client(
    server: Server, models: Models, status: int, error: type[Exception]
) -> None:
    server.answers[("GET", "nasmodels/digits")] = (status, {})
    with pytest.raises(error):
        models.read("digits")


def test_a_model_is_read(server: Server, models: Models) -> None:
    server.answers[("GET", "nasmodels/digits")] = (200, raw_model())
    assert models.read("digits").spec.version == "1"
