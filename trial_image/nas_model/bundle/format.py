"""The JSON files of a bundle, and the names of all its files. Fields are only added: readers ignore those unknown to
them, and refuse another ``schemaVersion``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nas_core.api.base import ApiModel
from nas_core.api.evaluation import Evaluation
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.strategy import Objective
from nas_core.api.task import Task
from nas_core.api.trial import CandidateSpec
from nas_core.layout import BUNDLE_MANIFEST, BUNDLE_MANIFEST_LIMIT

MANIFEST, ARCHITECTURE, SIGNATURE, PREPROCESSING, WEIGHTS = (
    BUNDLE_MANIFEST,
    "architecture.json",
    "signature.json",
    "preprocessing.json",
    "weights.safetensors",
)
REQUIRED = (ARCHITECTURE, SIGNATURE, PREPROCESSING, WEIGHTS)
"""The files that every bundle has beside its manifest."""
CARD = "card.md"
"""What the model is worth, for people; its pictures lie in ``card/``."""
MANIFEST_LIMIT = BUNDLE_MANIFEST_LIMIT
"""Bytes of the manifest."""
JSON_LIMIT = 512 << 20
"""Bytes of another JSON file: the vocabulary of a million words has some 20 MiB."""
MOST_FILES = 256

Precision = Literal["float32", "bfloat16", "float16"]


class BundleFile(ApiModel):
    """A file of the bundle."""

    # At most one folder in it, and never one above: a name from outside must not lead out of the bundle.
    name: Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9_-]{0,63}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]
    bytes: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Origin(ApiModel):
    """Which trial the weights are of, and what it takes to train them again."""

    namespace: str
    search: str
    search_uid: str
    trial: str
    index: int
    attempt: int
    seed: int
    data_seed: int
    epochs: int | None = None
    dataset_hash: str | None = None
    checkpoint: str | None = None
    """Address that the weights were taken from."""
    task: Task | None = None
    """What it was to learn, and from which data; bundles of older versions do not say."""
    evaluation: Evaluation | None = None
    """How it was trained, hyperparameters included; bundles of older versions do not say."""
    objectives: list[Objective] = []
    """Of the search: by them the best epoch is told, and whether a training agrees with another one."""
    threads: int | None = None
    """Of the process on its processors: with another number sums are added up in another order."""
    gpus: int = 0
    """On which it was trained; 0: on processors."""
    packages: dict[str, str] = {}
    """Versions of what trained them, by the packages' names."""


class Published(ApiModel):
    """The model that was made of a trained architecture for others, under a name."""

    name: str
    version: str
    source: str
    """Address of the bundle, or of the checkpoint, that its weights are of."""
    exports: list[str] = []
    """The formats that were asked for; those that could not be made have no file."""


class ExportEntry(ApiModel):
    """The network in a format, as it was found by running it on the processor of the pod that made it."""

    format: str
    """onnx, torchExport, int8Onnx; pytorch is the network itself, for comparison."""
    file: str
    max_difference: float
    """The largest of any output, from the network's: of logits, or of numbers in deviations of the training targets."""
    metrics: dict[str, float]
    latency_ms: float
    """Median for one example, on one thread."""


class Manifest(ApiModel):
    """``bundle.json``, written last: a bundle that has one is whole."""

    schema_version: Literal[1] = 1
    task: str
    """task.type of the search."""
    metrics: dict[str, float]
    """What the trial reported of these weights."""
    precision: Precision = "float32"
    """The arithmetic in which the trial measured them."""
    origin: Origin
    model: Published | None = None
    """None: it is a trial's own bundle."""
    exports: list[ExportEntry] = []
    files: Annotated[list[BundleFile], Field(max_length=MOST_FILES)]

    def file(self, name: str) -> BundleFile | None:
        """Return what is known of a file, None if the bundle has none of the name."""
        return next((file for file in self.files if file.name == name), None)


class ArchitectureFile(ApiModel):
    """``architecture.json``: from it and the signature the network is built."""

    schema_version: Literal[1] = 1
    space: SearchSpaceSpec
    candidate: CandidateSpec
    """Its decisions, hyperparameters and readable text."""


class InputTensor(ApiModel):
    """An input of the network, of one example."""

    name: str
    type: Literal["float32", "int64"]
    shape: list[int]
    below: list[int] | None = None
    """Of whole numbers: each is below this one, by column; of a text there is one for all."""
    rate: int | None = None
    """Of sound: samples a second."""


class SignatureFile(ApiModel):
    """``signature.json``: what the network takes and gives, for those who use it without this package."""

    schema_version: Literal[1] = 1
    inputs: list[InputTensor]
    outputs: int
    """The network gives (N, outputs), float32."""
    meaning: Literal["logits-of-classes", "logits-of-labels", "numbers"]
    """Numbers are in deviations from the mean: times ``deviation``, plus ``mean``, they are in the target's unit."""
    classes: list[str] = []
    """Of each output, unless they are numbers."""
    columns: list[str] = []
    """Of numbers: the names of the targets, where they have names."""
    mean: list[float] = []
    deviation: list[float] = []
