"""Where the data of a search lies: built in, in a directory, or in a bucket; `readers` then reads it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from nas_core.api.task import Task
from nas_core.contract import DATA_DIRECTORY, DATA_DIRECTORY_ENV, StorageLocation
from nas_core.data_files import ARCHIVES, FETCH_LFS, is_lfs_pointer
from nas_trial.data import built_in, tokenizer_file
from nas_trial.data.archives import ArchiveFiles
from nas_trial.data.cache import Cache
from nas_trial.data.files import BucketFiles, Files, LocalFiles
from nas_trial.data.raw import RawData
from nas_trial.data.readers import READERS, guess
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.process.stop import StopFlag
from nas_trial.storage import open_bucket


def read(task: Task, storage: StorageLocation | None, stop: StopFlag) -> RawData:
    """Read the data of a search but for its test split.

    Raises:
        CandidateRejected: if it is not there, or cannot be learned from.
        Stopped: if asked to while reading; there is nothing yet to be kept.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    if name := task.dataset.name:
        made_for, reader = built_in.DATASETS[name]
        if task.type != made_for:
            raise CandidateRejected(
                "SpecInvalid", f"task.dataset.name {name} is for task.type {made_for}, not {task.type}"
            )
        return reader()
    data = parse(locate(task, storage, stop), task, stop)
    return replace(data, tokenizer=tokenizer_of(task, storage, stop))


def tokenizer_of(task: Task, storage: StorageLocation | None, stop: StopFlag) -> str | None:
    """Return the tokenizer.json that the search names, None if it names none.

    Raises:
        CandidateRejected: if it is not there, or cannot be read.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    address = task.dataset.text.tokenizer
    if address is None:
        return None
    files = single_file(tokenizer_file.FIELD, address, storage, stop)
    return tokenizer_file.read(files.local(files.names[0]), repr(address))


def locate(task: Task, storage: StorageLocation | None, stop: StopFlag) -> Files:
    """Return the files that the search names."""
    dataset = task.dataset
    if dataset.volume:
        return LocalFiles(
            Path(os.environ.get(DATA_DIRECTORY_ENV, DATA_DIRECTORY)) / dataset.volume.path, "task.dataset.volume", stop
        )
    if dataset.path:
        return LocalFiles(Path(dataset.path), "task.dataset.path", stop)
    if dataset.uri is None or storage is None:
        raise CandidateRejected(
            "SpecInvalid", "task.dataset needs a name, a volume, a path, or a uri together with storage"
        )
    return _in_bucket("task.dataset.uri", dataset.uri, storage, stop)


def single_file(field: str, address: str, storage: StorageLocation | None, stop: StopFlag) -> Files:
    """Return the one file that a field of the search names, ``s3://…`` or a path.

    Raises:
        CandidateRejected: if it is not there, or is not one file.
        StorageUnavailable: if the bucket's server did not answer for minutes.
    """
    if address.startswith("s3://"):
        if storage is None:
            raise CandidateRejected("SpecInvalid", f"{field} {address!r} needs spec.storage, whose server it is on")
        files: Files = _in_bucket(field, address, storage, stop)
    else:
        files = LocalFiles(Path(address), field, stop)
    if len(files.names) != 1:
        raise CandidateRejected("SpecInvalid", f"{field} {address!r} are {len(files.names)} files; name one")
    return files


def _in_bucket(field: str, uri: str, storage: StorageLocation, stop: StopFlag) -> BucketFiles:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return BucketFiles(open_bucket(storage, stop, bucket), bucket, key, stop, Cache.from_environment(), field)


def parse(files: Files, task: Task, stop: StopFlag) -> RawData:
    """Read files with the reader of their format; ``auto`` takes the first that they match."""
    if files.names:
        # Git leaves all of the large files or none: the first one tells.
        with files.head(files.names[0]) as file:
            if is_lfs_pointer(file):
                raise DatasetInvalid(f"{files.label(files.names[0])} {FETCH_LFS}")
    # Unpacked first: a format is guessed by the files inside.
    if archives := files.ending(ARCHIVES):
        files = ArchiveFiles(files, archives, stop)
    given = task.dataset.format
    data = READERS[guess(files, task) if given == "auto" else given].read(files, task)
    return replace(data, warnings=(*files.warnings, *data.warnings))
