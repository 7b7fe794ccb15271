"""A search is tracked by MLflow's own server, though that one and the operator are killed under way."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import event_receiver
from tests.support.inside import Server
from tests.support.kube import Kube, condition
from tests.support.mlflow_process import MlflowProcess
from tests.support.operator_process import Operator
from tests.support.searches import fault_search, score
from tests.support.tracked import NOW, begun, done, ready, running
from tests.support.waiting import Waiter

from nas_dev.cluster.embedded import Cluster
from nas_operator.tracking.delivery import MlflowDelivery
from nas_operator.tracking.http import TrackingHttp
from nas_operator.tracking.mlflow import Mlflow
from nas_plan.tracking.record import Record
from nas_storage.allowed_endpoints import AllowedEndpoints

Json = dict[str, Any]


@pytest.fixture
def receiver(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A receiver of events: its port, and a file with an event a line."""
    events = tmp_path / "events"
    events.touch()
    server = Server(cluster, event_receiver, str(events))
    yield server.port, events
    server.stop()


def tracked(kube: Kube, name: str) -> Json:
    found = [c for c in kube.search(name).get("status", {}).get("conditions", []) if c["type"] == "Tracked"]
    return found[0] if found else {"status": "Unknown", "reason": ""}


def epochs_of_a_running_trial(mlflow: MlflowProcess) -> int:
    below = [run for run in mlflow.runs("slow") if "mlflow.parentRunId" in run["tags"]]
    [run_id] = [run["info"]["run_id"] for run in below if run["info"]["status"] == "RUNNING"] or [""]
    return len(mlflow.history(run_id, "val_accuracy")) if run_id else 0


