"""`NASTrial`: one schedulable unit of work of a search, and the record of what came of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Condition, Rule, k8s
from nas_core.api.curve import Curve
from nas_core.states import AttemptOutcome, Outcome, Work

TEXT_LENGTH = 1024
"""Characters that an architecture may take as text, with its hyperparameters."""
VALUE_LENGTH = 256
"""Characters of the value of a decision; a subset's is the longest."""
HYPERPARAMETER_LENGTH = 64
"""Characters of the value of a hyperparameter."""


class CandidateSpec(ApiModel):
    """An architecture to be evaluated, and where it comes from."""

    id: str = Field(max_length=64, description="Content hash of the canonical form; isomorphic architectures share it.")
    architecture: dict[str, Annotated[str, Field(max_length=VALUE_LENGTH)]] = Field(
        json_schema_extra=k8s(max_properties=512), description="The decisions that make the architecture, by name."
    )
    hyperparameters: dict[str, Annotated[str, Field(max_length=HYPERPARAMETER_LENGTH)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=32),
        description="What was decided beside the architecture (spec.hyperparameters of the search), by name.",
    )
    text: str | None = Field(
        default=None, max_length=TEXT_LENGTH, description="The architecture as people read it; only shown."
    )
    origin: Literal["Random", "Grid", "Mutation", "Crossover", "Model", "Score"] = Field(
        description=(
            "What made it; Model: something that was fitted to the results; Score: drawn at random and chosen by "
            "its scores."
        )
    )
    parents: list[Annotated[int, Field(ge=0)]] = Field(
        default=[], max_length=8, description="Indices of the trials it descends from."
    )


class NASTrialSpec(ApiModel):
    """What is to be done. Written once by the operator."""

    rules: ClassVar = (
        Rule("self == oldSelf", "a trial cannot be changed; it is the record of what the search decided"),
    )

    index: int = Field(
        ge=0,
        description=(
            "Place of its first candidate in the search, from 0, the others follow; a retraining has that of the "
            "candidate it repeats, scoring the place among all that are scored."
        ),
    )
    basis: int = Field(
        ge=0,
        description="Sequence number of the last result that the strategy saw when it chose this candidate; 0: none.",
    )
    work: Work = Field(
        default=Work.TRAIN,
        description=(
            "Kind of work: Train judges a candidate for the search, Retrain trains one of the best in full, Score "
            "tells what is known of candidates without training."
        ),
    )
    epochs: int | None = Field(
        default=None,
        ge=1,
        description=(
            "Epochs to train; absent: what the search's evaluation says. With strategy.rungs those of its rung, "
            "counted from the first: training stops there, on its way to evaluation.epochs."
        ),
    )
    continues: str | None = Field(
        default=None, max_length=63, description="Name of the trial of a lower rung that it goes on from."
    )
    candidates: list[CandidateSpec] = Field(
        min_length=1,
        max_length=256,
        description="What is evaluated: evaluation.candidatesPerTrial of them at most, or up to 256 that are scored.",
    )
    seed: int = Field(ge=0, description="Seed of initialisation and of the order of the data.")


class Attempt(ApiModel):
    """One Job of the trial that has ended."""

    number: int = Field(ge=1, description="Number of the attempt, from 1.")
    outcome: AttemptOutcome = Field(
        description=(
            "How it ended: Crashed and Lost are tried again, Failed is not, Suspended and Stopped were the "
            "operator's doing."
        )
    )
    reason: str = Field(default="", max_length=128, description="Why, in one word.")
    start_time: datetime | None = Field(default=None, description="When its pod was started.")
    completion_time: datetime | None = Field(default=None, description="When it ended.")


class CandidateStatus(ApiModel):
    """What came of one of several candidates of a trial."""

    outcome: Outcome = Field(
        description=(
            "Whether it has metrics that the search can use; Refused: they break a constraint, so it was not trained."
        )
    )
    reason: str = Field(default="", max_length=128, description="Why it failed, in one word.")
    message: str = Field(default="", max_length=512, description="Why it failed, and what to do.")
    metrics: dict[str, float] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Its metrics, those of objectives first."
    )
    checkpoint: str | None = Field(default=None, max_length=1500, description="Address of its weights.")


