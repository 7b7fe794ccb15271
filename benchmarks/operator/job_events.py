"""The events of a namespace's Jobs, read as simply as a script would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from urllib3.exceptions import ProtocolError

from kubernetes import client


def job_events(api: client.BatchV1Api, namespace: str) -> Iterator[tuple[str, bool]]:
    """Yield a Job's name and whether it has finished, for every event, for ever."""
    while True:
        # Each watch begins with all that exists.
        answer: Any = api.list_namespaced_job(namespace, watch=True, _preload_content=False, timeout_seconds=300)
        buffer = b""
        try:
            for chunk in answer.stream(65536):
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    job = json.loads(line)["object"]
                    true = {c["type"] for c in job.get("status", {}).get("conditions", ()) if c["status"] == "True"}
                    yield job["metadata"]["name"], bool(true & {"Complete", "Failed"})
        except ProtocolError:
            continue  # the server ended the stream
