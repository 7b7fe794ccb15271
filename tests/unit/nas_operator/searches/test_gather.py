from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_pod, raw_search, raw_trial, stamp
from tests.support.job_kinds import job_kind, raw_job_group
from tests.support.models import raw_model
from tests.support.policies import raw_quota

from nas_core.reasons import StorageReason
from nas_core.records.names import ATTEMPT_LABEL, JOB_KIND_LABEL, SEARCH_LABEL, TRIAL_LABEL
from nas_core.records.search import ReadableSearch, UnreadableSearch, read_search
from nas_core.spaces.nas_bench_201 import NasBench201
from nas_operator.errors import ApiError, ApiUnreachable
from nas_operator.kube.stores import Stores
from nas_operator.limits.reservations import Reservations
from nas_operator.searches.collect import Collector
from nas_operator.searches.gather import Gatherer
from nas_operator.searches.http_reader import HttpReader
from nas_operator.searches.knowledge import KnowledgeReader
from nas_operator.searches.live_readings import LiveReader
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.health import HealthMonitor
from nas_operator.storage.ledgers import Ledgers
from nas_operator.storage.objects import Buckets
from nas_plan.snapshot import Snapshot
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.faults import ObjectTooLarge, StorageFault

NOW = START + timedelta(minutes=1)
RESULT = '{"outcome":"Succeeded","metrics":{"val_accuracy":0.5}}'
UID = "uid-s-00000-a1"


