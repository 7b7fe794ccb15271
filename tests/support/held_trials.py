"""Trials of the fault image that end when the test says so: none too early on a slow machine, none waited for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.support.inside import inside
from tests.support.kube import Kube, holds
from tests.support.waiting import Waiter

HELD = ("--serve", "--hold")
"""Arguments of the image."""


def running(kube: Kube) -> list[str]:
    """Return the pods that run and are not being deleted, by name."""
    found = [pod for pod in kube.list("pods") if "deletionTimestamp" not in pod["metadata"]]
    return [pod["metadata"]["name"] for pod in found if pod["status"]["phase"] == "Running"]


def release(kube: Kube, pods: Iterable[str], wait_for: Waiter) -> None:
    """Let the trials in these pods end with success."""
    left = set(pods)

    def all_told() -> bool:
        left.difference_update(_told(kube, left))
        return not left

    wait_for(all_told, 60, "trials are told to end")


def release_until(kube: Kube, wait_for: Waiter, done: Callable[[], bool], timeout: float, message: str) -> None:
    """Let every trial end as soon as it runs, until ``done``."""

    def step() -> bool:
        _told(kube, running(kube))
        return done()

    wait_for(step, timeout, message)


def release_all(kube: Kube, wait_for: Waiter, search: str) -> None:
    """Let every trial end as soon as it runs, until a search has succeeded."""
    release_until(kube, wait_for, lambda: holds(kube.search(search), "Succeeded"), 180, f"{search} succeeds")


def _told(kube: Kube, pods: Iterable[str]) -> set[str]:
    """Tell the trials in these pods to end; return those that have heard: not one whose program still starts."""
    names = set(pods)
    found = [pod for pod in kube.list("pods") if pod["metadata"]["name"] in names]
    by_address = {pod["status"]["podIP"]: pod["metadata"]["name"] for pod in found if "podIP" in pod["status"]}
    if not by_address:
        return set()
    code = (
        "import http.client, sys\n"
        "for address in sys.argv[1:]:\n"
        "    try:\n"
        "        connection = http.client.HTTPConnection(address, 8080, timeout=5)\n"
        "        connection.request('POST', '/')\n"
        "        connection.getresponse()\n"
        "        print(address)\n"
        "    except (OSError, http.client.HTTPException):\n"
        "        pass"
    )
    return {by_address[address] for address in inside(kube.cluster, code, *by_address).split()}
