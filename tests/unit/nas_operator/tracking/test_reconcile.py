"""One look at the tracking of a search: the status that it leaves, and when it asks nobody."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.support.factories import raw_search
from tests.support.policies import policy
from tests.support.recording_mlflow import RecordingMlflow
from tests.support.tracked import raw_begun, raw_done, raw_ready, raw_running
from tests.unit.nas_operator.api_server import ApiServer
from tests.unit.nas_operator.tracking.conftest import Receiver

from nas_core.api.search_status import OperatorTerm
from nas_core.records.policy import PolicyView
from nas_operator.errors import ApiError
from nas_operator.kube.client import SEARCHES, SECRETS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.leadership.claims import Claims
from nas_operator.settings import Settings
from nas_operator.tracking import reconcile as reconcile_module
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.reconcile import Tracker
from nas_operator.trials import Trials
from nas_plan.tracking.default import read_default

Json = dict[str, Any]
KEY = ("ns", "s")
URL = path(SEARCHES, "ns", "s")


class NoLedgers:
    def trials(self, _: object) -> dict[str, Any]:
        return {}


class Watched:
    """A tracker with a search and its trials, as its watches would have them."""

    def __init__(self, served: tuple[ApiServer, Client], http: TrackingHttp, mlflow: RecordingMlflow) -> None:
        self.api, self.client = served
        self.http, self.mlflow = http, mlflow
        self.now = 1000.0
        self.policies: list[PolicyView] = []
        self.settings = Settings()
        self.restart()

    def restart(self, term: OperatorTerm | None = None) -> None:
        self.stores = Stores()
        for raw in [raw for url, raw in self.api.objects.items() if "/nassearches/" in url]:
            self.stores.searches.put(raw)
        ledgers: Any = NoLedgers()
        trials, claims = Trials(self.stores, ledgers), Claims(self.client, self.stores, lambda: term)
        policies, settings = (lambda _: self.policies), self.settings
        self.tracker = Tracker(
            self.client, self.stores, trials, claims, policies, self.http, settings, lambda: self.now
        )

    def search(self, raw: Json) -> None:
        """Write a search, as its user or another look does."""
        known = self.api.objects.get(URL)
        version = int(known["metadata"]["resourceVersion"]) + 1 if known else 1
        raw = raw | {"metadata": raw["metadata"] | {"resourceVersion": str(version)}}
        if known:
            raw["status"] = known.get("status", {}) | raw.get("status", {})
        self.stores.searches.put(self.api.add(path(SEARCHES, "ns"), raw))

    def trials(self, *indices: int) -> None:
        for index in indices:
            raw = raw_done(index)
            raw["metadata"]["labels"] = {"nas-operator.io/search": "s"}
            self.stores.trials.put(raw)

    async def look(self) -> float | None:
        self.now += 100
        return await self.tracker.reconcile(KEY)

    def default(self, **given: Json) -> None:
        """Start an operator whose chart has a default."""
        self.settings = Settings(tracking_default=read_default(json.dumps(given)))
        self.restart()

    @property
    def spec(self) -> Json:
        return {"tracking": {"mlflow": {"endpoint": self.mlflow.url}}}

    @property
    def status(self) -> Json:
        found: Json = self.api.objects[URL].get("status", {})
        return found

    def tracked(self) -> tuple[str, str]:
        [found] = [one for one in self.status["conditions"] if one["type"] == "Tracked"]
        return found["status"], found["reason"]


@pytest.fixture
def watched(served: tuple[ApiServer, Client], http: TrackingHttp, mlflow: RecordingMlflow) -> Watched:
    return Watched(served, http, mlflow)


async def test_the_status_says_where_the_search_is_shown(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    watched.trials(0, 1)
    assert await watched.look() is None
    parent = watched.mlflow.by_key("uid-s")
    there = {"endpoint": watched.mlflow.url, "experimentID": "1", "runID": parent.run_id, "candidates": 2}
    assert watched.status["tracking"] == {"mlflow": there | {"models": []}}
    assert watched.tracked() == ("True", "Delivered")
    # Nothing has happened since.
    writes, asked = len(watched.api.writes), len(watched.mlflow.asked)
    assert await watched.look() is None
    assert (len(watched.api.writes), len(watched.mlflow.asked)) == (writes, asked)


async def test_a_search_with_running_trials_is_looked_at_again(watched: Watched) -> None:
    watched.search(raw_begun(status={"trials": {"running": 1}}, **watched.spec))
    raw = raw_running(0)
    raw["metadata"]["labels"] = {"nas-operator.io/search": "s"}
    watched.stores.trials.put(raw)
    assert await watched.look() == reconcile_module.RUNNING_S
    assert watched.mlflow.by_key("uid-trial-0").status == "RUNNING"
    assert watched.tracked() == ("True", "Delivered") and watched.status["tracking"]["mlflow"]["candidates"] == 0


async def test_a_search_that_is_not_tracked_asks_nobody(watched: Watched) -> None:
    watched.search(raw_begun())
    watched.trials(0)
    assert await watched.look() is None
    watched.search(raw_search(**watched.spec))
    watched.restart()
    assert (watched.mlflow.asked, watched.api.writes) == ([], [])


async def test_what_has_ended_and_is_delivered_costs_nothing_after_a_restart(watched: Watched) -> None:
    watched.search(raw_begun(ended=True, **watched.spec))
    watched.trials(0)
    await watched.look()
    asked = len(watched.mlflow.asked)
    watched.restart()
    assert await watched.look() is None and len(watched.mlflow.asked) == asked
    # Its budget was raised, it went on, and ended again.
    again = raw_begun(ended=True, **watched.spec)
    again["status"] = {"completionTime": "2026-01-02T00:00:00Z"}
    watched.search(again)
    watched.trials(0, 1)
    await watched.look()
    assert watched.status["tracking"]["mlflow"]["candidates"] == 2
    assert watched.status["tracking"]["mlflow"]["ended"] == "2026-01-02T00:00:00Z"


async def test_a_fault_is_a_condition_and_then_a_pause(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    watched.trials(0)
    watched.mlflow.faults["runs/create"] = [503, 503]
    assert await watched.look() == 1.0
    assert watched.tracked() == ("False", "ServerError")
    asked = len(watched.mlflow.asked)
    watched.now -= 100.0
    watched.tracker._looked.clear()
    paused = await watched.look()
    assert paused is not None and paused <= 1.0 and len(watched.mlflow.asked) == asked
    watched.now += 1
    assert await watched.look() == 2.0
    assert await watched.look() is None
    assert watched.tracked() == ("True", "Delivered") and len(watched.mlflow.active()) == 2


async def test_one_server_that_is_away_does_not_keep_the_other(watched: Watched, receiver: Receiver) -> None:
    watched.search(raw_begun(tracking={**watched.spec["tracking"], "cloudEvents": {"endpoint": receiver.url}}))
    watched.trials(0)
    watched.mlflow.faults["experiments/create"] = [503]
    assert await watched.look() == 1.0
    assert receiver.ids() == ["uid-s/started", "uid-s/best/1"]
    assert watched.status["tracking"] == {
        "cloudEvents": {"endpoint": receiver.url, "started": True, "sequence": 1, "models": []}
    }
    [tracked] = [one for one in watched.status["conditions"] if one["type"] == "Tracked"]
    assert (tracked["reason"], tracked["message"][:8]) == ("ServerError", "mlflow: ")
    watched.restart()
    watched.trials(0)
    await watched.look()
    assert watched.tracked() == ("True", "Delivered") and len(receiver.events) == 2


async def test_a_look_that_fails_leaves_nothing_going_on(watched: Watched, receiver: Receiver) -> None:
    secret = {"secretRef": {"name": "nas-tracking"}}
    watched.api.faults["GET", "nas-tracking"] = (500, "etcd")
    watched.search(raw_begun(tracking={**watched.spec["tracking"], "cloudEvents": {"endpoint": receiver.url} | secret}))
    watched.trials(0, 1)
    with pytest.raises(ApiError):
        await watched.look()
    assert [run.status for run in watched.mlflow.active()] == ["RUNNING", "FINISHED", "FINISHED"]


async def test_a_model_that_is_made_after_the_end_gets_a_version(watched: Watched) -> None:
    watched.search(raw_begun(ended=True, **watched.spec))
    watched.trials(0)
    await watched.look()
    asked = len(watched.mlflow.asked)
    watched.stores.models.put(raw_ready("digits"))
    await watched.look()
    assert [version["name"] for version in watched.mlflow.versions] == ["ns.digits"]
    assert watched.status["tracking"]["mlflow"]["models"] == ["uid-digits"]
    assert await watched.look() is None and watched.mlflow.asked[asked:].count("model-versions/create") == 1


async def test_a_model_that_is_made_after_the_end_is_told_of(watched: Watched, receiver: Receiver) -> None:
    spec = {"tracking": {"cloudEvents": {"endpoint": receiver.url}}}
    watched.search(raw_begun(ended=True, **spec))
    await watched.look()
    assert await watched.look() is None and len(receiver.events) == 2
    watched.search(raw_begun(ended=True, status={"published": {"model": "m", "trial": "s-r9"}}, **spec))
    await watched.look()
    assert receiver.ids()[2:] == ["uid-s/model/m"]
    assert watched.status["tracking"]["cloudEvents"]["models"] == ["m"]


async def test_a_server_that_is_not_allowed_is_not_asked(watched: Watched) -> None:
    watched.search(raw_begun(tracking={"mlflow": {"endpoint": "http://169.254.169.254"}}))
    await watched.look()
    assert watched.tracked() == ("False", "TrackingEndpointNotAllowed")


async def test_a_server_that_a_policy_does_not_name_is_not_asked(watched: Watched) -> None:
    watched.policies = [policy(allowedTrackingEndpoints=["mlflow.example.com"])]
    watched.search(raw_begun(**watched.spec))
    assert await watched.look() == 1.0
    assert watched.tracked() == ("False", "TrackingEndpointNotAllowed") and watched.mlflow.asked == []
    watched.policies = [policy(allowedTrackingEndpoints=["127.0.0.1:*"])]
    await watched.look()
    assert watched.tracked() == ("True", "Delivered")


async def test_a_server_that_takes_for_ever_holds_up_nobody(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconcile_module, "LOOK_LIMIT_S", 0.0)
    watched.search(raw_begun(**watched.spec))
    assert await watched.look() == 1.0
    assert watched.tracked() == ("False", "ServerUnreachable")


async def test_tracking_that_is_taken_out_leaves_nothing_in_the_status(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    await watched.look()
    watched.search(raw_begun())
    await watched.look()
    assert "tracking" not in watched.status and watched.status["conditions"] == []


async def test_another_server_gets_all_of_it(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    watched.trials(0)
    await watched.look()
    raw = raw_begun(tracking={"mlflow": {"endpoint": watched.mlflow.url, "experiment": "other"}})
    raw["metadata"]["generation"] = 2
    watched.search(raw)
    await watched.look()
    assert list(watched.mlflow.experiments) == ["ns/s", "other"]
    assert watched.status["tracking"]["mlflow"]["experimentID"] == "2"


async def test_looks_follow_one_another_in_peace(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    watched.search(raw_begun(**watched.spec))
    await watched.look()
    watched.now -= 99.5
    assert await watched.look() == reconcile_module.INTERVAL_S - 0.5
    monkeypatch.setattr(reconcile_module, "NAMESPACE_LOOKS", 0)
    assert await watched.look() == reconcile_module.INTERVAL_S


async def test_a_search_that_is_gone_is_ended_once(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    await watched.look()
    watched.stores.searches.remove(watched.api.objects[URL])
    await watched.look()
    assert watched.mlflow.by_key("uid-s").status == "KILLED"
    asked = len(watched.mlflow.asked)
    await watched.look()
    assert len(watched.mlflow.asked) == asked


async def test_a_search_that_is_deleted_while_the_server_is_away_is_ended_when_it_answers(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    await watched.look()
    watched.stores.searches.remove(watched.api.objects[URL])
    watched.mlflow.faults["runs/update"] = [503]
    assert await watched.look() == 1.0
    assert watched.mlflow.by_key("uid-s").status == "RUNNING"
    assert await watched.look() is None
    assert watched.mlflow.by_key("uid-s").status == "KILLED"


async def test_one_that_is_deleted_after_an_answer_was_lost_is_ended_too(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    watched.mlflow.faults["runs/create"] = ["lost"]
    await watched.look()
    watched.stores.searches.remove(watched.api.objects[URL])
    await watched.look()
    assert watched.mlflow.by_key("uid-s").status == "KILLED"


async def test_one_that_was_made_again_leaves_the_first_ended(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    await watched.look()
    again = raw_begun(**watched.spec)
    again["metadata"]["uid"] = "uid-again"
    watched.api.objects[URL].pop("status")
    watched.search(again)
    await watched.look()
    assert [watched.mlflow.by_key(uid).status for uid in ("uid-s", "uid-again")] == ["KILLED", "RUNNING"]


async def test_where_a_search_is_not_tracked_any_more_its_run_is_ended(watched: Watched, receiver: Receiver) -> None:
    events = {"cloudEvents": {"endpoint": receiver.url}}
    elsewhere = {"mlflow": {"endpoint": watched.mlflow.url, "experiment": "other"}}
    for tracking in ({}, events, elsewhere):
        watched.search(raw_begun(**watched.spec))
        await watched.look()
        first = next(run for run in watched.mlflow.active() if run.experiment == "1")
        assert first.status == "RUNNING"
        watched.search(raw_begun(tracking=tracking))
        await watched.look()
        assert first.status == "KILLED"


async def test_the_search_of_another_operator_is_left_alone(watched: Watched) -> None:
    watched.search(raw_begun(**watched.spec))
    watched.restart(OperatorTerm(lease="a/b", holder="me", since="2026-01-01T00:00:00Z"))
    assert await watched.look() is None and watched.mlflow.asked == []


async def test_a_search_that_says_nothing_is_tracked_by_the_default(watched: Watched, receiver: Receiver) -> None:
    watched.default(mlflow={"endpoint": watched.mlflow.url, "experiment": "nas/{namespace}/of {name}"})
    watched.search(raw_begun(ended=True))
    watched.trials(0)
    await watched.look()
    assert list(watched.mlflow.experiments) == ["nas/ns/of s"]
    assert watched.tracked() == ("True", "Delivered")
    [tracked] = [one for one in watched.status["conditions"] if one["type"] == "Tracked"]
    assert "by tracking.default of the operator's chart" in tracked["message"]
    # It has ended and is delivered.
    asked = len(watched.mlflow.asked)
    watched.restart()
    assert await watched.look() is None and len(watched.mlflow.asked) == asked
    # Its own is all that counts: the default is not added to it.
    watched.search(raw_begun(ended=True, tracking={"cloudEvents": {"endpoint": receiver.url}}))
    await watched.look()
    assert len(receiver.events) == 2 and list(watched.status["tracking"]) == ["cloudEvents"]
    assert len(watched.mlflow.asked) == asked


async def test_a_search_may_be_left_out_of_the_default(watched: Watched) -> None:
    watched.default(mlflow={"endpoint": watched.mlflow.url})
    watched.search(raw_begun(tracking={}))
    await watched.look()
    assert watched.mlflow.asked == [] and watched.api.writes == []


async def test_a_policy_holds_for_the_default_too(watched: Watched) -> None:
    watched.default(mlflow={"endpoint": watched.mlflow.url})
    watched.policies = [policy(allowedTrackingEndpoints=["mlflow.example.com"])]
    watched.search(raw_begun())
    await watched.look()
    assert watched.tracked() == ("False", "TrackingEndpointNotAllowed") and watched.mlflow.asked == []
    [tracked] = [one for one in watched.status["conditions"] if one["type"] == "Tracked"]
    assert " in tracking.default.mlflow.endpoint; allowed: mlflow.example.com" in tracked["message"]


async def test_a_namespace_without_the_secret_is_told_and_asked_for_it_once(watched: Watched) -> None:
    watched.default(mlflow={"endpoint": watched.mlflow.url, "secretRef": {"name": "nas-tracking"}})
    watched.search(raw_begun())
    await watched.look()
    assert watched.tracked() == ("False", "TrackingSecretUnusable") and watched.mlflow.asked == []
    [tracked] = [one for one in watched.status["conditions"] if one["type"] == "Tracked"]
    assert "Secret 'nas-tracking' is not in namespace 'ns'; create it with token" in tracked["message"]
    # Another search, or the same one after a change, does not ask the API server again at once.
    raw = raw_begun()
    raw["metadata"]["generation"] = 2
    watched.search(raw)
    watched.now -= 100
    watched.tracker._looked.clear()
    reads = sum("secrets" in str(request) for request in watched.api.requests)
    await watched.look()
    assert sum("secrets" in str(request) for request in watched.api.requests) == reads == 1


async def test_the_secret_of_the_default_goes_to_no_server_of_a_user(watched: Watched, receiver: Receiver) -> None:
    secret = {"name": "nas-tracking", "labels": {"nas-operator.io/use": "tracking"}}
    watched.api.add(path(SECRETS, "ns"), {"metadata": secret, "data": {"token": "dDBw"}})
    named = {"secretRef": {"name": "nas-tracking"}}
    watched.default(mlflow={"endpoint": watched.mlflow.url} | named)
    watched.search(raw_begun(tracking={"cloudEvents": {"endpoint": receiver.url} | named}))
    await watched.look()
    assert watched.tracked() == ("False", "TrackingSecretUnusable") and receiver.headers == []
    # The same server with it is no other.
    watched.search(raw_begun(tracking={"mlflow": {"endpoint": watched.mlflow.url} | named}))
    await watched.look()
    assert watched.tracked() == ("True", "Delivered")
    assert watched.mlflow.headers[0]["Authorization"] == "Bearer t0p"
