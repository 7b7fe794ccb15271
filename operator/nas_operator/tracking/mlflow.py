"""MLflow's REST API 2.0, as far as runs are brought to it. https://mlflow.org/docs/latest/api_reference/rest-api.html"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

from nas_core.reasons import TrackingReason
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import Json, TrackingHttp
from nas_plan.tracking.run import Point, Run, RunStatus
from nas_plan.tracking.versions import Version

T = TypeVar("T")

UID_TAG, KEY_TAG, PARENT_TAG = "nas.search_uid", "nas.key", "mlflow.parentRunId"
SEARCH_TAG, CLUSTER_TAG = "nas.search", "nas.cluster_uid"
AT_ONCE: Mapping[str, int] = {"params": 100, "metrics": 800, "tags": 100}
"""What one `log-batch` takes: so many parameters and tags, 1,000 entries in all."""
NOTHING: Mapping[str, str] = {}
PAGE, MOST_PAGES = 200, 2000
"""Runs of one answer, with all that they have; and answers that are read of one search."""
EXPERIMENTS, MOST_EXPERIMENT_PAGES = 100, 200
"""Experiments of one answer, the newest first, and answers that are read of one server."""
_CODE = re.compile(r"[A-Z_]{1,64}")
_EXISTS = "RESOURCE_ALREADY_EXISTS"


class _Refused(TrackingFault):
    """The server has answered with a code of MLflow's."""

    def __init__(self, code: str, fault: TrackingFault) -> None:
        super().__init__(fault.reason, fault.message, of_server=fault.of_server, of_run=not fault.of_server)
        self.code = code


@dataclass(frozen=True)
class KnownRun:
    """A run as the server has it."""

    run_id: str
    key: str
    parent: str | None
    status: str
    deleted: bool
    described: bool
    """Whether it has parameters."""

    @property
    def finished(self) -> bool:
        """Whether it was ended."""
        return self.status != RunStatus.RUNNING


@dataclass(frozen=True)
class OpenRun:
    """A run of an operator of this cluster that was not ended."""

    run_id: str
    search: str
    """Namespace/name, as the run's tags have it: anybody who may change the run may have written it."""
    search_uid: str


class Mlflow:
    """One server. Every method raises :class:`TrackingFault` when it cannot be used."""

    def __init__(self, http: TrackingHttp, endpoint: str, headers: Mapping[str, str]) -> None:
        """``headers``: those that show who asks."""
        self._http, self._base, self._headers = http, f"{endpoint.rstrip('/')}/api/2.0/mlflow", headers

    async def experiment(self, name: str) -> str:
        """Return the ID of an experiment, making it if it is not there."""
        try:
            made = await self._call("experiments/create", {"name": name})
            return _read(lambda: str(made["experiment_id"]))
        except _Refused as refusal:
            if refusal.code != _EXISTS:
                raise
        found = await self._call(f"experiments/get-by-name?{urlencode({'experiment_name': name})}", None)
        if _read(lambda: found["experiment"]["lifecycle_stage"]) == "deleted":
            raise deleted(f"experiment {name!r}")
        return _read(lambda: str(found["experiment"]["experiment_id"]))

    async def runs(self, experiment_id: str, search_uid: str) -> AsyncIterator[KnownRun]:
        """Yield the runs of a search, also those that somebody has deleted."""
        asked: Json = {
            "experiment_ids": [experiment_id],
            "filter": f"tags.`{UID_TAG}` = '{search_uid}'",
            "run_view_type": "ALL",
            "max_results": PAGE,
        }
        async for run in self._pages("runs/search", asked, _page, MOST_PAGES):
            yield run

    async def open_runs(self, cluster_uid: str) -> AsyncIterator[OpenRun]:
        """Yield the runs that operators of a cluster have made and nobody has ended, of the newest experiments."""
        experiments: Json = {"max_results": EXPERIMENTS, "view_type": "ACTIVE_ONLY"}
        left = MOST_EXPERIMENT_PAGES
        async for ids in self._pages("experiments/search", experiments, _experiments, MOST_PAGES):
            asked: Json = {
                "experiment_ids": ids,
                "filter": f"attributes.status = '{RunStatus.RUNNING}' and tags.`{CLUSTER_TAG}` = '{cluster_uid}'",
                "run_view_type": "ACTIVE_ONLY",
                "max_results": PAGE,
            }
            async for run in self._pages("runs/search", asked, _open_runs, MOST_PAGES):
                yield run
            left -= 1
            if not left:
                return

    async def create(self, experiment_id: str, run: Run, tags: Mapping[str, str]) -> str:
        """Make a run, with some tags beside its own, and return its ID. Asked twice, there are two."""
        tags = {**run.tags, **tags, KEY_TAG: run.key}
        body = {
            "experiment_id": experiment_id,
            "run_name": run.name,
            "start_time": _ms(run.started),
            "tags": _pairs({"mlflow.source.name": "nas-operator", "mlflow.source.type": "JOB", **tags}),
        }
        made = await self._call("runs/create", body)
        return _read(lambda: str(made["run"]["info"]["run_id"]))

    async def log(
        self,
        run_id: str,
        params: Mapping[str, str] = NOTHING,
        points: Iterable[Point] = (),
        tags: Mapping[str, str] = NOTHING,
    ) -> None:
        """Write parameters and points, of which those that are there stay, and tags in place of what they were."""
        left = {"params": _pairs(params), "metrics": [_metric(point) for point in points], "tags": _pairs(tags)}
        while any(left.values()):
            batch = {name: entries[: AT_ONCE[name]] for name, entries in left.items()}
            await self._call("runs/log-batch", {"run_id": run_id, **batch})
            left = {name: entries[AT_ONCE[name] :] for name, entries in left.items()}

    async def stand(self, run_id: str, status: RunStatus, ended: datetime | None) -> None:
        """Let a run stand so."""
        body: Json = {"run_id": run_id, "status": str(status)}
        await self._call("runs/update", body if ended is None else {**body, "end_time": _ms(ended)})

    async def register(self, version: Version, run_id: str) -> None:
        """Make a version of a registered model, and the model, unless they are there."""
        try:
            await self._call("registered-models/create", {"name": version.name})
        except _Refused as refusal:
            if refusal.code != _EXISTS:
                raise
        asked = {"filter": f"name = '{version.name}'", "max_results": str(PAGE)}
        for _ in range(MOST_PAGES):
            page = await self._call(f"model-versions/search?{urlencode(asked)}", None)
            keys, token = _read(lambda: _keys(page))  # noqa: B023 - called at once
            if version.key in keys:
                return
            if not token:
                break
            asked["page_token"] = token
        tags = _pairs({**version.tags, KEY_TAG: version.key})
        body = {"name": version.name, "source": version.source, "run_id": run_id, "tags": tags}
        await self._call("model-versions/create", body)

    async def delete(self, run_id: str) -> None:
        """Delete a run; MLflow keeps it for a while."""
        await self._call("runs/delete", {"run_id": run_id})

    async def _pages(
        self, what: str, asked: Json, read: Callable[[Json], tuple[list[T], str]], most: int
    ) -> AsyncIterator[T]:
        """Yield what the pages of an answer have; ``read`` returns that of one, and the token of the next."""
        for _ in range(most):
            page = await self._call(what, asked)
            found, token = _read(lambda: read(page))  # noqa: B023 - called at once
            for one in found:
                yield one
            if not token:
                return
            asked = {**asked, "page_token": token}
        raise _error(f"has more than {most:,} pages of an answer to {what}")

    async def _call(self, what: str, body: Json | None) -> Json:
        status, content = await self._http.send(f"{self._base}/{what}", self._headers, body)
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError):  # not JSON, or brackets without end
            answer = None
        if status == 200 and isinstance(answer, dict):
            return answer
        code = answer.get("error_code") if isinstance(answer, dict) else None
        known = code if isinstance(code, str) and _CODE.fullmatch(code) else ""
        if status in (401, 403):
            raise TrackingFault(
                TrackingReason.SERVER_DENIES,
                f"the MLflow server answers {status}: it does not accept the credentials; correct the Secret, or name "
                "one in spec.tracking.mlflow.secretRef",
            )
        fault = _error(f"answers {status} {known}".rstrip() + f" to {what.partition('?')[0]}", status)
        raise _Refused(known, fault) if known else fault


