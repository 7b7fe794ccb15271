"""The table of faults: one row each. Everything else (the command line, the report, the short form) follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.play import SEARCH, Play


@dataclass(frozen=True)
class Fault:
    """What is done to a search at random moments."""

    what: str
    """For people: what happens."""
    inject: Callable[[Play], None]
    hits: int = 3
    """How often in one search."""
    same_course: bool = True
    """Whether the search tries the same candidates as an undisturbed one."""
    short: bool = False
    """Whether it is one of the few that `make integration` injects."""


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

    def inject(play: Play) -> None:
        play.api.do(**fault)
        play.pause(seconds)
        play.api.do()

    return inject


def s3(seconds: float, **fault: object) -> Callable[[Play], None]:
    """Let the storage do wrong to the operator for a while."""

    def inject(play: Play) -> None:
        play.s3.do(**fault)
        play.pause(seconds)
        play.s3.do()

    return inject


def restart_api_server(play: Play) -> None:
    """Stop the API server and start it again."""
    play.cluster.restart_apiserver()


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


def collect_pods(play: Play) -> None:
    """Remove pods as they end, as a clean-up controller does."""
    play.node.collects = True


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


FAULTS: dict[str, Fault] = {
    "none": Fault("nothing", nothing, hits=0),
    "kill": Fault("the operator is killed (SIGKILL)", kill, hits=5, short=True),
    "freeze": Fault("the operator is frozen for 3 s (SIGSTOP)", freeze(3)),
    "freeze-long": Fault("the operator is frozen for 20 s and loses its Lease", freeze(20), hits=1),
    "api-restart": Fault("the API server is stopped and started", restart_api_server, hits=1),
    "api-partition": Fault("the operator does not reach the API server for 10 s", api(10, refuse=True), hits=1),
    "api-409": Fault("a third of the writes is answered 409", api(5, status=409, share=0.3, methods=["PATCH"])),
    "api-429": Fault("a third of the requests is answered 429", api(5, status=429, share=0.3)),
    "api-500": Fault("a third of the requests is answered 500", api(5, status=500, share=0.3)),
    "api-504": Fault(
        "a third of the writes is done, but answered 504",
        api(5, status=504, late=True, share=0.3, methods=["POST", "PATCH", "DELETE"]),
        short=True,
    ),
    "api-slow": Fault("each request takes a second more", api(5, delay=1)),
    "watch-cut": Fault("all watches end", api(0.1, cut=True), hits=5),
    "watch-410": Fault("all watches end, and their versions are too old", api(2, gone=True)),
    "clock-ahead": Fault("the API server's clock jumps an hour ahead, and back after 2 s", api(2, ahead=3600), hits=2),
    "jobs-deleted": Fault("all Jobs are deleted", delete_jobs),
    "pods-deleted": Fault("all pods are deleted", delete_pods),
    "trials-deleted": Fault("a NASTrial is deleted", delete_trials, hits=2, same_course=False, short=True),
    "pods-collected": Fault("pods are removed as they end", collect_pods, hits=1),
    "s3-down": Fault("the storage cannot be reached for 5 s", s3(5, refuse=True), hits=2),
    "s3-slow": Fault("each answer of the storage takes 2 s more", s3(6, delay=2)),
    "s3-503": Fault("half of the storage's answers are 503", s3(5, status=503, share=0.5)),
    "s3-cut": Fault("answers of the storage are cut in half on the way", s3(5, truncate=True)),
    "results-cut": Fault("results are cut in half in the bucket", damage("truncated"), hits=1),
    "results-binary": Fault("results are no text in the bucket", damage("binary"), hits=1),
    "results-large": Fault("results have more than 1 MiB", damage("large"), hits=1, same_course=False),
    "credentials": Fault("the Secret has a wrong key for 4 s", rotate_credentials, hits=2),
    "suspended": Fault("the search is suspended and goes on", suspend),
    "edited": Fault("the budget is changed", edit, same_course=False),
    "search-deleted": Fault("the search is deleted", delete_search, hits=1, same_course=False, short=True),
}
