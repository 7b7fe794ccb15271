"""The log of a trial: that of its pod, or the last lines that its status has of a failed attempt."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kubernetes import client
from nas_client.asking import PAGE, TIMEOUT_S, ask, explained
from nas_client.errors import InvalidInput
from nas_client.reader import Reader
from nas_core.api.trial import NASTrialStatus
from nas_core.records.names import ATTEMPT_LABEL, INDEX_LABEL, TRIAL_CONTAINER, TRIAL_LABEL
from nas_core.records.trial import TrialView
from nas_core.states import AttemptOutcome

CHUNK = 64 << 10
"""Bytes that are in memory at once."""
SILENT_S = 24 * 3600
"""Seconds that a trial whose log is followed may write nothing."""
LOGGED = (AttemptOutcome.CRASHED, AttemptOutcome.FAILED, AttemptOutcome.LOST)
"""Attempts of which `status.lastLog` has the end."""


@dataclass(frozen=True)
class Pod:
    """A pod of a trial; an attempt may have several, one after the other."""

    name: str
    attempt: int
    created: Any
    """Comparable with that of other pods."""


@dataclass(frozen=True)
class Log:
    """A log, piece by piece."""

    pieces: Iterator[bytes]
    source: str
    """Where it is from if that is not the pod, for people; else empty."""


class Logs:
    """The logs of the trials of one namespace."""

    def __init__(self, reader: Reader) -> None:
        # Its types say that any field may be absent, and that a streamed answer is a text.
        self._pods: Any = client.CoreV1Api(reader.objects.api_client)
        self._namespace = reader.namespace
        self._ask = partial(ask, reader.objects, reader.namespace)

    def open(self, trial: str, attempt: int | None = None, follow: bool = False, tail: int | None = None) -> Log:
        """Return the log of a trial's attempt; None is the newest one.

        Raises:
            InvalidInput: if there is no such trial, or no log of it any more.
        """
        view = TrialView.of(self._ask("get", "nastrial", name=trial))
        pod = choose(self._pods_of(trial), attempt)
        if pod is not None:
            return Log(self._pieces(pod.name, follow, tail), "")
        kept = kept_log(view.status, attempt)
        if kept is None:
            raise InvalidInput(nothing_left(view, attempt))
        lines = kept.splitlines()[-tail if tail else 0 :]
        return Log(
            iter(["".join(f"{line}\n" for line in lines).encode()]),
            "its pod is gone; these are the last lines of its failed attempt (status.lastLog)",
        )

    def _pods_of(self, trial: str) -> list[Pod]:
        with explained(f"the pods of {trial}", InvalidInput(f"there is no namespace {self._namespace!r}")):
            found = self._pods.list_namespaced_pod(
                self._namespace, label_selector=f"{TRIAL_LABEL}={trial}", limit=PAGE, _request_timeout=TIMEOUT_S
            )
        # Of several pods side by side the first one logs what the trial does.
        first = [item.metadata for item in found.items if item.metadata.labels.get(INDEX_LABEL, "0") == "0"]
        labelled = [(meta, meta.labels.get(ATTEMPT_LABEL, "")) for meta in first]
        # Anybody may make a pod with such labels.
        return [Pod(meta.name, int(n), meta.creation_timestamp) for meta, n in labelled if n.isdecimal()]

    def _pieces(self, pod: str, follow: bool, tail: int | None) -> Iterator[bytes]:
        missing = InvalidInput(f"pod {pod!r} is gone; the same command shows what is left of its log")
        with explained(f"the log of pod {pod!r}", missing):
            answer = self._pods.read_namespaced_pod_log(
                pod,
                self._namespace,
                container=TRIAL_CONTAINER,
                follow=follow,
                **({} if tail is None else {"tail_lines": tail}),
                _preload_content=False,
                _request_timeout=(TIMEOUT_S, SILENT_S if follow else TIMEOUT_S),
            )
            with closing(answer):
                yield from answer.stream(CHUNK)


def pieces_of(file: Path, tail: int | None) -> Iterator[bytes]:
    """Yield a log that is a file, or its last lines, piece by piece."""
    with file.open("rb") as log:
        if tail is None:
            while piece := log.read(CHUNK):
                yield piece
        else:
            yield from deque(log, maxlen=tail)


def choose(pods: Sequence[Pod], attempt: int | None) -> Pod | None:
    """Return the newest pod of an attempt, None of the newest one; None if it has none."""
    of_attempt = [pod for pod in pods if attempt in (None, pod.attempt)]
    return max(of_attempt, key=lambda pod: (pod.attempt, pod.created), default=None)


def kept_log(status: NASTrialStatus, attempt: int | None) -> str | None:
    """Return what a status has of the log of an attempt, None of any; None if it has nothing of it."""
    logged = [past.number for past in status.attempts if past.outcome in LOGGED]
    return status.last_log if logged and attempt in (None, logged[-1]) else None


def nothing_left(trial: TrialView, attempt: int | None) -> str:
    """Say why there is no log."""
    name, past = trial.meta.name, trial.status.attempts
    ended = ", ".join(f"{one.number} {one.outcome.value}" for one in past) or "none"
    which = f"attempt {attempt} of trial {name!r}" if attempt else f"trial {name!r}"
    why = (
        "Kubernetes deletes pods some time after their end (spec.trialTemplate.ttlSecondsAfterFinished), and only of a "
        "failed attempt the status keeps the last lines"
        if past
        else "it has not begun"
    )
    return f"{which} has no pod and no log: {why}; attempts that have ended: {ended}"
