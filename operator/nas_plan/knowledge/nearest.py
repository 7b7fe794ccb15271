"""Which entries of its knowledge base a search begins with: those of the nearest data. Pure.

Entries are taken in one by one, the newest first, and no more than are wanted are kept. One that a search of its own
name made counts like any other. Whether their results go with this search's is judged later, as of searches that are
named (`nas_search.foresight`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nas_core.history import Earlier
from nas_core.records.knowledge import read_entry
from nas_core.records.search import ReadableSearch, SearchView
from nas_core.records.trial import TrialView
from nas_core.states import Work
from nas_plan.copied_results import FEWEST, copied
from nas_plan.knowledge.features import distance, features_of
from nas_plan.look import prepared_data
from nas_plan.phases.prepare import is_asked_for


def taken_before(search: SearchView, trials: Iterable[TrialView]) -> list[str]:
    """Return the names of the entries that are on record already."""
    return [
        trial.spec.source
        for trial in trials
        if trial.spec.work == Work.EARLIER
        and trial.spec.source is not None
        and trial.spec.source not in search.earlier_refs
        and trial.spec.source not in search.imported_refs
        # Those for a spec that has been corrected since are made again.
        and trial.asked in (None, search.asked)
    ]


def still_wanted(search: SearchView, trials: Sequence[TrialView]) -> int:
    """Return how many entries a search is still to be given; 0 when it has begun, or while its data are unknown."""
    wanted = isinstance(search, ReadableSearch) and search.spec.warm_start and search.spec.warm_start.knowledge
    return max(0, wanted.nearest - len(taken_before(search, trials))) if wanted and may_read(search, trials) else 0


def may_read(search: SearchView, trials: Sequence[TrialView]) -> bool:
    """Whether what a search begins with is still to be chosen, and can be: its data are known."""
    if not isinstance(search, ReadableSearch) or search.begun:
        return False
    return not is_asked_for(search.spec) or prepared_data(search, trials) is not None


class NearestEntries:
    """The entries so far that are nearest to a search."""

    def __init__(self, search: ReadableSearch, trials: Sequence[TrialView]) -> None:
        """``search``: with all that its spec leaves open filled in; ``trials`` of it."""
        self._search, self._most = search, still_wanted(search, trials)
        self._features = features_of(prepared_data(search, trials))
        self._names = {*search.earlier_refs, *search.imported_refs, *taken_before(search, trials)}
        self._found: list[tuple[tuple[bool, float, int], Earlier]] = []
        self._read = 0

    def take(self, content: bytes) -> None:
        """Look at one more entry, an older one than before.

        Raises:
            EntryInvalid: if it is none.
        """
        entry = read_entry(content)
        self._read += 1
        if entry.search in self._names or entry.uid == self._search.meta.uid or not entry.fits(self._search.spec):
            return
        apart = distance(self._features, entry.features)
        place = (apart is None, apart or 0.0, self._read)
        if len(self._found) == self._most and place > self._found[-1][0]:
            return
        given = [(one.index, one.values, one.values, one.metrics) for one in entry.results]
        rows = copied(self._search.spec, entry.search, given)
        if len(rows) < FEWEST:
            return
        self._names.add(entry.search)
        self._found = sorted([*self._found, (place, Earlier(entry.search, rows, apart))], key=lambda one: one[0])
        del self._found[self._most :]

    def found(self) -> tuple[Earlier, ...]:
        """Return them, the nearest first; those whose data are not described come last, the newest first."""
        return tuple(earlier for _, earlier in self._found)
