"""A bucket of an S3-compatible server: the only code that talks to one.

The operator calls it from threads (`nas_operator.storage.objects`), the trainer directly (`nas_trial.storage`). The
user chooses the server, so each call is bounded in time, bytes and pages (`nas_storage.exchange`). Every error becomes
one of `nas_storage.faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from nas_core.api.storage import BucketAddress
from nas_storage.allowed_endpoints import AllowedEndpoints
from nas_storage.clients import CLIENTS, Connection
from nas_storage.credentials import Credentials
from nas_storage.exchange import Allowance
from nas_storage.explain import NO_RIGHT, KeysOf, explain, status_of, too_long
from nas_storage.faults import NotFound, ObjectTooLarge, StorageError, StorageFault
from nas_storage.policy import HEADER_BYTES, Policy
from nas_storage.store import Writable

if TYPE_CHECKING:
    from types_boto3_s3.client import S3Client
    from types_boto3_s3.type_defs import (
        CompletedPartTypeDef,
        GetObjectOutputTypeDef,
        GetObjectRequestTypeDef,
        PaginatorConfigTypeDef,
    )

T = TypeVar("T")

PART_BYTES = 16 << 20
"""Of an object that is downloaded in parts."""
BINARY = "application/octet-stream"
"""Content type of what no browser shows."""
PUT_BYTES = 1 << 30
"""Of an object that is put at once, and of each part of a larger one: S3 takes no more than 5 GiB, and 10,000 parts."""
DELETING_SHARE = 0.5
"""Share of a call's time after which no further object is deleted: the last request needs the rest."""


