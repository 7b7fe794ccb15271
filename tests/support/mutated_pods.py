"""A namespace whose pods somebody's webhook changes."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support import mutating_webhook
from tests.support.inside import Server
from tests.support.kube import Kube


@contextmanager
def mutated_pods(kube: Kube, folder: Path, patch: Sequence[dict[str, Any]]) -> Iterator[None]:
    """Have a webhook apply a JSON patch to each pod of a namespace; its certificate is made in the folder."""
    certificate = folder / "webhook.pem"
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days=1", "-subj=/CN=webhook")
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    subprocess.run(["openssl", *made, *names], check=True, capture_output=True)
    certificate.write_bytes((folder / "key.pem").read_bytes() + (folder / "cert.pem").read_bytes())
    server = Server(kube.cluster, mutating_webhook, str(certificate), json.dumps(patch))
    webhook = {
        "name": "pods.tests.example",
        "clientConfig": {
            "url": f"https://127.0.0.1:{server.port}/",
            "caBundle": base64.b64encode((folder / "cert.pem").read_bytes()).decode(),
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
