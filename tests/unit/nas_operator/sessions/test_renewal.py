"""Keys of running pods are renewed in time, whatever the operator remembers, and those of ended ones are not."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import raw_job, raw_search
from tests.support.job_kinds import job_kind
from tests.support.trials import trial_input
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.api.storage import Storage
from nas_core.reasons import StorageReason
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import SEARCH_LABEL, SESSION_ANNOTATION, TRIAL_INPUT_ANNOTATION
from nas_operator.errors import ApiDenied, Conflict
from nas_operator.kube.client import JOBS, SECRETS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.manifests.session import SESSION_TYPE
from nas_operator.sessions.giver import RETRY_S, SessionGiver
from nas_operator.sessions.renewal import Renewal
from nas_storage.credentials import Credentials
from nas_storage.faults import StorageFault
from nas_storage.session import Session

SECRETS_URL, JOBS_URL = path(SECRETS, "ns"), path(JOBS, "ns")
SCOPED = {"bucket": "nas", "endpoint": "http://s3", "scoped": True}
GIVEN = trial_input(storage={"bucket": "nas", "root": "ns/s/uid-s", "endpoint": "http://s3"})


def scoped_job(trial: str, **status: Any) -> dict[str, Any]:
    raw = raw_job(trial, status=status, annotations={SESSION_ANNOTATION: f"{trial}-a1-session"})
    raw["metadata"]["labels"][SEARCH_LABEL] = "s"
    annotations = {TRIAL_INPUT_ANNOTATION: GIVEN.model_dump_json(by_alias=True)}
    raw["spec"]["template"]["metadata"] = {"annotations": annotations}
    return {"apiVersion": "batch/v1"} | raw


class Bench:
    def __init__(self, api: ApiServer, client: Client) -> None:
        self.api, self.client, self.time, self.count = api, client, 100.0, 0
        self.fault: StorageFault | None = None
        self.stores = Stores()
        self.stores.searches.put(raw_search(storage=SCOPED))
        self.restart()

    def restart(self) -> None:
        buckets: Any = self
        self.giver = SessionGiver(self.client, buckets, True, lambda: self.time)
        self.renewal = Renewal(self.client, self.stores, self.giver, {})

    async def session(self, owner: Meta, storage: Storage, name: str, document: str) -> Session:
        if self.fault:
            raise self.fault
        self.count += 1
        expires = self.client.clock.now() + timedelta(hours=1)
        return Session(Credentials(f"ASIA{self.count}", "s", "t"), expires)

    async def require_limits(self, owner: Meta, storage: Storage, session: Session, key: str) -> None:
        pass

    def add(self, raw: dict[str, Any]) -> JobView:
        self.stores.jobs.put(self.api.add(JOBS_URL, raw))
        return JobView.of(raw)

    def key(self, trial: str = "s-00000") -> str | None:
        secret = self.api.objects.get(f"{SECRETS_URL}/{trial}-a1-session")
        return json.loads(secret["stringData"]["credentials.json"])["AccessKeyId"] if secret else None


@pytest.fixture
def bench(served: tuple[ApiServer, Client]) -> Bench:
    return Bench(*served)


async def test_a_job_whose_secret_is_missing_gets_it_and_it_is_renewed_at_half_of_its_life(bench: Bench) -> None:
    job = bench.add(scoped_job("s-00000"))
    await bench.renewal.look()
    first = bench.key()
    assert first
    bench.time += 1700
    await bench.renewal.look()
    assert bench.key() == first
    bench.time += 150
    await bench.renewal.look()
    assert bench.key() != first
    secret = bench.api.objects[f"{SECRETS_URL}/s-00000-a1-session"]
    assert secret["type"] == SESSION_TYPE and secret["metadata"]["ownerReferences"][0]["uid"] == job.meta.uid
    assert not [verb for verb, url, _ in bench.api.requests if verb in ("GET", "PATCH") and "/secrets" in url]


async def test_after_a_restart_all_are_renewed_as_nothing_is_remembered(bench: Bench) -> None:
    bench.add(scoped_job("s-00000"))
    await bench.renewal.look()
    first = bench.key()
    bench.restart()
    await bench.renewal.look()
    assert bench.key() not in (None, first)


async def test_ended_and_deleted_jobs_and_those_without_keys_are_left_alone(bench: Bench) -> None:
    bench.add(scoped_job("s-00000", conditions=[{"type": "Complete", "status": "True"}]))
    raw = scoped_job("s-00001")
    raw["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    bench.add(raw)
    bench.add(raw_job("s-00002"))
    await bench.renewal.look()
    assert bench.count == 0 and not bench.api.names(SECRETS_URL)


async def test_one_that_cannot_be_renewed_is_tried_again_after_a_pause_and_keeps_nobody_up(bench: Bench) -> None:
    bench.add(scoped_job("s-00000"))
    broken = scoped_job("s-00001")
    broken["spec"]["template"]["metadata"]["annotations"] = {}
    bench.add(broken)
    await bench.renewal.look()
    assert bench.key() and not bench.key("s-00001")
    bench.restart()
    bench.fault = StorageFault(StorageReason.STORAGE_UNREACHABLE, "away", passing=True)
    await bench.renewal.look()
    bench.fault = None
    before = bench.count
    await bench.renewal.look()
    assert bench.count == before
    bench.time += RETRY_S
    await bench.renewal.look()
    assert bench.count > before


async def test_a_job_whose_search_is_not_known_yet_waits_for_the_next_look(bench: Bench) -> None:
    bench.stores = Stores()
    bench.restart()
    bench.add(scoped_job("s-00000"))
    await bench.renewal.look()
    assert bench.count == 0
    bench.stores.searches.put(raw_search(storage=SCOPED))
    await bench.renewal.look()
    assert bench.key()


async def test_what_a_trial_runs_as_beside_jobs_owns_its_keys_too(bench: Bench) -> None:
    kind = job_kind()
    job = scoped_job("s-00000")
    spec = {"groups": [{"template": job["spec"]["template"]}]}
    raw = job | {"apiVersion": "example.org/v1", "kind": "JobGroup", "spec": spec}
    bench.stores = Stores(kinds={kind.name: kind})
    bench.stores.searches.put(raw_search(storage=SCOPED))
    bench.stores.of_kinds[kind.name].put(bench.api.add(path(kind.resource, "ns"), raw))
    bench.renewal = Renewal(bench.client, bench.stores, bench.giver, {kind.name: kind})
    await bench.renewal.look()
    [owner] = bench.api.objects[f"{SECRETS_URL}/s-00000-a1-session"]["metadata"]["ownerReferences"]
    assert (owner["apiVersion"], owner["kind"], owner["uid"]) == ("example.org/v1", "JobGroup", raw["metadata"]["uid"])


async def test_one_whose_search_has_no_secret_any_more_is_not_renewed(bench: Bench) -> None:
    bench.stores.searches.put(raw_search(meta={"resourceVersion": "2"}))
    bench.add(scoped_job("s-00000"))
    await bench.renewal.look()
    assert bench.count == 0


@pytest.mark.parametrize(
    ("verb", "status", "error"), [("PUT", 404, Conflict), ("PUT", 422, ApiDenied), ("POST", 403, ApiDenied)]
)
async def test_a_secret_of_anybody_else_stays(bench: Bench, verb: str, status: int, error: type[Exception]) -> None:
    job = scoped_job("s-00000")
    session = await bench.session(bench.add(job).meta, Storage(bucket="nas"), "", "")
    await bench.giver.give(job, session)
    bench.api.faults[verb, "secrets" if verb == "POST" else "-session"] = (status, "type: field is immutable")
    with pytest.raises(error):
        await bench.giver.give(job, session)
