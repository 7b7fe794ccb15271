from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import Any

import pytest
from tests.support.factories import raw_meta, raw_pod
from tests.support.models import MADE, STORAGE, begun
from tests.unit.nas_operator.api_server import ApiServer

from nas_core.api.model import Artifact
from nas_core.api.storage import Storage
from nas_operator.kube.client import PODS, SECRETS, Client, path
from nas_operator.models.bucket import ModelBucket
from nas_operator.settings import Settings
from nas_operator.storage.objects import Buckets, Objects
from nas_storage.faults import ObjectTooLarge, StorageFault

PREFIX = "team/ns/models/digits/1-uid-digits/"
FILES = PREFIX + "0a1b/"
WHERE = Storage.model_validate(STORAGE)


def artifact(name: str, content: bytes, etag: str) -> Artifact:
    return Artifact(path=name, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), etag=etag)


@pytest.fixture
def objects(served: tuple[ApiServer, Client], monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The bucket: contents by key; a tag is the length."""
    held: dict[str, bytes] = {}

    async def tags(_: Objects, prefix: str) -> dict[str, str]:
        return {key: f"t{len(content)}" for key, content in held.items() if key.startswith(prefix)}

    async def get(_: Objects, key: str, limit: int = 1 << 20) -> bytes | None:
        if len(held.get(key, b"")) > limit:
            raise ObjectTooLarge(key, limit)
        return held.get(key)

    async def delete_some(_: Objects, prefix: str) -> tuple[int, bool]:
        gone = [key for key in held if key.startswith(prefix)]
        for key in gone:
            del held[key]
        return len(gone), True

    async def put_once(_: Objects, key: str, content: bytes) -> bytes:
        return held.setdefault(key, content)

    for method in (tags, get, delete_some, put_once):
        monkeypatch.setattr(Objects, method.__name__, method)
    keys = {name: b64encode(b"k").decode() for name in ("accessKeyID", "secretAccessKey")}
    secret: dict[str, Any] = {
        "metadata": raw_meta("nas-storage", labels={"nas-operator.io/use": "trial"}),
        "data": keys,
    }
    served[0].add(path(SECRETS, "ns"), secret)
    return held


@pytest.fixture
def bucket(served: tuple[ApiServer, Client]) -> ModelBucket:
    return ModelBucket(served[1], Buckets(served[1], Settings(), lambda _: ()))


async def test_only_files_with_another_tag_are_read(bucket: ModelBucket, objects: dict[str, bytes]) -> None:
    objects |= {
        FILES + "same": b"x",
        FILES + "rewritten": b"abc",
        FILES + "damaged": b"bad",
        FILES + "long": b"long",
    }
    files = [
        artifact("same", b"not read", "t1"),
        artifact("rewritten", b"abc", "older"),
        artifact("damaged", b"was", "older"),
        artifact("long", b"lon", "older"),
        artifact("missing", b"", "t0"),
    ]
    found = await bucket.stored(begun(), WHERE, FILES, files)
    assert found.wrong == {"damaged", "long"} and "missing" not in found.tags


async def test_a_large_file_that_was_written_again_counts_as_changed(
    bucket: ModelBucket, objects: dict[str, bytes]
) -> None:
    objects[FILES + "weights"] = b"w"
    large = artifact("weights", b"w", "older").model_copy(update={"bytes": 1 << 30})
    assert (await bucket.stored(begun(), WHERE, FILES, [large])).wrong == {"weights"}


async def test_only_what_is_below_the_model_is_deleted(bucket: ModelBucket, objects: dict[str, bytes]) -> None:
    others = {"team/ns/models/digits/1-uid-digits2/w": b"", "team/ns/models/digits/2-other/w": b"", "team/ns/s/w": b""}
    objects |= {FILES + "weights": b"w", PREFIX + "result.json": b"{}"} | others
    assert await bucket.empty(begun(), WHERE)
    assert objects == others


@pytest.mark.parametrize("content", [b"", b"[]", b"no JSON", b'{"origin": {"packages": 3}}', b"[" * 100_000])
async def test_a_strange_bundle_has_no_packages(bucket: ModelBucket, objects: dict[str, bytes], content: bytes) -> None:
    objects[FILES + "bundle.json"] = content
    assert await bucket.packages(begun(), WHERE, FILES) == {}


async def test_packages_are_those_of_the_bundle(bucket: ModelBucket, objects: dict[str, bytes]) -> None:
    objects[FILES + "bundle.json"] = b'{"origin": {"packages": {"torch": "2.11"}}}'
    assert await bucket.packages(begun(), WHERE, FILES) == {"torch": "2.11"}


async def test_a_secret_that_its_owner_has_not_marked_is_not_used(
    served: tuple[ApiServer, Client], bucket: ModelBucket, objects: dict[str, bytes]
) -> None:
    served[0].objects[f"{path(SECRETS, 'ns')}/nas-storage"]["metadata"]["labels"] = {}
    with pytest.raises(StorageFault, match="not marked"):
        await bucket.empty(begun(), WHERE)


async def test_the_result_lies_with_the_model_and_the_first_one_stands(
    served: tuple[ApiServer, Client], bucket: ModelBucket, objects: dict[str, bytes]
) -> None:
    said = MADE.model_dump_json(by_alias=True, exclude_none=True)
    status = {"containerStatuses": [{"name": "trial", "state": {"terminated": {"exitCode": 0, "message": said}}}]}
    pod = raw_pod("digits-export-1", "", status)
    pod["metadata"]["labels"]["job-name"] = "digits-export"
    served[0].add(path(PODS, "ns"), pod)
    assert (await bucket.collect(begun(), WHERE, "digits-export")).result == MADE
    assert list(objects) == [PREFIX + "result.json"]
    first = MADE.model_copy(update={"warnings": ["another attempt's"]})
    objects[PREFIX + "result.json"] = first.model_dump_json(by_alias=True, exclude_none=True).encode()
    assert (await bucket.collect(begun(), WHERE, "digits-export")).result == first
