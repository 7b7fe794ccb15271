"""One play: a search in a namespace of its own, an operator behind proxies, one fault at random moments, a verdict."""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.chaos import faulty_proxy
from tests.chaos.fake_node import FakeNode
from tests.chaos.verdict import Evidence, failures_are_visible, going, the_deletion_ends, verdict
from tests.support.bucket import Bucket
from tests.support.inside import Server
from tests.support.kube import Json, Kube, Unreachable, condition, holds
from tests.support.operator_process import Operator
from tests.support.searches import architectures, fault_search

from nas_dev.cluster.certs import kubeconfig
from nas_dev.cluster.control_plane import API_PORT
from nas_dev.cluster.embedded import Cluster
from nas_dev.cluster.network import NODE_IP

SEARCH = "shaken"
TRIALS, PARALLEL = 40, 8
ENDS_S = 300.0
"""Seconds that a search may take; undisturbed it takes a tenth of that."""
DELETED_S = 90.0


class Proxy:
    """A `faulty_proxy` in its process."""

    def __init__(self, cluster: Cluster, upstream: str, host: str, authority: Path | None = None) -> None:
        self._server = Server(cluster, faulty_proxy, upstream, host, str(authority or ""))
        self.url, self.stop = f"http://{host}:{self._server.port}", self._server.stop

    def do(self, **fault: Any) -> None:
        """Do wrong from now on; without arguments nothing."""
        self._server.tell(json.dumps(fault))


@dataclass
class Play:
    """What faults act on."""

    cluster: Cluster
    kube: Kube
    bucket: Bucket
    operator: Operator
    node: FakeNode
    api: Proxy
    s3: Proxy
    rng: random.Random
    folder: Path
    """For files of the play."""
    stack: contextlib.ExitStack
    """What is undone when it is over."""
    manifest: Json = field(default_factory=dict)
    """The search's, as it was made."""
    budget: int = TRIALS
    deleted: list[str] = field(default_factory=list)
    """Names of the trials that the fault has deleted."""
    unsaid: list[str] = field(default_factory=list)
    """Reasons that the search should have given, and has not."""
    search_is_gone: bool = False
    """Whether the fault has deleted the search."""

    def revive(self) -> None:
        """Start the operator again if it has ended, as Kubernetes does."""
        if self.operator.ended() is not None:
            self.operator.start()

    def until(self, check: Callable[[], object], seconds: float) -> bool:
        """Wait until something holds, with the operator kept alive; return whether it did in time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(*Unreachable):
                if check():
                    return True
            self.revive()
            time.sleep(0.2)
        return False

    def hears(self, reason: str, seconds: float = 60) -> None:
        """Wait until the search says why it does not go on, or has ended before anything held it up."""

        def said() -> bool:
            search = self.kube.search(SEARCH)
            return condition(search, "Progressing")["reason"] == reason or over(search)

        if not self.until(said, seconds):
            self.unsaid.append(reason)

    def pause(self, seconds: float) -> None:
        """Let a fault last."""
        self.until(lambda: False, seconds)


@contextlib.contextmanager
def stage(cluster: Cluster, directory: Path, seed: int) -> Iterator[Play]:
    """Give the parts of a play, and clear up behind it."""
    name = f"chaos-{secrets.token_hex(4)}"
    with contextlib.ExitStack() as stack:
        # The Lease is where an operator is installed: it outlives the namespace of a search.
        for namespace in (name, home := f"{name}-home"):
            cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
            stack.callback(cluster.kubectl, "delete", "namespace", namespace, "--wait=false", "--ignore-not-found")
        kube = Kube(cluster, name)
        bucket = Bucket(cluster, name)
        bucket.create()
        stack.callback(bucket.remove)
        kube.apply(bucket.secret())
        authority = cluster.directory / "pki" / "ca.crt"
        api = Proxy(cluster, f"https://{NODE_IP}:{API_PORT}", "127.0.0.1", authority)
        stack.callback(api.stop)
        s3 = Proxy(cluster, cluster.s3.pod_endpoint, NODE_IP)
        stack.callback(s3.stop)
        config = directory / f"{name}.kubeconfig"
        config.write_text(kubeconfig(api.url, authority, cluster.admin_token))
        operator = Operator(cluster, name, directory / f"{name}.log")
        operator.environment["KUBECONFIG"] = str(config)
        node = FakeNode(kube, bucket)
        node.start()
        stack.callback(node.stop)
        operator.start(LEASE=f"{home}/nas-operator", ALLOWED_ENDPOINTS=s3.url.removeprefix("http://"))
        stack.callback(operator.stop)
        (folder := directory / name).mkdir()
        yield Play(cluster, kube, bucket, operator, node, api, s3, random.Random(seed), folder, stack)


@dataclass(frozen=True)
class Outcome:
    """How one play has ended."""

    wrong: Sequence[str]
    """What the verdict found; nothing if every promise held."""
    seconds: float
    """From the search's creation to its end."""
    course: Sequence[str]
    """What it evaluated, by index."""


