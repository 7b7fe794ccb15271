"""Runs a search on this machine: look, plan, carry out, wait; until the search is over, or somebody stops the run."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from nas_backend.carry_out import carry_out
from nas_core.api.guidance import Injection
from nas_core.api.storage import Storage
from nas_core.records.conditions import find
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.space import SpaceView
from nas_core.records.trial import TrialView
from nas_core.states import ConditionType
from nas_local.attempts import end_leftovers
from nas_local.backend import LocalBackend, Machine
from nas_local.home import BUCKET, Home
from nas_local.knowledge import with_knowledge
from nas_local.neighbour import bring, neighbour
from nas_local.records import Records
from nas_plan.decide import plan
from nas_plan.earlier import Source, unread
from nas_plan.injected import untried
from nas_plan.look import prepared_data
from nas_plan.resolve import resolve

REFRESH_S = 2.0
"""Seconds between two looks at the metrics of running trials."""
LOOK_S = 0.2
"""Least seconds between two looks: many attempts may end at once."""

Shown = Callable[[SearchView, tuple[TrialView, ...]], None]
"""Is given the search and its trials after each look."""


async def run(
    home: Home,
    namespace: str,
    name: str,
    spec: dict[str, Any],
    machine: Machine,
    parallel: int,
    shown: Shown,
    stopping: Callable[[], None],
    space: SpaceView | None = None,
) -> tuple[SearchView, tuple[TrialView, ...]]:
    """Run a search until it is over; return it with its last status, and its trials.

    SIGINT and SIGTERM suspend it: attempts write their checkpoints and end. A later run of the same folder goes on.

    Args:
        home: its folder, locked by the caller.
        namespace: of the search; a part of the keys of its objects.
        name: of the search.
        spec: as in the manifest; another one than before is taken as an update.
        machine: what attempts may use.
        parallel: trials at the same time at most, whatever the spec says.
        shown: is told of every look, until the run is being stopped.
        stopping: is called when somebody stops the run.
        space: the NASSearchSpace that the spec names, if it names one.

    Raises:
        LocalRunError: if the folder has another search, or results that do not fit the spec.
        OSError: if the records cannot be written.
    """
    end_leftovers(home.attempts)
    records = Records.open(home, namespace, name, spec)
    backend = LocalBackend(home, records, machine)
    stop = _Stop(backend.changed, stopping)
    refreshed = float("-inf")
    clock = asyncio.get_running_loop().time
    with stop:
        while True:
            backend.changed.clear()
            started = clock()
            refresh = started - refreshed >= REFRESH_S
            refreshed = started if refresh else refreshed
            # As it is run here first: whose weights it uses is in the same folder as its own objects.
            found = as_local(records.search, parallel, stop.asked)
            earlier = await asyncio.to_thread(_earlier, home, found, records.trials)
            injections = await asyncio.to_thread(_injections, home, found, records.trials)
            prepared = prepared_data(found, records.trials)
            search = resolve(found, space, prepared, _source(home, found), earlier, injections)
            search = await asyncio.to_thread(with_knowledge, home, search, records.trials)
            if isinstance(search, ReadableSearch) and search.supernet:
                await asyncio.to_thread(bring, home, search.supernet.search, search.supernet.address)
            now = datetime.now(UTC)
            snapshot = await backend.snapshot(search, now, refresh)
            actions = await asyncio.to_thread(plan, snapshot, REFRESH_S)
            await carry_out(backend, snapshot.search, actions, now, write_status=True)
            if not stop.asked:
                shown(records.search, records.trials)
            # Checkpoints that are let go take some looks more, each of which writes what it has done.
            settled = is_over(records.search) and not (actions.records or actions.observations)
            if not backend.running and (stop.asked or settled):
                return records.search, records.trials
            await _wait(backend.changed, actions.requeue_after or REFRESH_S)
            await asyncio.sleep(max(0.0, LOOK_S - (clock() - started)))


def _source(home: Home, search: SearchView) -> SearchView | None:
    """Return the search beside whose shared weights a search uses, as it is run here."""
    # Once it has begun, its own status has the address.
    if search.supernet_ref is None or search.status.supernet:
        return None
    found = neighbour(home, search.meta.namespace, search.supernet_ref)
    return as_local(found.search, 1, suspend=False) if found else None


def _earlier(home: Home, search: SearchView, trials: tuple[TrialView, ...]) -> dict[str, Source]:
    """Return the searches beside whose results are to be read."""
    return {name: _beside(home, search, name) for name in unread(search, trials)}


def _injections(home: Home, search: SearchView, trials: tuple[TrialView, ...]) -> list[tuple[Injection, Source]]:
    """Return the candidates of searches beside that are to be tried."""
    return [(one, _beside(home, search, one.search)) for one in untried(search, trials)]


def _beside(home: Home, search: SearchView, name: str) -> Source:
    records = neighbour(home, search.meta.namespace, name)
    return (records.search, records.trials) if records else (None, ())


def as_local(search: SearchView, parallel: int, suspend: bool) -> SearchView:
    """Return a search as it is run here: with the folder as its storage, and no more trials at once than fit."""
    if not isinstance(search, ReadableSearch):
        return search
    spec = search.spec
    # The server of the spec stays: data at other addresses are read from it.
    given = spec.storage.model_dump() if spec.storage else {}
    storage = Storage.model_validate(given | {"bucket": BUCKET, "prefix": "", "deletion_policy": "Retain"})
    budget = spec.budget.model_copy(update={"parallel_trials": min(parallel, spec.budget.parallel_trials)})
    update = {"storage": storage, "budget": budget, "suspend": True if suspend else None}
    return replace(search, spec=spec.model_copy(update=update))


def is_over(search: SearchView) -> bool:
    """Whether nothing more happens to a search until somebody changes it."""
    conditions = search.status.conditions
    ends = ((ConditionType.ACCEPTED, "False"), (ConditionType.SUCCEEDED, "True"), (ConditionType.FAILED, "True"))
    return any((found := find(conditions, kind)) is not None and found.status == status for kind, status in ends)


async def _wait(changed: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(min(seconds, REFRESH_S)):
            await changed.wait()
    except TimeoutError:
        return


class _Stop:
    """Turns SIGINT and SIGTERM into a wish, while it is entered."""

    def __init__(self, changed: asyncio.Event, notify: Callable[[], None]) -> None:
        self.asked, self._changed, self._notify = False, changed, notify

    def __enter__(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, self._ask)

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().remove_signal_handler(number)

    def _ask(self) -> None:
        if not self.asked:
            self._notify()
        self.asked = True
        self._changed.set()
