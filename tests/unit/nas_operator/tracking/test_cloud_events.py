from __future__ import annotations

import pytest
from tests.support.tracked import NOW, begun, done
from tests.unit.nas_operator.tracking.conftest import Receiver

from nas_core.reasons import TrackingReason
from nas_operator.tracking import cloud_events as cloud_events_module
from nas_operator.tracking.cloud_events import EventsDelivery
from nas_operator.tracking.faults import TrackingFault
from nas_operator.tracking.http import TrackingHttp
from nas_plan.tracking.record import Record

TRIALS = [done(0, 0.3), done(1, 0.6)]
ALL = ["uid-s/started", "uid-s/best/1", "uid-s/best/2", "uid-s/ended/2026-01-01T01:00:00Z"]


async def test_events_come_in_their_order_and_once(receiver: Receiver, http: TrackingHttp) -> None:
    delivery = EventsDelivery(http, receiver.url)
    told, left = await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {"Authorization": "Bearer t"})
    assert receiver.ids() == ALL and left == 0
    assert (told.started, told.sequence, told.ended is not None) == (True, 2, True)
    assert receiver.headers[0]["Content-Type"] == "application/cloudevents+json; charset=utf-8"
    assert receiver.headers[0]["Authorization"] == "Bearer t"
    # Also before the status that says so is written.
    await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {})
    assert receiver.ids() == ALL


@pytest.mark.parametrize("at", range(4))
async def test_after_a_fault_it_goes_on_where_it_was(at: int, receiver: Receiver, http: TrackingHttp) -> None:
    receiver.answers = [204] * at + [503]
    delivery = EventsDelivery(http, receiver.url)
    with pytest.raises(TrackingFault, match="answers 503") as fault:
        await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {})
    assert fault.value.of_server and receiver.ids() == ALL[:at]
    await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {})
    assert receiver.ids() == ALL


async def test_an_operator_that_starts_sends_what_is_not_in_the_status_with_the_same_ids(
    receiver: Receiver, http: TrackingHttp
) -> None:
    told, _ = await EventsDelivery(http, receiver.url).deliver(Record(begun(), TRIALS[:1], [], NOW), {})
    status = {"tracking": {"cloudEvents": told.to_dict()}}
    for _ in range(2):
        await EventsDelivery(http, receiver.url).deliver(Record(begun(ended=True, status=status), TRIALS, [], NOW), {})
    assert receiver.ids() == [*ALL, *ALL[2:]]


async def test_only_so_many_are_sent_in_one_look(
    receiver: Receiver, http: TrackingHttp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_events_module, "A_LOOK", 2)
    delivery = EventsDelivery(http, receiver.url)
    assert (await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {}))[1] == 1
    assert (await delivery.deliver(Record(begun(ended=True), TRIALS, [], NOW), {}))[1] == 0
    assert receiver.ids() == ALL


@pytest.mark.parametrize(
    ("status", "reason", "of_server"),
    [
        (302, TrackingReason.SERVER_ERROR, False),
        (401, TrackingReason.SERVER_DENIES, False),
        (404, TrackingReason.SERVER_ERROR, False),
        (429, TrackingReason.SERVER_ERROR, True),
    ],
)
async def test_what_is_not_taken_says_why(
    status: int, reason: TrackingReason, of_server: bool, receiver: Receiver, http: TrackingHttp
) -> None:
    receiver.answers = [status]
    with pytest.raises(TrackingFault) as fault:
        await EventsDelivery(http, receiver.url).deliver(Record(begun(), TRIALS, [], NOW), {})
    assert (fault.value.reason, fault.value.of_server) == (reason, of_server)
