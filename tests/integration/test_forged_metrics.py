"""A pod of another team says in Prometheus what trials have reached: nobody believes it."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.kube import Kube, condition
from tests.support.operator_process import Operator
from tests.support.searches import FAULT_IMAGE, check_record, fault_search, score
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster

TRIALS, FLOOD, FORGED = 5, 5_000, 0.00012345
SERVE = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(page)
    def log_message(self, *args): pass
claim = "nas_trial_metric{%s,metric=\\"%s\\"} %s"
told = os.environ["CLAIMS"].split()
lines = [claim % (of, name, value) for of in told for name, value in (("val_accuracy", VALUE), ("epoch", 9))]
lines += [claim % (told[0], "flood%d" % n, n) for n in range(FLOOD)]
page = ("\\n".join(lines) + "\\n").encode()
http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
"""


def forger(search: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return a pod that claims to be every trial of another namespace's search."""
    name, uid = search["metadata"]["name"], search["metadata"]["uid"]
    claims = [
        f'namespace="{namespace}",pod="{name}-{n:05}-a1",nas_search_uid="{uid}",nas_trial="{name}-{n:05}",'
        f'nas_attempt="99"'
        for n in range(TRIALS)
    ]
    code = SERVE.replace("VALUE", str(FORGED)).replace("FLOOD", str(FLOOD))
    annotations = {"scrape": "true", "port": "8080", "path": "/metrics"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "forger",
            "annotations": {f"prometheus.io/{key}": value for key, value in annotations.items()},
        },
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "forger",
                    "image": FAULT_IMAGE,
                    "command": ["python3", "-c", code],
                    "env": [{"name": "CLAIMS", "value": " ".join(claims)}],
                    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
                }
            ],
        },
    }


def test_what_another_team_claims_stops_no_trial_and_is_in_no_result(
    kube: Kube, operator: Operator, new_kube: Callable[[], Kube], wait_for: Waiter
) -> None:
    other, prometheus = new_kube(), kube.cluster.prometheus
    operator.restart(PROMETHEUS_URL=prometheus.pod_url)
    evaluation = {"earlyStopping": {"median": {}, "minEpochs": 2, "minTrials": 2}}
    victim = fault_search("victim", "--serve", "--seconds=8", trials=TRIALS, evaluation=evaluation, suspend=True)
    kube.apply(victim)
    search = kube.search("victim")
    other.apply(forger(search, kube.namespace))

    def from_namespace(which: str) -> int:
        series = f'nas_trial_metric{{nas_search_uid="{search["metadata"]["uid"]}",namespace="{which}"}}'
        counted = f"count(last_over_time({series}[10m]))"
        url = f"{prometheus.host_url}/api/v1/query?{urllib.parse.urlencode({'query': counted})}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=5) as answer:
            result = json.load(answer)["data"]["result"]
        return int(result[0]["value"][1]) if result else 0

    wait_for(lambda: from_namespace(other.namespace) > FLOOD, 60, "Prometheus has what the forger says")
    assert from_namespace(kube.namespace) == 0, "a target cannot say that it is in another namespace"
    kube.patch("victim", suspend=False)
    shown, live = set[str](), set[str]()

    def over() -> bool:
        for trial in kube.trials("victim"):
            shown.add(json.dumps(trial.get("status")))
            if condition(trial, "Progressing")["reason"] == "Running" and trial["status"].get("epoch"):
                live.add(trial["metadata"]["name"])
        counts = kube.status("victim").get("trials", {})
        return counts.get("succeeded", 0) + counts.get("stopped", 0) == TRIALS

    wait_for(over, 180, "all trials have ended")
    trials = kube.trials("victim")
    check_record(trials, TRIALS)
    assert from_namespace(kube.namespace) > 0 and live, "their own values were seen beside the flood"
    assert not [text for text in (*shown, json.dumps(kube.search("victim"))) if str(FORGED) in text or "flood" in text]
    for trial in trials:
        # By what a trial said itself it may well be stopped.
        if "stopEvidence" not in trial["status"]:
            assert trial["status"]["metrics"]["val_accuracy"] == score(trial)
