"""The table of faults: one row each. Everything else (the command line, the report, the short form) follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.injections import (
    api,
    collect,
    damage,
    delete_jobs,
    delete_pods,
    delete_search,
    delete_trials,
    edit,
    extend,
    freeze,
    freeze_api_server,
    janitor,
    kill,
    make_anew,
    nothing,
    restart_api_server,
    rotate_credentials,
    s3,
    s3_writes,
    suspend,
    suspend_and_delete,
    upgrade_crds,
)
from tests.chaos.node_faults import (
    EVICTED,
    OUT_OF_MEMORY,
    PREEMPTED,
    STOPPED_UNSEEN,
    cut_short,
    drain,
    held_pods,
    inject_sidecars,
    lose_node,
    no_pull,
    no_pull_any_more,
    no_pull_until_reported,
    no_room,
    replace_node,
    silent_kubelet,
)
from tests.chaos.play import Play


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
    at_once: bool = False
    """Whether it meets the search as soon as it is made, not at a random moment."""
    short: bool = False
    """Whether it is one of the few that `make integration` injects."""


FAULTS: dict[str, Fault] = {
    "none": Fault("nothing", nothing, hits=0),
    "kill": Fault("the operator is killed (SIGKILL)", kill, hits=5, short=True),
    "freeze": Fault("the operator is frozen for 3 s (SIGSTOP)", freeze(3)),
    "freeze-long": Fault("the operator is frozen for 20 s and loses its Lease", freeze(20), hits=1),
    "api-restart": Fault("the API server is stopped and started", restart_api_server, hits=1),
    "api-frozen": Fault("the API server is frozen for 5 s (SIGSTOP)", freeze_api_server, hits=2),
    "api-partition": Fault("the operator does not reach the API server for 10 s", api(10, refuse=True), hits=1),
    "api-409": Fault("a third of the writes is answered 409", api(5, status=409, share=0.3, methods=["PATCH"])),
    "api-429": Fault("a third of the requests is answered 429", api(5, status=429, share=0.3)),
    "api-500": Fault("a third of the requests is answered 500", api(5, status=500, share=0.3)),
    "creates-500": Fault(
        "a third of the creates is answered 500 as the search begins",
        api(15, status=500, share=0.3, methods=["POST"]),
        hits=1,
        at_once=True,
    ),
    "api-504": Fault(
        "a third of the writes is done, but answered 504",
        api(5, status=504, late=True, share=0.3, methods=["POST", "PATCH", "DELETE"]),
        short=True,
    ),
    "api-slow": Fault("each request takes a second more", api(5, delay=1)),
    "watch-cut": Fault("all watches end", api(0.1, cut=True), hits=5),
    "watch-410": Fault("all watches end, and their versions are too old", api(2, gone=True)),
    "watch-stale": Fault("watches stay open, but bring nothing for 8 s", api(8, hold=True), hits=2),
    "clock-ahead": Fault("the API server's clock jumps an hour ahead, and back after 2 s", api(2, ahead=3600), hits=2),
    "clock-back": Fault("the API server's clock jumps an hour back, and ahead after 2 s", api(2, ahead=-3600), hits=2),
    "crds-upgraded": Fault("CRDs with one more field are applied, and those of before", upgrade_crds, hits=2),
    "jobs-deleted": Fault("all Jobs are deleted", delete_jobs),
    "pods-deleted": Fault("all pods are deleted", delete_pods),
    "trials-deleted": Fault("a NASTrial is deleted", delete_trials, hits=2, same_course=False, short=True),
    "pods-collected": Fault("pods are removed as they end", collect("pods"), hits=1),
    "jobs-collected": Fault("Jobs are removed as they end", collect("jobs"), hits=1),
    "janitor": Fault("two trials are deleted with their Jobs and pods", janitor, hits=2, same_course=False),
    "evicted": Fault("running pods are evicted by their node, each trial's once", cut_short(EVICTED), hits=2),
    "preempted": Fault("the node of the pods is taken back (SIGTERM), each trial's once", cut_short(PREEMPTED), hits=2),
    "stopped": Fault("pods stop with exit code 75, and nothing says why", cut_short(STOPPED_UNSEEN), hits=2),
    "oom": Fault("the containers are killed for memory, each trial's once", cut_short(OUT_OF_MEMORY), hits=2),
    "drained": Fault("the node is drained (eviction API) and opened again", drain, hits=2),
    "no-room": Fault("no node takes pods until the search says so", no_room, hits=1),
    "no-pull": Fault("no image can be pulled for 2 to 15 s", no_pull, hits=2),
    "no-pull-long": Fault("no image can be pulled until the search says so", no_pull_until_reported, hits=1),
    "no-image": Fault(
        "the image is gone for good; the search says so and is deleted", no_pull_any_more, hits=1, same_course=False
    ),
    "kubelet-silent": Fault("all pods are deleted, but the kubelet does nothing for 8 s", silent_kubelet, hits=2),
    "pods-held": Fault("all pods are deleted, but a finalizer holds them for 8 s", held_pods, hits=2),
    "node-lost": Fault("the node is lost (out-of-service taint) and comes back", lose_node, hits=1),
    "node-replaced": Fault("the Node is deleted with its machine, another one comes", replace_node, hits=1),
    "sidecars": Fault("pods get a container that runs on", inject_sidecars, hits=1),
    "s3-down": Fault("the storage cannot be reached for 5 s", s3(5, refuse=True), hits=2),
    "s3-slow": Fault("each answer of the storage takes 2 s more", s3(6, delay=2)),
    "s3-503": Fault("half of the storage's answers are 503", s3(5, status=503, share=0.5)),
    "s3-cut": Fault("answers of the storage are cut in half on the way", s3(5, truncate=True)),
    "s3-late": Fault("half of the writes are done, but answered 500", s3_writes(6, status=500, late=True, share=0.5)),
    "s3-half": Fault("writes are cut half way to the storage", s3_writes(5, half=True)),
    "s3-full": Fault("writes are answered 507", s3_writes(5, status=507, code="InsufficientStorage")),
    "s3-quota": Fault("writes are answered 403 QuotaExceeded", s3_writes(5, status=403, code="QuotaExceeded")),
    "results-cut": Fault("results are cut in half in the bucket", damage("truncated"), hits=1),
    "results-binary": Fault("results are no text in the bucket", damage("binary"), hits=1),
    "results-flipped": Fault("a bit of each result is flipped in the bucket", damage("flipped"), hits=1),
    "results-large": Fault("results have more than 1 MiB", damage("large"), hits=1, same_course=False),
    "credentials": Fault("the Secret has a wrong key for 4 s", rotate_credentials, hits=2),
    "suspended": Fault("the search is suspended and goes on", suspend),
    "edited": Fault("the budget is changed", edit, same_course=False),
    "extended": Fault("the budget is raised when the search has ended", extend, hits=1, same_course=False),
    "made-anew": Fault("the search is deleted, and made again under its name", make_anew, hits=1),
    "search-deleted": Fault("the search is deleted", delete_search, hits=1, same_course=False, short=True),
    "deleted-at-once": Fault(
        "the search is deleted as soon as it is made", delete_search, hits=1, same_course=False, at_once=True
    ),
    "suspended-deleted": Fault(
        "the search is suspended, and deleted within 4 s", suspend_and_delete, hits=1, same_course=False
    ),
}
