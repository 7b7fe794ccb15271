"""The contract between the operator and a trial's container: read one JSON file, write one JSON file.

The operator puts a :class:`TrialInput` into the pod as the file that ``NAS_TRIAL_FILE`` names. The container, in any
language, evaluates the candidates and writes a :class:`TrialResult` to the file that ``NAS_RESULT_FILE`` names (the
container's termination message, at most 3,000 bytes); with storage it first puts the full one to
`nas_core.layout.result_key`, of work Export to `model_result_key`. The exit code says how it ended: see the constants.
``docs/trial-contract.md`` says the same for users.

Both files have a ``schemaVersion``. Fields are only added: readers ignore those that they do not know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError, ValidatorFunctionWrapHandler, field_validator

from nas_core.api.base import ApiModel
from nas_core.api.curve import Curve
from nas_core.api.evaluation import Evaluation
from nas_core.api.guidance import HeldGuidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.storage import BucketAddress
from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.api.task import Task
from nas_core.api.trial import MOST_DERIVED, CandidateSpec, DatasetSummary, Derived, InitialWeights
from nas_core.api.types import Duration, ExportFormat, ProxyName
from nas_core.objectives import cost_of
from nas_core.states import Outcome, Work

SCHEMA_VERSION = 1

EXIT_OK = 0
EXIT_CANDIDATE = 64
"""The candidate or its input is wrong: trying again cannot help (sysexits.h EX_USAGE)."""
EXIT_CHECKPOINTED = 75
"""Stopped on SIGTERM after writing a checkpoint: not a failure, go on later (sysexits.h EX_TEMPFAIL)."""

TRIAL_FILE_ENV = "NAS_TRIAL_FILE"
RESULT_FILE_ENV = "NAS_RESULT_FILE"
DATA_DIRECTORY = "/data"
"""Where the volume of ``task.dataset.volume`` is, read-only."""
DATA_DIRECTORY_ENV = "NAS_DATA_DIRECTORY"
"""Names another directory for it, for a trial that runs in no container."""
DATA_CACHE_ENV = "NAS_DATA_CACHE"
"""Names the directory that downloaded data is kept in; unset: nothing is kept."""
PROCESSES_ENV = "NAS_PROCESSES"
"""Says how many processes the container should train with: one for each of its GPUs; unset: one."""
NODES_ENV, NODE_ENV = "NAS_NODES", "NAS_NODE"
"""Say over how many pods the trial is trained, and which of them this is, from 0; unset: it is the only one."""
MASTER_ADDRESS_ENV, MASTER_PORT_ENV = "MASTER_ADDR", "MASTER_PORT"
"""The name of the first of several pods, and a port of it at which they may meet (torchrun's names)."""
MASTER_PORT = 29500
GPUS_ENV = "NAS_GPUS"
"""Says how many GPUs the container was given; unset: none."""
SIGNING_KEY_ENV = "NAS_SIGNING_KEY"
"""Of work Export: names the file of the private key (PEM) that signs the model; unset: it is not signed."""
METRICS_PORT = 8080
"""Port of the container's Prometheus endpoint ``/metrics``."""
METRICS_ADDRESS_ENV = "NAS_METRICS_ADDRESS"
"""Names another ``host:port`` for it, port 0 for a free one; several trials on one machine cannot share a port."""
METRICS_EVENT = "metrics"
"""The event of the log line that tells, as ``port``, where a trial serves its metrics if that was free to choose."""
RESULT_FILE_LIMIT = 3000
"""Bytes a result file may have: Kubernetes keeps 4,096 of a termination message."""

STORED_RESULT_LIMIT = 1 << 20
"""Bytes of a stored result, and of what else in JSON a trial stores, that are read at most."""
METRIC_NAME_LIMIT = 128
"""Characters the name of a metric may have; one with a longer name is dropped."""
MOST_WARNINGS, WARNING_LENGTH = 16, 512

METRIC_FAMILY = "nas_trial_metric"
"""Gauge with the newest value of each metric; labels ``nas_search_uid``, ``nas_trial``, ``nas_attempt``, ``metric``.
The metric named ``epoch`` is the number of epochs completed, ``candidate`` the place, from 0, of the one of several
candidates that is being evaluated. Label names are our own so that Prometheus never renames
them (``honorLabels`` concerns only names that its targets also carry)."""
CHECKPOINT_TIME = "checkpoint_time"
"""The metric in which a trial tells of what time its newest stored checkpoint is: Unix time, in seconds."""
ROWS_DONE = "rows"
"""The metric in which a trial of work Prepare tells how many rows it has read, then written, so far."""


class Identity(ApiModel):
    """The names of the trial and its search."""

    namespace: str
    search: str
    search_uid: str
    trial: str
    index: int
    attempt: int


class StorageLocation(BucketAddress):
    """Where the trial keeps its objects. Credentials come in the environment: AWS_ACCESS_KEY_ID and its secret, or what
    AWS' default chain finds (AWS_CONFIG_FILE with storage.scoped)."""

    root: str = Field(description="Key prefix of the search, without a trailing slash.")
    folder: str | None = Field(
        default=None,
        description=(
            "Folder of this machine that stands for the bucket, so that no server is needed. Data at other addresses "
            "s3:// still come from the endpoint."
        ),
    )
    checkpoint_interval: Duration = Field(
        default="30s", description="Training that a kill may lose: how often to write checkpoints within an epoch."
    )


class ModelSource(ApiModel):
    """Where a model's weights come from: a trial that has trained them."""

    trial: str
    bundle: str | None = Field(default=None, description="s3:// address of its bundle; absent: its checkpoint is used.")
    checkpoint: str | None = Field(default=None, description="s3:// address of its weights.")
    metrics: dict[str, float] = Field(default={}, description="What it reported of them.")


class ModelRequest(ApiModel):
    """Of work Export: the model that is to be made."""

    name: str
    version: str
    prefix: str = Field(
        description="Key prefix in the storage's bucket, with a trailing slash, of the model's files and its result."
    )
    source: ModelSource
    exports: list[ExportFormat] = []
    lineage: dict[str, str] = Field(default={}, description="Where it comes from, in words, for card and BOM.")


class ModelArtifact(ApiModel):
    """A file of a model."""

    path: str = Field(description="Below the summary's folder.")
    sha256: str
    bytes: int
    format: str | None = Field(
        default=None, description="Of an export; pytorch of the weights; absent: no program computes with it."
    )


class ModelSummary(ApiModel):
    """Of work Export: the model that was made."""

    artifacts: list[ModelArtifact]
    folder: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_-]{1,32}/)?$",
        description=(
            "Folder of the files below the request's prefix, with a trailing slash. Attempts never write into the same "
            "one: the first result that is stored names the one that counts."
        ),
    )
    metrics: dict[str, dict[str, float]] = Field(
        default={}, description="By format, pytorch for the network itself: what was found by running each."
    )


