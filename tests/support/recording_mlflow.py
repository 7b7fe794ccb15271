"""The part of MLflow's REST API that the operator uses, in the test's process: it records, and answers as MLflow does.

`tests/integration/test_tracking.py` runs the same deliveries against MLflow itself.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

Json = dict[str, Any]
READS = ("experiments/get-by-name", "model-versions/search")
"""What is a GET; all else is a POST."""
FILTER = re.compile(r"(?:attributes\.status = '(\w+)' and )?tags\.`([\w.]+)` = '([\w-]+)'")
NAME = re.compile(r"[\w.\- :/]{1,250}")


class Denied(Exception):
    """An answer of another status than 200."""

    def __init__(self, code: str, status: int = 400) -> None:
        self.code, self.status = code, status


@dataclass
class Run:
    run_id: str
    name: str
    tags: dict[str, str]
    start: int
    experiment: str
    status: str = "RUNNING"
    end: int | None = None
    stage: str = "active"
    params: dict[str, str] = field(default_factory=dict)
    metrics: set[tuple[str, float, int, int]] = field(default_factory=set)
    """Name, value, step and time."""

    def to_dict(self) -> Json:
        info = {"run_id": self.run_id, "status": self.status, "lifecycle_stage": self.stage}
        pairs = {name: [{"key": k, "value": v} for k, v in getattr(self, name).items()] for name in ("tags", "params")}
        return {"info": info, "data": pairs}


class RecordingMlflow:
    """``faults``: what is done in place of the next answers to a path: 0 nothing, a status, ``redirect``; ``lost``:
    the answer, after the work is done.
    """

    def __init__(self) -> None:
        self.experiments: dict[str, str] = {}
        self.deleted_experiments: set[str] = set()
        self.runs: dict[str, Run] = {}
        self.models: set[str] = set()
        self.versions: list[Json] = []
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.faults: dict[str, list[int | str]] = {}
        self.page = 1000
        self.url = ""
        self._ids = itertools.count(1)

    def by_key(self, key: str) -> Run:
        """Return the one run that is there for a key."""
        [found] = [run for run in self.runs.values() if run.tags["nas.key"] == key and run.stage == "active"]
        return found

    def active(self) -> list[Run]:
        return [run for run in self.runs.values() if run.stage == "active"]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        what = request.path.removeprefix("/api/2.0/mlflow/")
        self.asked.append(what)
        self.headers.append(dict(request.headers))
        assert (request.method == "GET") == (what in READS)
        body = await request.json() if request.can_read_body else dict(request.query)
        fault = self.faults[what].pop(0) if self.faults.get(what) else None
        if isinstance(fault, int) and fault:
            return web.json_response({"error_code": "INTERNAL_ERROR", "message": "secret"}, status=fault)
        if fault == "redirect":
            raise web.HTTPFound("http://169.254.169.254/")
        try:
            answer = getattr(self, "_" + what.replace("/", "_").replace("-", "_"))(body)
        except Denied as denied:
            return web.json_response({"error_code": denied.code, "message": "secret"}, status=denied.status)
        if fault == "lost":
            assert request.transport
            request.transport.close()
        return web.json_response(answer)

    def _experiments_create(self, body: Json) -> Json:
        if body["name"] in self.experiments:
            raise Denied("RESOURCE_ALREADY_EXISTS")
        self.experiments[body["name"]] = str(len(self.experiments) + 1)
        return {"experiment_id": self.experiments[body["name"]]}

    def _experiments_get_by_name(self, body: Json) -> Json:
        stage = "deleted" if body["experiment_name"] in self.deleted_experiments else "active"
        found = {"experiment_id": self.experiments[body["experiment_name"]], "lifecycle_stage": stage}
        return {"experiment": found}

    def _runs_search(self, body: Json) -> Json:
        [status, name, value] = FILTER.fullmatch(body["filter"]).groups()  # type: ignore[union-attr]
        found = [run for run in self.runs.values() if run.tags.get(name) == value]
        found = [run for run in found if run.experiment in body["experiment_ids"]]
        found = [run for run in found if status in (None, run.status)]
        if body["run_view_type"] == "ACTIVE_ONLY":
            found = [run for run in found if run.stage == "active"]
        start, most = int(body.get("page_token", 0)), min(body["max_results"], self.page)
        page = {"runs": [run.to_dict() for run in found[start : start + most]]}
        return page | ({"next_page_token": str(start + most)} if start + most < len(found) else {})

    def _experiments_search(self, body: Json) -> Json:
        assert body["view_type"] == "ACTIVE_ONLY"
        found = [key for name, key in self.experiments.items() if name not in self.deleted_experiments]
        start, most = int(body.get("page_token", 0)), min(body["max_results"], self.page)
        page: Json = {"experiments": [{"experiment_id": key} for key in found[start : start + most]]}
        return page | ({"next_page_token": str(start + most)} if start + most < len(found) else {})

    def _runs_create(self, body: Json) -> Json:
        tags = {tag["key"]: tag["value"] for tag in body["tags"]}
        assert all(isinstance(value, str) and len(value) <= 5000 for value in tags.values())
        run = Run(f"{next(self._ids):032x}", body["run_name"], tags, body["start_time"], body["experiment_id"])
        self.runs[run.run_id] = run
        return {"run": run.to_dict()}

    def _runs_log_batch(self, body: Json) -> Json:
        params, metrics, tags = (body.get(name, []) for name in ("params", "metrics", "tags"))
        if len(params) > 100 or len(metrics) > 1000 or len(params) + len(metrics) + len(tags) > 1000:
            raise Denied("INVALID_PARAMETER_VALUE")
        run = self._active(body)
        for param in params:
            if not NAME.fullmatch(param["key"]) or len(param["value"]) > 500:
                raise Denied("INVALID_PARAMETER_VALUE")
            if run.params.setdefault(param["key"], param["value"]) != param["value"]:
                raise Denied("INVALID_PARAMETER_VALUE")
        for metric in metrics:
            if not NAME.fullmatch(metric["key"]):
                raise Denied("INVALID_PARAMETER_VALUE")
            run.metrics.add((metric["key"], metric["value"], metric["step"], metric["timestamp"]))
        run.tags |= {tag["key"]: tag["value"] for tag in tags}
        return {}

    def _runs_update(self, body: Json) -> Json:
        run = self._active(body)
        run.status, run.end = body["status"], body.get("end_time", run.end)
        return {"run_info": {}}

    def _runs_delete(self, body: Json) -> Json:
        self._active(body).stage = "deleted"
        return {}

    def _registered_models_create(self, body: Json) -> Json:
        if body["name"] in self.models:
            raise Denied("RESOURCE_ALREADY_EXISTS")
        self.models.add(body["name"])
        return {}

    def _model_versions_search(self, body: Json) -> Json:
        found = [version for version in self.versions if body["filter"] == f"name = '{version['name']}'"]
        start = int(body.get("page_token", 0))
        page: Json = {"model_versions": found[start : start + self.page]}
        return page | ({"next_page_token": str(start + self.page)} if start + self.page < len(found) else {})

    def _model_versions_create(self, body: Json) -> Json:
        assert body["name"] in self.models and body["run_id"] in self.runs
        self.versions.append(body)
        return {}

    def _active(self, body: Json) -> Run:
        run = self.runs[body["run_id"]]
        if run.stage != "active":
            raise Denied("INVALID_PARAMETER_VALUE")
        return run


@asynccontextmanager
async def recording() -> AsyncIterator[RecordingMlflow]:
    """Run one."""
    mlflow = RecordingMlflow()
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{path:.*}", mlflow.handle)
    async with TestServer(app) as server:
        mlflow.url = str(server.make_url("")).rstrip("/")
        yield mlflow
