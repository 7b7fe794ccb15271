"""The Secret with the short-lived keys of a Job's pods, and what a pod needs to use them.

The files are what AWS' libraries read themselves: a profile whose credentials a process prints
(``credential_process``), which here is ``cat``. They run it again before the keys end, and the kubelet brings new ones
into a running pod.

Sources: AWS SDKs and tools reference guide, "Process credential provider"; Kubernetes, "Secrets", "Mounted Secrets are
updated automatically".
"""

from __future__ import annotations

import json
from typing import Any

from nas_core.contract import TrialInput
from nas_core.records.names import MANAGED_BY, SESSION_ANNOTATION, TRIAL_INPUT_ANNOTATION, session_secret_name
from nas_storage.session import Session

Json = dict[str, Any]

SESSION_DIRECTORY = "/etc/nas-storage"
SESSION_TYPE = "nas-operator.io/storage-session"
"""A Secret's type never changes, so a write with this one replaces no Secret of anybody else. The chart's admission
policy lets the operator write no others."""
CONFIG, KEYS = "config", "credentials.json"


def build_session_secret(job: Json, session: Session) -> Json:
    """Return the Secret of a Job, or of what a trial runs as; owned by it, so that it goes with it.

    ``job`` is as the API server has it.
    """
    meta = job["metadata"]
    keys = session.credentials
    printed = {
        "Version": 1,
        "AccessKeyId": keys.access_key,
        "SecretAccessKey": keys.secret_key,
        "SessionToken": keys.session_token,
        "Expiration": session.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": meta["annotations"][SESSION_ANNOTATION],
            "namespace": meta["namespace"],
            "labels": MANAGED_BY,
            "ownerReferences": [
                {
                    "apiVersion": job["apiVersion"],
                    "kind": job["kind"],
                    "name": meta["name"],
                    "uid": meta["uid"],
                    "controller": True,
                }
            ],
        },
        "type": SESSION_TYPE,
        "stringData": {
            CONFIG: f"[default]\ncredential_process = cat {SESSION_DIRECTORY}/{KEYS}\n",
            KEYS: json.dumps(printed),
        },
    }


def input_of(job: Json) -> TrialInput:
    """Return what the pods of a Job read, from which the rights of their keys follow."""
    annotations = job["spec"]["template"]["metadata"]["annotations"]
    return TrialInput.model_validate_json(annotations[TRIAL_INPUT_ANNOTATION])


def mount_session(pod: Json, job: str) -> None:
    """Let a pod of a Job read its Secret. The pod waits for it: it is written after the Job, whose it is."""
    pod["volumes"].append({"name": "storage-session", "secret": {"secretName": session_secret_name(job)}})
    container = pod["containers"][0]
    container["volumeMounts"].append({"name": "storage-session", "mountPath": SESSION_DIRECTORY, "readOnly": True})
    container["env"].append({"name": "AWS_CONFIG_FILE", "value": f"{SESSION_DIRECTORY}/{CONFIG}"})