class TrialInput(ApiModel):
    """The file that the container reads."""

    schema_version: int = SCHEMA_VERSION
    identity: Identity
    work: Work = Work.TRAIN
    space: SearchSpaceSpec
    candidates: list[CandidateSpec] = []
    task: Task
    evaluation: Evaluation
    seed: int = Field(description="Seed of initialisation and of the order of the examples.")
    data_seed: int = Field(default=0, description="Seed of the split, the same for all trials of a search.")
    objective: Objective | None = Field(
        default=None, description="The search's first objective: which checkpoint is the best."
    )
    objectives: list[Objective] = Field(
        default=[], description="All objectives of the search: the learning curve has those that training changes."
    )
    constraints: list[Constraint] = Field(
        default=[],
        description=(
            "The search's; a candidate that breaks one on a metric known before it is trained is refused, not trained."
        ),
    )
    proxies: list[ProxyName] = Field(default=[], description="Of work Score: the scores that are asked for.")
    strategy: StrategySpec | None = Field(
        default=None,
        description=(
            "Of work Supernet: the strategy that derives architectures by gradients; absent: evaluation.supernet says "
            "how the shared weights are trained."
        ),
    )
    guidance: HeldGuidance | None = Field(
        default=None, description="Of work Supernet: what its networks keep; absent: all of the space is trained."
    )
    supernet: str | None = Field(
        default=None, description="Of work Train with evaluation.supernet: s3:// address of the shared weights."
    )
    until_epoch: int | None = Field(
        default=None,
        description="Stop after this many of the evaluation's epochs, counted from the first; absent: all.",
    )
    continues: str | None = Field(
        default=None, description="Trial of the same candidate and seed from whose newest checkpoint training resumes."
    )
    storage: StorageLocation | None = None
    model: ModelRequest | None = Field(default=None, description="Of work Export: the model that is to be made.")
    prepared: str | None = Field(
        default=None,
        description=(
            "s3:// address of the prepared data set, with a trailing slash; absent: the trial reads the data of the "
            "task itself."
        ),
    )

    @property
    def last_epoch(self) -> int:
        """Epochs that candidates are trained for, counted from the first."""
        return self.until_epoch or self.evaluation.epochs


