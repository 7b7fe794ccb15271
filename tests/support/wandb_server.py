"""As much of Weights & Biases' server as `wandb` needs to send runs, in a thread: it records what it is sent."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class WandbServer(ThreadingHTTPServer):
    """Takes runs at ``url``."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.runs: dict[str, dict[str, Any]] = {}
        """What was asked for each, by ID."""
        self.history: defaultdict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        """Of each run: rows by their number. What is sent again for a number replaces it, as at the real one."""
        self.exit_codes: dict[str, int] = {}

    def __enter__(self) -> WandbServer:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def graphql(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Answer a query."""
        given = asked.get("variables") or {}
        if "upsertBucket" in asked["query"]:
            known = self.runs.setdefault(given["name"], {})
            known |= {name: value for name, value in given.items() if value is not None}
            project = {"id": "p", "name": given["project"], "entity": {"id": "e", "name": "team"}}
            bucket = {"id": given["name"], "name": given["name"], "project": project, "historyLineCount": 0}
            return {"upsertBucket": {"bucket": bucket, "inserted": True}}
        if "createRunFiles" in asked["query"]:
            return {"createRunFiles": {"runID": given["run"], "uploadHeaders": [], "files": []}}
        return {}

    def file_stream(self, run: str, sent: dict[str, Any]) -> None:
        """Take rows."""
        rows = sent.get("files", {}).get("wandb-history.jsonl", {})
        for number, row in enumerate(rows.get("content", []), rows.get("offset", 0)):
            self.history[run][number] = json.loads(row)
        if sent.get("complete"):
            self.exit_codes[run] = sent["exitcode"]


class _Handler(BaseHTTPRequestHandler):
    server: WandbServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer: dict[str, Any] = {}
        if self.path == "/graphql":
            answer = {"data": self.server.graphql(body)}
        else:
            self.server.file_stream(self.path.split("/")[-2], body)
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
