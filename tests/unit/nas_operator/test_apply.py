"""Carrying out a plan when the API server refuses a part of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.nas_operator.factories import START, raw_search, raw_trial

from nas_core.api.trial import NASTrialStatus
from nas_operator.apply import Applier, Conflict
from nas_operator.client import ApiError, Client
from nas_operator.gather import Stores
from nas_operator.plan.actions import Actions, RecordTrial
from nas_operator.settings import Settings
from nas_operator.store import Store
from nas_operator.views import JobView, PodView, SearchView, TrialView


class Recorder(Client):
    """Refuses the write of one trial and notes the others."""

    def __init__(self, refused: str) -> None:
        self.refused = refused
        self.written: list[str] = []

    async def patch(self, url: str, body: Any, content_type: str = "application/merge-patch+json") -> dict[str, Any]:
        name = url.split("/")[-2]
        if name == self.refused:
            raise ApiError(409, "Conflict", "the object has been modified")
        self.written.append(name)
        return raw_trial(int(name[-5:]), body["status"])


async def test_a_result_that_is_not_written_leaves_no_gap_before_the_next() -> None:
    stores = Stores(
        searches=Store(SearchView.of, lambda key: None),
        trials=Store(TrialView.of, lambda key: None),
        jobs=Store(JobView.of, lambda key: None),
        pods=Store(PodView.of, lambda key: None),
    )
    trials = [TrialView.of(raw_trial(index)) for index in range(3)]
    records = tuple(RecordTrial(trial, NASTrialStatus(sequence=trial.spec.index + 1)) for trial in trials)
    client = Recorder(refused=trials[1].meta.name)
    with pytest.raises(Conflict):
        await Applier(client, stores, Settings()).apply(
            SearchView.of(raw_search()), Actions(records=records), START, write_status=False
        )
    assert client.written == [trials[0].meta.name]
