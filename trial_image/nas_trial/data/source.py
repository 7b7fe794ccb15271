"""Where the data of a search lies, and which reader it is for."""

from __future__ import annotations

from pathlib import Path

from nas_core.api.task import Task
from nas_core.contract import DATA_DIRECTORY, StorageLocation
from nas_trial.data import built_in, idx, npz
from nas_trial.data.cache import Cache
from nas_trial.data.files import ARCHIVES, BucketFiles, Files, LocalFiles, UnpackedFiles
from nas_trial.data.raw import RawData
from nas_trial.errors import CandidateRejected, DatasetInvalid
from nas_trial.process.stop import StopFlag
from nas_trial.storage import S3Store

MEDIA_TYPES = ("image-classification", "audio-classification")


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
    return parse(locate(task, storage, stop), task, stop)


def locate(task: Task, storage: StorageLocation | None, stop: StopFlag) -> Files:
    """Return the files that the search names."""
    dataset = task.dataset
    if dataset.volume:
        return LocalFiles(Path(DATA_DIRECTORY) / dataset.volume.path, "task.dataset.volume", stop)
    if dataset.path:
        return LocalFiles(Path(dataset.path), "task.dataset.path", stop)
    if dataset.uri is None or storage is None:
        raise CandidateRejected(
            "SpecInvalid", "task.dataset needs a name, a volume, a path, or a uri together with storage"
        )
    bucket, _, key = dataset.uri.removeprefix("s3://").partition("/")
    return BucketFiles(S3Store(storage, stop, bucket), bucket, key, stop, Cache.from_environment())


def parse(files: Files, task: Task, stop: StopFlag) -> RawData:
    """Read files with the reader of their format; ``auto`` takes the first whose names are there."""
    archives = [name for name in files.names if name.endswith(ARCHIVES)]
    if archives:
        files = UnpackedFiles(files, archives, stop)
    kind = task.dataset.format if task.dataset.format != "auto" else _guess(files, task)
    match kind:
        case "npz":
            return npz.read(files, task)
        case "idx":
            return idx.read(files, task)
        case "image-folder" | "audio-folder":
            from nas_trial.data import folder

            modality = kind.removesuffix("-folder")
            if task.type != f"{modality}-classification":
                raise CandidateRejected("SpecInvalid", f"task.dataset.format {kind} is for {modality}-classification")
            return folder.read(files, modality, task)
    from nas_trial.data import table_inputs

    return table_inputs.read(files, kind, task)


def _guess(files: Files, task: Task) -> str:
    from nas_trial.data import table

    if any(name.endswith(".npz") for name in files.names):
        return "npz"
    if idx.matches(files):
        return "idx"
    if kind := table.kind_of(files):
        return kind
    if task.type in MEDIA_TYPES:
        return f"{task.type.removesuffix('-classification')}-folder"
    raise DatasetInvalid(
        f"{files.where}: found no .npz, IDX, CSV, Parquet or JSONL file for task.type {task.type}; set "
        "task.dataset.format if the names end otherwise"
    )
