"""The trial's objects in S3-compatible storage: whole objects, put, got and listed, with patience.

A storage that is away for a while must not cost the work done so far: every call is tried again for two minutes.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from nas_core.contract import StorageLocation
from nas_trial.errors import StorageUnavailable
from nas_trial.process.log import log
from nas_trial.process.stop import StopFlag

T = TypeVar("T")

PATIENCE_S = 120.0
"""Seconds a call is tried again, with pauses of 0.5, 1, 2 … 10 s."""
STOPPING_PATIENCE_S = 10.0
"""The same once the trial is being stopped: it has only its grace period."""
RETRIED = ("SlowDown", "RequestTimeout", "ConditionalRequestConflict")
"""Error codes below 500 that pass."""


class NotFound(Exception):
    """There is no such object or bucket."""


class ObjectStore(Protocol):
    """What the trainer needs of a storage."""

    def get(self, key: str) -> bytes:
        """Return an object's content; raise NotFound if there is none."""

    def put(self, key: str, content: bytes) -> None:
        """Put an object, replacing one of this key."""

    def put_once(self, key: str, content: bytes) -> bool:
        """Put an object unless there is one; return whether it was put."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, sorted."""

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with a tag that changes with the content."""

    def delete(self, key: str) -> None:
        """Delete an object; none is no error."""


class S3Store:
    """A bucket of an S3-compatible server."""

    def __init__(
        self, location: StorageLocation, stop: StopFlag, bucket: str | None = None, patience_s: float = PATIENCE_S
    ) -> None:
        import boto3  # here: it costs a second, which a trial without storage need not pay
        from botocore.config import Config

        verify: str | None = None
        if location.ca_bundle:
            handle, verify = tempfile.mkstemp(suffix=".pem")
            with os.fdopen(handle, "w") as file:
                file.write(location.ca_bundle)
        self._bucket, self._stop, self._patience = bucket or location.bucket, stop, patience_s
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=location.endpoint,
            region_name=location.region,
            verify=verify,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": location.addressing_style},
                connect_timeout=5,
                read_timeout=60,
                max_pool_connections=32,
                retries={"total_max_attempts": 1},
            ),
        )

    def get(self, key: str) -> bytes:
        """Return an object's content."""
        content: bytes = self._try(lambda: self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())
        return content

    def put(self, key: str, content: bytes) -> None:
        """Put an object."""
        self._try(lambda: self._client.put_object(Bucket=self._bucket, Key=key, Body=content))

    def put_once(self, key: str, content: bytes) -> bool:
        """Put an object unless there is one (``If-None-Match: *``)."""
        from botocore.exceptions import ClientError

        def put() -> bool:
            try:
                self._client.put_object(Bucket=self._bucket, Key=key, Body=content, IfNoneMatch="*")
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 412:
                    return False
                raise
            return True

        return self._try(put)

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix."""
        return sorted(self.tags(prefix))

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with its ETag and size."""

        def listing() -> dict[str, str]:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            objects = (item for page in pages for item in page.get("Contents", ()))
            return {item["Key"]: f"{item['ETag']}-{item['Size']}" for item in objects}

        return self._try(listing)

    def delete(self, key: str) -> None:
        """Delete an object."""
        self._try(lambda: self._client.delete_object(Bucket=self._bucket, Key=key))

    def _try(self, call: Callable[[], T]) -> T:
        from botocore.exceptions import BotoCoreError, ClientError

        started, pause = time.monotonic(), 0.5
        while True:
            try:
                return call()
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                code = error.response.get("Error", {}).get("Code", "")
                if status == 404:
                    raise NotFound(f"{code} in bucket {self._bucket!r}") from error
                if status < 500 and code not in RETRIED:
                    raise StorageUnavailable(f"the storage refused: {code} in bucket {self._bucket!r}") from error
                problem: Exception = error
            except (BotoCoreError, OSError) as error:
                problem = error
            waited = time.monotonic() - started
            if waited >= (min(self._patience, STOPPING_PATIENCE_S) if self._stop.is_set() else self._patience):
                raise StorageUnavailable(f"the storage did not answer for {waited:.0f} s: {problem}") from problem
            log("storage", message=f"{type(problem).__name__}; trying again in {pause:.1f} s")
            if self._stop.is_set():
                time.sleep(min(pause, 1.0))
            else:
                self._stop.wait(pause)
            pause = min(10.0, pause * 2)