class Cluster:
    """Stands for the client: Secrets, logs and Events."""

    def __init__(self) -> None:
        self.secret: Any = ApiError(404, "NotFound", "")
        self.log: Any = "last words"
        self.events: Any = {"items": []}
        self.asked: list[str] = []

    async def get(self, url: str) -> Any:
        self.asked.append(url)
        return self._answer(self.secret)

    async def request(self, verb: str, url: str, **given: Any) -> Any:
        self.asked.append(url)
        return self._answer(self.log if url.endswith("/log") else self.events)

    def _answer(self, answer: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer


class Bench:
    """The stores of one search, and what gathers from them."""

    def __init__(self) -> None:
        self.cluster, self.time = Cluster(), 0.0
        self.stores = Stores(kinds={"group": job_kind()})
        self.health = HealthMonitor(lambda: self.time, 5.0)

    async def snapshot(self, refresh: bool = False, **spec: Any) -> Snapshot:
        client: Any = self.cluster
        search, ready, answered = read_search(raw_search(**spec)), asyncio.Event(), asyncio.Event()
        async with HttpReader() as http:
            live = LiveReader(client, http, None, lambda _: ready.set())
            settings = Settings(allowed_endpoints=AllowedEndpoints.of(["127.0.0.1:*"]))
            buckets = Buckets(client, settings, lambda _: ())
            collector = Collector(
                client, buckets, self.health, SessionGiver(client, buckets, False), lambda _: answered.set()
            )
            ledgers = Ledgers(collector.objects, lambda _: answered.set())
            gatherer = Gatherer(
                self.stores,
                collector,
                ledgers,
                live,
                KnowledgeReader(collector.objects, lambda _: answered.set()),
                Reservations(self.stores, lambda _: None),
                settings.trial_image,
            )
            snapshot = await gatherer.snapshot(search, NOW, refresh)
            if snapshot is None:
                await answered.wait()
                snapshot = await gatherer.snapshot(search, NOW, refresh)
            assert snapshot
            if refresh and isinstance(search, ReadableSearch):
                assert snapshot.latest_metrics is None and snapshot.denied_pods is None, "no look waits for them"
                await ready.wait()
                snapshot = await gatherer.snapshot(search, NOW, refresh=False)
                again = await gatherer.snapshot(search, NOW, refresh=False)
                assert snapshot and again and again.latest_metrics is None, "they are taken once"
            return snapshot

    def trial(self, index: int = 0, **meta: Any) -> None:
        self.stores.trials.put(raw_trial(index, **meta))

    def finished(
        self, message: str = "", kind: str = "Complete", trial: str = "s-00000", attempt: int = 1, code: int = 0
    ) -> None:
        condition = {"type": kind, "status": "True", "lastTransitionTime": stamp(START)}
        job = raw_job(trial, attempt, {"conditions": [condition]})
        self.stores.jobs.put(job)
        self.stores.pods.put(self.pod(message, job["metadata"]["name"], trial, code))

    def pod(self, message: str, job: str = "s-00000-a1", trial: str = "s-00000", code: int = 0) -> Any:
        terminated = {"exitCode": code, "startedAt": stamp(START), "finishedAt": stamp(START), "message": message}
        containers = [{"name": "trial", "state": {"terminated": terminated}}]
        return raw_pod(job, trial, {"phase": "Succeeded", "containerStatuses": containers})


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_only_what_the_search_owns_is_gathered(bench: Bench) -> None:
    for index in (2, 0, 1):
        bench.trial(index)
    bench.trial(3, ownerReferences=[{"uid": "a former search", "controller": True}])
    bench.trial(4, deletionTimestamp=stamp(START))
    for trial in ("s-00000", "s-00003", "s-00004"):
        bench.stores.jobs.put(raw_job(trial))
    foreign = raw_job("s-00001", ownerReferences=[{"uid": "a former trial", "controller": True}])
    bench.stores.jobs.put(foreign)
    snapshot = await bench.snapshot()
    assert [t.spec.index for t in snapshot.trials] == [0, 1, 2] and list(snapshot.jobs) == ["s-00000"]


async def test_pods_of_another_kind_are_known_by_their_labels(bench: Bench) -> None:
    """Others may be between the object and its pods: what of a JobSet runs is a Job's."""
    bench.trial()
    labels = {JOB_KIND_LABEL: "group", TRIAL_LABEL: "s-00000", ATTEMPT_LABEL: "2"}
    bench.stores.jobs.put(raw_job("s-00000", 1))
    bench.stores.of_kinds["group"].put(raw_job_group("s-00000", 2, "AllDone"))
    pod = bench.pod(RESULT)
    pod["metadata"]["labels"] |= labels
    bench.stores.pods.put(pod)
    snapshot = await bench.snapshot()
    assert [(job.attempt, job.kind) for job in snapshot.jobs["s-00000"]] == [(1, None), (2, "group")]
    uid = snapshot.jobs["s-00000"][1].meta.uid
    assert [found.exit_code for found in snapshot.pods[uid]] == [0] and snapshot.leftovers == frozenset()
    found = snapshot.collected[uid]
    assert found.result and found.result.metrics == {"val_accuracy": 0.5}

    bench.stores.pods.remove(pod)
    assert len((await bench.snapshot()).pods[uid]) == 1, "the end of one that is gone is kept"
    bench.stores.of_kinds["group"].remove(raw_job_group("s-00000", 2))
    bench.stores.pods.put(pod | {"metadata": pod["metadata"] | {"name": "again"}, "status": {"phase": "Running"}})
    assert (await bench.snapshot()).leftovers == frozenset({"s-00000"})


async def test_attempts_are_in_order(bench: Bench) -> None:
    bench.trial()
    for attempt in (10, 2, 1):
        bench.stores.jobs.put(raw_job("s-00000", attempt))
    assert [j.attempt for j in (await bench.snapshot()).jobs["s-00000"]] == [1, 2, 10]


async def test_a_result_comes_with_the_termination_message(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    found = (await bench.snapshot()).collected[UID]
    assert found.result and found.result.metrics == {"val_accuracy": 0.5} and found.log is None
    assert bench.cluster.asked == [], "without a storage, and for a success, nothing has to be asked for"


@pytest.mark.parametrize(
    ("message", "fault"),
    [
        ("", ""),
        ("accuracy 0.9", "it is no JSON object, but begins with 'accuracy 0.9'"),
        ('{"outcome":"Perhaps"}', 'outcome: "Perhaps" is none of'),
        ("{}", "outcome is missing"),
    ],
)
async def test_what_is_no_result_brings_the_log_and_what_is_wrong(bench: Bench, message: str, fault: str) -> None:
    bench.trial()
    bench.finished(message)
    found = (await bench.snapshot()).collected[UID]
    assert found.result is None and found.log == "last words"
    assert found.fault.startswith(fault) and bool(found.fault) == bool(fault)


async def test_a_log_in_the_place_of_a_message_is_no_wrong_result(bench: Bench) -> None:
    bench.trial()
    for log in ("Traceback …", '{"level":"error"}\n{"level":"fatal"}'):
        bench.stores.pods.replace([], 1)
        bench.finished(log, "Failed", code=1)
        assert (await bench.snapshot()).collected[UID].fault == ""


async def test_a_wrong_result_of_a_failure_is_told_too(bench: Bench) -> None:
    bench.trial()
    bench.finished('{"outcome":"failed","reason":"Boom"}', "Failed", code=1)
    assert (await bench.snapshot()).collected[UID].fault.startswith('outcome: "failed" is none of')


async def test_what_a_pod_said_before_it_was_removed_is_collected(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    [pod] = bench.stores.pods.all()
    bench.stores.pods.replace([], pod.meta.resource_version)
    snapshot = await bench.snapshot()
    assert snapshot.collected[UID].result and [p.message for p in snapshot.pods[UID]] == [RESULT]


async def test_a_pod_that_is_gone_stands_beside_those_of_the_same_job_that_were_stopped(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    bench.stores.pods.replace([], 1)
    stopped = bench.pod("", code=75)
    stopped["metadata"] |= {"name": "s-00000-a1-y", "uid": "y", "resourceVersion": "2"}
    stopped["status"]["containerStatuses"][0]["state"]["terminated"]["finishedAt"] = stamp(START - timedelta(seconds=9))
    bench.stores.pods.put(stopped)
    assert (await bench.snapshot()).collected[UID].result


async def test_a_pod_that_is_gone_is_none_of_a_job_that_goes_on(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    bench.stores.jobs.put(raw_job("s-00000", resourceVersion="2"))
    bench.stores.pods.replace([], 1)
    snapshot = await bench.snapshot()
    assert not snapshot.pods.get(UID) and not snapshot.collected


async def test_the_result_of_a_trial_that_ended_beside_other_containers_is_collected(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    bench.stores.jobs.put(raw_job("s-00000", resourceVersion="2"))
    running = bench.pod(RESULT) | {"metadata": raw_pod("s-00000-a1", "s-00000", resourceVersion="2")["metadata"]}
    running["status"]["phase"] = "Running"
    bench.stores.pods.put(running)
    assert (await bench.snapshot()).collected[UID].result


async def test_why_a_pod_has_not_started_is_asked_on_the_looks_for_it(bench: Bench) -> None:
    bench.trial()
    bench.stores.jobs.put(raw_job("s-00000"))
    created = stamp(START - timedelta(minutes=1))
    bench.stores.pods.put(raw_pod("s-00000-a1", "s-00000", {"phase": "Pending"}, creationTimestamp=created))
    events = [
        {"type": "Warning", "reason": "FailedMount", "message": "no secret", "lastTimestamp": stamp(START)},
        {"type": "Warning", "reason": "FailedMount", "message": "old", "eventTime": created, "metadata": {}},
        {"type": "Normal", "reason": "Scheduled", "message": "x", "metadata": {"creationTimestamp": stamp(NOW)}},
    ]
    bench.cluster.events = {"items": events}
    assert (await bench.snapshot()).pod_events is None
    found = await bench.snapshot(refresh=True)
    assert found.pod_events == {"uid-s-00000-a1-x": "FailedMount: no secret"} and found.denied_pods == {}
    bench.cluster.events = ApiError(403, "Forbidden", "")
    assert (await bench.snapshot(refresh=True)).pod_events == {}


async def test_of_a_log_that_is_gone_the_termination_message_is_left(bench: Bench) -> None:
    bench.trial()
    bench.finished("Traceback …", "Failed")
    bench.cluster.log = ApiError(404, "NotFound", "")
    assert (await bench.snapshot()).collected[UID].log == "Traceback …"


@pytest.mark.parametrize("fault", [ApiUnreachable("reset"), ApiUnreachable("")])
async def test_what_could_not_be_asked_is_left_for_the_next_look(bench: Bench, fault: Exception) -> None:
    bench.trial()
    bench.finished("Traceback …", "Failed")
    bench.cluster.log = fault
    snapshot = await bench.snapshot()
    assert snapshot.collected == {} and snapshot.storage_fault is None


async def test_only_the_newest_attempt_of_unrecorded_trials_is_collected(bench: Bench) -> None:
    bench.trial(0)
    bench.finished(RESULT, attempt=1)
    bench.finished(RESULT, attempt=2)
    bench.stores.trials.put(raw_trial(1, {"sequence": 1}))
    bench.finished(RESULT, trial="s-00001")
    bench.stores.trials.put(raw_trial(2, {"attempts": [{"number": 1, "outcome": "Crashed"}]}))
    bench.finished(RESULT, trial="s-00002")
    assert list((await bench.snapshot()).collected) == ["uid-s-00000-a2"]


async def test_with_a_storage_that_cannot_be_used_nothing_is_collected(bench: Bench) -> None:
    bench.trial()
    bench.finished(RESULT)
    snapshot = await bench.snapshot(storage={"bucket": "nas"})
    assert snapshot.storage_fault and snapshot.storage_fault.reason == "SecretNotFound" and not snapshot.collected
    assert (await bench.snapshot(storage={"bucket": "nas"})).storage_fault == snapshot.storage_fault
    assert len(bench.cluster.asked) == 1, "the backoff holds"


async def test_a_storage_that_does_not_answer_is_a_fault(bench: Bench) -> None:
    data = {"accessKeyID": "a2V5", "secretAccessKey": "a2V5"}
    bench.cluster.secret = {"metadata": {"labels": {"nas-operator.io/use": "trial"}}, "data": data}
    snapshot = await bench.snapshot(storage={"bucket": "nas", "endpoint": "http://127.0.0.1:1"})
    assert snapshot.storage_fault and snapshot.storage_fault.reason == "StorageUnreachable"


async def test_why_a_pod_is_not_created_is_asked_on_the_looks_for_it(bench: Bench) -> None:
    bench.trial()
    bench.stores.jobs.put(raw_job("s-00000"))
    involved = {"involvedObject": {"kind": "Job", "uid": UID}, "message": "exceeded quota"}
    other = {"involvedObject": {"kind": "Job", "uid": "other"}, "message": "x"}
    bench.cluster.events = {"items": [involved, other]}
    assert (await bench.snapshot()).denied_pods is None
    assert (await bench.snapshot(refresh=True)).denied_pods == {UID: "exceeded quota"}
    bench.cluster.events = ApiError(403, "Forbidden", "")
    assert (await bench.snapshot(refresh=True)).denied_pods == {}


async def test_events_are_not_asked_for_while_every_job_has_a_pod_or_is_new(bench: Bench) -> None:
    bench.trial(0)
    bench.trial(1)
    bench.stores.jobs.put(raw_job("s-00000"))
    bench.stores.pods.put(raw_pod("s-00000-a1", "s-00000", {"phase": "Pending"}))
    bench.stores.jobs.put(raw_job("s-00001", creationTimestamp=stamp(NOW)))
    assert (await bench.snapshot(refresh=True)).denied_pods == {} and bench.cluster.asked == []


async def test_curves_are_read_on_the_looks_for_them(bench: Bench) -> None:
    assert (await bench.snapshot()).latest_metrics is None
    assert (await bench.snapshot(refresh=True)).latest_metrics == {}


async def test_of_an_unreadable_search_nothing_is_asked_for(bench: Bench) -> None:
    bench.trial()
    bench.finished("Traceback …", "Failed")
    snapshot = await bench.snapshot(refresh=True, budget={"maxTrials": "many"})
    assert isinstance(snapshot.search, UnreadableSearch) and bench.cluster.asked == []


async def test_shared_weights_are_those_of_a_search_of_the_same_namespace(bench: Bench) -> None:
    space = {"searchSpace": {"name": "nas-bench-201"}}
    using: Any = {
        "evaluation": {"supernet": {"from": {"search": "first"}}},
        "strategy": {"random": {}, "seed": 1},
        **space,
    }

    def source(namespace: str) -> Any:
        shared = {"search": "first", "trial": "first-supernet", "address": "s3://nas/w", "training": "fair"}
        return raw_search(
            {"supernet": shared, "firstTrialTime": stamp(START)},
            {"name": "first", "namespace": namespace, "uid": f"uid-{namespace}"},
            evaluation={"supernet": {}},
            strategy={"random": {}, "seed": 1},
            **space,
        )

    bench.stores.searches.put(source("elsewhere"))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, UnreadableSearch) and found.reason == "SupernetNotFound"
    bench.stores.searches.put(source("ns"))
    found = (await bench.snapshot(**using)).search
    # Without a storage no bucket is the same.
    assert isinstance(found, UnreadableSearch) and found.reason == "SupernetUnusable" and "bucket" in found.error


async def test_the_model_to_start_from_is_one_of_the_same_namespace(bench: Bench) -> None:
    using: Any = {"evaluation": {"initFrom": {"model": "digits"}}, "storage": {"bucket": "nas"}}
    bench.stores.models.put(raw_model("digits", meta={"namespace": "elsewhere"}))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, UnreadableSearch) and "there is no NASModel 'digits'" in found.error
    bench.stores.models.put(raw_model("digits"))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, UnreadableSearch) and "is not ready yet" in found.error


async def test_earlier_results_are_read_of_the_same_namespace_until_they_are_on_record(bench: Bench) -> None:
    space = {"searchSpace": {"name": "nas-bench-201"}}
    using: Any = {
        "evaluation": {"prefilter": {"predictor": {"from": {"searches": ["first"]}}}},
        "strategy": {"random": {}, "seed": 1},
        **space,
    }
    names: dict[str, Any] = {}
    cells = list(islice(NasBench201().enumerate(), 3000, 15000, 1999))
    for namespace in ("elsewhere", "ns"):
        found = (await bench.snapshot(**using)).search
        assert isinstance(found, UnreadableSearch) and found.reason == "EarlierResultsNotFound"
        names = {"name": "first", "namespace": namespace, "uid": "uid-first"}
        bench.stores.searches.put(raw_search({"completionTime": stamp(START)}, names, **space))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, UnreadableSearch) and "has 0 results" in found.error
    for index in range(6):
        labels = {"name": f"first-{index:05d}", "uid": f"uid-first-{index}", "labels": {SEARCH_LABEL: "first"}}
        owner = {"ownerReferences": [{"uid": "uid-first", "controller": True}]}
        status = {
            "conditions": [{"type": "Succeeded", "status": "True", "reason": "Completed", "message": "",
                            "lastTransitionTime": stamp(START)}],
            "sequence": index + 1, "metrics": {"val_accuracy": index / 10},
        }  # fmt: skip
        trial = raw_trial(index, status, **labels, **owner)
        [candidate] = trial["spec"]["candidates"]
        candidate["architecture"] = cells[index]
        bench.stores.trials.put(trial)
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, ReadableSearch) and len(found.earlier[0].results) == 6
    kept = raw_trial(0, None, name="s-earlier-0", uid="uid-earlier")
    kept["spec"] |= {"work": "Earlier", "source": "first", "known": [{"metrics": {"val_accuracy": "0.5"}}]}
    bench.stores.trials.put(kept)
    bench.stores.searches.remove(raw_search(None, names))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, ReadableSearch) and found.earlier == ()


