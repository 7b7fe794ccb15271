"""Finds the pods that ask to be scraped, and tells Prometheus through a file.

Debian's Prometheus is built without its Kubernetes discovery. This does the same from outside: it lists and watches
pods with Prometheus's own credentials, and writes those with the usual annotations (``prometheus.io/scrape``,
``prometheus.io/port``, ``prometheus.io/path``) as targets labelled ``namespace`` and ``pod``. Prometheus notices a
changed file at once.

Operators that show their page only to who may read it carry no annotation: they are found by the chart's labels, and
written to a file of their own. So Prometheus shows its token to them, and to no other pod.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nas_dev.cluster.api_server import ApiServer

Pod = dict[str, Any]
WATCH_SECONDS = 300
RETRY_SECONDS = 0.5
OPERATOR = {"app.kubernetes.io/name": "nas-operator", "app.kubernetes.io/component": "operator"}
OPERATOR_PORT = 8000


def target(pod: Pod) -> dict[str, Any] | None:
    """Return the scrape target that a pod asks to be, or None."""
    annotations = pod["metadata"].get("annotations") or {}
    port = annotations.get("prometheus.io/port")
    if annotations.get("prometheus.io/scrape") != "true" or not port:
        return None
    found = _running(pod, port)
    if found and (path := annotations.get("prometheus.io/path")):
        # The label from which Prometheus takes the path to scrape.
        found["labels"]["__metrics_path__"] = path
    return found


def operator_target(pod: Pod) -> dict[str, Any] | None:
    """Return the scrape target of an operator that wants to see a token, or None."""
    is_one = OPERATOR.items() <= (pod["metadata"].get("labels") or {}).items()
    return _running(pod, OPERATOR_PORT) if is_one and not target(pod) else None


def _running(pod: Pod, port: int | str) -> dict[str, Any] | None:
    metadata, status = pod["metadata"], pod.get("status", {})
    address = status.get("podIP")
    if not address or status.get("phase") != "Running":
        return None
    labels = {"namespace": metadata["namespace"], "pod": metadata["name"]}
    return {"targets": [f"{address}:{port}"], "labels": labels}


def render(pods: dict[str, Pod], target_of: Callable[[Pod], dict[str, Any] | None]) -> str:
    """Return the file for all pods that are targets."""
    return json.dumps([found for _, pod in sorted(pods.items()) if (found := target_of(pod))], indent=1)


class Watcher:
    """Follows all pods of the cluster."""

    def __init__(self, server: ApiServer, output: Path, operators: Path) -> None:
        self._server = server
        self._files = {output: target, operators: operator_target}
        self._written: dict[Path, str] = {}

    def _get(self, query: str, timeout: float) -> Any:
        return self._server.open(f"/api/v1/pods?{query}", timeout)

    def _write(self, pods: dict[str, Pod]) -> None:
        for file, targets in self._files.items():
            text = render(pods, targets)
            if text != self._written.get(file):
                working = file.with_suffix(".tmp")
                working.write_text(text)
                # Renamed into place: Prometheus must never read half a file.
                working.rename(file)
                self._written[file] = text

    def _events(self, version: str) -> Iterator[dict[str, Any]]:
        query = f"watch=true&resourceVersion={version}&timeoutSeconds={WATCH_SECONDS}"
        # The server ends the watch first; only a dead connection runs into the timeout.
        with self._get(query, WATCH_SECONDS + 30) as lines:
            for line in lines:
                yield json.loads(line)

    def follow(self) -> None:
        """List, then watch until the watch ends or breaks."""
        # 0: what the API server has in its cache will do, without a read from etcd.
        with self._get("resourceVersion=0", 30) as response:
            listing = json.load(response)
        pods = {pod["metadata"]["uid"]: pod for pod in listing["items"]}
        self._write(pods)
        for event in self._events(listing["metadata"]["resourceVersion"]):
            if event["type"] == "ERROR":  # most often 410: the version is too old, list again
                return
            uid = event["object"]["metadata"]["uid"]
            if event["type"] == "DELETED":
                pods.pop(uid, None)
            else:
                pods[uid] = event["object"]
            self._write(pods)

    def run(self) -> None:
        """Follow for ever, through every outage of the API server."""
        while True:
            try:
                self.follow()
            except (OSError, ValueError, KeyError) as error:
                print(f"relisting: {error!r}", flush=True)
            time.sleep(RETRY_SECONDS)


def main() -> None:
    """Run the discovery as a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("authority", "token", "output", "operators"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--server", required=True)
    options = parser.parse_args()
    server = ApiServer(options.server, options.authority, options.token.read_text())
    Watcher(server, options.output, options.operators).run()


if __name__ == "__main__":
    main()
