from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support.factories import raw_search, raw_trial
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.api.search_status import OperatorTerm
from nas_core.records.search import SearchView
from nas_operator.errors import Conflict, HeldByAnotherOperator
from nas_operator.kube.client import LEASES, SEARCHES, TRIALS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.kube.writes import Writer
from nas_operator.leadership.claims import Claims

SEARCHES_URL, TRIALS_URL = path(SEARCHES, "ns"), path(TRIALS, "ns")
OTHERS = path(LEASES, "nas")


def term(release: str = "nas-operator", holder: str = "pod", day: int = 1) -> OperatorTerm:
    return OperatorTerm(lease=f"nas/{release}", holder=holder, since=datetime(2026, 1, day, tzinfo=UTC))


class Bench:
    """A search with trials, and operators that claim it."""

    def __init__(self, api: ApiServer, client: Client) -> None:
        self.api, self.client, self.stores, self.now = api, client, Stores(), 0.0
        self.stores.searches.put(api.add(SEARCHES_URL, raw_search()))

    def claims(self, mine: OperatorTerm | None) -> Claims:
        return Claims(self.client, self.stores, lambda: mine, lambda: self.now)

    @property
    def search(self) -> SearchView:
        found = self.stores.searches.get("ns", "s")
        assert found
        return found

    def trial(self, index: int, **status: Any) -> None:
        self.stores.trials.put(self.api.add(TRIALS_URL, raw_trial(index, status=status)))

    def lease(self, name: str, holder: str, version: str = "1") -> None:
        spec = {"holderIdentity": holder, "leaseDurationSeconds": 15}
        self.api.add(OTHERS, {"metadata": {"name": name, "resourceVersion": version}, "spec": spec})


@pytest.fixture
def bench(served: tuple[ApiServer, Client]) -> Bench:
    return Bench(*served)


async def test_a_search_is_claimed_once_by_each_leader(bench: Bench) -> None:
    claims = bench.claims(term())
    search = await claims.claim(bench.search)
    assert search.status.operator == term() and claims.holds(search)
    assert await claims.claim(search) is search
    assert bench.api.writes == [("PATCH", "nassearches/s/status")]
    again = await bench.claims(term(day=2)).claim(bench.search)
    assert again.status.operator == term(day=2) and not claims.holds(again)


async def test_without_an_election_nothing_is_written(bench: Bench) -> None:
    claims = bench.claims(None)
    assert await claims.claim(bench.search) is bench.search
    assert bench.api.writes == [] and claims.holds(bench.search)


async def test_what_an_earlier_leader_still_has_on_its_way_is_refused(bench: Bench) -> None:
    bench.trial(0, sequence=1)
    bench.trial(1)
    late = [
        (url, {"metadata": {"resourceVersion": bench.api.objects[url]["metadata"]["resourceVersion"]}, "status": {}})
        for url in (f"{SEARCHES_URL}/s", f"{TRIALS_URL}/s-00001")
    ]
    await bench.claims(term(day=2)).claim(bench.search)
    for url, body in late:
        with pytest.raises(Conflict):
            await Writer(bench.client).patch(f"{url}/status", body)
    assert bench.api.writes[:2] == [("PATCH", "nastrials/s-00001/status"), ("PATCH", "nassearches/s/status")]
    trial = bench.stores.trials.get("ns", "s-00001")
    assert trial and trial.status.claimed_at == term(day=2).since, "the store is not behind"


async def test_a_claim_that_was_cut_off_is_made_again(bench: Bench) -> None:
    bench.trial(1)
    bench.api.faults["PATCH", "/nastrials/s-00001/status"] = (409, "changed")
    with pytest.raises(Conflict):
        await bench.claims(term()).claim(bench.search)
    assert bench.search.status.operator is None
    bench.api.faults.clear()
    assert (await bench.claims(term()).claim(bench.search)).status.operator == term()


async def test_the_operator_of_another_release_leaves_it_alone_and_names_the_lease(bench: Bench) -> None:
    await bench.claims(term()).claim(bench.search)
    bench.lease("nas-operator", "pod")
    second = bench.claims(term("second", "other-pod"))
    for _ in range(3):
        with pytest.raises(HeldByAnotherOperator, match="pod, which holds Lease nas/nas-operator, works"):
            await second.claim(bench.search)
    events = [o for url, o in bench.api.objects.items() if "/events/" in url]
    assert [(e["reason"], e["type"]) for e in events] == [("HeldByAnotherOperator", "Warning")], "told once"
    assert "the one of Lease nas/second does not; uninstall one of them" in events[0]["message"]


@pytest.mark.parametrize("holder", ["", None])
async def test_what_another_release_has_given_back_is_taken(bench: Bench, holder: str | None) -> None:
    await bench.claims(term()).claim(bench.search)
    if holder is not None:
        bench.lease("nas-operator", holder)
    else:
        bench.lease("some-other", "pod")
    taken = await bench.claims(term("second")).claim(bench.search)
    assert taken.status.operator == term("second")


async def test_what_another_release_no_longer_renews_is_taken_when_its_lease_has_expired(bench: Bench) -> None:
    await bench.claims(term()).claim(bench.search)
    bench.lease("nas-operator", "pod")
    second = bench.claims(term("second"))
    for bench.now in (0.0, 14.9):
        with pytest.raises(HeldByAnotherOperator):
            await second.claim(bench.search)
    bench.now = 15.0
    assert (await second.claim(bench.search)).status.operator == term("second")


async def test_a_lease_that_may_not_be_read_counts_as_held(bench: Bench) -> None:
    await bench.claims(term()).claim(bench.search)
    bench.api.faults["GET", "/leases/nas-operator"] = (403, "forbidden")
    with pytest.raises(HeldByAnotherOperator):
        await bench.claims(term("second")).claim(bench.search)
