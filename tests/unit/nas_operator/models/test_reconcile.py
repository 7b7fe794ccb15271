from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.factories import START, raw_search, raw_trial, stamp
from tests.support.models import ENDED, FILES, MADE, STORAGE, TAGS, raw_model
from tests.support.policies import policy
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.reasons import StorageReason
from nas_core.records.model import ModelView
from nas_core.records.names import STORAGE_FINALIZER
from nas_core.records.policy import PolicyView
from nas_operator.errors import ApiDenied, NoSession
from nas_operator.kube.client import JOBS, MODELS, SEARCHES, TRIALS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.models.bucket import ModelBucket
from nas_operator.models.reconcile import ModelReconciler
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.ledgers import Ledgers
from nas_operator.storage.objects import Buckets
from nas_operator.trials import Trials
from nas_plan.models.snapshot import Stored
from nas_plan.snapshot import Collected
from nas_storage.faults import StorageFault

KEY = ("ns", "digits")
URL, JOB = f"{path(MODELS, 'ns')}/digits", f"{path(JOBS, 'ns')}/digits-export"


class World:
    """An API server with a search that has ended, and a bucket that a test fills."""

    def __init__(self, api: ApiServer, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        self.api, self.client, self.stores = api, client, Stores()
        self.files = Stored(TAGS)
        self.fault: StorageFault | None = None
        self.emptied: list[str] = []
        raw = raw_trial(0, ENDED)
        raw["spec"] |= {"work": "Retrain", "epochs": 10}
        search = raw_search(storage=STORAGE)
        search["metadata"]["annotations"] = {"nas-operator.io/git-commit": "c0ffee"}
        search["metadata"]["managedFields"] = [
            {"manager": "nas-operator", "subresource": "status", "fieldsV1": {"f:status": {}}, "time": "9"},
            {"manager": "argocd", "fieldsV1": {"f:spec": {}}, "time": "2"},
        ]
        api.add(path(SEARCHES, "ns"), search)
        self.stores.trials.put(api.add(path(TRIALS, "ns"), raw))
        for name in ("collect", "stored", "packages", "empty"):
            monkeypatch.setattr(ModelBucket, name, getattr(self, name))
        settings = Settings(model_check_interval=900)
        buckets = Buckets(client, settings, lambda _: ())
        ledgers = Ledgers(lambda search, storage: buckets.open(search.meta, storage), lambda _: None)
        self.policies: list[PolicyView] = []
        trials = Trials(self.stores, ledgers)
        sessions = SessionGiver(client, buckets, False)
        self.reconciler = ModelReconciler(
            client, self.stores, trials, settings, buckets, lambda _: self.policies, sessions
        )

    async def collect(self, *_: Any) -> Collected:
        return Collected(MADE)

    async def packages(self, *_: Any) -> dict[str, str]:
        return {"torch": "2.11"}

    async def stored(self, *_: Any) -> Stored:
        if self.fault:
            raise self.fault
        return self.files

    async def empty(self, model: ModelView, *_: Any) -> bool:
        if self.fault:
            raise self.fault
        self.emptied.append(model.meta.name)
        return True

    def put(self, **given: Any) -> None:
        self.stores.models.put(self.api.add(path(MODELS, "ns"), raw_model(**given)))

    async def look(self) -> float | None:
        return await self.reconciler.reconcile(KEY)

    def end_job(self, condition: dict[str, Any] | None = None) -> None:
        self.api.version += 1
        job = self.api.objects[JOB]
        job["status"] = {"conditions": [condition or {"type": "Complete", "status": "True"}]}
        job["metadata"]["resourceVersion"] = str(self.api.version)
        self.stores.exports.put(job)

    def events(self) -> list[str]:
        return [raw["reason"] for url, raw in self.api.objects.items() if "/events/" in url]

    def condition(self, kind: str) -> dict[str, Any]:
        return next(c for c in self.api.objects[URL]["status"]["conditions"] if c["type"] == kind)


@pytest.fixture
def world(served: tuple[ApiServer, Client], monkeypatch: pytest.MonkeyPatch) -> World:
    return World(*served, monkeypatch)


async def test_a_model_is_made_and_its_files_are_looked_at(world: World) -> None:
    world.put()
    assert await world.look() == 10.0
    job = world.api.objects[JOB]
    assert job["metadata"]["ownerReferences"][0]["uid"] == "uid-digits"
    assert "nas-operator.io/search" not in job["metadata"]["labels"]
    assert world.condition("Reconciling")["reason"] == "Exporting"
    # Written before the Job was created.
    assert [url for _, url in world.api.writes] == ["nasmodels/digits/status", "jobs"]
    lineage = world.api.objects[URL]["status"]["lineage"]
    assert (lineage["gitCommit"], lineage["fieldManager"]) == ("c0ffee", "argocd")

    del world.api.objects[f"{path(SEARCHES, 'ns')}/s"]
    world.end_job()
    assert await world.look() == 1.0
    assert world.condition("Ready")["status"] == "True"
    status = world.api.objects[URL]["status"]
    assert [file["path"] for file in status["artifacts"]] == [file.path for file in FILES]
    assert status["lineage"]["packages"] == {"torch": "2.11"}

    assert await world.look() == 900
    assert world.condition("StorageIntact")["status"] == "True"
    assert world.events() == ["Exporting", "Exported"]
    writes = len(world.api.writes)
    await world.look()
    assert len(world.api.writes) == writes and len(world.events()) == 2


async def test_a_job_that_is_there_is_not_made_again(world: World) -> None:
    world.put()
    await world.look()
    world.stores.exports.remove(world.api.objects[JOB] | {"metadata": world.api.objects[JOB]["metadata"]})
    assert await world.look() == 10.0
    assert [url for _, url in world.api.writes].count("jobs") == 2
    assert world.api.names(path(JOBS, "ns")) == ["digits-export"]


async def test_a_job_whose_pod_is_on_a_lost_node_ends_by_its_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: Any) -> Collected:
        return Collected(None)

    monkeypatch.setattr(ModelBucket, "collect", nothing)
    world.put()
    await world.look()
    assert world.api.objects[JOB]["spec"]["activeDeadlineSeconds"] == Settings().model_export_deadline
    failing = {"type": "FailureTarget", "status": "True", "reason": "DeadlineExceeded"}
    world.end_job(failing | {"lastTransitionTime": stamp(datetime.now(UTC))})
    await world.look()
    assert world.condition("Ready")["reason"] == "Exporting"
    world.end_job(failing | {"lastTransitionTime": stamp(START)})
    await world.look()
    assert world.condition("Stalled")["status"] == "True" and world.events()[-1] == "ExportFailed"


