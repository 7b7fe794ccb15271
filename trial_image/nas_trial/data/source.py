"""The user's own data: the objects below an ``s3://`` address, and which reader they are for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from nas_core.contract import StorageLocation
from nas_trial.data import idx, image_folder, npz
from nas_trial.data.raw import RawData
from nas_trial.errors import CandidateRejected, Stopped
from nas_trial.stop import StopFlag
from nas_trial.storage import NotFound, ObjectStore, S3Store

PARALLEL_READS = 16


def read(uri: str, kind: str, storage: StorageLocation, stop: StopFlag) -> RawData:
    """Read the data at ``s3://bucket/key``, from the server and with the credentials of the search's storage."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    store = S3Store(storage, stop, bucket)
    try:
        keys = [k for k in store.keys(key) if not k.endswith("/")]
    except NotFound as error:
        raise CandidateRejected(
            "DatasetNotFound", f"task.dataset.uri {uri!r}: there is no bucket {bucket!r}"
        ) from error
    keys = [k for k in keys if k == key or k.startswith(key.rstrip("/") + "/")]
    if not keys:
        raise CandidateRejected(
            "DatasetNotFound", f"task.dataset.uri {uri!r}: there is no object; upload the data or correct it"
        )
    return parse(uri, kind, store, key, keys, stop)


def parse(uri: str, kind: str, store: ObjectStore, prefix: str, keys: list[str], stop: StopFlag) -> RawData:
    """Read the objects ``keys`` with the reader of a format; ``auto`` takes the first whose names are there.

    Raises:
        Stopped: if asked to while reading; there is nothing yet to be kept.
    """

    def fetch(chosen: list[str]) -> dict[str, bytes]:
        def get(key: str) -> bytes:
            if stop.is_set():
                raise Stopped
            return store.get(key)

        with ThreadPoolExecutor(PARALLEL_READS) as pool:
            return dict(zip(chosen, pool.map(get, chosen), strict=True))

    if kind == "npz" or (kind == "auto" and any(key.endswith(".npz") for key in keys)):
        return npz.read(uri, fetch(npz.choose(uri, keys)))
    if kind == "idx" or (kind == "auto" and idx.matches(keys)):
        return idx.read(uri, fetch(idx.choose(uri, keys)))
    return image_folder.read(uri, prefix, fetch(image_folder.choose(uri, prefix, keys)))
