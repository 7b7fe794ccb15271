"""What is done to a search: to the operator, the API server, the storage, and to the search and its objects.

`tests.chaos.node_faults` has what happens to pods and their node.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

from tests.chaos.play import ENDS_S, SEARCH, Play, Proxy, over
from tests.support.cluster import apply_crds

from nas_core.crd.schema import custom_resource_definitions
from nas_core.records.names import TRIAL_LABEL


def nothing(play: Play) -> None:
    """Disturb nothing."""


def kill(play: Play) -> None:
    """Kill the operator; it is started again at once."""
    play.operator.crash()


def freeze(seconds: float) -> Callable[[Play], None]:
    """Stop the operator in its tracks for a while; after 10 s it has lost its Lease, and ends when it wakes."""

    def inject(play: Play) -> None:
        play.operator.freeze()
        play.pause(seconds)
        play.operator.wake()

    return inject


def api(seconds: float, **fault: object) -> Callable[[Play], None]:
    """Let the API server do wrong to the operator for a while."""
    return lambda play: _do_wrong(play, play.api, seconds, fault)


def s3(seconds: float, **fault: object) -> Callable[[Play], None]:
    """Let the storage do wrong to the operator for a while."""
    return lambda play: _do_wrong(play, play.s3, seconds, fault)


def _do_wrong(play: Play, server: Proxy, seconds: float, fault: Mapping[str, object]) -> None:
    server.do(**fault)
    play.pause(seconds)
    server.do()


def restart_api_server(play: Play) -> None:
    """Stop the API server and start it again."""
    play.cluster.restart_apiserver()


def freeze_api_server(play: Play) -> None:
    """Stop the API server in its tracks for a while: connections stay open, nothing answers."""
    play.cluster.freeze_apiserver()
    try:
        play.pause(5)
    finally:
        play.cluster.wake_apiserver()


def upgrade_crds(play: Play) -> None:
    """Apply CRDs that have one more field, as an upgrade does, and go back to those of now."""
    crds = copy.deepcopy(custom_resource_definitions())
    for version in (version for crd in crds for version in crd["spec"]["versions"]):
        fields = version["schema"]["openAPIV3Schema"]["properties"]["status"]["properties"]
        fields["ofTomorrow"] = {"type": "string", "description": "What a later version has."}
    apply_crds(play.cluster, crds)
    play.pause(play.rng.uniform(0, 4))
    apply_crds(play.cluster, custom_resource_definitions())


def s3_writes(seconds: float, **fault: object) -> Callable[[Play], None]:
    """Let the storage do wrong to writes for a while, in which no trial can put its result: the operator does."""
    to_operator = s3(seconds, methods=["PUT"], **fault)

    def inject(play: Play) -> None:
        play.node.stores = False
        to_operator(play)
        play.node.stores = True

    return inject


def damage(how: str) -> Callable[[Play], None]:
    """Spoil the results that trials put into the bucket, from now on for a while."""

    def inject(play: Play) -> None:
        play.node.damage = how
        play.pause(3)

    return inject


def delete_jobs(play: Play) -> None:
    """Delete all Jobs, in one of the three ways that there are."""
    cascade = play.rng.choice(("background", "foreground", "orphan"))
    play.kube.kubectl("delete", "jobs", "--all", f"--cascade={cascade}", "--wait=false")


def delete_pods(play: Play) -> None:
    """Delete all pods."""
    play.kube.kubectl("delete", "pods", "--all", "--wait=false")


def delete_trials(play: Play) -> None:
    """Delete one of the trials, in whatever state it is."""
    names = [trial["metadata"]["name"] for trial in play.kube.trials(SEARCH)]
    name = play.rng.choice(names)
    play.deleted.append(name)
    play.kube.kubectl("delete", "nastrial", name)


def janitor(play: Play) -> None:
    """Delete two trials together with their Jobs and pods, whatever their state."""
    alive = [
        trial["metadata"]["name"] for trial in play.kube.trials(SEARCH) if trial["metadata"]["name"] not in play.deleted
    ]
    for name in play.rng.sample(alive, min(2, len(alive))):
        play.deleted.append(name)
        play.kube.kubectl("delete", "jobs,pods", f"--selector={TRIAL_LABEL}={name}", "--wait=false")
        play.kube.kubectl("delete", "nastrial", name, "--wait=false")


def collect(what: str) -> Callable[[Play], None]:
    """Remove pods or Jobs as they end, as clean-up controllers do."""

    def inject(play: Play) -> None:
        play.node.collects = what

    return inject


def rotate_credentials(play: Play) -> None:
    """Let the Secret have a wrong key for a while."""
    play.kube.apply(play.bucket.secret(secret_key="wrong"))
    play.pause(4)
    play.kube.apply(play.bucket.secret())


def suspend(play: Play) -> None:
    """Suspend the search, and let it go on."""
    play.kube.patch(SEARCH, suspend=True)
    play.pause(play.rng.uniform(0, 4))
    play.kube.patch(SEARCH, suspend=None)


def edit(play: Play) -> None:
    """Change the budget: fewer trials at a time, then as before; two more trials in all."""
    play.kube.patch(SEARCH, budget={"parallelTrials": play.rng.randint(1, 7)})
    play.pause(play.rng.uniform(0, 2))
    play.budget += 2
    play.kube.patch(SEARCH, budget={"parallelTrials": 8, "maxTrials": play.budget})


def delete_search(play: Play) -> None:
    """Delete the search."""
    play.kube.kubectl("delete", "nassearch", SEARCH, "--wait=false")
    play.search_is_gone = True


def suspend_and_delete(play: Play) -> None:
    """Delete the search while its trials stop, or have stopped."""
    play.kube.patch(SEARCH, suspend=True)
    play.pause(play.rng.uniform(0, 4))
    delete_search(play)


def make_anew(play: Play) -> None:
    """Delete the search, and make another one of its name as soon as it is gone."""
    play.kube.kubectl("delete", "nassearch", SEARCH)
    play.kube.apply(play.manifest)


def extend(play: Play) -> None:
    """Raise the budget when the search has ended."""
    play.until(lambda: over(play.kube.search(SEARCH)), ENDS_S)
    play.budget += 4
    play.kube.patch(SEARCH, budget={"maxTrials": play.budget})
