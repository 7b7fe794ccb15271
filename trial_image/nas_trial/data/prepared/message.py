"""A prepared data set as one process of a container tells the others of it: names of files, which each opens itself."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from nas_core.api.trial import Baseline
from nas_core.contract import StorageLocation
from nas_model.preprocessing.forms import Preprocessing
from nas_trial.data.prepared.arrow_file import Column
from nas_trial.data.prepared.folder import Folder, LocalFolder
from nas_trial.data.prepared.manifest import Entry, Input
from nas_trial.data.prepared.prepared import Prepared, known
from nas_trial.data.prepared.remote import RemoteFolder
from nas_trial.data.prepared.shards import Shards
from nas_trial.process.messages import Form


class PreparedForm(Form[Prepared]):
    """JSON with all of it but its rows (`Prepared.for_others`)."""

    def write(self, value: Prepared) -> bytes:
        """Return it as bytes."""
        test = value.read_test()
        message = _Message(
            preprocessing=value.preprocessing,
            train=_Rows.of(value.train),
            val=_Rows.of(value.val),
            test=_Rows.of(test) if test else None,
            hash=value.hash,
            warnings=value.warnings,
            baseline=value.baseline,
        )
        return message.model_dump_json(by_alias=True).encode()

    def read(self, content: bytes) -> Prepared:
        """Return it, to be opened on the machine that it was written on."""
        message = _Message.model_validate_json(content)
        test = partial(known, message.test.shards() if message.test else None)
        return Prepared(
            message.preprocessing,
            message.train.shards(),
            message.val.shards(),
            message.hash,
            message.warnings,
            test,
            message.baseline,
        )


class _Place(BaseModel):
    """A folder: without a location one of this machine."""

    directory: Path
    location: StorageLocation | None = None
    bucket: str = ""
    prefix: str = ""
    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, folder: Folder) -> _Place:
        if isinstance(folder, RemoteFolder):
            entries = tuple(folder.entries.values())
            return cls(
                directory=folder.directory,
                location=folder.location,
                bucket=folder.bucket,
                prefix=folder.prefix,
                entries=entries,
            )
        assert isinstance(folder, LocalFolder), "the kinds of folders that there are"
        return cls(directory=folder.directory)

    def folder(self) -> Folder:
        if self.location is None:
            return LocalFolder(self.directory)
        entries = {entry.name: entry for entry in self.entries}
        return RemoteFolder(self.location, self.bucket, self.prefix, self.directory, entries)


class _Rows(BaseModel):
    place: _Place
    names: tuple[str, ...]
    counts: tuple[int, ...]
    targets_name: str
    inputs: tuple[Input, ...]

    @classmethod
    def of(cls, shards: Shards) -> _Rows:
        return cls(
            place=_Place.of(shards.folder),
            names=shards.names,
            counts=shards.counts,
            targets_name=shards.targets_name,
            inputs=tuple(Input(name=one.name, type=one.type, shape=one.shape) for one in shards.inputs),
        )

    def shards(self) -> Shards:
        inputs = tuple(Column(one.name, one.type, one.shape) for one in self.inputs)
        return Shards(self.place.folder(), self.names, self.counts, self.targets_name, inputs)


class _Message(BaseModel):
    # Statistics of the data may be of any size, not only finite.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    preprocessing: Preprocessing
    train: _Rows
    val: _Rows
    test: _Rows | None
    hash: str
    warnings: tuple[str, ...]
    baseline: tuple[Baseline, ...]
