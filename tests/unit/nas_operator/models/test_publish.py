from __future__ import annotations

import pytest
from tests.support.factories import raw_search
from tests.support.models import CONDITIONS, STORAGE
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import ApiError
from nas_operator.kube.client import MODELS, Client, path
from nas_operator.kube.stores import Stores
from nas_operator.models.publish import Publisher

BEST = {"trial": "s-r9-best", "architecture": "a", "id": "1", "metrics": {}}


def stores() -> Stores:
    found = Stores()
    status = {"conditions": CONDITIONS, "retrained": [BEST]}
    found.searches.put(raw_search(status, storage=STORAGE, retrain={"epochs": 9, "publish": {"name": "digits"}}))
    return found


async def test_a_model_is_published_once(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    publisher = Publisher(client, stores())
    await publisher.reconcile(("ns", "s"))
    await publisher.reconcile(("ns", "s"))
    assert api.names(path(MODELS, "ns")) == ["digits-uid-s"] and len(api.writes) == 1


async def test_a_model_that_is_there_already_stays(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.add(path(MODELS, "ns"), {"metadata": {"name": "digits-uid-s", "uid": "theirs"}})
    await Publisher(client, stores()).reconcile(("ns", "s"))
    assert api.objects[f"{path(MODELS, 'ns')}/digits-uid-s"]["metadata"]["uid"] == "theirs"


async def test_a_fault_is_for_the_backoff(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    api.faults[("POST", "/nasmodels")] = (500, "etcd")
    with pytest.raises(ApiError):
        await Publisher(client, stores()).reconcile(("ns", "s"))


async def test_a_search_that_is_gone_publishes_nothing(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    await Publisher(client, Stores()).reconcile(("ns", "s"))
    assert not api.writes
