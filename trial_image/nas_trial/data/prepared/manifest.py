"""The manifest of a prepared data set: put last, so that a data set which has one is whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nas_core.api.trial import Baseline
from nas_core.contract import WARNING_LENGTH
from nas_trial.data.prepared.arrow_file import Column
from nas_trial.data.prepared.folder import Folder
from nas_trial.data.prepared.shards import Shards
from nas_trial.errors import DatasetInvalid

MANIFEST, PREPROCESSING, SPLITS, REPORT, SAMPLES = (
    "manifest.json",
    "preprocessing.json",
    "splits.arrow",
    "report.json",
    "samples.png",
)
MANIFEST_LIMIT = 16 << 20
"""Bytes of a manifest: that of a hundred thousand files."""


class Entry(BaseModel):
    """A file."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    # No folder in it: a name from outside must not lead out of the place where files are put.
    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    rows: Annotated[int, Field(ge=0)] | None = None
    """Of a shard."""

    @classmethod
    def of(cls, path: Path, rows: int | None = None) -> Entry:
        """Return that of a file on this machine."""
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(name=path.name, bytes=path.stat().st_size, sha256=digest, rows=rows)


class Input(BaseModel):
    """An input as shards keep it: ``type`` is NumPy's name, or bytes for image files; ``shape`` is of one example."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    type: str
    shape: tuple[Annotated[int, Field(ge=0)], ...]


class Manifest(BaseModel):
    """What a prepared data set consists of."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Literal[1] = 1
    key: str
    """Hash of what it was made from (`key`)."""
    hash: str
    """``sha256:…`` over all examples and their targets."""
    classes: int | None = None
    """Number of classes; None: a regression."""
    inputs: tuple[Input, ...]
    splits: Mapping[Literal["train", "val", "test"], tuple[Entry, ...]]
    """The shards of each split, in order."""
    targets: Mapping[Literal["train", "val", "test"], Entry]
    """The file of all targets of each split."""
    files: tuple[Entry, ...]
    """The other files."""
    warnings: tuple[Annotated[str, Field(max_length=WARNING_LENGTH)], ...] = ()
    largest_class: Annotated[float, Field(ge=0, le=1)] | None = None
    """Share of the training examples that are of the most frequent class; None: a regression, or several labels."""
    baseline: tuple[Baseline, ...] = ()
    """What simple models reach."""
    features: Mapping[str, Annotated[float, Field(ge=0, le=1)]] = {}
    """Numbers that describe the data, by name (`nas_trial.baseline.describe`)."""

    @classmethod
    def parse(cls, content: bytes, where: str) -> Manifest:
        """Read one.

        Raises:
            DatasetInvalid: if it is none.
        """
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            raise DatasetInvalid(f"{where}: is no manifest of a prepared data set: {error}; {REMEDY}") from error

    def rows(self, split: Literal["train", "val", "test"]) -> int:
        """Return the number of rows of a split."""
        return sum(entry.rows or 0 for entry in self.splits.get(split, ()))

    def entries(self) -> tuple[Entry, ...]:
        """Return all files but the manifest itself."""
        shards = (entry for entries in self.splits.values() for entry in entries)
        return (*shards, *self.targets.values(), *self.files)

    def shards(self, folder: Folder, split: Literal["train", "val", "test"]) -> Shards:
        """Return the rows of a split, which are in a folder."""
        entries = self.splits.get(split, ())
        return Shards(
            folder,
            tuple(entry.name for entry in entries),
            tuple(entry.rows or 0 for entry in entries),
            self.targets[split].name,
            tuple(Column(each.name, each.type, each.shape) for each in self.inputs),
        )


REMEDY = "delete its folder in the bucket and the search's trial of work Prepare: the data is then prepared again"
