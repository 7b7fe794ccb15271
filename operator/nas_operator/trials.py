"""The trials of searches, wherever they are: as objects in the store, or in the ledger."""

from __future__ import annotations

from collections.abc import Mapping

from nas_core.records.search import SearchView
from nas_core.records.trial import TrialView
from nas_operator.kube.stores import Stores
from nas_operator.storage.ledgers import Ledgers


class Trials:
    """Finds trials. Every method raises LedgerNotRead while a ledger that it needs has not been read."""

    def __init__(self, stores: Stores, ledgers: Ledgers) -> None:
        self._stores, self._ledgers = stores, ledgers

    def objects(self, search: SearchView) -> Mapping[str, TrialView]:
        """Return the trials of a search that have a NASTrial, by name."""
        trials = self._stores.trials.of_search(search.meta.key)
        # Labels alone do not do: a search of this name may have been deleted and made again.
        return {t.meta.name: t for t in trials if t.meta.owner_uid == search.meta.uid and not t.meta.deleting}

    def of(self, search: SearchView) -> tuple[TrialView, ...]:
        """Return all trials of a search, sorted by index. What the ledger has of a trial counts, not its object."""
        found = {**self.objects(search), **self._ledgers.trials(search)}
        return tuple(sorted(found.values(), key=lambda trial: trial.spec.index))

    def find(self, namespace: str, name: str) -> TrialView | None:
        """Return the trial of a name, None if there is none."""
        trial = self._stores.trials.get(namespace, name)
        if trial and not trial.meta.deleting:
            return trial
        searches = (one for one in self._stores.searches.all() if one.meta.namespace == namespace)
        return next((found for one in searches if (found := self._ledgers.trials(one).get(name))), trial)