async def test_a_job_that_is_denied_is_told(world: World) -> None:
    world.put()
    world.api.faults[("POST", "/jobs")] = (403, "exceeded quota")
    with pytest.raises(ApiDenied):
        await world.look()
    assert world.condition("Ready")["reason"] == "ExportDenied"
    assert world.condition("Ready")["message"] == "exceeded quota"
    assert world.events() == ["Exporting", "ExportDenied"]


async def test_a_search_with_an_account_that_is_not_granted_any_more_makes_no_model(world: World) -> None:
    world.api.objects[path(SEARCHES, "ns", "s")]["spec"]["trialTemplate"] = {"serviceAccountName": "trainer"}
    world.put()
    with pytest.raises(ApiDenied):
        await world.look()
    assert world.condition("Ready")["reason"] == "ExportDenied"
    assert "no NASPolicy of this namespace grants 'trainer'" in world.condition("Ready")["message"]
    world.policies = [policy(grants={"serviceAccounts": ["trainer"]})]
    await world.look()
    assert world.condition("Ready")["reason"] == "Exporting"


async def test_a_search_whose_nodes_a_policy_does_not_allow_makes_no_model(world: World) -> None:
    # Its template can be changed when it has ended, and no trial is left to be refused.
    template = world.api.objects[path(SEARCHES, "ns", "s")]["spec"]["trialTemplate"] = {"nodeSelector": {"pool": "a"}}
    world.policies = [policy(allowedNodeSelectors=["pool=b"])]
    world.put()
    with pytest.raises(ApiDenied):
        await world.look()
    assert world.condition("Ready")["reason"] == "ExportDenied"
    assert "(allowedNodeSelectors) does not allow 'pool=a'" in world.condition("Ready")["message"]
    template["nodeSelector"]["pool"] = "b"
    await world.look()
    assert world.condition("Ready")["reason"] == "Exporting"


