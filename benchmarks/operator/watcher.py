"""Watches a namespace's Jobs; given a Job on standard input, it is the bare script and keeps as many of them running.

One thread, as simple as such a script is: it makes the next Job when the watch shows that one has finished. It runs
inside the cluster's network as a program of its own, prints a line an event, and needs nothing but `kubernetes`.
Arguments: namespace, total, parallel.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from typing import Any

from urllib3.exceptions import ProtocolError

from kubernetes import client, config


def events(api: client.BatchV1Api, namespace: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of watch events for ever; each new watch begins with all that exists."""
    while True:
        answer = api.list_namespaced_job(namespace, watch=True, _preload_content=False, timeout_seconds=300)
        buffer = b""
        try:
            for chunk in answer.stream(65536):
                *lines, buffer = (buffer + chunk).split(b"\n")
                yield from (json.loads(line)["object"] for line in lines)
        except ProtocolError:
            continue  # the server ended the stream


def main() -> None:
    """Run until as many Jobs have finished as there are to be."""
    namespace, total, parallel = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    job = json.loads(sys.stdin.read() or "null")
    config.load_kube_config()
    api = client.BatchV1Api()
    seen: set[str] = set()
    done: set[str] = set()
    made = 0

    def make() -> None:
        nonlocal made
        if job and made < total:
            made += 1
            body = job | {"metadata": job["metadata"] | {"name": f"bare-{made:05d}"}}
            api.create_namespaced_job(namespace, body, _preload_content=False)

    for _ in range(parallel):
        make()
    for found in events(api, namespace):
        now, name = time.time(), found["metadata"]["name"]
        if name not in seen:
            seen.add(name)
            print("created", now, flush=True)
        true = {c["type"] for c in found.get("status", {}).get("conditions", ()) if c["status"] == "True"}
        if true & {"Complete", "Failed"} and name not in done:
            done.add(name)
            print("finished", now, flush=True)
            make()
        if len(done) >= total:
            return


if __name__ == "__main__":
    main()
