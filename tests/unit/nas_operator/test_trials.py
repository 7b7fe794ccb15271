from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.factories import START, raw_search, raw_trial, stamp

from nas_core.api.search_status import LedgerStatus
from nas_core.records.search import SearchView, read_search
from nas_core.records.trial import TrialView
from nas_operator.errors import LedgerNotRead
from nas_operator.kube.stores import Stores
from nas_operator.storage.ledgers import Ledgers
from nas_operator.trials import Trials

HEAD = LedgerStatus(segments=1, trials=1, hash="sha256:" + "0" * 64)


class Kept(Ledgers):
    """A ledger that has been read, or not yet."""

    def __init__(self, *trials: TrialView, read: bool = True) -> None:
        self.held, self.read_yet = {trial.meta.name: trial for trial in trials}, read

    def trials(self, search: SearchView) -> dict[str, TrialView]:
        if not self.read_yet:
            raise LedgerNotRead("not yet")
        return self.held


def store(*trials: dict[str, object]) -> Stores:
    stores = Stores()
    stores.searches.put(raw_search({"ledger": HEAD.to_dict()}))
    for trial in trials:
        stores.trials.put(trial)
    return stores


def test_what_the_ledger_has_counts_and_not_an_object_that_somebody_has_changed() -> None:
    recorded = TrialView.of(raw_trial(0, {"sequence": 1, "metrics": {"val_accuracy": 0.5}}))
    stores = store(raw_trial(0, {"sequence": 1, "metrics": {"val_accuracy": 0.9}}), raw_trial(1))
    trials = Trials(stores, Kept(recorded, replace(recorded, spec=recorded.spec.model_copy(update={"index": 2}))))
    found = Trials(stores, Kept(recorded)).of(read_search(raw_search()))
    assert [trial.status.metrics for trial in found] == [{"val_accuracy": 0.5}, {}]
    assert set(trials.objects(read_search(raw_search()))) == {"s-00000", "s-00001"}


def test_a_trial_is_found_wherever_it_is() -> None:
    recorded = TrialView.of(raw_trial(0, {"sequence": 1}))
    going = raw_trial(0, {"sequence": 1}, deletionTimestamp=stamp(START))
    assert Trials(store(), Kept(recorded)).find("ns", "s-00000") == recorded
    assert Trials(store(going), Kept(recorded)).find("ns", "s-00000") == recorded, "its object is on its way out"
    assert Trials(store(), Kept(recorded)).find("another", "s-00000") is None
    assert Trials(store(), Kept()).find("ns", "s-00000") is None
    with pytest.raises(LedgerNotRead):
        Trials(store(), Kept(read=False)).find("ns", "s-00000")
    assert Trials(store(raw_trial(0)), Kept(read=False)).find("ns", "s-00000"), "no ledger is needed for it"
