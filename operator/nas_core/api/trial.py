"""`NASTrial`: one unit of work of a search, and the record of its result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from nas_core.api.base import ApiModel, Condition, Rule, k8s
from nas_core.api.curve import Curve
from nas_core.api.guidance import HeldGuidance
from nas_core.api.judgement import HeldJudgement
from nas_core.api.types import TEXT_LENGTH
from nas_core.states import WITHOUT_CANDIDATES, AttemptOutcome, Outcome, Work

VALUE_LENGTH = 256
"""Characters of the value of a decision; a subset's is the longest."""
HYPERPARAMETER_LENGTH = 64
"""Characters of the value of a hyperparameter."""
MOST_DERIVED = 16
"""Architectures that one supernet may derive."""
ADDRESS_LENGTH = 1500
"""Characters of the address of an object or a folder in a bucket."""


Origin = Literal[
    "Random",
    "Grid",
    "Mutation",
    "Crossover",
    "Model",
    "Score",
    "Supernet",
    "Retry",
    "Injected",
    "Preferred",
    "WarmStart",
]


class CandidateSpec(ApiModel):
    """A candidate to be evaluated, and where it comes from."""

    id: str = Field(max_length=64, description="Content hash of the canonical form; isomorphic architectures share it.")
    architecture: dict[str, Annotated[str, Field(max_length=VALUE_LENGTH)]] = Field(
        json_schema_extra=k8s(max_properties=512), description="The decisions of the architecture, by name."
    )
    hyperparameters: dict[str, Annotated[str, Field(max_length=HYPERPARAMETER_LENGTH)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=32),
        description="The values of the search's spec.hyperparameters, by name.",
    )
    text: str | None = Field(default=None, max_length=TEXT_LENGTH, description="The architecture as text, for people.")
    origin: Origin = Field(
        description=(
            "How it was chosen. Model: by a model of the results. Score: drawn at random and chosen by its scores. "
            "Supernet: derived in a supernet. Retry: by spec.retry, its parent is the candidate that failed. "
            "Injected: by spec.guidance, from the search in source if there is one. Preferred: drawn near the values "
            "that it prefers. WarmStart: one of the best of an earlier search, named in source."
        )
    )
    parents: list[Annotated[int, Field(ge=0)]] = Field(default=[], max_length=8, description="Indices of its parents.")
    source: str | None = Field(
        default=None,
        max_length=80,
        description="What it was taken from: another search and the index of its candidate there, as in first/17.",
    )
    target: str | None = Field(
        default=None, max_length=20, description="The one of spec.targets that it was chosen for; absent: without any."
    )


NumberText = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^-?[0-9]+(\.[0-9]+)?(e[-+]?[0-9]{1,3})?$",
        json_schema_extra=k8s(must="a number such as 0.91 or 1e-05"),
    ),
]
"""A finite number as Python writes it, with as many digits as it takes to read the same number again."""


class KnownResult(ApiModel):
    """What is known of a candidate when its trial is made, so that no pod has to evaluate it."""

    metrics: dict[str, NumberText] = Field(
        json_schema_extra=k8s(max_properties=16),
        description="Its metrics as text, those of objectives first: a spec has no floats (API conventions).",
    )

    @classmethod
    def of(cls, metrics: Mapping[str, float]) -> Self:
        """Write finite metrics, so that :attr:`values` has the same numbers."""
        return cls(metrics={name: repr(float(value)) for name, value in metrics.items()})

    @property
    def values(self) -> dict[str, float]:
        """The metrics as numbers."""
        return {name: float(value) for name, value in self.metrics.items()}


class Derived(ApiModel):
    """An architecture that was derived in a supernet."""

    architecture: dict[str, Annotated[str, Field(max_length=VALUE_LENGTH)]] = Field(
        json_schema_extra=k8s(max_properties=512), description="The decisions of the architecture, by name."
    )
    metrics: dict[str, float] = Field(
        default={},
        json_schema_extra=k8s(max_properties=16),
        description="What is known of it from the supernet, such as its share of the probability.",
    )


