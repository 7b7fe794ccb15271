from __future__ import annotations

from typing import Any

import pytest
from tests.unit.nas_operator.api_server import ApiServer

from nas_operator.errors import ApiDenied, ApiError, Conflict, NamespaceTerminating, OperatorError, StatusDenied
from nas_operator.kube.client import JOBS, Client, path
from nas_operator.kube.writes import Writer

URL = path(JOBS, "ns")
JOB: dict[str, Any] = {"metadata": {"name": "j"}}
EVENT: dict[str, Any] = {
    "metadata": {"name": "j.1", "namespace": "ns"},
    "involvedObject": {"namespace": "ns", "name": "j"},
    "reason": "Exported",
    "message": "it is there",
}


async def test_what_is_there_is_not_made_again(served: tuple[ApiServer, Client]) -> None:
    writer = Writer(served[1])
    made = await writer.make(URL, JOB)
    assert await writer.make(URL, JOB | {"spec": {}}) == made


@pytest.mark.parametrize(
    ("status", "message", "raised"),
    [
        (403, "exceeded quota", ApiDenied),
        (500, 'failed calling webhook "w"', ApiDenied),
        (500, "etcd", ApiError),
    ],
)
async def test_a_create_is_denied_or_tried_again(
    served: tuple[ApiServer, Client], status: int, message: str, raised: type[OperatorError]
) -> None:
    served[0].faults["POST", "/jobs"] = (status, message)
    with pytest.raises(raised, match=message):
        await Writer(served[1]).make(URL, JOB)


async def test_nothing_is_made_in_a_namespace_that_ends(served: tuple[ApiServer, Client]) -> None:
    served[0].terminating = True
    with pytest.raises(NamespaceTerminating):
        await Writer(served[1]).make(URL, JOB)


async def test_what_is_gone_or_is_anothers_is_deleted_already(served: tuple[ApiServer, Client]) -> None:
    writer = Writer(served[1])
    assert await writer.delete(f"{URL}/j", "uid-j") == {}
    await writer.make(URL, JOB)
    assert await writer.delete(f"{URL}/j", "another") == {}
    assert "deletionTimestamp" in (await writer.delete(f"{URL}/j", "uid-j"))["metadata"]


async def test_a_change_of_what_has_changed_is_a_conflict(served: tuple[ApiServer, Client]) -> None:
    api, client = served
    writer = Writer(client)
    await writer.make(URL, JOB)
    with pytest.raises(Conflict):
        await writer.patch(f"{URL}/j", {"metadata": {"resourceVersion": "1"}})
    api.faults["PATCH", "/j"] = (422, "too long")
    with pytest.raises(StatusDenied, match="too long"):
        await writer.patch(f"{URL}/j", {"metadata": {}})


async def test_an_event_that_cannot_be_told_stops_nothing(
    served: tuple[ApiServer, Client], caplog: pytest.LogCaptureFixture
) -> None:
    writer = Writer(served[1])
    await writer.tell(EVENT)
    await writer.tell(EVENT)
    assert "event Exported" not in caplog.text
    served[0].faults["POST", "/events"] = (500, "etcd")
    await writer.tell(EVENT)
    assert "event Exported of ns/j: 500" in caplog.text