class CandidateResult(ApiModel):
    """The result of one of several candidates of a trial."""

    id: str = Field(max_length=64, description="The candidate's id in the input.")
    outcome: Outcome
    reason: str = Field(default="", max_length=128, description="PascalCase word for why it failed.")
    message: str = Field(default="", max_length=2048, description="For people: what went wrong and what to do.")
    metrics: dict[str, float] = {}
    checkpoint: str | None = Field(default=None, description="s3:// address of the weights.")


class TrialResult(ApiModel):
    """The file that the container writes. Only ``outcome`` is required, and ``metrics`` on success."""

    schema_version: int = SCHEMA_VERSION
    outcome: Outcome = Field(
        description="Refused: not trained, as its metrics break a constraint already; costs no trial of the budget."
    )
    reason: str = Field(default="", max_length=128, description="PascalCase word for why it failed.")
    message: str = Field(default="", max_length=2048, description="For people: what went wrong and what to do.")
    metrics: dict[str, float] = {}
    epochs: int | None = Field(default=None, description="Epochs completed.")
    resumed_from_epoch: int | None = Field(default=None, description="Epochs in the checkpoint from which it resumed.")
    checkpoint: str | None = Field(
        default=None, description="s3:// address of the weights; of work Supernet of the shared ones."
    )
    bundle: str | None = Field(
        default=None,
        description=(
            "s3:// address, with a trailing slash, of the folder of files with which the trained architecture is used."
        ),
    )
    attempt: int | None = Field(
        default=None, description="Attempt that produced the result; for readers of the stored result."
    )
    seconds: float | None = Field(
        default=None, description="Wall-clock seconds from start to result; for readers of the stored result."
    )
    dataset_hash: str | None = Field(default=None, description="sha256 of the data, prefixed sha256:.")
    initial_weights: InitialWeights | None = Field(
        default=None, description="With evaluation.initFrom: what the network started from."
    )
    model: ModelSummary | None = Field(default=None, description="Of work Export: the model that was made.")
    dataset: DatasetSummary | None = Field(default=None, description="Of work Prepare: the prepared data set.")
    derived: list[Derived] = Field(
        default=[],
        max_length=MOST_DERIVED,
        description="Of work Supernet: architectures that the run has chosen, the best first.",
    )
    contended: bool | None = Field(
        default=None, description="Whether latency was measured on a device that others used."
    )
    warnings: list[Annotated[str, Field(max_length=WARNING_LENGTH)]] = Field(
        default=[], max_length=MOST_WARNINGS, description="Problems that did not stop the trial."
    )
    curve: Curve | None = Field(
        default=None, description="The learning curve: objectives that training changes, after each epoch."
    )
    candidates: list[CandidateResult] = Field(
        default=[],
        max_length=256,
        description="Of a trial with several candidates, each one's; metrics above are then those of the best.",
    )

    @field_validator("curve", mode="wrap")
    @classmethod
    def _only_sound(cls, value: Any, handler: ValidatorFunctionWrapHandler) -> Curve | None:
        """Drop a curve that is not of the form: it must not cost the result."""
        try:
            curve: Curve | None = handler(value)
        except ValidationError:
            return None
        return curve if curve and curve.sound else None


def best_result(results: Sequence[CandidateResult], objective: Objective | None) -> CandidateResult | None:
    """Return the result with the best value of the objective, the first of equals; None if none succeeded."""
    succeeded = [result for result in results if result.outcome == Outcome.SUCCEEDED]
    if objective is None:
        return succeeded[0] if succeeded else None

    def cost(result: CandidateResult) -> float:
        metric = objective.metric
        return cost_of(objective, result.metrics[metric]) if metric in result.metrics else math.inf

    return min(succeeded, key=cost, default=None)
