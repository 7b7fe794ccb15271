"""Follows a search until it has ended: reads it, shows it, waits, and begins again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Protocol

from rich.console import Console
from rich.live import Live

from nas_client.cli.lines import changes, still
from nas_client.cli.screen import screen
from nas_client.errors import ApiUnreachable
from nas_client.search_state import SearchState

INTERVAL_S = 1.0
COST_FACTOR = 5
"""A read that takes long (a search with thousands of trials) is followed by a pause this many times as long."""
SIGN_OF_LIFE_S = 20.0


class Display(Protocol):
    """Where a search is shown."""

    def show(self, state: SearchState) -> None:
        """Show the newest state."""

    def trouble(self, message: str) -> None:
        """Show that the newest state is not known."""


class LiveDisplay:
    """A terminal: the same few lines, redrawn."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._last: SearchState | None = None

    def show(self, state: SearchState) -> None:
        """Redraw."""
        self._last = state
        self._live.update(screen(state, datetime.now(UTC)), refresh=True)

    def trouble(self, message: str) -> None:
        """Keep what was last known, and say so."""
        if self._last:
            self._live.update(screen(self._last, datetime.now(UTC), message), refresh=True)


class LineDisplay:
    """Anything else: a line for each thing that happened, and a sign of life when nothing does."""

    def __init__(self, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._write, self._clock = write, clock
        self._last: SearchState | None = None
        self._wrote_at = clock()

    def show(self, state: SearchState) -> None:
        """Write what changed."""
        lines = changes(self._last, state)
        if not lines and self._clock() - self._wrote_at >= SIGN_OF_LIFE_S:
            lines = [still(state)]
        self._last = state
        self._write_all(lines)

    def trouble(self, message: str) -> None:
        """Write the trouble down."""
        self._write_all([message])

    def _write_all(self, lines: list[str]) -> None:
        for line in lines:
            self._write(f"{datetime.now(UTC):%H:%M:%S}  {line}")
            self._wrote_at = self._clock()


@contextmanager
def display_for(console: Console) -> Iterator[Display]:
    """Choose the display that fits an output."""
    if console.is_terminal:
        # Redrawn only when there is news, and whole: rich would cut off what is longer than the terminal.
        with Live(console=console, auto_refresh=False, vertical_overflow="visible") as live:
            yield LiveDisplay(live)
    else:
        # Names are no markup of rich's, and a line in a log is not to be wrapped.
        yield LineDisplay(lambda line: console.print(line, markup=False, highlight=False, soft_wrap=True))


class Reads(Protocol):
    """What reads searches by their names."""

    def read(self, name: str) -> SearchState:
        """Read a search and its trials."""


def follow(reader: Reads, name: str, display: Display, pause: Callable[[float], None] = time.sleep) -> SearchState:
    """Show a search until it is over and return its last state.

    Raises:
        SearchNotFound: if it is not there, or was deleted meanwhile.
        ApiUnreachable: if not even the first read succeeds.
    """
    # Outside the loop: if the first read fails, the address is wrong rather than the server away.
    state = reader.read(name)
    if state.missing:
        display.trouble(state.missing)
    while True:
        display.show(state)
        if state.summary.over:
            return state
        cost = 0.0
        try:
            started = time.monotonic()
            newest = reader.read(name)
            cost = time.monotonic() - started
            state = newest
        except ApiUnreachable as error:
            display.trouble(f"the API server cannot be reached, trying again: {error}")
        if not state.summary.over:
            pause(max(INTERVAL_S, COST_FACTOR * cost))