class Baseline(ApiModel):
    """What a simple model reaches, which was fitted when the data were prepared."""

    name: Literal["majority", "mean", "linear", "gradient-boosting"] = Field(
        description=(
            "majority: always the most frequent class. mean: always the mean. linear: logistic or ridge regression. "
            "gradient-boosting: histogram-based trees. All by scikit-learn."
        )
    )
    metrics: dict[str, float] = Field(
        json_schema_extra=k8s(max_properties=16),
        description="Its metrics on the validation split (val_) and, where there is one, on the test split (test_).",
    )
    errors: dict[str, float] = Field(
        default={},
        json_schema_extra=k8s(max_properties=16),
        description="Standard errors of those on the validation split, by bootstrapping its examples.",
    )
    examples: int = Field(ge=0, description="Training examples that it was fitted to: some thousands at most.")


class DatasetSummary(ApiModel):
    """The prepared data set: what was read, checked, divided and stored once for all trials."""

    address: str | None = Field(
        default=None,
        max_length=ADDRESS_LENGTH,
        description="Address of its folder in the bucket, with a trailing slash.",
    )
    hash: str = Field(max_length=80, description="sha256 over all examples and their targets, prefixed sha256:.")
    training: int = Field(ge=0, description="Number of training examples.")
    validation: int = Field(ge=0, description="Number of validation examples.")
    test: int = Field(default=0, ge=0, description="Number of test examples.")
    classes: int | None = Field(default=None, ge=2, description="Number of classes; absent: a regression.")
    largest_class: float | None = Field(
        default=None, ge=0, le=1, description="Share of the training examples that are of the most frequent class."
    )
    inputs: dict[str, Annotated[str, Field(max_length=64)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=16),
        description="Inputs of an example, and the shape of each as a network gets it: image is 3x32x32.",
    )
    baseline: list[Baseline] = Field(
        default=[],
        max_length=8,
        description="What simple models reach on the same split: what a search has to beat (docs/defaults.md).",
    )
    features: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        default={},
        json_schema_extra=k8s(max_properties=32),
        description="Numbers that describe the data, to find searches of such data (docs/transfer.md).",
    )
    warnings: list[Annotated[str, Field(max_length=512)]] = Field(
        default=[], max_length=16, description="What is odd about the data; report.json beside the data has all."
    )

    def describe(self) -> str:
        """Say for people how many examples there are."""
        parts = [f"{self.training:,} to train on", f"{self.validation:,} to validate"]
        parts += [f"{self.test:,} to test"] if self.test else []
        of = f", of {self.classes:,} classes" if self.classes else ""
        return f"{', '.join(parts)}{of}"


class NASTrialSpec(ApiModel):
    """The work of the trial. Written once by the operator."""

    rules: ClassVar = (
        Rule("self == oldSelf", "a trial cannot be changed; it is the record of what the search decided"),
        Rule(
            "(self.work in ['Prepare', 'Supernet']) == (!has(self.candidates) || self.candidates.size() == 0)",
            "a trial needs candidates; only those of work Prepare and Supernet have none",
            field_path=".candidates",
            broken_by=lambda held: (
                f"{len(held.candidates)} of work {held.work}"
                if (held.work in WITHOUT_CANDIDATES) != (not held.candidates)
                else None
            ),
        ),
        Rule(
            "!has(self.known) || self.known.size() == 0 || self.known.size() == self.candidates.size()",
            "what is known is known of each candidate: known needs as many entries as candidates",
            field_path=".known",
            broken_by=lambda held: (
                f"{len(held.known)} of {len(held.candidates)}"
                if held.known and len(held.known) != len(held.candidates)
                else None
            ),
        ),
    )

    index: int = Field(
        ge=0,
        description=(
            "Index of its first candidate in the search, from 0; the others follow. A retraining has the "
            "index of the candidate that it repeats. A scoring has the place among all scored candidates, a "
            "supernet its number among the runs, earlier results their search's among all of them."
        ),
    )
    basis: int = Field(
        ge=0,
        description="Sequence number of the last result that the strategy saw when it chose this candidate; 0: none.",
    )
    work: Work = Field(
        default=Work.TRAIN,
        description=(
            "Kind of work: Prepare prepares the data for all other trials, Train evaluates a candidate for the "
            "search, Retrain trains one of the best in full, Score scores candidates without training, Supernet trains "
            "weights that candidates share, Earlier keeps results of an earlier search."
        ),
    )
    epochs: int | None = Field(
        default=None,
        ge=1,
        description=(
            "Epochs to train. Absent: those of the search's evaluation. With strategy.rungs those of its "
            "rung, counted from the first: training stops there, on its way to evaluation.epochs."
        ),
    )
    repeat: int | None = Field(
        default=None,
        ge=1,
        le=9,
        description="Of work Retrain with several seeds: the number of the training; the first one, 0, has none.",
    )
    continues: str | None = Field(
        default=None, max_length=63, description="Name of the trial on a lower rung from which it resumes."
    )
    candidates: list[CandidateSpec] = Field(
        default=[],
        max_length=256,
        description=(
            "The candidates: at most evaluation.candidatesPerTrial, or up to 256 to score. None of work Prepare "
            "or Supernet."
        ),
    )
    known: list[KnownResult] = Field(
        default=[],
        max_length=256,
        description=(
            "The result of each candidate, in their order, where it is known beforehand: the trial has ended when it "
            "is made, without a Job. Empty otherwise."
        ),
    )
    source: str | None = Field(
        default=None, max_length=63, description="Of work Earlier: name of the search whose results these are."
    )
    distance: NumberText | None = Field(
        default=None,
        description="Of work Earlier: how far its data are from those of this search, of an entry of a knowledge base.",
    )
    guidance: HeldGuidance | None = Field(
        default=None,
        description="The guidance that held when its candidates were chosen, or it was made; absent: none.",
    )
    judged_by: HeldJudgement | None = Field(
        default=None,
        description="Limits and weights that held when its candidates were chosen or promoted; absent: none.",
    )
    seed: int = Field(ge=0, description="Seed of initialisation and of the order of the data.")


