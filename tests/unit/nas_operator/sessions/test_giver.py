"""Who gets keys, when, and what is said where there are none; what is written is in test_renewal.py and manifests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.support.factories import START, meta
from tests.support.trials import trial_input

from nas_core.api.storage import Storage
from nas_core.contract import TrialInput
from nas_core.reasons import StorageReason
from nas_core.records.metadata import Meta
from nas_core.records.names import TRIAL_INPUT_ANNOTATION
from nas_operator.errors import NoSession, NotScoped
from nas_operator.sessions.giver import CHECKED_S, SessionGiver, partition_of, renew_after_s
from nas_storage.credentials import Credentials
from nas_storage.faults import StorageFault
from nas_storage.session import SESSION_S, Session

OWNER = meta("s")
STORAGE = Storage(bucket="nas", endpoint="http://s3", scoped=True)
GIVEN = trial_input(storage={"bucket": "nas", "root": "ns/s/uid-s", "endpoint": "http://s3"})
REFUSED = StorageFault(StorageReason.SESSION_REFUSED, "no session")


class FakeBuckets:
    """A storage that gives sessions, or does not."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.fault: StorageFault | None = None
        self.wide: StorageFault | None = None

    async def session(self, owner: Meta, storage: Storage, name: str, document: str) -> Session:
        self.asked.append((name, document))
        if self.fault:
            raise self.fault
        return Session(Credentials("ASIA", "s", "t"), START + timedelta(hours=1))

    async def require_limits(self, owner: Meta, storage: Storage, session: Session, key: str) -> None:
        self.tried.append(key)
        if self.wide:
            raise self.wide


class Bench:
    def __init__(self, enabled: bool = True) -> None:
        self.buckets, self.time = FakeBuckets(), 100.0
        client: Any = None
        buckets: Any = self.buckets
        self.giver = SessionGiver(client, buckets, enabled, lambda: self.time)

    async def for_job(self, storage: Storage | None = STORAGE, given: TrialInput = GIVEN) -> Session | None:
        annotations = {TRIAL_INPUT_ANNOTATION: given.model_dump_json(by_alias=True)}
        body = {"metadata": {"name": "job"}, "spec": {"template": {"metadata": {"annotations": annotations}}}}
        return await self.giver.for_job(OWNER, storage, body)


async def test_a_storage_is_tried_once_before_any_pod_gets_keys() -> None:
    bench = Bench()
    assert await bench.for_job() and await bench.for_job()
    assert bench.buckets.tried == ["ns/s/uid-s/ledger/head.json.gz"]
    assert [name for name, _ in bench.buckets.asked] == ["nas-s", "job", "job"]
    assert "ns/s/uid-s/trials/digits-0/*" in bench.buckets.asked[1][1]
    bench.time += CHECKED_S
    await bench.for_job()
    # And when it is another one.
    await bench.for_job(STORAGE.model_copy(update={"region": "eu-west-1"}))
    assert len(bench.buckets.tried) == 3


async def test_a_session_has_a_name_that_sts_takes_also_where_the_search_has_one_letter() -> None:
    bench = Bench()
    await bench.giver.require(OWNER, STORAGE)
    assert OWNER.name == "s" and all(2 <= len(name) <= 64 for name, _ in bench.buckets.asked)


async def test_nothing_is_asked_for_where_the_storage_is_not_scoped() -> None:
    bench = Bench()
    assert await bench.for_job(None) is None
    assert await bench.for_job(Storage(bucket="nas")) is None
    assert not bench.buckets.asked


async def test_an_operator_that_may_not_write_secrets_says_so_and_asks_for_no_keys() -> None:
    bench = Bench(enabled=False)
    with pytest.raises(NoSession, match=r"storage\.scoped of its chart"):
        await bench.for_job()
    with pytest.raises(StorageFault) as raised:
        await bench.giver.require(OWNER, STORAGE)
    assert raised.value.reason == StorageReason.SCOPED_NOT_ENABLED and not bench.buckets.asked


async def test_keys_that_are_not_limited_are_given_to_nobody() -> None:
    bench = Bench()
    bench.buckets.wide = StorageFault(StorageReason.SESSION_NOT_LIMITED, "wide")
    for _ in range(2):
        with pytest.raises(NoSession, match="wide"):
            await bench.for_job()
    assert [name for name, _ in bench.buckets.asked] == ["nas-s", "nas-s"], "none for the pod"


async def test_after_a_refusal_the_next_probe_asks_again() -> None:
    bench = Bench()
    await bench.for_job()
    bench.buckets.fault = REFUSED
    with pytest.raises(NoSession, match="no session"):
        await bench.for_job()
    with pytest.raises(StorageFault, match="no session"):
        await bench.giver.require(OWNER, STORAGE)
    bench.buckets.fault = None
    await bench.giver.require(OWNER, STORAGE)


async def test_what_no_policy_limits_is_not_run() -> None:
    among_the_results = trial_input(
        storage={"bucket": "nas", "root": "ns/s/uid-s"}, task={"dataset": {"uri": "s3://nas/ns"}}
    )
    with pytest.raises(NotScoped, match=r"task\.dataset\.uri"):
        await Bench().for_job(given=among_the_results)


@pytest.mark.parametrize(
    ("life", "seconds"),
    # A server's clock that is ahead, or behind, does not make keys last longer, nor be asked for without a pause.
    [(3600, 1800), (900, 450), (7200, SESSION_S / 2), (-3600, 30)],
)
def test_keys_are_renewed_at_half_of_their_life(life: int, seconds: float) -> None:
    assert renew_after_s(START + timedelta(seconds=life), START) == seconds


@pytest.mark.parametrize(
    ("role", "partition"),
    [
        (None, "aws"),
        ("arn:aws:iam::123456789012:role/r", "aws"),
        ("arn:aws-cn:iam::123456789012:role/r", "aws-cn"),
        ("arn:minio:iam:::role/r", "aws"),
    ],
)
def test_the_bucket_is_named_in_the_partition_of_the_role(role: str | None, partition: str) -> None:
    assert partition_of(role) == partition