async def test_mlflow_takes_what_is_delivered(tmp_path: Path) -> None:
    """Without a cluster: all that MLflow is asked, which `RecordingMlflow` only stands for, also a second time."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server = MlflowProcess(tmp_path, free.getsockname()[1])
    http = TrackingHttp(AllowedEndpoints.of(["127.0.0.1:*"]))
    curve = {"epochs": [1, 2, 3], "values": {"val_accuracy": [0.1, 0.2, 0.6]}}
    strange = {"candidates": [{"id": "i", "origin": "Random", "architecture": {"a/b c": "x" * 256, "..": "ä"}}]}
    live = running(0, epochs=3)
    trials = [done(0, 0.3, curve=live.raw_status["curve"]), done(1, None), done(2, 0.6, strange, curve=curve)]
    record = Record(begun(ended=True), trials, [ready("one"), ready("two", trial=2)], NOW)
    server.start()
    try:
        await asyncio.to_thread(server.until_it_answers)
        for _ in range(2):
            # Told of while it runs, by an operator and by the next one.
            delivery = MlflowDelivery(http, server.url, "uid-s", "ns/s of a team", "uid-cluster")
            await delivery.deliver(Record(begun(), [live], [], NOW), {})
        [of_trial] = [run for run in server.runs("ns/s%20of%20a%20team") if run["tags"]["nas.key"] == live.meta.uid]
        assert of_trial["info"]["status"] == "RUNNING"
        assert server.history(of_trial["info"]["run_id"], "val_accuracy") == [(1, 0.1), (2, 0.2)]
        found = [run async for run in Mlflow(http, server.url, {}).open_runs("uid-cluster")]
        assert {(run.search, run.search_uid) for run in found} == {("ns/s", "uid-s")} and len(found) == 2
        assert not [run async for run in Mlflow(http, server.url, {}).open_runs("uid-of-another")]
        for _ in range(2):
            delivery = MlflowDelivery(http, server.url, "uid-s", "ns/s of a team")
            status, left = await delivery.deliver(record, {})
            assert (status.candidates, status.models, left) == (3, ["uid-one", "uid-two"], 0)
        runs = {run["tags"]["nas.key"]: run for run in server.runs("ns/s%20of%20a%20team")}
        assert sorted((key, run["info"]["status"]) for key, run in runs.items()) == [
            ("uid-s", "FINISHED"),
            ("uid-trial-0", "FINISHED"),
            ("uid-trial-1", "FAILED"),
            ("uid-trial-2", "FINISHED"),
        ]
        assert len(server.runs("ns/s%20of%20a%20team")) == 4 and len(runs["uid-trial-2"]["params"]) == 4
        history = server.history(runs["uid-trial-2"]["info"]["run_id"], "val_accuracy")
        assert history == [(1, 0.1), (2, 0.2), (3, 0.6)]
        of_trial = runs[live.meta.uid]
        assert server.history(of_trial["info"]["run_id"], "val_accuracy") == [(1, 0.1), (2, 0.2), (3, 0.3)]
        assert not [run async for run in Mlflow(http, server.url, {}).open_runs("uid-cluster")]
        assert (of_trial["tags"]["nas.outcome"], of_trial["params"]["seed"]) == ("Succeeded", "3")
        assert sorted((one["name"], one["source"], one["version"]) for one in server.versions()) == [
            ("ns.one", "s3://nas/one/", "1"),
            ("ns.two", "s3://nas/two/", "1"),
        ]
    finally:
        server.kill()
        await http.close()


@pytest.mark.cluster
def test_each_candidate_has_one_run_whoever_is_killed(
    kube: Kube, operator: Operator, mlflow: MlflowProcess, receiver: tuple[int, Path], wait_for: Waiter
) -> None:
    def delivered(name: str) -> bool:
        return "mlflow" in kube.search(name)["status"].get("tracking", {})

    port, told = receiver
    default = {
        "mlflow": {"endpoint": mlflow.url, "experiment": "{name}"},
        "cloudEvents": {"endpoint": f"http://127.0.0.1:{port}/events"},
    }
    operator.restart(
        TRACKING_ENDPOINTS=f"127.0.0.1:{mlflow.port},127.0.0.1:{port}", TRACKING_DEFAULT=json.dumps(default)
    )
    kube.apply(fault_search("left-out", trials=1, parallel=1, tracking={}))
    kube.apply(fault_search("slow", "--serve", "--seconds=40", trials=1, parallel=1, evaluation={"epochs": 8}))
    kube.apply(fault_search("gone", "--seconds=300", trials=1, parallel=1))
    kube.apply(fault_search("kept", "--seconds=1", trials=16, parallel=2))
    wait_for(lambda: tracked(kube, "kept")["reason"] == "ServerUnreachable", 60, "the server is missed")
    mlflow.start()
    wait_for(lambda: all(map(delivered, ("gone", "kept"))), 60, "runs are delivered")
    # Between any two requests.
    operator.kill()
    assert "ended" not in kube.search("kept")["status"]["tracking"]["mlflow"], "there is nothing left to lose"
    mlflow.kill()
    kube.delete("nassearch", "gone", "--wait=false")
    operator.start()
    mlflow.start()
    wait_for(lambda: mlflow.answers() and epochs_of_a_running_trial(mlflow), 60, "a trial that runs is seen there")
    wait_for.condition("kept", "Succeeded", timeout=90)
    wait_for(lambda: "ended" in kube.search("kept")["status"]["tracking"]["mlflow"], 90, "its run is ended")

    search, trials = kube.search("kept"), kube.trials("kept")
    runs = {run["tags"]["nas.key"]: run for run in mlflow.runs("kept")}
    assert len(runs) == len(mlflow.runs("kept")) == 17
    assert runs.keys() == {search["metadata"]["uid"], *(trial["metadata"]["uid"] for trial in trials)}
    parent = runs[search["metadata"]["uid"]]
    assert parent["info"]["status"] == "FINISHED" and parent["info"]["run_name"] == "kept"
    assert search["status"]["tracking"]["mlflow"]["runID"] == parent["info"]["run_id"]
    for trial in trials:
        run = runs[trial["metadata"]["uid"]]
        assert (run["info"]["status"], run["info"]["run_name"]) == ("FINISHED", trial["metadata"]["name"])
        assert run["tags"]["mlflow.parentRunId"] == parent["info"]["run_id"]
        assert run["metrics"]["val_accuracy"] == score(trial)
        architecture = trial["spec"]["candidates"][0]["architecture"]
        assert {f"architecture.{name}": value for name, value in architecture.items()}.items() <= run["params"].items()
    best = mlflow.history(parent["info"]["run_id"], "best_val_accuracy")
    assert best[-1][1] == max(score(trial) for trial in trials) and len(best) == len(dict(best))
    wait_for(lambda: tracked(kube, "kept")["status"] == "True", 30, "all is delivered")
    uid = search["metadata"]["uid"]
    heard = [event for event in map(json.loads, told.read_text().splitlines()) if event["data"]["uid"] == uid]
    events = {event["id"]: event for event in heard}
    ended = f"{uid}/ended/{search['status']['completionTime']}"
    assert events.keys() == {f"{uid}/started", ended, *(f"{uid}/best/{sequence}" for sequence, _ in best)}
    assert list(events)[-1] == ended and events[ended]["data"]["succeeded"] is True
    assert condition(search, "Ready")["status"] == "True"
    wait_for(lambda: "ended" in kube.search("slow")["status"].get("tracking", {}).get("mlflow", {}), 90, "it has ended")
    [run] = [run for run in mlflow.runs("slow") if "nas.outcome" in run["tags"]]
    steps = [step for step, _ in mlflow.history(run["info"]["run_id"], "val_accuracy")]
    assert steps == sorted(set(steps)) and len(steps) > 2 and steps[-1] == 8
    assert len(mlflow.runs("slow")) == 2
    assert all(each["type"] != "Tracked" for each in kube.search("left-out")["status"]["conditions"])
    wait_for(
        lambda: {run["info"]["status"] for run in mlflow.runs("gone")} == {"KILLED"},
        60,
        "a search that is deleted while the operator is away is ended there",
    )
