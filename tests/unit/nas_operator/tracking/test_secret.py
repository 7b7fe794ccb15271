from __future__ import annotations

import base64
from typing import Any

import pytest
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.reasons import TrackingReason
from nas_operator.kube.client import SECRETS, Client, path
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.secret import read_headers

Served = tuple[ApiServer, Client]


def secret(use: str = "tracking", **values: str) -> dict[str, Any]:
    data = {name: base64.b64encode(value.encode()).decode() for name, value in values.items()}
    return {"metadata": {"name": "nas-tracking", "labels": {"nas-operator.io/use": use}}, "data": data}


async def read(served: Served, raw: dict[str, Any] | None, name: str = "nas-tracking") -> Any:
    api, client = served
    if raw:
        api.add(path(SECRETS, "ns"), raw)
    return await read_headers(client, "ns", name, ("nas-tracking",))


async def test_a_token_or_a_user_opens_the_server(served: Served) -> None:
    assert await read(served, secret(token="abc\n")) == {"Authorization": "Bearer abc"}
    assert await read(served, secret(username="u", password="p:q")) == {
        "Authorization": "Basic " + base64.b64encode(b"u:p:q").decode()
    }


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (None, "create it"),
        (secret("trial", token="t0p"), r"is not marked for tracking; .* nas-operator\.io/use=tracking"),
        (secret(), "no readable key 'token'"),
        (secret(username="t0p"), "no readable key 'token'"),
        (secret(token="t0p\r\nX-Other: 1"), "no readable key 'token'"),
        ({**secret(), "data": {"token": "!"}}, "no readable key 'token'"),
    ],
)
async def test_a_secret_that_cannot_be_used_says_why(served: Served, raw: dict[str, Any] | None, why: str) -> None:
    served[0].objects[f"{path(SECRETS, 'ns')}/other"] = {"metadata": {"name": "other"}}
    with pytest.raises(TrackingFault, match=why) as fault:
        await read(served, raw)
    assert fault.value.reason == TrackingReason.TRACKING_SECRET_UNUSABLE and "t0p" not in fault.value.message


async def test_a_secret_of_another_name_is_not_asked_for(served: Served) -> None:
    with pytest.raises(TrackingFault, match="install the operator with tracking"):
        await read(served, None, "admin")
    assert served[0].requests == []


async def test_a_role_without_the_right_is_named(served: Served) -> None:
    served[0].faults["GET", "nas-tracking"] = (403, "forbidden")
    with pytest.raises(TrackingFault, match="the operator's role does not let it read"):
        await read(served, secret(token="t0p"))