class Attempt(ApiModel):
    """One Job of the trial that has ended."""

    number: int = Field(ge=1, description="Number of the attempt, from 1.")
    outcome: AttemptOutcome = Field(
        description=(
            "How it ended. Crashed and Lost are tried again, Failed is not. Suspended and Stopped were "
            "ended by the operator."
        )
    )
    reason: str = Field(default="", max_length=128, description="Why, in one word.")
    start_time: datetime | None = Field(default=None, description="When its pod was started.")
    completion_time: datetime | None = Field(default=None, description="When it ended.")
    recorded_time: datetime | None = Field(
        default=None,
        description="Of one that is tried again: when the operator saw its end, by the API server's clock.",
    )


KeptCheckpoints = Literal["DeletingOlder", "Newest", "DeletingAll", "None"]
"""The first and the third on the way to what follows each."""


class CandidateStatus(ApiModel):
    """The result of one of several candidates of a trial."""

    outcome: Outcome = Field(
        description=(
            "Succeeded: it has metrics that the search can use. Refused: it breaks a constraint, so it was not trained."
        )
    )
    reason: str = Field(default="", max_length=128, description="Why it failed, in one word.")
    message: str = Field(default="", max_length=512, description="Why it failed, and what to do.")
    metrics: dict[str, float] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Its metrics, those of objectives first."
    )
    checkpoint: str | None = Field(default=None, max_length=ADDRESS_LENGTH, description="Address of its weights.")


class StopEvidence(ApiModel):
    """Why a trial was stopped early: the values that the rule compared."""

    rule: str = Field(
        max_length=32, description="The rule of evaluation.earlyStopping, or spec.guidance.stop: a person asked."
    )
    epoch: int = Field(ge=1, description="Epochs completed when it decided.")
    value: float | None = Field(
        default=None,
        description=(
            "The value that the rule compared; absent where a person asked. One objective: the best value so far "
            "(median), the value at the rung (asha), the expected final value (curve). Several: the share of the "
            "others that dominate it. wilcoxon: the p-value."
        ),
    )
    threshold: float | None = Field(
        default=None, description="The threshold that the value was worse than; of a share, the one that was reached."
    )
    others: int | None = Field(default=None, ge=1, description="Number of trials that it was compared with.")

    def describe(self) -> str:
        """Say for people why the trial was stopped."""
        if self.value is None or self.threshold is None:
            return f"after epoch {self.epoch}, as {self.rule} asks"
        return (
            f"after epoch {self.epoch}, by {self.rule}: {self.value:.6g} against {self.threshold:.6g} "
            f"of {self.others} others"
        )


