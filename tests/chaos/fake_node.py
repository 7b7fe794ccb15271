"""A node whose kubelet the suite plays: pods run without a container, so that a search of 40 trials takes seconds.

The API server, the Job controller, the scheduler and the garbage collector are the real ones. A trial that "runs" ends
after a moment as its place in the search says: most succeed with the score of their candidate, some crash at first,
some fail. A result is put into the bucket and into the termination message, as the trial contract wants it.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise

from tests.support.bucket import Bucket
from tests.support.factories import stamp
from tests.support.kube import Json, Kube, Unreachable
from tests.support.searches import score_of

from nas_core.contract import EXIT_CANDIDATE, EXIT_CHECKPOINTED
from nas_core.layout import result_key
from nas_core.records.names import TRIAL_INPUT_ANNOTATION, TRIAL_LABEL

TAINT = "nas-chaos"
SECONDS = 0.4
"""How long a trial runs."""
HEARTBEAT_S = 10.0
"""Kubernetes takes a node for lost after 50 s."""
MERGE = "application/merge-patch+json"


def crashes(index: int, attempt: int) -> bool:
    """Whether an attempt crashes."""
    return index % 9 == 4 and attempt == 1


def fails(index: int) -> bool:
    """Whether a trial fails for good."""
    return index % 13 == 6


@dataclass
class Run:
    """A pod that runs, or has run."""

    trial: str
    began: float
    ended: float | None = None


@dataclass
class FakeNode:
    """One node, for the pods of one namespace."""

    kube: Kube
    bucket: Bucket
    damage: str = ""
    """What is wrong with results in the bucket: `truncated`, `binary` or `large`."""
    collects: bool = False
    """Whether pods are removed as they end."""
    runs: dict[str, Run] = field(default_factory=dict)
    """By UID of the pod."""
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def name(self) -> str:
        """The node's name."""
        return f"chaos-{self.kube.namespace}"

    @property
    def template(self) -> Json:
        """What of `spec.trialTemplate` brings trials here."""
        return {
            "nodeSelector": {TAINT: self.kube.namespace},
            "tolerations": [{"key": TAINT, "operator": "Exists"}],
            "terminationGracePeriodSeconds": 1,
        }

    def start(self) -> None:
        """Add the node and begin to play."""
        node = {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": {TAINT: self.kube.namespace}},
            "spec": {"taints": [{"key": TAINT, "value": "true", "effect": "NoSchedule"}]},
        }
        self.kube.call("POST", "/api/v1/nodes", node)
        self._beat()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the play and remove the node."""
        self._over.set()
        self._thread.join()
        self.kube.call("DELETE", f"/api/v1/nodes/{self.name}")

    def side_by_side(self) -> list[str]:
        """Return the trials of which two pods have run at the same time."""
        found = []
        runs = sorted(self.runs.values(), key=lambda run: (run.trial, run.began))
        for one, other in pairwise(runs):
            if one.trial == other.trial and (one.ended is None or other.began < one.ended):
                found.append(one.trial)
        return found

    def _play(self) -> None:
        beat = time.monotonic()
        while not self._over.wait(0.1):
            try:
                if time.monotonic() - beat > HEARTBEAT_S:
                    beat = time.monotonic()
                    self._beat()
                for pod in self.kube.list("pods"):
                    if pod["spec"].get("nodeName") == self.name:
                        self._step(pod)
            except Unreachable:
                continue  # the API server is away, or the pod has gone

    def _beat(self) -> None:
        room = {"cpu": "1000", "memory": "1000Gi", "pods": "1000"}
        ready = {"type": "Ready", "status": "True", "reason": "Plays", "lastHeartbeatTime": _now()}
        self.kube.call(
            "PATCH", f"/api/v1/nodes/{self.name}/status",
            {"status": {"capacity": room, "allocatable": room, "conditions": [ready]}}, MERGE,
        )  # fmt: skip

    def _step(self, pod: Json) -> None:
        uid, phase = pod["metadata"]["uid"], pod["status"].get("phase")
        run = self.runs.get(uid)
        if "deletionTimestamp" in pod["metadata"]:
            if phase == "Running":
                self._end(pod, EXIT_CHECKPOINTED, "")
            self._remove(pod)
        elif phase == "Pending":
            if run is None:
                self.runs[uid] = Run(pod["metadata"]["labels"][TRIAL_LABEL], time.monotonic())
            self._report(pod, "Running", {"running": {"startedAt": _now()}})
        elif phase == "Running" and run and time.monotonic() - run.began > SECONDS:
            self._finish(pod)
        elif phase in ("Succeeded", "Failed") and self.collects:
            self._remove(pod)

    def _finish(self, pod: Json) -> None:
        given = json.loads(pod["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION])
        who, candidate = given["identity"], given["candidates"][0]
        if crashes(who["index"], who["attempt"]):
            return self._end(pod, 1, "")
        if fails(who["index"]):
            told = {"outcome": "Failed", "reason": "AskedToFail", "message": "told to fail"}
            return self._end(pod, EXIT_CANDIDATE, json.dumps(told))
        metrics = {"val_accuracy": score_of(candidate["id"]), "parameters": 1000.0}
        result = json.dumps({"outcome": "Succeeded", "metrics": metrics, "epochs": 10})
        self._store(result_key(given["storage"]["root"], who["trial"]), result.encode())
        return self._end(pod, 0, result)

    def _store(self, key: str, result: bytes) -> None:
        if self.bucket.keys(key):
            return  # of an earlier attempt: it stands
        match self.damage:
            case "truncated":
                result = result[: len(result) // 2]
            case "binary":
                result = b"\x00\xff" + result
            case "large":
                result += b" " * (1 << 20)
        self.bucket.put(key, result)

    def _end(self, pod: Json, code: int, message: str) -> None:
        state = {"exitCode": code, "reason": "Error" if code else "Completed", "message": message}
        started = pod["status"]["containerStatuses"][0]["state"]["running"]["startedAt"]
        terminated = {"terminated": state | {"startedAt": started, "finishedAt": _now()}}
        self._report(pod, "Failed" if code else "Succeeded", terminated)
        self.runs[pod["metadata"]["uid"]].ended = time.monotonic()

    def _report(self, pod: Json, phase: str, state: Json) -> None:
        container = pod["spec"]["containers"][0]
        status = {
            "phase": phase,
            "startTime": pod["status"].get("startTime", _now()),
            "containerStatuses": [
                {"name": container["name"], "image": container["image"], "imageID": "", "ready": phase == "Running",
                 "restartCount": 0, "state": state}
            ],
        }  # fmt: skip
        self.kube.call("PATCH", f"{self._url(pod)}/status", {"status": status}, MERGE)

    def _remove(self, pod: Json) -> None:
        run = self.runs.get(pod["metadata"]["uid"])
        if run and run.ended is None:
            run.ended = time.monotonic()
        self.kube.call("DELETE", self._url(pod), {"gracePeriodSeconds": 0})

    def _url(self, pod: Json) -> str:
        return f"{self.kube.collection('pods')}/{pod['metadata']['name']}"


def _now() -> str:
    return stamp(datetime.now(UTC))