class Bucket:
    """The objects of one bucket. Every method raises a :class:`~nas_storage.faults.StorageFault` when it cannot."""

    def __init__(
        self,
        address: BucketAddress,
        credentials: Credentials | None,
        policy: Policy = Policy(),  # noqa: B008 frozen
        keys: KeysOf = KeysOf(),  # noqa: B008 frozen
        servers: AllowedEndpoints | None = None,
    ) -> None:
        """Make one; nothing is asked of the server yet.

        Args:
            address: the bucket and its server.
            credentials: the key; None: the identity of the process (`nas_storage.own_identity`).
            policy: the bounds of each call.
            keys: whose the credentials are, for messages.
            servers: those that may be contacted; None: all, where whoever chose the address runs the process.
        """
        self.name, self._endpoint, self._keys = address.bucket, address.endpoint, keys
        self._policy, self._servers = policy, servers
        self._connection = Connection.of(address, credentials, policy)

    def get(self, key: str, limit: int | None = None) -> bytes:
        """Return an object's content.

        Raises:
            NotFound: if there is no such object.
            ObjectTooLarge: if it has more than ``limit`` bytes; no more than these are read.
        """

        def work(client: S3Client, allowance: Allowance) -> bytes:
            answer = self._ask(client, lambda: client.get_object(Bucket=self.name, Key=key), key)
            with closing(answer["Body"]) as body:  # `with` on the body itself would not check its length
                if limit is None:
                    return body.read()
                # A server need not say how long an object is, and what it says need not be true.
                if answer.get("ContentLength", 0) > limit:
                    raise ObjectTooLarge(key, limit)
                content = b""
                # One byte beyond the limit tells an object that is too long from one that just fits.
                while part := body.read(limit + 1 - len(content)):
                    content += part
                    if len(content) > limit:
                        raise ObjectTooLarge(key, limit)
                return content

        return self._call(work, float("inf") if limit is None else limit + HEADER_BYTES)

    def head(self, key: str, size: int) -> bytes:
        """Return an object's first bytes, fewer if it has fewer; raise NotFound if there is none."""
        return self._part(key, 0, min(size, PART_BYTES), "")[0]

    def part(self, key: str, start: int, size: int) -> tuple[bytes, int]:
        """Return ``size`` bytes of an object from ``start`` on, fewer at its end; and how many it has in all.

        Raises:
            NotFound: if there is no such object.
        """
        content, _, total = self._part(key, start, size, "")
        return content, total

    def download(self, key: str, file: Writable) -> None:
        """Write an object's content to a file, in parts: no more than one of them is in memory.

        Each part is a call of its own, with a patience of its own. All are of one version of the object: if it is
        replaced meanwhile, the download fails.

        Raises:
            NotFound: if there is no such object.
        """
        etag, done, total = "", 0, None
        while total is None or done < total:
            content, etag, total = self._part(key, done, PART_BYTES, etag)
            file.write(content)
            done += len(content)

    def _part(self, key: str, start: int, size: int, etag: str) -> tuple[bytes, str, int]:
        """Return ``size`` bytes of an object from ``start`` on, fewer at its end; its ETag; and the bytes of all."""

        def work(client: S3Client, allowance: Allowance) -> tuple[bytes, str, int]:
            asked = f"bytes={start}-{start + size - 1}"
            wanted: GetObjectRequestTypeDef = {"Bucket": self.name, "Key": key, "Range": asked}
            if etag:
                wanted["IfMatch"] = etag
            try:
                answer = self._ask(client, lambda: client.get_object(**wanted), key)
            except ClientError as error:
                # 416 Range Not Satisfiable: an object of no bytes has no first one.
                if status_of(error) == 416 and start == 0:
                    return b"", etag, 0
                raise
            with closing(answer["Body"]) as body:
                content = body.read()
            # "bytes 0-99/1000"; without it the server has sent all there is.
            total = int(answer["ContentRange"].rpartition("/")[2]) if "ContentRange" in answer else len(content)
            if len(content) != min(size, total - start):
                raise ValueError(f"{len(content)} bytes came of the range {asked} of {total}")
            return content, answer.get("ETag", ""), total

        return self._call(work, size + HEADER_BYTES)

    def _ask(self, client: S3Client, call: Callable[[], GetObjectOutputTypeDef], key: str) -> GetObjectOutputTypeDef:
        """Return what a call for an object answers; raise NotFound if there is none."""
        try:
            return call()
        except ClientError as error:
            # S3 answers 404 for a missing key and a missing bucket alike; only the code tells them apart.
            code = error.response["Error"].get("Code")
            missing = status_of(error) == 404 and code != "NoSuchBucket"
            if missing or (code == NO_RIGHT and self._not_listed(client, key)):
                raise NotFound(f"{key} in bucket {self.name!r}") from error
            raise

    def _not_listed(self, client: S3Client, key: str) -> bool:
        """Whether a list that is allowed does not have a key.

        Who may list only below some prefix gets 403 for what is missing (S3 API reference, GetObject, "Permissions").
        """
        try:
            # The key itself is the first of all that begin with it.
            found = client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1).get("Contents", ())
        except ClientError:
            return False
        return key not in [item["Key"] for item in found]

    def put(self, key: str, content: bytes, content_type: str = BINARY) -> None:
        """Put an object, replacing one of this key; a large one in parts, each a call with a patience of its own."""
        name, kind = self.name, content_type
        if len(content) > PUT_BYTES:
            self._put_in_parts(key, content, kind)
        else:
            self._call(lambda client, _: client.put_object(Bucket=name, Key=key, Body=content, ContentType=kind))

    def _put_in_parts(self, key: str, content: bytes, content_type: str) -> None:
        name = self.name
        upload = self._call(
            lambda client, _: client.create_multipart_upload(Bucket=name, Key=key, ContentType=content_type)["UploadId"]
        )

        def put_part(number: int) -> str:
            part = content[(number - 1) * PUT_BYTES : number * PUT_BYTES]
            return self._call(
                lambda client, _: client.upload_part(
                    Bucket=name, Key=key, UploadId=upload, PartNumber=number, Body=part
                )["ETag"]
            )

        try:
            count = -(-len(content) // PUT_BYTES)
            parts: list[CompletedPartTypeDef] = [
                {"PartNumber": number, "ETag": put_part(number)} for number in range(1, count + 1)
            ]
            self._call(
                lambda client, _: client.complete_multipart_upload(
                    Bucket=name, Key=key, UploadId=upload, MultipartUpload={"Parts": parts}
                )
            )
        except Exception:
            # Parts that belong to no object are paid for and not seen.
            with suppress(StorageFault):
                self._call(lambda client, _: client.abort_multipart_upload(Bucket=name, Key=key, UploadId=upload))
            raise

    def put_once(self, key: str, content: bytes, content_type: str = BINARY) -> bool:
        """Put an object unless there is one (``If-None-Match: *``); return whether it was put."""

        def work(client: S3Client, allowance: Allowance) -> bool:
            try:
                client.put_object(Bucket=self.name, Key=key, Body=content, IfNoneMatch="*", ContentType=content_type)
            except ClientError as error:
                # 412 Precondition Failed is S3's answer to If-None-Match when there is an object of this key.
                if status_of(error) == 412:
                    return False
                raise
            return True

        return self._call(work)

    def delete(self, key: str) -> None:
        """Delete an object; none is no error."""
        self._call(lambda client, _: client.delete_object(Bucket=self.name, Key=key))

    def keys(self, prefix: str) -> list[str]:
        """Return the keys below a prefix, sorted."""
        return sorted(self.tags(prefix))

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix, each with its ETag and size."""

        def work(client: S3Client, allowance: Allowance) -> dict[str, str]:
            return dict(item for page in self._pages(client, prefix) for item in page.items())

        return self._call(work)

    def first_keys(self, prefix: str) -> list[str]:
        """Return the first keys below a prefix, sorted: a page of them, however many there are."""
        return self._call(
            lambda client, _: sorted(
                item["Key"]
                for item in client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=self._policy.page_keys).get(
                    "Contents", ()
                )
                if item["Key"].startswith(prefix)
            )
        )

    def probe(self, prefix: str) -> None:
        """Return if the bucket answers a list of the prefix."""
        # A list, not HeadBucket: the answer to a HEAD has no body, and so no error code that says what is wrong.
        self._call(lambda client, _: client.list_objects_v2(Bucket=self.name, Prefix=prefix, MaxKeys=1))

    def delete_some(self, prefix: str, kept: Collection[str] = ()) -> tuple[int, bool]:
        """Delete objects below a prefix, but those of some keys, while there is time.

        Return how many were deleted, and whether none but these is left.

        Raises:
            ValueError: if the prefix is that of the whole bucket.
        """
        if not prefix.strip("/"):
            raise ValueError("refusing to delete a whole bucket")

        def work(client: S3Client, allowance: Allowance) -> tuple[int, bool]:
            count = 0
            for page in self._pages(client, prefix):
                for key in page:
                    if key in kept:
                        continue
                    if allowance.left() < self._policy.call_s * DELETING_SHARE:
                        return count, False
                    # One by one: servers disagree on what a batch delete must be signed with.
                    client.delete_object(Bucket=self.name, Key=key)
                    count += 1
            return count, True

        return self._call(work)

    def _pages(self, client: S3Client, prefix: str) -> Iterator[dict[str, str]]:
        """Yield the keys below a prefix with their tags, a page at a time."""
        paging: PaginatorConfigTypeDef = {"PageSize": self._policy.page_keys}
        lists = client.get_paginator("list_objects_v2")
        pages = lists.paginate(Bucket=self.name, Prefix=prefix, PaginationConfig=paging)
        for number, page in enumerate(pages, start=1):
            if number > self._policy.pages:
                raise too_long(f"a list of more than {self._policy.pages} pages", self.name, self._endpoint)
            # Only what was asked for: a caller deletes what it is given.
            items = (item for item in page.get("Contents", ()) if item["Key"].startswith(prefix))
            yield {item["Key"]: f"{item.get('ETag', '')}-{item.get('Size', '')}" for item in items}

    def _call(self, work: Callable[[S3Client, Allowance], T], answer_bytes: float | None = None) -> T:
        def attempt() -> T:
            # Anew for each attempt: what one has used up must not be missing from the next.
            allowance = Allowance(self._policy.call_s, answer_bytes or self._policy.answer_bytes, self._servers)
            try:
                with CLIENTS.lend(self._connection) as client, allowance.in_force():
                    return work(client, allowance)
            except StorageError:
                raise
            except Exception as error:
                # Any exception: botocore's parsers let through whatever a strange answer makes them raise.
                if allowance.overrun:
                    found = f"an answer of more than {allowance.answer_bytes:,.0f} bytes"
                    raise too_long(found, self.name, self._endpoint) from error
                raise explain(error, self.name, self._endpoint, self._keys) from error

        return self._policy.patience(attempt)