class InitialWeights(ApiModel):
    """The weights from which a network started, if not from random ones."""

    source: str = Field(max_length=ADDRESS_LENGTH, description="Address or path of the file, or of the bundle.")
    sha256: str = Field(
        max_length=64, pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file, or of the bundle's weights."
    )
    inherited: int = Field(ge=0, description="Parameters that have their values from there.")
    trained: int = Field(ge=0, description="Parameters that were trained, those that are not frozen.")


class NASTrialStatus(ApiModel):
    """The state and the result of the trial."""

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
            "Place of the result in the search's history, from 1, in the order of recording. With several "
            "candidates it is that of the first; the others follow."
        ),
    )
    metrics: dict[str, float] = Field(
        default={},
        json_schema_extra=k8s(max_properties=64),
        description="The result; with several candidates that of the best. While the trial runs, the newest values.",
    )
    candidates: list[CandidateStatus] = Field(
        default=[],
        max_length=256,
        description=(
            "With several candidates: the result of each, in their order. Empty when the trial as a whole failed."
        ),
    )
    objective: str | None = Field(
        default=None,
        max_length=256,
        description="The values of the search's objectives, in their order, as text: 0.912, 431000.",
    )
    epoch: int | None = Field(default=None, ge=0, description="Epochs completed.")
    curve: Curve | None = Field(
        default=None, description="The learning curve: from the trial's result, or as it was seen while the trial ran."
    )
    stop_evidence: StopEvidence | None = Field(default=None, description="Why the trial was stopped early.")
    checkpoint: str | None = Field(
        default=None, max_length=ADDRESS_LENGTH, description="Address of the weights in the newest complete checkpoint."
    )
    checkpoints: KeptCheckpoints | None = Field(
        default=None,
        description=(
            "What storage.checkpointPolicy has left of its checkpoints, or is deleting of them. Absent: all that the "
            "trainer keeps."
        ),
    )
    bundle: str | None = Field(
        default=None,
        max_length=ADDRESS_LENGTH,
        description="Of work Retrain: address of the model's bundle, a folder in the bucket (docs/model-bundle.md).",
    )
    attempts: list[Attempt] = Field(default=[], max_length=64, description="The attempts that have ended.")
    start_time: datetime | None = Field(default=None, description="When the first attempt started.")
    completion_time: datetime | None = Field(default=None, description="When the result was recorded.")
    claimed_at: datetime | None = Field(
        default=None,
        description=(
            "When the operator became the leader that began to work on the search while the trial had no result. "
            "What an earlier leader writes late is refused, as the trial has changed since."
        ),
    )
    trial_seconds: float = Field(default=0.0, description="Run time of all ended attempts, in seconds.")
    gpu_seconds: float = Field(default=0.0, description="The same, multiplied by the trial's GPUs.")
    dataset_hash: str | None = Field(default=None, max_length=80, description="Hash of the data it was trained on.")
    initial_weights: InitialWeights | None = Field(
        default=None, description="With evaluation.initFrom: where the network's first weights came from."
    )
    dataset: DatasetSummary | None = Field(default=None, description="Of work Prepare: the prepared data set.")
    derived: list[Derived] = Field(
        default=[],
        max_length=MOST_DERIVED,
        description="Of work Supernet: architectures that the run has chosen, the best first.",
    )
    contended: bool | None = Field(
        default=None,
        description=(
            "Whether others used the device while latency and throughput were measured. If so, they may be "
            "worse than they should be."
        ),
    )
    resumed_from_epoch: int | None = Field(
        default=None,
        ge=0,
        description=(
            "Epochs in the checkpoint from which the last attempt resumed. Absent: it started from the beginning."
        ),
    )
    image_id: str | None = Field(default=None, max_length=512, description="Digest of the image that ran.")
    warnings: list[Annotated[str, Field(max_length=512)]] = Field(
        default=[], max_length=16, description="Problems that did not stop the trial."
    )
    last_log: str | None = Field(
        default=None, max_length=4096, description="Last lines of the log of a failed attempt."
    )


class NASTrial(ApiModel):
    """One candidate of a NASSearch being evaluated, and its result."""

    spec: NASTrialSpec = Field(description="The work of the trial.")
    status: NASTrialStatus | None = Field(default=None, description="The state and the result of the trial.")
