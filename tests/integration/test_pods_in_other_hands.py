"""Pods that others change: a clean-up controller deletes them as they end, a service mesh adds a container to them."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import sidecar_webhook
from tests.support.inside import Server
from tests.support.kube import Kube, attempts, holds
from tests.support.searches import fault_search
from tests.support.waiting import Waiter

pytestmark = pytest.mark.cluster


def test_pods_that_are_deleted_as_they_end_have_given_their_results(kube: Kube, wait_for: Waiter) -> None:
    """As a clean-up controller does it, or the garbage collection of a full node."""
    over, deleted = threading.Event(), set()

    def clean_up() -> None:
        while not over.wait(0.05):
            for pod in kube.pods("cleaned"):
                name, states = pod["metadata"]["name"], pod["status"].get("containerStatuses", ())
                if name not in deleted and any("terminated" in each["state"] for each in states):
                    deleted.add(name)
                    kube.kubectl("delete", "pod", name, "--grace-period=0", "--force", "--wait=false", check=False)

    cleaner = threading.Thread(target=clean_up)
    cleaner.start()
    try:
        kube.apply(fault_search("cleaned", "--seconds=1", trials=6, template={"maxAttempts": 3}))
        wait_for.condition("cleaned", "Succeeded")
    finally:
        over.set()
        cleaner.join()
    assert len(deleted) >= 6
    trials = kube.trials("cleaned")
    assert len(trials) == 6 and all(holds(trial, "Succeeded") for trial in trials)


@pytest.fixture
def mesh(kube: Kube, tmp_path: Path) -> Iterator[None]:
    """A webhook for the pods of the test's namespace."""
    certificate = tmp_path / "webhook.pem"
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days=1", "-subj=/CN=webhook")
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem")
    subprocess.run(["openssl", *made, *names], check=True, capture_output=True)
    certificate.write_bytes((tmp_path / "key.pem").read_bytes() + (tmp_path / "cert.pem").read_bytes())
    server = Server(kube.cluster, sidecar_webhook, str(certificate))
    webhook = {
        "name": "mesh.tests.example",
        "clientConfig": {
            "url": f"https://127.0.0.1:{server.port}/",
            "caBundle": base64.b64encode((tmp_path / "cert.pem").read_bytes()).decode(),
        },
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": kube.namespace}},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Fail",
        "timeoutSeconds": 5,
    }
    kind = "MutatingWebhookConfiguration"
    configuration = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": kube.namespace},
        "webhooks": [webhook],
    }
    try:
        kube.kubectl("create", "--filename=-", stdin=json.dumps(configuration))
        yield
    finally:
        kube.kubectl("delete", kind, kube.namespace, "--ignore-not-found")
        server.stop()


@pytest.mark.usefixtures("mesh")
def test_a_trial_ends_with_its_container_whatever_runs_beside_it(kube: Kube, wait_for: Waiter) -> None:
    kube.apply(fault_search("meshed", "--seconds=1", trials=2, parallel=1, template={"maxAttempts": 1}))
    wait_for(lambda: kube.pods("meshed", "Running"), 30, "a trial runs")
    assert kube.pods("meshed")[0]["spec"]["containers"][0]["name"] == "proxy"
    wait_for.condition("meshed", "Succeeded")
    assert [attempts(trial) for trial in kube.trials("meshed")] == [[(1, "Succeeded")]] * 2