class StopEvidence(ApiModel):
    """Why a trial was stopped early: what the rule saw."""

    rule: str = Field(max_length=32, description="The rule of evaluation.earlyStopping.")
    epoch: int = Field(ge=1, description="Epochs completed when it decided.")
    value: float = Field(
        description=(
            "What it looked at. One objective: the best value so far (median), the value at the rung (asha), the value "
            "to be expected in the end (curve). Several: the share of the others that dominate it. wilcoxon: the "
            "probability to be so far behind by chance."
        )
    )
    threshold: float = Field(description="What the value was worse than; of shares the one that was met.")
    others: int = Field(ge=1, description="Trials it was compared with.")

    def describe(self) -> str:
        """Say for people why the trial was stopped."""
        return (
            f"after epoch {self.epoch}, by {self.rule}: {self.value:.6g} against {self.threshold:.6g} "
            f"of {self.others} others"
        )


class NASTrialStatus(ApiModel):
    """What came of it."""

    conditions: list[Condition] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(map_keys=("type",)),
        description="Progressing, Succeeded, Failed.",
    )
    sequence: int | None = Field(
        default=None,
        ge=1,
        description=(
            "Place of the result in the search's history, from 1, in the order of recording; of several candidates "
            "that of the first, the others follow."
        ),
    )
    metrics: dict[str, float] = Field(
        default={},
        json_schema_extra=k8s(max_properties=64),
        description="The result, of several candidates that of the best; while the trial runs, the newest values.",
    )
    candidates: list[CandidateStatus] = Field(
        default=[],
        max_length=256,
        description="Of several candidates what came of each, in their order; empty when the trial as a whole failed.",
    )
    objective: str | None = Field(
        default=None,
        max_length=256,
        description="The values of the search's objectives, in their order, as people read them: 0.912, 431000.",
    )
    epoch: int | None = Field(default=None, ge=0, description="Epochs completed.")
    curve: Curve | None = Field(
        default=None, description="The objectives after its epochs: as it reports them itself, or as they were seen."
    )
    stop_evidence: StopEvidence | None = Field(default=None, description="Of a trial that was stopped early: why.")
    checkpoint: str | None = Field(
        default=None, max_length=1500, description="Address of the newest whole checkpoint's weights."
    )
    attempts: list[Attempt] = Field(default=[], max_length=64, description="The attempts that have ended.")
    start_time: datetime | None = Field(default=None, description="When the first attempt started.")
    completion_time: datetime | None = Field(default=None, description="When the result was recorded.")
    trial_seconds: float = Field(default=0.0, description="Run time of all ended attempts, in seconds.")
    gpu_seconds: float = Field(default=0.0, description="The same, times the GPUs held.")
    dataset_hash: str | None = Field(default=None, max_length=80, description="Hash of the data it was trained on.")
    contended: bool | None = Field(
        default=None,
        description=(
            "Whether others used the device while latency and throughput were measured: they may then be worse than "
            "those of trials that had it for themselves."
        ),
    )
    resumed_from_epoch: int | None = Field(
        default=None,
        ge=0,
        description="Epochs found in the checkpoint that the last attempt went on from; absent: it started anew.",
    )
    image_id: str | None = Field(default=None, max_length=512, description="Digest of the image that ran.")
    warnings: list[Annotated[str, Field(max_length=512)]] = Field(
        default=[], max_length=16, description="What did not stop the trial, but somebody should know."
    )
    last_log: str | None = Field(
        default=None, max_length=4096, description="Last lines of the log of a failed attempt."
    )


class NASTrial(ApiModel):
    """One candidate of a NASSearch being evaluated, and its result."""

    spec: NASTrialSpec = Field(description="What is to be done.")
    status: NASTrialStatus | None = Field(default=None, description="What came of it.")
