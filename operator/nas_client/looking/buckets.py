"""Data in a bucket: a first part of the list, and files that are read in ranges, so far as they are looked at."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from nas_client.errors import InvalidInput
from nas_client.looking.places import MOST_FILES, Place, gather
from nas_core.api.storage import BucketAddress
from nas_core.data_files import hidden
from nas_storage.faults import StorageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from nas_storage.bucket import Bucket

ADDRESS = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.+)")
"""As `task.dataset.uri` has it."""
ENDPOINTS, REGIONS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"), ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Variables of the environment, the first that is set counts."""
RANGE_BYTES, MOST_BYTES = 1 << 20, 64 << 20
"""How much of an object is asked for at a time, and how much of it is read, at most."""
PAGES, CALL_S = 200, 60.0
"""Pages of 1,000 keys that a list may have, and how long a call may take."""


class Store(Protocol):
    """What is asked of a bucket."""

    def tags(self, prefix: str) -> dict[str, str]:
        """Return the keys below a prefix."""

    def part(self, key: str, start: int, size: int) -> tuple[bytes, int]:
        """Return bytes of an object from ``start`` on, and how many it has in all."""


def is_address(data: str) -> bool:
    """Whether data are said to be in a bucket."""
    return data.lower().startswith("s3://")


def address_of(data: str, environment: Mapping[str, str]) -> tuple[BucketAddress, str]:
    """Return bucket and server of an address, and the key; the server is that of the usual variables of AWS.

    Raises:
        InvalidInput: if it is no address of a bucket with a key.
    """
    found = ADDRESS.fullmatch(data)
    if found is None:
        raise InvalidInput(f"{data}: must be the address of an object or a folder in a bucket, s3://bucket/key")
    endpoint = next((environment[name] for name in ENDPOINTS if environment.get(name)), None)
    region = next((environment[name] for name in REGIONS if environment.get(name)), None)
    try:
        address = BucketAddress(bucket=found["bucket"], endpoint=endpoint, **({"region": region} if region else {}))
    except ValueError as error:
        raise InvalidInput(f"{' or '.join((*ENDPOINTS, *REGIONS))} of the environment: {error}") from error
    return address, found["key"]


def reachable(storage: BucketAddress, environment: Mapping[str, str]) -> BucketAddress:
    """Return the address of a search's bucket: what the environment says comes before what pods use."""
    given, _ = address_of(f"s3://{storage.bucket}/any", environment)
    changes = {name: getattr(given, name) for name in ("endpoint", "region") if name in given.model_fields_set}
    own = storage.model_dump(include=set(BucketAddress.model_fields))
    return BucketAddress(**own | {name: value for name, value in changes.items() if value})


def open_bucket(address: BucketAddress) -> Bucket:
    """Return a bucket; its key is where boto3 finds it.

    Raises:
        InvalidInput: if boto3 is not installed.
    """
    try:
        from nas_storage.bucket import Bucket  # here: boto3, which only those need who read from a bucket
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"a bucket needs {error.name}, which is not installed; pip install 'nas-operator[local]'"
        ) from error
    from nas_storage.policy import Policy

    policy = Policy(call_s=CALL_S, page_keys=1000, pages=PAGES, answer_bytes=PAGES << 20)
    return Bucket(address, None, policy)


def in_bucket(store: Store, data: str, key: str) -> Place:
    """Return an object, or those below a key.

    Raises:
        InvalidInput: if there is none, or the bucket cannot be read.
    """
    try:
        keys = [each for each in store.tags(key) if not each.endswith("/")]
    except StorageError as error:
        raise InvalidInput(f"{data} cannot be read: {error}") from error
    if key in keys:
        root, names = posixpath.dirname(key), [posixpath.basename(key)]
    else:
        root = key.rstrip("/")
        below = f"{root}/"
        names = [each.removeprefix(below) for each in keys if each.startswith(below)]
        names = [name for name in names if not hidden(name)]
    # Keys come in alphabetical order, so the first ones may all be of one class.
    step = -(-len(names) // MOST_FILES) if names else 1

    def open_one(name: str) -> BinaryIO:
        return cast(BinaryIO, io.BufferedReader(_Ranges(store, posixpath.join(root, name)), RANGE_BYTES))

    return gather(data, names[::step], open_one, step == 1)


class _Ranges(io.RawIOBase):
    """An object that is read in ranges."""

    def __init__(self, store: Store, key: str) -> None:
        self._store, self._key, self._place, self._read = store, key, 0, 0
        self._begin, self._size = self._part(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = max(0, offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence])
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        if self._place >= self._size:
            return 0
        held = self._begin[self._place :] or self._part(self._place)[0]
        count = min(len(view), len(held))
        view[:count] = held[:count]
        self._place += count
        return count

    def _part(self, start: int) -> tuple[bytes, int]:
        if self._read >= MOST_BYTES:
            raise InvalidInput(
                f"{self._key}: to look at it more than {MOST_BYTES >> 20} MiB would have to be read; give a part of it"
            )
        try:
            content, size = self._store.part(self._key, start, RANGE_BYTES)
        except StorageError as error:
            # What a table names need not be there; whoever opens it says so.
            raise FileNotFoundError(str(error)) from error
        self._read += len(content)
        return content, size
