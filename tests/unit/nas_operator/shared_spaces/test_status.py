from __future__ import annotations

import pytest
from tests.support.factories import START, raw_search, raw_space
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.records.space import SpaceView
from nas_operator.kube.client import SPACES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.shared_spaces.status import report, space_status

URL = path(SPACES, "ns")


def test_a_space_is_accepted_with_its_size() -> None:
    status = space_status(SpaceView.of(raw_space(name="nas-bench-201")), START)
    assert status.size == "15625"
    assert [(c.type, c.status, c.reason) for c in status.conditions] == [("Accepted", "True", "Valid")]


def test_a_space_that_makes_no_sense_says_why() -> None:
    status = space_status(SpaceView.of(raw_space(decisions=[{"name": "a", "choice": ["x", "x"]}])), START)
    assert status.size is None
    assert status.conditions[0].status == "False"
    assert "'a': give at least one option, each once" in status.conditions[0].message


async def test_the_status_is_written_once(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    await report(client, SpaceView.of(api.add(URL, raw_space(name="nas-bench-201"))))
    written = api.objects[f"{URL}/shared"]
    assert written["status"]["size"] == "15625"
    before = len(api.writes)
    await report(client, SpaceView.of(written))
    assert len(api.writes) == before


def test_a_space_wakes_the_searches_that_refer_to_it() -> None:
    stores = Stores()
    stores.searches.put(raw_search(searchSpace={"ref": {"name": "shared"}}))
    assert stores.searches_in(("ns", "shared")) == [("ns", "s")]
    assert stores.searches_in(("ns", "other")) == stores.searches_in(("elsewhere", "shared")) == []


def test_a_space_of_absurd_size_has_its_size_told() -> None:
    decisions = [{"name": f"d{n}", "integer": {"min": 1, "max": 10**9}} for n in range(35)]
    status = space_status(SpaceView.of(raw_space(decisions=decisions)), START)
    assert status.size == "1e+315" and status.conditions[0].status == "True"


def test_whatever_is_the_matter_with_a_space_is_its_own_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> str:
        raise OverflowError("too large")

    monkeypatch.setattr("nas_operator.shared_spaces.status.written_size", broken)
    status = space_status(SpaceView.of(raw_space(name="nas-bench-201")), START)
    told = status.conditions[0]
    assert (told.status, told.reason, told.message) == ("False", "InternalError", "OverflowError: too large")


def test_a_space_that_raises_while_it_is_read_is_kept_with_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> str:
        raise RecursionError("too deep")

    monkeypatch.setattr("nas_core.spaces.get_space", broken)
    view = SpaceView.of(raw_space(name="nas-bench-201"))
    assert view.spec is None and view.error == "spec: RecursionError: too deep"
