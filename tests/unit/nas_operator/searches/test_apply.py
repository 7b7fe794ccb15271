"""Carrying out a plan against an API server that takes, denies or already has what is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.factories import START, raw_job, raw_search, raw_trial
from tests.support.job_kinds import job_kind
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.api.curve import Curve
from nas_core.api.search_status import InitialModel, NASSearchStatus, SupernetStatus
from nas_core.api.storage import Storage
from nas_core.api.trial import CandidateSpec, NASTrialStatus
from nas_core.contract import TrialInput
from nas_core.reasons import StorageReason
from nas_core.records.conditions import set_condition
from nas_core.records.job import JobView
from nas_core.records.metadata import Meta
from nas_core.records.names import STORAGE_FINALIZER, TRIAL_INPUT_ANNOTATION
from nas_core.records.search import ReadableSearch, SearchView, read_search
from nas_core.records.trial import TrialView
from nas_operator.errors import ApiDenied, ApiError, Conflict, KindNotAllowed, NoSession
from nas_operator.kube.client import JOBS, SEARCHES, SERVICES, TRIALS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.manifests.service import build_service
from nas_operator.searches.apply import Applier
from nas_operator.searches.remakes import Remakes
from nas_operator.sessions.giver import SessionGiver
from nas_operator.settings import Settings
from nas_operator.storage.ledgers import Ledgers
from nas_operator.storage.objects import Buckets
from nas_operator.trials import Trials
from nas_plan.actions import Actions, EventDraft, RecordTrial, StartJob, Stored
from nas_storage.faults import StorageFault

SEARCHES_URL, TRIALS_URL, JOBS_URL = path(SEARCHES, "ns"), path(TRIALS, "ns"), path(JOBS, "ns")
ENDED = set_condition([], "Progressing", False, "Succeeded", "", START)
STATUS = NASSearchStatus(progress="1/2")


class Bench:
    """A search with two trials, the first of which has a Job, and what writes to them."""

    def __init__(self, api: ApiServer, client: Client) -> None:
        self.api = api
        self.kind = job_kind()
        self.stores = Stores(kinds={"group": self.kind})
        self.put: dict[str, tuple[bytes, str]] = {}
        self.fault: StorageFault | None = None
        trials = Trials(self.stores, Ledgers(self.bucket, lambda _: None))
        settings = Settings(trial_image="default:1", job_kinds={"group": self.kind})
        sessions = SessionGiver(client, Buckets(client, settings, lambda _: ()), False)
        self.applier = Applier(client, self.stores, settings, self.bucket, trials, sessions)
        raw = api.add(SEARCHES_URL, raw_search())
        self.search = read_search(raw)
        self.stores.searches.put(raw)
        self.trials = [TrialView.of(api.add(TRIALS_URL, raw_trial(index))) for index in range(2)]
        self.job = JobView.of(api.add(JOBS_URL, raw_job("s-00000")))

    async def bucket(self, search: SearchView, storage: Storage) -> Any:
        """Return the objects of a bucket that keeps what is put, or is away."""
        bench = self

        class Kept:
            async def put(self, key: str, content: bytes, content_type: str) -> None:
                if bench.fault:
                    raise bench.fault
                bench.put[key] = (content, content_type)

        return Kept()

    async def apply(self, actions: Actions, write_status: bool = True) -> None:
        await self.applier.apply(self.search, actions, START, write_status)

    def deny_once(self, error: ApiError) -> None:
        """Let the first patch be denied: the server of the tests knows no schema."""
        client = self.applier._client
        patch, denied = client.patch, list[str]()

        async def once(url: str, body: Any, *, fenced: bool = True) -> Any:
            if denied:
                return await patch(url, body, fenced=fenced)
            denied.append(url)
            raise error

        client.patch = once  # type: ignore[method-assign]

    def everything(self) -> Actions:
        return Actions(
            finalizer="add",
            records=(RecordTrial(self.trials[0], NASTrialStatus(sequence=1)),),
            stop_jobs=(self.job,),
            start_jobs=(StartJob(self.trials[1], 2),),
            create_trials=(TrialView.of(raw_trial(2)).spec,),
            observations=(RecordTrial(self.trials[1], NASTrialStatus(epoch=3)),),
            status=STATUS,
            events=(EventDraft("Normal", "NewBest", "better"),),
        )


@pytest.fixture
def bench(served: tuple[ApiServer, Client]) -> Bench:
    return Bench(*served)


async def test_writes_come_in_the_order_that_makes_it_safe_to_be_killed_anywhere(bench: Bench) -> None:
    await bench.apply(bench.everything())
    writes = bench.api.writes
    assert writes[:3] == [
        ("PATCH", "nassearches/s"),
        ("PATCH", "nastrials/s-00000/status"),
        ("DELETE", "jobs/s-00000-a1"),
    ]
    assert sorted(writes[3:6]) == [("POST", "jobs"), ("POST", "jobs"), ("POST", "nastrials")]
    assert writes[6:] == [("PATCH", "nastrials/s-00001/status"), ("PATCH", "nassearches/s/status")]
    assert bench.api.names(JOBS_URL) == ["s-00000-a1", "s-00001-a2", "s-00002-a1"]
    assert bench.api.requests[-1][:2] == ("POST", "/api/v1/namespaces/ns/events")


async def test_every_write_carries_what_it_was_decided_on(bench: Bench) -> None:
    await bench.apply(bench.everything())
    assert bench.api.body("PATCH", "nastrials/s-00000/status")["metadata"] == {"resourceVersion": "1"}
    assert bench.api.body("PATCH", "nassearches/s")["metadata"]["resourceVersion"] == "1"
    assert bench.api.body("DELETE", "jobs/s-00000-a1")["preconditions"] == {"uid": "uid-s-00000-a1"}
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["metadata"]["finalizers"] == [STORAGE_FINALIZER]
    made = bench.api.objects[f"{TRIALS_URL}/s-00002"]
    assert made["metadata"]["ownerReferences"][0]["uid"] == "uid-s"
    job = bench.api.objects[f"{JOBS_URL}/s-00002-a1"]
    assert job["metadata"]["ownerReferences"][0]["uid"] == "uid-s-00002"
    assert job["spec"]["template"]["spec"]["containers"][0]["image"] == "default:1"


async def test_the_stores_know_at_once_what_was_written(bench: Bench) -> None:
    await bench.apply(bench.everything())
    trial, job = bench.stores.trials.get("ns", "s-00002"), bench.stores.jobs.get("ns", "s-00000-a1")
    assert trial and trial.meta.uid == "uid-s-00002" and job and job.meta.deleting
    search = bench.stores.searches.get("ns", "s")
    assert search and search.status.progress == "1/2"


async def test_what_is_as_it_should_be_is_not_written(bench: Bench) -> None:
    await bench.apply(Actions(observations=(RecordTrial(bench.trials[1], NASTrialStatus(epoch=3)),), status=STATUS))
    trial, search = bench.stores.trials.get("ns", "s-00001"), bench.stores.searches.get("ns", "s")
    assert trial and search
    bench.search, before = search, len(bench.api.writes)
    await bench.apply(Actions(observations=(RecordTrial(trial, NASTrialStatus(epoch=3)),), status=STATUS))
    assert len(bench.api.writes) == before


async def test_a_status_whose_turn_has_not_come_waits_with_its_events(bench: Bench) -> None:
    await bench.apply(Actions(status=STATUS, events=(EventDraft("Normal", "X", "x"),)), write_status=False)
    assert bench.api.requests == []


@pytest.mark.parametrize("change", ["changed", "deleted"])
async def test_a_record_on_old_knowledge_stops_everything_after_it(bench: Bench, change: str) -> None:
    if change == "changed":
        bench.api.add(TRIALS_URL, raw_trial(0, resourceVersion="99"))
    else:
        del bench.api.objects[f"{TRIALS_URL}/s-00000"]
    with pytest.raises(Conflict):
        await bench.apply(bench.everything())
    assert bench.api.writes == [("PATCH", "nassearches/s"), ("PATCH", "nastrials/s-00000/status")]


async def test_a_job_that_was_made_before_is_adopted(bench: Bench) -> None:
    bench.api.add(JOBS_URL, raw_job("s-00001", 2))
    await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))
    assert bench.stores.jobs.get("ns", "s-00001-a2")


async def test_a_job_of_another_trial_is_waited_out(bench: Bench) -> None:
    raw = raw_job("s-00001", 2)
    raw["metadata"]["ownerReferences"][0]["uid"] = "uid-of-a-former-trial"
    bench.api.add(JOBS_URL, raw)
    with pytest.raises(Conflict, match="belongs to another trial"):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),), status=STATUS))
    assert bench.stores.jobs.get("ns", "s-00001-a2") is None
    assert ("PATCH", "nassearches/s/status") not in bench.api.writes


def over_two_nodes(bench: Bench) -> None:
    raw = raw_search()
    raw["spec"]["trialTemplate"] = {"nodes": 2}
    bench.search = read_search(raw)


async def test_pods_of_one_trial_have_names_before_they_are_made(bench: Bench) -> None:
    over_two_nodes(bench)
    for attempt in (1, 2):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], attempt),)))
    assert bench.api.names(path(SERVICES, "ns")) == ["nas-s"], "one for all"
    made = [what for verb, what in bench.api.writes if verb == "POST"]
    assert made == ["services", "jobs", "services", "jobs"], "before the Job"


async def test_a_service_of_somebody_else_is_waited_out(bench: Bench) -> None:
    over_two_nodes(bench)
    raw = build_service(replace(bench.search.meta, uid="uid-of-a-former-search"))
    raw["metadata"] |= {"uid": "uid-nas-s", "resourceVersion": "1"}
    bench.api.add(path(SERVICES, "ns"), raw)
    with pytest.raises(Conflict, match="Service nas-s is not of this search"):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 1),)))
    assert bench.stores.jobs.get("ns", "s-00001-a1") is None


async def test_a_trial_that_was_made_before_is_adopted_if_it_says_the_same(bench: Bench) -> None:
    raw = bench.api.add(TRIALS_URL, raw_trial(2))
    await bench.apply(Actions(create_trials=(TrialView.of(raw).spec,)))
    assert bench.api.names(JOBS_URL) == ["s-00000-a1", "s-00002-a1"]


async def test_a_trial_that_says_something_else_is_looked_at_again(bench: Bench) -> None:
    raw = bench.api.add(TRIALS_URL, raw_trial(2))
    other = TrialView.of(raw).spec.model_copy(update={"basis": 7})
    with pytest.raises(Conflict, match="created by an earlier look"):
        await bench.apply(Actions(create_trials=(other,)))
    assert bench.stores.trials.get("ns", "s-00002") and bench.api.names(JOBS_URL) == ["s-00000-a1"]


BEGUN = STATUS.model_copy(update={"first_trial_time": START})


async def test_that_a_search_begins_is_on_record_before_its_first_trial(bench: Bench) -> None:
    new = TrialView.of(raw_trial(2)).spec
    shared = SupernetStatus(search="first", trial="first-supernet", address="s3://nas/w", training="fair")
    model = InitialModel(model="digits-1", address="s3://nas/m/", sha256="a" * 64)
    planned = BEGUN.model_copy(update={"supernet": shared, "initial_model": model})
    await bench.apply(Actions(create_trials=(new,), status=planned))
    assert bench.api.writes[:2] == [("PATCH", "nassearches/s/status"), ("POST", "nastrials")]
    # With the weights of another search and the model, which may be gone when its next look comes.
    assert {"firstTrialTime", "supernet", "initialModel"} <= bench.api.requests[0][2]["status"].keys()


async def test_no_trial_is_made_for_a_spec_that_has_changed_meanwhile(bench: Bench) -> None:
    changed = raw_search(meta={"generation": 2, "resourceVersion": "7"})
    bench.stores.searches.put(bench.api.add(SEARCHES_URL, changed))
    with pytest.raises(Conflict, match="the spec of s has changed"):
        await bench.apply(Actions(create_trials=(TrialView.of(raw_trial(2)).spec,), status=BEGUN))
    assert bench.api.names(TRIALS_URL) == ["s-00000", "s-00001"]


@pytest.mark.parametrize(("sequence", "propagation"), [(None, "Foreground"), (1, "Background")])
async def test_only_what_may_still_run_goes_before_its_trial(
    bench: Bench, sequence: int | None, propagation: str
) -> None:
    trial = replace(bench.trials[1], status=bench.trials[1].status.model_copy(update={"sequence": sequence}))
    await bench.applier.delete_trial(trial)
    assert bench.api.body("DELETE", "/s-00001")["propagationPolicy"] == propagation


async def test_a_trial_for_an_older_spec_is_deleted_and_waited_for(bench: Bench) -> None:
    bench.api.objects[f"{TRIALS_URL}/s-00000"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    actions = Actions(delete_trials=(bench.trials[1],), create_trials=(bench.trials[0].spec,), status=STATUS)
    with pytest.raises(Conflict, match="s-00000 is being deleted"):
        await bench.apply(actions)
    assert bench.api.writes[0] == ("DELETE", "nastrials/s-00001")


async def test_a_trial_of_a_former_search_of_this_name_is_waited_out(bench: Bench) -> None:
    raw = raw_trial(2)
    raw["metadata"]["ownerReferences"][0]["uid"] = "uid-of-a-former-search"
    bench.api.add(TRIALS_URL, raw)
    with pytest.raises(Conflict, match="belongs to a former search"):
        await bench.apply(Actions(create_trials=(TrialView.of(raw).spec,)))
    assert bench.api.names(JOBS_URL) == ["s-00000-a1"]


@pytest.mark.parametrize("change", ["another of that name", "none"])
async def test_only_the_job_that_was_meant_is_deleted(bench: Bench, change: str) -> None:
    if change == "none":
        del bench.api.objects[f"{JOBS_URL}/s-00000-a1"]
    else:
        bench.api.add(JOBS_URL, raw_job("s-00000", uid="another"))
    await bench.apply(Actions(stop_jobs=(bench.job,)))
    assert not any(raw["metadata"].get("deletionTimestamp") for raw in bench.api.objects.values())


async def test_nothing_is_decided_before_every_result_it_saw_is_written(bench: Bench) -> None:
    bench.api.faults["PATCH", "s-00000/status"] = (409, "the object has been modified")
    records = tuple(RecordTrial(trial, NASTrialStatus(sequence=trial.spec.index + 1)) for trial in bench.trials)
    with pytest.raises(Conflict):
        await bench.apply(Actions(records=records, create_trials=(TrialView.of(raw_trial(2)).spec,)))
    assert bench.api.objects[f"{TRIALS_URL}/s-00001"]["status"]["sequence"] == 2
    assert f"{TRIALS_URL}/s-00002" not in bench.api.objects


async def test_one_write_that_fails_does_not_cut_its_neighbours_off(bench: Bench) -> None:
    bench.api.faults["PATCH", "s-00000/status"] = (500, "etcd")
    shown = tuple(RecordTrial(trial, NASTrialStatus(epoch=1)) for trial in bench.trials)
    with pytest.raises(ApiError):
        await bench.apply(Actions(observations=shown, status=STATUS))
    assert bench.api.objects[f"{TRIALS_URL}/s-00001"]["status"]["epoch"] == 1
    assert "status" not in bench.api.objects[f"{SEARCHES_URL}/s"]


async def test_the_status_of_a_search_is_not_written_to_its_successor(bench: Bench) -> None:
    new = raw_search(meta={"uid": "new", "resourceVersion": "200"})
    bench.stores.searches.put(bench.api.add(SEARCHES_URL, new))
    with pytest.raises(Conflict, match="created again"):
        await bench.apply(Actions(status=STATUS))
    assert bench.api.writes == []


@pytest.mark.parametrize("status", [400, 403, 422])
async def test_a_template_that_kubernetes_does_not_take_is_told_apart(bench: Bench, status: int) -> None:
    bench.api.faults["POST", "/jobs"] = (status, "spec.template: Invalid value: 0.5: must be an integer")
    with pytest.raises(ApiDenied, match="must be an integer"):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 1),), status=STATUS))


@pytest.mark.parametrize("status", [409, 403, 500])
async def test_an_event_that_cannot_be_written_is_only_an_event(bench: Bench, status: int) -> None:
    bench.api.faults["POST", "/events"] = (status, "no")
    await bench.apply(Actions(status=STATUS, events=(EventDraft("Normal", "X", "x"),)))
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["status"]["progress"] == "1/2"


async def test_the_finalizer_is_put_on_once_and_taken_off(bench: Bench) -> None:
    for present, finalizers in ((True, [STORAGE_FINALIZER]), (True, [STORAGE_FINALIZER]), (False, [])):
        await bench.applier.finalizer(bench.search, present)
        found = bench.stores.searches.get("ns", "s")
        assert found
        bench.search = found
        assert list(found.finalizers) == finalizers


async def test_a_result_that_the_api_server_does_not_take_is_that_trials_failure(bench: Bench) -> None:
    curve = Curve(epochs=[1], values={name: [0.5] for name in "abcde"})
    status = NASTrialStatus(sequence=1, completion_time=START, metrics={"m": 0.5}, curve=curve, conditions=ENDED)
    bench.deny_once(ApiError(422, "Invalid", "status.curve.values: Too many: 5"))
    actions = Actions(records=(RecordTrial(bench.trials[0], status),), status=STATUS)
    with pytest.raises(Conflict, match="Too many"):
        await bench.apply(actions)
    written = bench.api.objects[f"{TRIALS_URL}/s-00000"]["status"]
    assert written["sequence"] == 1 and not written["metrics"] and "curve" not in written
    told = {c["type"]: (c["status"], c["reason"]) for c in written["conditions"]}
    assert told["Failed"] == ("True", "ResultInvalid") and told["Succeeded"] == ("False", "ResultInvalid")
    assert "status" not in bench.api.objects[f"{SEARCHES_URL}/s"], "what was planned with that result is not written"


async def test_live_values_that_are_not_taken_leave_what_was_there(bench: Bench) -> None:
    bench.deny_once(ApiError(413, "RequestEntityTooLarge", "too large"))
    observed = RecordTrial(bench.trials[0], NASTrialStatus(metrics={"m": 0.5}, conditions=ENDED))
    await bench.apply(Actions(observations=(observed,), status=STATUS))
    written = bench.api.objects[f"{TRIALS_URL}/s-00000"]["status"]
    assert not written["metrics"] and written["conditions"]
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["status"]["progress"] == "1/2", "the search goes on"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        *((status, "because") for status in (400, 403, 413, 422)),
        (500, 'Internal error occurred: failed calling webhook "because": connection refused'),
    ],
)
async def test_every_answer_that_means_the_object_is_a_denial(bench: Bench, status: int, message: str) -> None:
    bench.api.faults["POST", "/jobs"] = (status, message)
    with pytest.raises(ApiDenied, match="because"):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))


async def test_a_fault_of_the_api_server_itself_is_no_denial(bench: Bench) -> None:
    bench.api.faults["POST", "/jobs"] = (500, "etcdserver: request timed out")
    with pytest.raises(ApiError, match="etcdserver"):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))


async def test_an_input_that_fits_into_no_annotation_is_not_sent(bench: Bench) -> None:
    candidate = CandidateSpec(id="i", architecture={f"d{n}": "x" * 250 for n in range(500)}, origin="Random")
    trial = replace(bench.trials[1], spec=bench.trials[1].spec.model_copy(update={"candidates": [candidate] * 3}))
    with pytest.raises(ApiDenied, match=r"the input of a trial of 1 candidates has 3.* bytes.*candidatesPerTrial"):
        await bench.apply(Actions(start_jobs=(StartJob(trial, 1),)))
    assert bench.api.writes == []


async def test_what_is_started_is_told_where_prepared_data_and_shared_weights_lie(bench: Bench) -> None:
    new = TrialView.of(raw_trial(2)).spec
    actions = Actions(
        start_jobs=(StartJob(bench.trials[1], 2),),
        create_trials=(new,),
        stored=Stored("s3://nas/ns/datasets/5eed/", "s3://nas/ns/s/uid/w.safetensors"),
    )
    await bench.apply(actions)
    for name in ("s-00001-a2", "s-00002-a1"):
        template = bench.api.objects[f"{JOBS_URL}/{name}"]["spec"]["template"]
        given = TrialInput.model_validate_json(template["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION])
        assert (given.prepared, given.supernet) == (actions.stored.prepared, actions.stored.supernet)


def ending(bench: Bench) -> Actions:
    """Return the actions of a search with a storage that ends, and put it into the bench."""
    storage = {"bucket": "nas", "endpoint": "http://s3:8333", "secretRef": {"name": "s3"}}
    raw = bench.api.objects[f"{SEARCHES_URL}/s"]
    raw["spec"]["storage"] = storage
    bench.search = read_search(raw)
    bench.stores.searches.put(raw)
    return Actions(status=STATUS, ends=True)


async def test_the_report_of_a_search_that_ends_lies_beside_its_objects(bench: Bench) -> None:
    await bench.apply(ending(bench))
    ((key, (page, kind)),) = bench.put.items()
    assert key == "ns/s/uid-s/report.html" and kind == "text/html; charset=utf-8"
    assert b"<h1>s</h1>" in page
    assert bench.api.objects[f"{SEARCHES_URL}/s"]["status"]["report"] == f"s3://nas/{key}"


async def test_a_report_that_cannot_be_written_keeps_no_search_from_its_end(bench: Bench) -> None:
    bench.fault = StorageFault(StorageReason.ACCESS_DENIED, "the server denied access")
    await bench.apply(ending(bench))
    status = bench.api.objects[f"{SEARCHES_URL}/s"]["status"]
    assert status["progress"] == "1/2" and "report" not in status
    events = [o for url, o in bench.api.objects.items() if "/events/" in url]
    assert [(e["reason"], "nasctl report" in e["message"]) for e in events] == [("ReportNotWritten", True)]


async def test_a_search_that_goes_on_has_no_report(bench: Bench) -> None:
    await bench.apply(replace(ending(bench), ends=False))
    assert bench.put == {}


async def test_a_job_that_somebody_deletes_for_ever_is_made_again_with_longer_pauses(bench: Bench) -> None:
    now = 100.0
    bench.applier._remakes = Remakes(lambda: now)
    start, url = Actions(start_jobs=(StartJob(bench.trials[1], 1),)), f"{JOBS_URL}/s-00001-a1"
    await bench.apply(start)
    assert bench.api.objects.pop(url)
    await bench.apply(start)
    assert url not in bench.api.objects, "not at once: what deletes it may do so again"
    now += 1
    await bench.apply(start)
    assert bench.api.objects.pop(url)
    [event] = [raw for where, raw in bench.api.objects.items() if "/events/" in where]
    assert event["reason"] == "JobDeleted" and "deleted Job s-00001-a1; it was made once" in event["message"]
    now += 1
    await bench.apply(start)
    assert url not in bench.api.objects
    now += 1
    await bench.apply(start)
    assert url in bench.api.objects
    # One that the operator itself deletes, as its template has changed, is made again at once and without a word.
    await bench.applier.stop(JobView.of(bench.api.objects.pop(url)))
    await bench.apply(start)
    assert url in bench.api.objects


async def test_a_trial_of_another_kind_is_made_and_stopped_as_such(bench: Bench) -> None:
    collection = path(bench.kind.resource, "ns")
    assert isinstance(bench.search, ReadableSearch)
    template = bench.search.spec.trial_template.model_copy(update={"job_kind": "group"})
    bench.search = replace(bench.search, spec=bench.search.spec.model_copy(update={"trial_template": template}))
    await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))
    assert bench.api.names(collection) == ["s-00001-a2"]
    [made] = bench.stores.jobs_of(("ns", "s"))
    assert (made.kind, made.attempt) == ("group", 2)
    await bench.apply(Actions(stop_jobs=(made,)))
    assert bench.api.writes[-1] == ("DELETE", "jobgroups/s-00001-a2")
    [stopped] = bench.stores.jobs_of(("ns", "s"))
    assert stopped.meta.deleting


async def test_a_kind_that_is_not_allowed_is_not_made(bench: Bench) -> None:
    assert isinstance(bench.search, ReadableSearch)
    template = bench.search.spec.trial_template.model_copy(update={"job_kind": "ray"})
    bench.search = replace(bench.search, spec=bench.search.spec.model_copy(update={"trial_template": template}))
    with pytest.raises(KindNotAllowed):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 1),)))
    assert bench.api.writes == []


class Sessions:
    """Gives keys, or none, and notes what was written by then."""

    def __init__(self, bench: Bench, fault: NoSession | None = None) -> None:
        self._bench, self._fault = bench, fault
        self.before_give: list[tuple[str, str]] = []

    async def for_job(self, owner: Meta, storage: Storage | None, body: Any) -> str:
        assert not [url for _, url in self._bench.api.writes if url == "jobs"]
        if self._fault:
            raise self._fault
        return "keys"

    async def give(self, job: Any, session: str) -> None:
        assert session == "keys" and job["metadata"]["uid"] and job["kind"] == "Job"
        self.before_give = self._bench.api.writes


async def test_keys_are_asked_for_before_the_job_is_made_and_written_when_it_is_there(bench: Bench) -> None:
    sessions: Any = Sessions(bench)
    bench.applier._sessions = sessions
    await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))
    assert sessions.before_give == [("POST", "jobs")]


async def test_without_keys_no_job_is_made(bench: Bench) -> None:
    sessions: Any = Sessions(bench, NoSession("refused"))
    bench.applier._sessions = sessions
    with pytest.raises(NoSession):
        await bench.apply(Actions(start_jobs=(StartJob(bench.trials[1], 2),)))
    assert not bench.api.writes
