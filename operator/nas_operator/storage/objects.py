"""Objects in a search's bucket, by boto3 in worker threads so that the event loop never waits for the network."""

from __future__ import annotations

import asyncio
import functools
import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from nas_core.api.storage import Storage
from nas_operator.storage.credentials import Credentials
from nas_operator.storage.faults import StorageFault, explain

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client

T = TypeVar("T")

_POOL = ThreadPoolExecutor(max_workers=16, thread_name_prefix="s3")


@functools.lru_cache(maxsize=128)
def _client(storage: str, credentials: Credentials) -> S3Client:
    spec = Storage.model_validate_json(storage)
    verify: str | None = None
    if spec.ca_bundle:
        handle, verify = tempfile.mkstemp(suffix=".pem", prefix="nas-ca-")
        with os.fdopen(handle, "w") as file:
            file.write(spec.ca_bundle)
    client: S3Client = boto3.session.Session().client(
        "s3",
        endpoint_url=spec.endpoint,
        region_name=spec.region,
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        verify=verify,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": spec.addressing_style},
            connect_timeout=3,
            read_timeout=10,
            max_pool_connections=16,
            # One attempt only: whoever asks comes back with a backoff, and shows in the meantime what is wrong.
            retries={"total_max_attempts": 1},
        ),
    )
    return client


class Objects:
    """The objects of one bucket. Every method raises :class:`StorageFault` when the storage cannot be used."""

    def __init__(self, storage: Storage, credentials: Credentials) -> None:
        self._storage, self._credentials = storage, credentials

    async def _run(self, work: Callable[[S3Client], T]) -> T:
        # Making a client parses botocore's service model (tens of milliseconds): in the thread, and once a storage.
        def call() -> T:
            connection = self._storage.model_dump_json(exclude={"prefix", "secret_ref", "deletion_policy"})
            return work(_client(connection, self._credentials))

        try:
            return await asyncio.get_running_loop().run_in_executor(_POOL, call)
        except (ClientError, BotoCoreError, OSError) as error:
            spec = self._storage
            raise explain(error, spec.bucket, spec.endpoint, spec.secret_ref.name) from error

    async def get(self, key: str, limit: int = 1 << 20) -> bytes | None:
        """Return an object's content, None if there is none.

        Raises:
            StorageFault: also with reason ``ObjectTooLarge`` if it has more than ``limit`` bytes.
        """

        def work(client: S3Client) -> bytes | None:
            try:
                answer = client.get_object(Bucket=self._storage.bucket, Key=key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                    return None
                raise
            if answer["ContentLength"] > limit:
                answer["Body"].close()
                raise StorageFault("ObjectTooLarge", f"object {key} has more than {limit} bytes")
            content: bytes = answer["Body"].read()
            return content

        return await self._run(work)

    async def put_once(self, key: str, content: bytes) -> bytes:
        """Put an object unless there is one (``If-None-Match: *``); return the content that is there then."""

        def work(client: S3Client) -> bool:
            try:
                client.put_object(
                    Bucket=self._storage.bucket, Key=key, Body=content, IfNoneMatch="*", ContentType="application/json"
                )
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") in (409, 412):
                    return False
                raise
            return True

        if await self._run(work):
            return content
        existing = await self.get(key)
        return content if existing is None else existing

    async def newest(self, prefix: str, ending: str) -> str | None:
        """Return the last key, in their order, that begins and ends so; None if there is none."""

        def work(client: S3Client) -> str | None:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._storage.bucket, Prefix=prefix)
            keys = (item["Key"] for page in pages for item in page.get("Contents", ()))
            return max((key for key in keys if key.endswith(ending)), default=None)

        return await self._run(work)

    async def probe(self, prefix: str) -> None:
        """Return if the bucket answers a list of the prefix."""
        await self._run(lambda client: client.list_objects_v2(Bucket=self._storage.bucket, Prefix=prefix, MaxKeys=1))

    async def delete_prefix(self, prefix: str) -> int:
        """Delete every object below a prefix; return how many. Safe to repeat."""
        if not prefix.strip("/"):
            raise ValueError("refusing to delete a whole bucket")

        def work(client: S3Client) -> int:
            count = 0
            for page in client.get_paginator("list_objects_v2").paginate(Bucket=self._storage.bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    # One by one: servers disagree on what a batch delete must be signed with.
                    client.delete_object(Bucket=self._storage.bucket, Key=item["Key"])
                    count += 1
            return count

        return await self._run(work)
