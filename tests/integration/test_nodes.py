"""Trials over several pods whose trainer is the user's own: how they find one another, and what the end of one means.

`tests/e2e/test_nodes.py` has real training.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.kube import Kube, attempts, holds
from tests.support.searches import Json, fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

BEGIN = """
import json, os, pathlib, signal, socket, sys, time
node, nodes = int(os.environ["NAS_NODE"]), int(os.environ["NAS_NODES"])
signal.signal(signal.SIGTERM, lambda *_: sys.exit(75))

def tell(**result):
    pathlib.Path(os.environ["NAS_RESULT_FILE"]).write_text(json.dumps(result))

def look_up():
    for _ in range(300):
        try:
            return socket.gethostbyname(os.environ["MASTER_ADDR"])
        except OSError:
            time.sleep(0.1)
"""


def search(name: str, program: str, **spec: Any) -> Json:
    """A search of one trial over two pods that run a program."""
    found = fault_search(name, trials=1, parallel=1, budget={"maxFailedTrials": 0}, **spec)
    template = found["spec"]["trialTemplate"]
    template |= {"nodes": 2, "maxAttempts": 2, "command": ["python3", "-c", BEGIN + program], "args": []}
    return found


def test_the_crash_of_one_pod_is_told_and_not_the_end_of_the_others(kube: Kube, wait_for: Waiter) -> None:
    program = """
if node == 0:
    time.sleep(2)
    sys.exit(75)  # it has lost the other one
time.sleep(1)
tell(outcome="Failed", reason="Burnt", message=f"node {node} of {nodes}")
sys.exit(1)
"""
    kube.apply(search("crashing", program))
    wait_for.condition("crashing", "Failed", timeout=120)
    [trial] = kube.trials("crashing")
    assert attempts(trial) == [(1, "Crashed"), (2, "Crashed")]
    [failed] = [c for c in trial["status"]["conditions"] if c["type"] == "Failed"]
    assert failed["reason"] == "Burnt" and failed["message"] == "node 1 of 2 (attempt 2 of 2)"


def test_what_one_pod_finds_wrong_is_not_tried_again(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(search("wrong", "time.sleep(1)\nsys.exit(64 if node else 75)"))
    wait_for.condition("wrong", "Failed", timeout=120)
    [trial] = kube.trials("wrong")
    assert attempts(trial) == [(1, "Failed")]


def test_the_first_pod_alone_tells_the_result_and_the_others_are_not_waited_for(kube: Kube, wait_for: Waiter) -> None:
    program = """
found = look_up()
if node:
    time.sleep(600)
own = socket.gethostbyname(socket.gethostname())
tell(outcome="Succeeded", metrics={"val_accuracy": 0.5, "found": float(found == own)})
"""
    kube.apply(search("telling", program))
    wait_for.condition("telling", "Succeeded", timeout=120)
    [trial] = kube.trials("telling")
    assert attempts(trial) == [(1, "Succeeded")]
    assert trial["status"]["metrics"] == {"val_accuracy": 0.5, "found": 1.0}, "its name leads to the first pod"
    wait_for(lambda: not [pod for pod in kube.pods("telling") if pod["status"]["phase"] == "Running"], 60, "none runs")


def test_a_trial_runs_when_all_of_its_pods_do(kube: Kube, wait_for: Waiter) -> None:
    found = search("placed", "time.sleep(600)")
    # Each on a node of its own: there is only one.
    apart = {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"own": "placed"}}}
    rules = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [apart]}}
    found["spec"]["trialTemplate"] |= {"labels": {"own": "placed"}, "affinity": rules}
    kube.apply(found)
    reason = wait_for.condition("placed", "Progressing", reason="TrialsBlocked", timeout=120)
    assert "didn't match pod anti-affinity rules" in reason["message"]
    assert not holds(kube.trials("placed")[0], "Succeeded") and kube.status("placed")["trials"].get("running", 0) == 0