async def test_a_candidate_of_another_search_of_the_namespace_is_read_until_it_was_tried(bench: Bench) -> None:
    space = {"searchSpace": {"name": "nas-bench-201"}}
    using: Any = {"guidance": {"injectFrom": [{"search": "first", "candidate": 0}]}, **space}
    for namespace in ("elsewhere", "ns"):
        found = (await bench.snapshot(**using)).search
        assert isinstance(found, ReadableSearch) and "there is no NASSearch 'first'" in (found.injection_fault or "")
        names: dict[str, Any] = {"name": "first", "namespace": namespace, "uid": "uid-first"}
        bench.stores.searches.put(raw_search(None, names, **space))
    labels = {"name": "first-00000", "uid": "uid-first-0", "labels": {SEARCH_LABEL: "first"}}
    there = raw_trial(0, None, **labels, ownerReferences=[{"uid": "uid-first", "controller": True}])
    there["spec"]["candidates"][0]["architecture"] = next(NasBench201().enumerate())
    bench.stores.trials.put(there)
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, ReadableSearch) and [one.source for one in found.injected] == ["first/0"]
    # Its ledger cannot be read: a search goes on without a candidate that somebody asked for.
    kept = {"ledger": {"segments": 1, "trials": 1, "hash": f"sha256:{'0' * 64}"}}
    bench.stores.searches.put(raw_search(kept, {**names, "resourceVersion": "2"}, **space))
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, ReadableSearch) and found.injected == ()
    assert "NASSearch 'first' cannot be read: " in (found.injection_fault or "")
    mine = raw_trial(0, None)
    mine["spec"]["candidates"][0] |= {"origin": "Injected", "source": "first/0"}
    bench.stores.trials.put(mine)
    found = (await bench.snapshot(**using)).search
    assert isinstance(found, ReadableSearch) and (found.injected, found.injection_fault) == ((), None)


