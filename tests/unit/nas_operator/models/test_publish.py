from __future__ import annotations

from typing import Any

import pytest
from tests.support.factories import raw_search
from tests.support.models import CONDITIONS, STORAGE, raw_model
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import ApiError
from nas_operator.kube.client import MODELS, SEARCHES, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.leadership.claims import Claims
from nas_operator.models.publish import Publisher

URL = f"{path(MODELS, 'ns')}/digits-uid-s"
BEST = {"trial": "s-r9-best", "architecture": "a", "id": "1", "metrics": {}}


def world(api: ApiServer) -> Stores:
    found = Stores()
    status = {"conditions": CONDITIONS, "retrained": [BEST]}
    raw = raw_search(status, storage=STORAGE, retrain={"epochs": 9, "publish": {"name": "digits"}})
    found.searches.put(api.add(path(SEARCHES, "ns"), raw))
    return found


def publisher_of(client: Client, stores: Stores) -> Publisher:
    return Publisher(client, stores, Claims(client, stores, lambda: None))


def recorded(api: ApiServer) -> Any:
    return api.objects[f"{path(SEARCHES, 'ns')}/s"]["status"].get("published")


async def test_a_model_is_published_once_and_told(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    publisher = publisher_of(client, world(api))
    await publisher.reconcile(("ns", "s"))
    await publisher.reconcile(("ns", "s"))
    assert api.names(path(MODELS, "ns")) == ["digits-uid-s"]
    assert [url for _, url in api.writes] == ["nasmodels", "nassearches/s/status"]
    assert recorded(api) == {"model": "digits-uid-s", "trial": "s-r9-best"}
    assert [o["reason"] for url, o in api.objects.items() if "/events/" in url] == ["Published"]


async def test_each_target_is_recorded_by_itself(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    stores, names = Stores(), ("phone", "mcu")
    limits = [{"metric": "flops", "max": 10**9}]
    raw = raw_search(
        {"conditions": CONDITIONS, "targets": [{"name": name, "retrained": [BEST]} for name in names]},
        storage=STORAGE,
        retrain={"epochs": 9, "publish": {"name": "digits"}},
        targets=[{"name": name, "constraints": limits} for name in names],
    )
    stores.searches.put(api.add(path(SEARCHES, "ns"), raw))
    await publisher_of(client, stores).reconcile(("ns", "s"))
    await publisher_of(client, stores).reconcile(("ns", "s"))
    assert api.names(path(MODELS, "ns")) == ["digits-mcu-uid-s", "digits-phone-uid-s"]
    written = api.objects[f"{path(SEARCHES, 'ns')}/s"]["status"]["targets"]
    assert [one["published"]["model"] for one in written] == ["digits-phone-uid-s", "digits-mcu-uid-s"]
    assert [url for _, url in api.writes].count("nasmodels") == 2


async def test_a_model_that_somebody_deletes_does_not_come_back(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    stores = world(api)
    await publisher_of(client, stores).reconcile(("ns", "s"))
    stores.models.remove(api.objects.pop(URL))
    await publisher_of(client, stores).reconcile(("ns", "s"))
    assert URL not in api.objects


async def test_killed_before_it_is_recorded_it_is_recorded_by_the_next_look(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.faults["PATCH", "/status"] = (500, "etcd")
    with pytest.raises(ApiError):
        await publisher_of(client, world(api)).reconcile(("ns", "s"))
    assert URL in api.objects and recorded(api) is None
    api.faults.clear()
    await publisher_of(client, world(api)).reconcile(("ns", "s"))
    assert recorded(api) and [url for _, url in api.writes].count("nasmodels") == 2
    assert api.names(path(MODELS, "ns")) == ["digits-uid-s"]


async def test_a_model_of_somebody_else_stays_and_is_not_on_record(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.add(path(MODELS, "ns"), raw_model("digits-uid-s", meta={"uid": "theirs"}))
    await publisher_of(client, world(api)).reconcile(("ns", "s"))
    assert api.objects[URL]["metadata"]["uid"] == "theirs" and recorded(api) is None


async def test_in_a_namespace_that_ends_nothing_is_published(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.terminating = True
    await publisher_of(client, world(api)).reconcile(("ns", "s"))
    assert URL not in api.objects and recorded(api) is None


async def test_a_fault_is_for_the_backoff(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.faults[("POST", "/nasmodels")] = (500, "etcd")
    with pytest.raises(ApiError):
        await publisher_of(client, world(api)).reconcile(("ns", "s"))


async def test_a_search_that_is_gone_publishes_nothing(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    await publisher_of(client, Stores()).reconcile(("ns", "s"))
    assert not api.writes
