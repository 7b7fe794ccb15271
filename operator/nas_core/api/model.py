"""`NASModel`: a trained architecture with a name and a version, which outlives the search that found it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Condition, Rule, k8s
from nas_core.api.storage import Storage
from nas_core.api.trial import ADDRESS_LENGTH, InitialWeights
from nas_core.api.types import TEXT_LENGTH, ExportFormat, ObjectName, each_once

MODEL_NAME_LENGTH = 40
ModelName = Annotated[
    str,
    Field(
        min_length=1,
        max_length=MODEL_NAME_LENGTH,
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        json_schema_extra=k8s(
            must="a model's name: lower-case letters, digits and '-', beginning and ending with a letter or digit"
        ),
    ),
]
ModelVersion = Annotated[
    str,
    Field(
        min_length=1,
        max_length=20,
        # Part of the name of an object, where two dots may not follow each other.
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        json_schema_extra=k8s(must="a version: lower-case letters, digits, '-' and '.', such as 1 or 2.0-rc1"),
    ),
]
Stage = Literal["candidate", "production"]
Exports = Annotated[list[ExportFormat], Field(max_length=3, json_schema_extra=k8s(rules=(each_once("format"),)))]


class NASModelSource(ApiModel):
    """The trial whose candidate becomes the model."""

    search: ObjectName | None = Field(
        default=None, description="Name of the search; default: the one that the trial belongs to."
    )
    trial: ObjectName = Field(description="Name of a NASTrial in the namespace of the model that has weights.")


class NASModelSpec(ApiModel):
    """The model that is wanted."""

    name: ModelName | None = Field(
        default=None, description="Name that all its versions share; default: metadata.name."
    )
    version: ModelVersion = Field(default="1", description="Version of the model.")
    source: NASModelSource = Field(description="What it is made of.")
    exports: Exports = Field(default=[], description="Other forms of it that are made and tried, beside the bundle.")
    stage: Stage = Field(
        default="candidate",
        description=(
            "production: the version to use. Each name has one in a namespace: the one that became it last; the "
            "operator makes the one before a candidate again."
        ),
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to the files of the model when it is deleted."
    )


class Artifact(ApiModel):
    """A file of a model."""

    path: str = Field(
        min_length=1,
        max_length=256,
        pattern=r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$",
        description="Where it is below the address of the model.",
    )
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", max_length=64, description="Its hash, in hexadecimal digits.")
    bytes: int = Field(ge=0, description="Its size.")
    format: str | None = Field(default=None, max_length=32, description="Of what a program computes with.")
    etag: str | None = Field(
        default=None, max_length=256, description="The bucket's tag and the size of the object when it was made."
    )


class ExportMetrics(ApiModel):
    """What an export is worth."""

    format: str = Field(max_length=32, description="The export; pytorch is the network itself.")
    metrics: dict[str, float] = Field(
        default={}, json_schema_extra=k8s(max_properties=32), description="Its metrics, measured by running it."
    )


class Lineage(ApiModel):
    """Where a model comes from; on record for when its search is gone."""

    search: str = Field(max_length=253, description="Name of the search.")
    search_uid: str = Field(max_length=64, description="UID of the search.")
    search_generation: int = Field(default=0, description="Generation of the search's spec.")
    trial: str = Field(max_length=253, description="Name of the trial.")
    trial_uid: str = Field(max_length=64, description="UID of the trial.")
    index: int = Field(default=0, description="Index of the candidate in the search.")
    architecture: str = Field(default="", max_length=TEXT_LENGTH, description="The architecture, as text.")
    origin: str = Field(default="", max_length=64, description="What the strategy made the candidate by.")
    parents: list[int] = Field(
        default=[], max_length=16, description="Indices of the candidates that it was made from."
    )
    dataset_hash: str | None = Field(default=None, max_length=80, description="Hash of the data.")
    initial_weights: InitialWeights | None = Field(
        default=None, description="What it started from; absent: random weights."
    )
    image_id: str | None = Field(default=None, max_length=512, description="Digest of the image that trained it.")
    seed: int = Field(default=0, description="Seed of initialisation and of the order of the examples.")
    data_seed: int = Field(default=0, description="Seed of the split.")
    packages: dict[str, Annotated[str, Field(max_length=64)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=32),
        description="Versions of the packages that trained it, as its bundle has them.",
    )
    git_commit: str | None = Field(
        default=None, max_length=64, description="The search's annotation nas-operator.io/git-commit."
    )
    field_manager: str | None = Field(
        default=None, max_length=128, description="Who applied the search: the field manager of its spec."
    )


class NASModelStatus(ApiModel):
    """The state of the model."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec this status describes.")
    conditions: list[Condition] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(map_keys=("type",)),
        description="Ready, Reconciling, Stalled, StorageIntact.",
    )
    name: str | None = Field(default=None, max_length=63, description="Name that all versions of the model share.")
    address: str | None = Field(
        default=None,
        max_length=ADDRESS_LENGTH,
        description="s3:// address of the model, with a trailing slash; absent until it is made.",
    )
    storage: Storage | None = Field(default=None, description="The bucket of its search, where it is kept too.")
    artifacts: list[Artifact] = Field(default=[], max_length=64, description="Its files.")
    metrics: dict[str, float] = Field(
        default={},
        json_schema_extra=k8s(max_properties=64),
        description="The metrics of its trial: those that begin with val_ and test_ are of these splits.",
    )
    objective: str | None = Field(
        default=None, max_length=256, description="The values of the search's objectives, in their order, as text."
    )
    exports: list[ExportMetrics] = Field(default=[], max_length=8, description="What each export is worth.")
    lineage: Lineage | None = Field(default=None, description="Where it comes from.")
    production_since: datetime | None = Field(
        default=None, description="When it became the version to use; absent of a candidate."
    )
    warnings: list[Annotated[str, Field(max_length=512)]] = Field(
        default=[], max_length=16, description="Problems that did not stop the export."
    )


class NASModel(ApiModel):
    """A trained architecture with a name and a version, to be used by others. It outlives its search."""

    rules: ClassVar = (
        Rule(
            "size(self.metadata.name) <= 56",
            "metadata.name must have at most 56 characters: the name of a Job is made from it",
        ),
        Rule(
            "has(self.spec.name) || (size(self.metadata.name) <= 40 && "
            "self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",
            "metadata.name is no model's name (at most 40 lower-case letters, digits and '-'); add spec.name",
            field_path=".spec.name",
        ),
        Rule(
            "self.spec.source == oldSelf.spec.source && self.spec.version == oldSelf.spec.version && "
            "has(self.spec.name) == has(oldSelf.spec.name) && "
            "(!has(self.spec.name) || self.spec.name == oldSelf.spec.name) && "
            "has(self.spec.exports) == has(oldSelf.spec.exports) && "
            "(!has(self.spec.exports) || self.spec.exports == oldSelf.spec.exports)",
            "of a model only stage and deletionPolicy can change; create one of another version",
            field_path=".spec",
        ),
    )

    spec: NASModelSpec = Field(description="The model that is wanted.")
    status: NASModelStatus | None = Field(default=None, description="The state of the model, written by the operator.")
