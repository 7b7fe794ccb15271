"""A node whose kubelet the suite plays: pods run without a container, so that a search of 40 trials takes seconds.

The API server, the Job controller, the scheduler and the garbage collector are the real ones. A trial that "runs" ends
after a moment as its place in the search says: most succeed with the score of their candidate, some crash at first,
some fail. A result is put into the bucket and into the termination message, as the trial contract wants it.
`tests.chaos.node_faults` lets it do wrong.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from itertools import pairwise

from tests.chaos.pod_status import STOPPED, End, begun, ended, now, state_of, waiting
from tests.support.bucket import Bucket
from tests.support.kube import Json, Kube, Unreachable, job_ended
from tests.support.searches import score_of

from nas_core.contract import EXIT_CANDIDATE
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
    """What is wrong with results in the bucket: `truncated`, `binary`, `flipped` or `large`."""
    stores: bool = True
    """Whether results reach the bucket; otherwise only the termination message has them."""
    collects: str = ""
    """What is removed as it ends: `pods` or `jobs`."""
    cut_short: End | None = None
    """How pods end as soon as they run, each trial's once."""
    pulls: bool = True
    """Whether images can be pulled."""
    silent: bool = False
    """Whether the kubelet does nothing."""
    runs: dict[str, Run] = field(default_factory=dict)
    """By UID of the pod."""
    _over: threading.Event = field(default_factory=threading.Event)
    _was_cut_short: set[str] = field(default_factory=set)
    _machine: int = 1

    @property
    def name(self) -> str:
        """The node's name."""
        return f"chaos-{self.kube.namespace}-{self._machine}"

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
        self._join()
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def lose(self) -> None:
        """Lose the machine, as the platform confirms: Kubernetes takes the pods away by force (KEP-2268)."""
        self.silent = True
        self._runs_end()
        self._taint("node.kubernetes.io/out-of-service", "nodeshutdown", "NoExecute")
        self._beat(ready=False)

    def come_back(self) -> None:
        """Bring the machine back, without its pods."""
        self._taint()
        self._beat()
        self.silent = False

    def replace(self) -> None:
        """Delete the Node with its machine, and add another one, as an autoscaler does."""
        self.silent = True
        self._leave()
        self._runs_end()
        self._machine += 1
        self._join()
        self.silent = False

    def _join(self) -> None:
        metadata = {"name": self.name, "labels": {TAINT: self.kube.namespace}}
        self.kube.call("POST", "/api/v1/nodes", {"apiVersion": "v1", "kind": "Node", "metadata": metadata})
        self._taint()
        self._beat()

    def _leave(self) -> None:
        self.kube.call("DELETE", f"/api/v1/nodes/{self.name}")

    def _taint(self, *more: str) -> None:
        taints = [(TAINT, "true", "NoSchedule"), *([more] if more else [])]
        listed = [{"key": key, "value": value, "effect": effect} for key, value, effect in taints]
        self.kube.call("PATCH", f"/api/v1/nodes/{self.name}", {"spec": {"taints": listed}}, MERGE)

    def _runs_end(self) -> None:
        for run in list(self.runs.values()):
            run.ended = run.ended or time.monotonic()

    def stop(self) -> None:
        """End the play and remove the node."""
        self._over.set()
        self._thread.join()
        self._leave()

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
            if self.silent:
                continue
            try:
                if time.monotonic() - beat > HEARTBEAT_S:
                    beat = time.monotonic()
                    self._beat()
                for pod in self.kube.list("pods"):
                    if pod["spec"].get("nodeName") == self.name:
                        self._step(pod)
                if self.collects == "jobs":
                    self._remove_jobs()
            except Unreachable:
                continue  # the API server is away, or the pod has gone

    def _beat(self, ready: bool = True) -> None:
        room = {"cpu": "1000", "memory": "1000Gi", "pods": "1000"}
        status = "True" if ready else "Unknown"
        condition = {"type": "Ready", "status": status, "reason": "Plays", "lastHeartbeatTime": now()}
        self.kube.call(
            "PATCH", f"/api/v1/nodes/{self.name}/status",
            {"status": {"capacity": room, "allocatable": room, "conditions": [condition]}}, MERGE,
        )  # fmt: skip

    def _step(self, pod: Json) -> None:
        uid, phase = pod["metadata"]["uid"], pod["status"].get("phase")
        trial = pod["metadata"]["labels"][TRIAL_LABEL]
        run, runs = self.runs.get(uid), "running" in state_of(pod)
        if "deletionTimestamp" in pod["metadata"]:
            if runs:
                self._end(pod, STOPPED)
            elif phase in ("Pending", "Running"):
                # Without a phase that is an end the Job controller keeps its finalizer on the pod (KEP-3329).
                self._patch(pod, {"phase": "Failed"})
            self._remove(pod)
        elif phase == "Pending":
            if not self.pulls:
                return self._wait_for_image(pod)
            if run is None:
                self.runs[uid] = Run(trial, time.monotonic())
            self._patch(pod, begun(pod))
        elif runs and self.cut_short and trial not in self._was_cut_short:
            self._was_cut_short.add(trial)
            self._end(pod, self.cut_short)
        elif runs and run and time.monotonic() - run.began > SECONDS:
            self._finish(pod)
        elif phase in ("Succeeded", "Failed") and self.collects == "pods":
            self._remove(pod)
        return None

    def _wait_for_image(self, pod: Json) -> None:
        reason = ("ErrImagePull", "ImagePullBackOff")[int(time.monotonic() / 2) % 2]
        if state_of(pod).get("waiting", {}).get("reason") != reason:
            self._patch(pod, waiting(pod, reason))

    def _remove_jobs(self) -> None:
        for job in filter(job_ended, self.kube.list("jobs")):
            url = f"{self.kube.collection('jobs')}/{job['metadata']['name']}"
            self.kube.call("DELETE", url, {"propagationPolicy": "Background"})

    def _finish(self, pod: Json) -> None:
        given = json.loads(pod["metadata"]["annotations"][TRIAL_INPUT_ANNOTATION])
        who, candidate = given["identity"], given["candidates"][0]
        if crashes(who["index"], who["attempt"]):
            return self._end(pod, End(1))
        if fails(who["index"]):
            told = {"outcome": "Failed", "reason": "AskedToFail", "message": "told to fail"}
            return self._end(pod, End(EXIT_CANDIDATE, json.dumps(told)))
        metrics = {"val_accuracy": score_of(candidate["id"]), "parameters": 1000.0}
        result = json.dumps({"outcome": "Succeeded", "metrics": metrics, "epochs": 10})
        if self.stores:
            self._store(result_key(given["storage"]["root"], who["trial"]), result.encode())
        return self._end(pod, End(0, result))

    def _store(self, key: str, result: bytes) -> None:
        if self.bucket.keys(key):
            return  # of an earlier attempt: it stands
        match self.damage:
            case "truncated":
                result = result[: len(result) // 2]
            case "binary":
                result = b"\x00\xff" + result
            case "flipped":
                # The highest bit: with another one it may still be a result, as other digits are.
                place = len(result) // 2
                result = result[:place] + bytes([result[place] ^ 0x80]) + result[place + 1 :]
            case "large":
                result += b" " * (1 << 20)
        self.bucket.put(key, result)

    def _end(self, pod: Json, end: End) -> None:
        self._patch(pod, ended(pod, end))
        self.runs[pod["metadata"]["uid"]].ended = time.monotonic()

    def _patch(self, pod: Json, status: Json) -> None:
        self.kube.call("PATCH", f"{self._url(pod)}/status", {"status": status}, MERGE)

    def _remove(self, pod: Json) -> None:
        run = self.runs.get(pod["metadata"]["uid"])
        if run and run.ended is None:
            run.ended = time.monotonic()
        self.kube.call("DELETE", self._url(pod), {"gracePeriodSeconds": 0})

    def _url(self, pod: Json) -> str:
        return f"{self.kube.collection('pods')}/{pod['metadata']['name']}"
