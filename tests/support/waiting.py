"""Waiting for a condition of the cluster, and what to show when it does not come."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

import pytest
from tests.support.kube import Json, Kube, Unreachable, attempts, condition

T = TypeVar("T")
POLL_S = 0.2


class Running(Protocol):
    """An operator, wherever it runs."""

    def tail(self) -> str:
        """Return the end of its log."""

    def keep_up(self) -> None:
        """Start it again if it has ended because its Lease was lost: on a busy machine that happens in any test."""


class Waiter:
    """``wait_for`` of one test: knows its namespace and its operator."""

    def __init__(self, kube: Kube, operator: Running) -> None:
        self._kube, self._operator = kube, operator

    def __call__(self, check: Callable[[], T | None], timeout: float, message: str) -> T:
        """Return what ``check`` returns once that is true; fail with the state of the namespace after ``timeout`` s."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                if answer := check():
                    return answer
            except Unreachable:
                pass  # the API server restarts
            if time.monotonic() > deadline:
                pytest.fail(f"not within {timeout:.0f} s: {message}\n\n{describe(self._kube, self._operator)}")
            self._operator.keep_up()
            time.sleep(POLL_S)

    def condition(self, search: str, kind: str, reason: str | None = None, timeout: float = 60) -> Json:
        """Wait until a condition of a search is True (or, given a reason, has that reason); return it."""

        def check() -> Json | None:
            found = condition(self._kube.search(search), kind)
            return found if (found["reason"] == reason if reason else found["status"] == "True") else None

        return self(check, timeout, f"condition {kind} of search {search} is {reason or 'True'}")

    def counts(self, search: str, timeout: float = 60, **wanted: int) -> Json:
        """Wait until at least so many trials of a search are in the given states; return the status."""

        def check() -> Json | None:
            status = self._kube.status(search)
            counts = status.get("trials", {})
            return status if all(counts.get(state, 0) >= least for state, least in wanted.items()) else None

        return self(check, timeout, f"search {search} has at least {wanted}")

    def events(self, search: str, *reasons: str, timeout: float = 20) -> None:
        """Wait until a search has Events of all these reasons: they follow the status."""

        def check() -> bool:
            return {event["reason"] for event in self._kube.events(search)} >= set(reasons)

        self(check, timeout, f"search {search} has the Events {', '.join(reasons)}")


def describe(kube: Kube, operator: Running | None) -> str:
    """Return the state of a namespace for people: searches, trials, Jobs, pods, Events, the operator's log."""
    try:
        parts = [_section(kind, filter(None, map(show, kube.list(kind)))) for kind, show in _SHOW.items()]
    except Unreachable as error:
        parts = [f"== the API server cannot be asked: {error}"]
    if operator:
        parts.append(f"== operator's log\n{operator.tail()}")
    return "\n".join(parts)


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"== {title}", *lines])


def _conditions(item: Json) -> str:
    shown = [c for c in item.get("status", {}).get("conditions", ()) if c["status"] == "True" or c.get("message")]
    return "; ".join(f"{c['type']}={c['status']} {c.get('reason', '')} {c.get('message', '')}".strip() for c in shown)


def _search(item: Json) -> str:
    return f"{item['metadata']['name']} {json.dumps(item.get('status', {}).get('trials', {}))} {_conditions(item)}"


def _trial(item: Json) -> str:
    status = item.get("status", {})
    return f"{item['metadata']['name']} #{status.get('sequence')} {attempts(item)} {_conditions(item)}"


def _job(item: Json) -> str:
    deleting = " deleting" if "deletionTimestamp" in item["metadata"] else ""
    return f"{item['metadata']['name']}{deleting} {_conditions(item)}"


def _pod(item: Json) -> str:
    deleting = " deleting" if "deletionTimestamp" in item["metadata"] else ""
    states = [json.dumps(c.get("state", {}))[:300] for c in item["status"].get("containerStatuses", ())]
    return f"{item['metadata']['name']} {item['status']['phase']}{deleting} {' '.join(states)}"


def _event(item: Json) -> str:
    """The Events of the search, and what went wrong with its Jobs and pods."""
    routine = item["type"] == "Normal" and item["involvedObject"]["kind"] != "NASSearch"
    if routine or item["reason"] == "MissingClusterDNS":
        return ""
    return f"{item['lastTimestamp']} {item['involvedObject']['name']} {item['reason']}: {item['message'][:300]}"


_SHOW: dict[str, Callable[[Json], str]] = {
    "nassearches": _search,
    "nastrials": _trial,
    "jobs": _job,
    "pods": _pod,
    "events": _event,
}