def perform(
    play: Play,
    inject: Callable[[Play], None],
    hits: int,
    trials: int = TRIALS,
    undisturbed: Sequence[str] | None = None,
    at_once: bool = False,
) -> Outcome:
    """Run a search, let a fault meet it at random moments, and judge it."""
    play.budget = trials
    storage = play.bucket.storage(endpoint=play.s3.url, deletionPolicy="Delete")
    play.manifest = fault_search(
        SEARCH, trials=trials, parallel=PARALLEL, ordered=True, storage=storage, template=play.node.template,
        budget={"maxFailedTrials": trials},
    )  # fmt: skip
    play.kube.apply(play.manifest)
    began = time.monotonic()
    for total in [0] * hits if at_once else sorted(play.rng.sample(range(1, trials), hits)):
        if not play.until(partial(_begun, play, total), ENDS_S):
            break
        time.sleep(play.rng.uniform(0, 0.6))  # anywhere between two writes
        inject(play)
        if play.search_is_gone:
            gone = Evidence(search={}, trials=(), unsaid=play.unsaid, left_over=_delete(play))
            promises = (failures_are_visible, the_deletion_ends)
            return Outcome(verdict(gone, promises), time.monotonic() - began, ())
    ended = play.until(lambda: over(play.kube.search(SEARCH)), ENDS_S)
    seconds = time.monotonic() - began
    # What is on its way when a search ends has a moment to arrive.
    play.until(lambda: not any(map(going, play.kube.list("pods"))), 15)
    found, left = play.kube.search(SEARCH), play.kube.trials(SEARCH)
    evidence = Evidence(
        search=found,
        trials=left,
        jobs=play.kube.list("jobs"),
        pods=play.kube.list("pods"),
        budget=play.budget,
        ended=ended,
        side_by_side=play.node.side_by_side(),
        deleted=play.deleted,
        damaged=bool(play.node.damage),
        unsaid=play.unsaid,
        undisturbed=undisturbed,
        left_over=_delete(play),
    )
    return Outcome(verdict(evidence), seconds, architectures(left))


def _delete(play: Play) -> list[str]:
    """Delete the search; return what does not go with it."""
    play.kube.kubectl("delete", "nassearch", SEARCH, "--wait=false", "--ignore-not-found")
    play.until(lambda: not _own(play), DELETED_S)
    return _own(play)


def _own(play: Play) -> list[str]:
    kinds = ("nassearches", "nastrials", "jobs", "pods")
    found = [(kind, item["metadata"]) for kind in kinds for item in play.kube.list(kind)]
    # Pods whose Job was deleted with --cascade=orphan are nobody's, and the operator may delete no pods.
    objects = [f"{kind} {one['name']}" for kind, one in found if kind != "pods" or one.get("ownerReferences")]
    return objects + [key for key in play.bucket.keys("") if f"/{SEARCH}/" in key]


def _begun(play: Play, count: int) -> bool:
    counts: Json = play.kube.status(SEARCH).get("trials", {})
    return int(counts.get("total", 0)) >= count


def over(search: Json) -> bool:
    """Whether a search has ended."""
    # Of this spec: one whose budget was just raised may still say how it had ended.
    current = search.get("status", {}).get("observedGeneration") == search["metadata"]["generation"]
    return current and (holds(search, "Succeeded") or holds(search, "Failed"))