@pytest.mark.parametrize(("policy", "told"), [("All", set()), ("None", {"s-00000"})])
async def test_trials_of_which_a_model_is_being_made_are_told(bench: Bench, policy: str, told: set[str]) -> None:
    def over(kind: str) -> dict[str, Any]:
        return {"conditions": [{"type": kind, "status": "True", "reason": "Any", "lastTransitionTime": stamp(START)}]}

    bench.stores.models.put(raw_model("made-now"))
    bench.stores.models.put(raw_model("made", over("Ready"), source={"trial": "s-00001"}))
    bench.stores.models.put(raw_model("impossible", over("Stalled"), source={"trial": "s-00002"}))
    bench.stores.models.put(raw_model("elsewhere", None, {"namespace": "other"}, source={"trial": "s-00003"}))
    bench.health.failed("uid-s/1", StorageFault(StorageReason.STORAGE_ERROR, "away"))
    storage = {"bucket": "nas", "endpoint": "http://127.0.0.1:1", "checkpointPolicy": policy}
    assert (await bench.snapshot(storage=storage)).exported == told


async def test_a_pod_whose_job_was_deleted_is_left_over_until_it_ends(bench: Bench) -> None:
    bench.trial()
    bench.stores.pods.put(raw_pod("s-00000-a1", "s-00000", {"phase": "Running"}))
    assert (await bench.snapshot()).leftovers == {"s-00000"}
    bench.stores.jobs.put(raw_job("s-00000"))
    assert (await bench.snapshot()).leftovers == frozenset()
    bench.stores.jobs.remove(raw_job("s-00000", resourceVersion="2"))
    ended = raw_pod("s-00000-a1", "s-00000", {"phase": "Failed"}, resourceVersion="2")
    bench.stores.pods.put(ended)
    assert (await bench.snapshot()).leftovers == frozenset()