def _error(what: str, status: int = 200) -> TrackingFault:
    return TrackingFault(
        TrackingReason.SERVER_ERROR,
        f"the server of spec.tracking.mlflow {what}; see its log, and that endpoint is that of an MLflow server",
        of_server=status >= 500 or status == 429,
    )


def deleted(what: str) -> TrackingFault:
    """Return the fault of something that somebody has deleted at the server."""
    return TrackingFault(
        TrackingReason.DELETED_AT_SERVER,
        f"somebody has deleted the {what} at the MLflow server; restore it there, or name another one in "
        "spec.tracking.mlflow.experiment",
    )


def _read(how: Callable[[], T]) -> T:
    """Return what is read from an answer, which may be anything."""
    try:
        return how()
    except (LookupError, TypeError, AttributeError, ValueError):
        raise _error("does not answer as MLflow does") from None


def _page(page: Json) -> tuple[list[KnownRun], str]:
    return [_known(raw) for raw in page.get("runs", [])], str(page.get("next_page_token") or "")


def _experiments(page: Json) -> tuple[list[list[str]], str]:
    """Return the IDs as one thing: they are asked about together."""
    ids = [str(one["experiment_id"]) for one in page.get("experiments", [])]
    return [ids] if ids else [], str(page.get("next_page_token") or "")


def _open_runs(page: Json) -> tuple[list[OpenRun], str]:
    found = ((str(raw["info"]["run_id"]), _tags(raw)) for raw in page.get("runs", []))
    # Tags are anybody's who may change the run: one without them is left.
    runs = [OpenRun(key, tags.get(SEARCH_TAG, ""), tags.get(UID_TAG, "")) for key, tags in found]
    return runs, str(page.get("next_page_token") or "")


def _tags(raw: Json) -> dict[str, str]:
    return {str(tag["key"]): str(tag["value"]) for tag in raw["data"].get("tags", [])}


def _keys(page: Json) -> tuple[set[str], str]:
    tags = [tag for version in page.get("model_versions", []) for tag in version.get("tags", [])]
    return {str(tag["value"]) for tag in tags if tag["key"] == KEY_TAG}, str(page.get("next_page_token") or "")


def _known(raw: Json) -> KnownRun:
    tags, info = _tags(raw), raw["info"]
    deleted = info["lifecycle_stage"] == "deleted"
    described = bool(raw["data"].get("params"))
    return KnownRun(str(info["run_id"]), tags[KEY_TAG], tags.get(PARENT_TAG), str(info["status"]), deleted, described)


def _pairs(values: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _metric(point: Point) -> Json:
    return {"key": point.metric, "value": point.value, "timestamp": _ms(point.time), "step": point.step}


def _ms(time: datetime) -> int:
    return round(time.timestamp() * 1000)
