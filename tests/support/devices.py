"""Devices that the node offers for one test, by names that no other test has: that would take them away at its end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.kube import Kube


@contextmanager
def offered(kube: Kube, **counts: int) -> Iterator[list[str]]:
    """Let the node offer so many devices of each kind that do not exist, and yield their names (``…/gpu`` for gpu)."""
    # The one with a kubelet, which sets this label: tests beside this one may have added nodes of their own.
    listing = kube.kubectl("get", "nodes", "--selector=kubernetes.io/os", "--output=json")
    [node] = json.loads(listing)["items"]
    names = {f"{kube.namespace}.example.org/{kind}": str(count) for kind, count in counts.items()}

    def patch(op: str) -> None:
        paths = [(f"/status/capacity/{name.replace('/', '~1')}", count) for name, count in names.items()]
        body = json.dumps([{"op": op, "path": path, "value": count} for path, count in paths])
        name = node["metadata"]["name"]
        kube.kubectl("patch", "node", name, "--subresource=status", "--type=json", f"--patch={body}")

    patch("add")
    try:
        yield list(names)
    finally:
        patch("remove")