async def test_a_result_that_is_too_large_is_its_trials_failure_and_no_fault_of_the_storage(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stored:
        async def probe(self, root: str) -> None:
            pass

        async def get(self, key: str) -> bytes:
            raise ObjectTooLarge(key, 1 << 20)

    async def objects(*_: Any) -> Any:
        return Stored()

    monkeypatch.setattr(Collector, "objects", objects)
    bench.trial()
    bench.finished(RESULT)
    snapshot = await bench.snapshot(storage={"bucket": "nas"})
    result = snapshot.collected[UID].result
    assert snapshot.storage_fault is None
    assert result and (result.outcome, result.reason) == ("Failed", "ResultInvalid") and "1,048,576" in result.message


async def test_quotas_are_for_searches_whose_number_of_trials_goes_by_them() -> None:
    bench = Bench()
    bench.stores.quotas.put(raw_quota({"pods": "4"}))
    for place in (0, 1):
        bench.stores.trials.put(raw_trial(place))
        bench.stores.jobs.put(raw_job(f"s-{place:05d}"))
    bench.stores.pods.put(raw_pod("s-00000-a1", "s-00000"))
    fixed = await bench.snapshot()
    assert (fixed.quotas, fixed.without_pod) == ((), 0)
    elastic = await bench.snapshot(budget={"minParallelTrials": 1})
    assert [found.meta.name for found in elastic.quotas] == ["team"] and elastic.without_pod == 1
