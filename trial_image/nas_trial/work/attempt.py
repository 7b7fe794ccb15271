"""One attempt of a trial, as this process sees it: the input, and what the work talks to while it goes on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from nas_core.api.base import parse_duration
from nas_core.contract import TrialInput
from nas_storage.store import ObjectStore
from nas_trial.errors import Stopped
from nas_trial.process.messages import Form, Json
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog

if TYPE_CHECKING:  # needs PyTorch, which candidates that are looked up do without
    from nas_trial.training.distributed import Group

T = TypeVar("T")
Measured = tuple[dict[str, float], bool]
"""Metrics of a network's size and speed, and whether others used the device meanwhile."""
MEASURED: Json[Measured] = Json(Measured)


@dataclass(frozen=True)
class Attempt:
    """What all work of an attempt shares."""

    trial: TrialInput
    stop: StopFlag
    watchdog: Watchdog
    endpoint: MetricsEndpoint
    store: ObjectStore | None = None
    """None: the trial has no storage, or this is not the process that stores."""
    group: Group | None = None
    """The processes that train together, each in an attempt like this one; only the first one's has a store."""

    def from_first(self, make: Callable[[], T], form: Form[T], *, each_pod: bool = False) -> T:
        """Return what ``make`` returns in the first process of the group, or here if this one is alone."""
        return self.group.from_first(make, form, each_pod=each_pod) if self.group else make()

    def alive(self) -> None:
        """Give the watchdog a sign of life; raise Stopped if asked to stop."""
        if self.stop.is_set():
            raise Stopped
        self.watchdog.beat()

    def watching(self, what: str, *, computing: bool = False) -> AbstractContextManager[None]:
        """Watch over a block, named for people: `nas_trial.process.watchdog` with evaluation.stallTimeout."""
        limit = parse_duration(self.trial.evaluation.stall_timeout).total_seconds()
        return self.watchdog.watching(limit, what, computing=computing)
