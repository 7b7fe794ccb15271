"""What happens to pods and their node: all of it the platform's doing, none of it a trial's fault."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from tests.chaos.fake_node import MERGE
from tests.chaos.injections import delete_pods, delete_search
from tests.chaos.play import Play
from tests.chaos.pod_status import End
from tests.support.kube import Unreachable
from tests.support.mutated_pods import mutated_pods

from nas_core.contract import EXIT_CHECKPOINTED
from nas_core.records.names import SEARCH_LABEL

HOLD = "chaos.example/hold"
"""A finalizer of somebody else's."""
SIDECAR = {
    "op": "add",
    "path": "/spec/containers/-",
    "value": {"name": "mesh", "image": "localhost/mesh:1", "resources": {}},
}

EVICTED = End(137, of_pod="Evicted", disruption="TerminationByKubelet")
"""The node has run out of memory or disk, and gives no time."""
PREEMPTED = End(EXIT_CHECKPOINTED, of_pod="Terminated", disruption="TerminationByKubelet")
"""The machine is taken back: the kubelet shuts down in order, and the trial stops on SIGTERM."""
STOPPED_UNSEEN = End(EXIT_CHECKPOINTED)
"""SIGTERM from something that tells Kubernetes nothing."""
OUT_OF_MEMORY = End(137, reason="OOMKilled")


def cut_short(end: End, seconds: float = 3) -> Callable[[Play], None]:
    """End pods as soon as they run, for a while; each trial's once in the search, as crashes are counted."""

    def inject(play: Play) -> None:
        play.node.cut_short = end
        play.pause(seconds)
        play.node.cut_short = None

    return inject


def drain(play: Play) -> None:
    """Evict the pods by the API and let no further one in, then open the node again."""
    flags = ("--ignore-daemonsets", "--delete-emptydir-data", "--timeout=30s")
    play.kube.kubectl("drain", play.node.name, *flags, f"--pod-selector={SEARCH_LABEL}", check=False)
    play.pause(play.rng.uniform(0, 3))
    play.kube.kubectl("uncordon", play.node.name)


def no_room(play: Play) -> None:
    """Let no pod onto the node until the search says so."""
    play.kube.kubectl("cordon", play.node.name)
    play.hears("TrialsBlocked")
    play.kube.kubectl("uncordon", play.node.name)


def no_pull(play: Play) -> None:
    """Let the registry be away for a while."""
    play.node.pulls = False
    play.pause(play.rng.uniform(2, 15))
    play.node.pulls = True


def no_pull_until_reported(play: Play) -> None:
    """Let the registry be away until the search says so."""
    play.node.pulls = False
    play.hears("TrialsBlocked")
    play.node.pulls = True


def no_pull_any_more(play: Play) -> None:
    """Let the image be gone for good, and the search be deleted once it says so."""
    play.node.pulls = False
    play.hears("TrialsBlocked")
    delete_search(play)


def silent_kubelet(play: Play) -> None:
    """Delete all pods while the kubelet does nothing: they stay Terminating, and may be running."""
    play.node.silent = True
    delete_pods(play)
    play.pause(8)
    play.node.silent = False


def held_pods(play: Play) -> None:
    """Delete all pods while somebody's finalizer holds them."""
    _finalizers(play, held=True)
    delete_pods(play)
    play.pause(8)
    play.until(lambda: not _finalizers(play, held=False), 30)


def _finalizers(play: Play, held: bool) -> bool:
    """Put the finalizer on all pods, or take it off; return whether there was something to do."""
    found = False
    for pod in play.kube.list("pods"):
        metadata = pod["metadata"]
        others = [name for name in metadata.get("finalizers", ()) if name != HOLD]
        wanted = [*others, HOLD] if held else others
        if wanted == metadata.get("finalizers", []) or (held and "deletionTimestamp" in metadata):
            continue
        found = True
        body = {"metadata": {"finalizers": wanted, "resourceVersion": metadata["resourceVersion"]}}
        with contextlib.suppress(*Unreachable):  # it has changed, or gone
            play.kube.call("PATCH", f"{play.kube.collection('pods')}/{metadata['name']}", body, MERGE)
    return found


def lose_node(play: Play) -> None:
    """Lose the node until Kubernetes has taken its pods away."""
    play.node.lose()
    play.until(lambda: not any(pod["spec"].get("nodeName") for pod in play.kube.list("pods")), 60)
    play.node.come_back()


def replace_node(play: Play) -> None:
    """Let the Node object go with its machine; another one comes at once, the old pods stay for a minute."""
    play.node.replace()


def inject_sidecars(play: Play) -> None:
    """Give each pod from now on a container that runs for ever."""
    play.stack.enter_context(mutated_pods(play.kube, play.folder, [SIDECAR]))