async def test_a_search_with_scoped_storage_makes_no_model_without_keys_of_its_own(world: World) -> None:
    scoped = STORAGE | {"scoped": True, "endpoint": "http://s3"}
    world.api.objects[path(SEARCHES, "ns", "s")]["spec"]["storage"] = scoped
    world.put()
    with pytest.raises(NoSession):
        await world.look()
    assert world.condition("Ready")["reason"] == "ExportDenied"
    assert "storage.scoped of its chart" in world.condition("Ready")["message"]
    assert not world.api.names(path(JOBS, "ns"))


async def test_a_trial_whose_label_names_a_search_that_does_not_own_it_is_no_source(world: World) -> None:
    world.put()
    world.api.objects[f"{path(SEARCHES, 'ns')}/s"]["metadata"]["uid"] = "another"
    await world.look()
    assert world.condition("Ready")["reason"] == "WaitingForTrial" and JOB not in world.api.objects


async def test_a_bug_is_on_record(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: Any) -> None:
        raise LookupError("a bug")

    monkeypatch.setattr("nas_operator.models.reconcile.decide", bug)
    world.put()
    with pytest.raises(LookupError):
        await world.look()
    assert world.condition("Ready")["reason"] == "InternalError"


async def test_files_go_with_a_model_that_says_so(world: World) -> None:
    world.put(deletionPolicy="Delete")
    await world.look()
    assert world.api.objects[URL]["metadata"]["finalizers"] == [STORAGE_FINALIZER]
    world.api.version += 1
    raw = world.api.objects[URL]
    raw["metadata"] |= {"deletionTimestamp": stamp(START), "resourceVersion": str(world.api.version)}
    world.stores.models.put(raw)
    # The Job would go on to write.
    assert await world.look() == 1.0 and not world.emptied
    world.stores.exports.remove(world.api.objects.pop(JOB))
    world.fault = StorageFault(StorageReason.SECRET_NOT_FOUND, "no Secret")
    assert await world.look() == 10.0
    assert world.condition("Ready")["reason"] == "NotEmptied"
    world.fault = None
    assert await world.look() is None
    assert world.emptied == ["digits"] and world.api.objects[URL]["metadata"]["finalizers"] == []


async def test_with_its_namespace_a_model_goes_without_its_secret(world: World) -> None:
    status = {"storage": STORAGE}
    meta = {"deletionTimestamp": stamp(START), "finalizers": [STORAGE_FINALIZER]}
    world.put(status=status, meta=meta, deletionPolicy="Delete")
    world.fault, world.api.terminating = StorageFault(StorageReason.SECRET_NOT_FOUND, "no Secret"), True
    assert await world.look() is None
    assert world.api.objects[URL]["metadata"]["finalizers"] == []


async def test_a_retained_model_goes_and_leaves_its_files(world: World) -> None:
    world.put(meta={"deletionTimestamp": stamp(START)}, status={"storage": STORAGE})
    assert await world.look() is None
    assert not world.emptied and not world.api.writes


async def test_another_version_in_production_is_a_candidate_again(world: World) -> None:
    former = raw_model("old", {"productionSince": stamp(START)}, name="digits", version="0", stage="production")
    world.stores.models.put(world.api.add(path(MODELS, "ns"), former))
    world.put(stage="production")
    await world.look()
    assert world.api.objects[f"{path(MODELS, 'ns')}/old"]["spec"]["stage"] == "candidate"
    assert world.api.objects[URL]["status"]["productionSince"] > stamp(START)


async def test_a_storage_that_is_away_is_asked_again_later(world: World) -> None:
    world.put()
    await world.look()
    world.end_job()
    world.fault = StorageFault(StorageReason.STORAGE_UNREACHABLE, "no answer")
    assert await world.look() == 60.0
    assert world.condition("Ready")["reason"] == "StorageFault"
    world.fault = None
    await world.look()
    assert world.condition("Ready")["status"] == "True"


async def test_a_model_that_is_gone_needs_nothing(world: World) -> None:
    assert await world.look() is None
