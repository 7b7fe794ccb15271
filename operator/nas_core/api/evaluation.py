"""`spec.evaluation` of a search: how a candidate is trained and evaluated."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import NUMBER_AS_TEXT, ApiModel, Rule, k8s
from nas_core.api.benchmark import Benchmark
from nas_core.api.early_stopping import EarlyStopping
from nas_core.api.predictor import EarlierResults, PrefilterPredictor, Surrogate
from nas_core.api.supernet import Supernet
from nas_core.api.types import Duration, NonNegative, ObjectName, ProxyName, RandomCandidates, each_once
from nas_core.api.union import MEMBER, Union

# With an exponent too: so the real numbers of a search are written.
BELOW_ONE_PATTERN = r"^(0|0?\.[0-9]+|[0-9](\.[0-9]+)?[eE]-(0[1-9]|[1-9][0-9]?))$"
BelowOne = Annotated[
    str,
    NUMBER_AS_TEXT,
    Field(
        max_length=32,
        pattern=BELOW_ONE_PATTERN,
        json_schema_extra=k8s(int_or_string=True, must="a number of at least 0 and below 1, such as 0 or '0.9'"),
    ),
]


CHOSEN = "Default: chosen from the data, see status.plan.chosen (docs/defaults.md);"
"""Of a field that the operator chooses."""
OptimizerName = Literal["sgd", "adamw"]
ScheduleName = Literal["cosine", "constant", "step", "one-cycle"]


class Optimizer(ApiModel):
    """How weights are updated. What is absent depends on the task and on the optimiser (`docs/training.md`)."""

    name: OptimizerName | None = Field(
        default=None,
        description=f"sgd (Nesterov momentum) or adamw. {CHOSEN} else sgd for images, adamw for all other data.",
    )
    learning_rate: NonNegative | None = Field(
        default=None,
        description=f"Peak learning rate of the schedule, as a string. {CHOSEN} else 0.1 of sgd, 0.001 of adamw.",
    )
    weight_decay: NonNegative | None = Field(
        default=None,
        description=(
            "Weight decay, as a string; normalisations and biases have none. Default: 0.0005 of sgd, 0.01 of adamw."
        ),
    )
    momentum: BelowOne = Field(
        default="0.9", description="Momentum of sgd, at least 0 and below 1, as a string; adamw ignores it."
    )
    schedule: ScheduleName = Field(
        default="cosine",
        description=(
            "How the learning rate goes on from its peak. cosine: down to 0. constant: it stays. step: a tenth after "
            "half of the epochs, a hundredth after three quarters. one-cycle: up for the first 30 %, then down to 0; "
            "warmupEpochs has no effect."
        ),
    )
    warmup_epochs: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Epochs in which the learning rate rises from near 0 to its peak, before the schedule.",
    )
    clip_norm: NonNegative | None = Field(
        default=None,
        description="Gradients are clipped to this norm, as a string. 0: off. Default: 0 of sgd, 1 of adamw.",
    )


class InitFrom(Union):
    """Weights from which each candidate's network starts, loaded by their names: of a model, or a published file."""

    model: ObjectName | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A NASModel of the namespace, in the bucket of this search; one that is not ready is waited for.",
    )
    uri: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+(\.safetensors|/)$",
        json_schema_extra=k8s(
            must="the address of a .safetensors file in a bucket, s3://bucket/key.safetensors, or of a bundle, "
            "ending with /"
        )
        | MEMBER,
        description="A .safetensors file, or with a / at its end a model's bundle, on the server of spec.storage.",
    )
    path: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^/.+(\.safetensors|/)$",
        json_schema_extra=k8s(must="the path of a .safetensors file, beginning with /, or of a bundle, ending with /")
        | MEMBER,
        description="The same in the trial's container: in its image, or in the volume at /data.",
    )
    sha256: str | None = Field(
        default=None,
        max_length=64,
        pattern=r"^[0-9a-f]{64}$",
        json_schema_extra=k8s(must="64 hexadecimal digits in lower case"),
        description="Of the file, or of the bundle's bundle.json; another one is refused. Of a model it is known.",
    )
    freeze: bool = Field(
        default=False,
        description="true: loaded weights stay as they are, but for the last layer's; only the others are trained.",
    )


class Prefilter(ApiModel):
    """Candidates are compared without training: by scores before the search trains, or by a predictor during it."""

    rules: ClassVar = (
        Rule(
            "self.keep <= self.candidates",
            "keep must not exceed candidates; lower it or raise candidates",
            field_path=".keep",
        ),
    )

    predictor: PrefilterPredictor | None = Field(
        default=None,
        description=(
            "Of several candidates that the strategy proposes the one that is predicted best is trained. The predictor "
            "is used while it ranks results that it was not fitted to; the condition SurrogateReliable says whether "
            "it does."
        ),
    )
    proxies: list[ProxyName] | None = Field(
        default=None,
        min_length=1,
        max_length=8,
        description=(
            "Scores to rank by; several by the mean of their ranks. Default: jacob_cov and synflow, or none with "
            "predictor."
        ),
    )
    candidates: int = Field(default=1000, ge=1, le=10_000, description="Number of random candidates that are scored.")
    keep: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="How many of the best are trained first, from the best downwards. Then the strategy goes on.",
    )
    random_candidates: RandomCandidates = None

    @property
    def scored_by(self) -> tuple[ProxyName, ...]:
        """The proxies by which candidates are scored before the search trains; none: it scores nothing."""
        if self.proxies is not None:
            return tuple(self.proxies)
        return () if self.predictor else ("jacob_cov", "synflow")


AugmentationName = Literal[
    "flip", "crop", "resized-crop", "rand-augment", "color-jitter", "random-erasing", "spec-augment"
]


class Train(ApiModel):
    """Each candidate is trained from scratch, with the settings beside this field."""


class Evaluation(Union):
    """How a candidate is evaluated: it is trained for some epochs, or looked up, and reports its metrics."""

    default: ClassVar = "train"

    rules: ClassVar = (
        Rule(
            "!has(self.earlyStopping) || !has(self.candidatesPerTrial) || self.candidatesPerTrial == 1",
            "earlyStopping stops a trial, not one of several candidates in it; remove it or candidatesPerTrial",
            field_path=".earlyStopping",
        ),
        Rule(
            "!has(self.earlyStopping) || !has(self.epochs) || self.earlyStopping.minEpochs < self.epochs",
            "earlyStopping.minEpochs must be below epochs, or no trial is ever stopped",
            field_path=".earlyStopping",
        ),
        Rule(
            "!has(self.earlyStopping) || (self.repeats == 1 && !has(self.folds))",
            "earlyStopping compares single trainings; remove it, or repeats and folds",
            field_path=".earlyStopping",
        ),
    )

    train: Train | None = Field(default=None, json_schema_extra=MEMBER, description="Train each candidate.")
    benchmark: Benchmark | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Look candidates up instead of training them, in seconds: a rehearsal. The data of spec.task "
            "are not read, and no weights are kept."
        ),
    )
    supernet: Supernet | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Evaluate candidates with weights that they share: one large network is trained first, a candidate is a "
            "part of it. The settings beside this field are those of its training."
        ),
    )
    surrogate: Surrogate | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description=(
            "Predict candidates instead of training them, from results of earlier searches. Each metric has its "
            "standard deviation (<metric>_std). spec.retrain, which is strongly advised, then trains the best: the "
            "settings beside this field are for that."
        ),
    )
    epochs: int = Field(
        default=10,
        ge=1,
        le=10_000,
        json_schema_extra=k8s(chosen=True),
        description=f"Epochs each candidate is trained. {CHOSEN} 10 where nothing is known of them.",
    )
    batch_size: int = Field(
        default=128,
        ge=1,
        le=65_536,
        json_schema_extra=k8s(chosen=True),
        description=f"Examples in a training step. {CHOSEN} 128 where nothing is known of them.",
    )
    accumulation: int = Field(
        default=1,
        ge=1,
        le=1024,
        description=(
            "Number of parts into which a step's batch is split. More parts need less memory; the step is "
            "the same except for batch normalisation. A trial that runs out of GPU memory doubles it by "
            "itself."
        ),
    )
    optimizer: Optimizer = Field(default=Optimizer(), description="The optimiser and its settings.")
    label_smoothing: BelowOne = Field(
        default="0",
        description="Share of each label that is spread evenly over all classes (classification), as a string: '0.1'.",
    )
    dropout: BelowOne = Field(
        default="0", description="Dropout of the features before the network's last linear layer, as a string: '0.2'."
    )
    augmentation: list[AugmentationName] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(rules=(each_once("augmentation"),)),
        description=(
            "Random changes of training examples, each at most once. Images: flip mirrors half of them, crop shifts "
            "them by up to an eighth of their size, resized-crop takes a part of 8 to 100 % of the area and scales it, "
            "rand-augment (two operations of magnitude 9), color-jitter, random-erasing. Sound: spec-augment."
        ),
    )
    mixup: NonNegative = Field(
        default="0",
        description=(
            "alpha of mixup, which blends pairs of images and their labels (image classification), as a "
            "string: '0.2'. 0: off."
        ),
    )
    cutmix: NonNegative = Field(
        default="0",
        description=(
            "alpha of CutMix, which pastes a box of another image and mixes the labels by area (image "
            "classification), as a string: '1'. 0: off. With mixup too, each batch gets one of the two."
        ),
    )
    average_decay: BelowOne = Field(
        default="0",
        description=(
            "Decay of an exponential moving average of the weights, which is then evaluated instead of the "
            "weights, as a string: '0.999'. 0: off."
        ),
    )
    report: Literal["last", "best"] = Field(
        default="last",
        json_schema_extra=k8s(chosen=True),
        description=(
            "Which epoch's metrics and weights are the result: the last one's, or those of the epoch with the best "
            f"validation value of the first objective. {CHOSEN} last where nothing is known of them."
        ),
    )
    patience: int | None = Field(
        default=None,
        ge=1,
        le=10_000,
        description=(
            "Training ends when the first objective has not improved for so many epochs. Best with report: best. "
            f"{CHOSEN} absent where nothing is known of them."
        ),
    )
    folds: int | None = Field(
        default=None,
        ge=2,
        le=20,
        description=(
            "k-fold cross-validation, for small data: each candidate is trained this many times, each time validated "
            "on another part. Metrics are means; <metric>_std is their standard deviation. Costs as many trainings."
        ),
    )
    repeats: int = Field(
        default=1,
        ge=1,
        le=10,
        description=(
            "Each candidate is trained this many times with different seeds. Metrics are means; <metric>_std is their "
            "standard deviation. With folds: each fold this many times."
        ),
    )
    init_from: InitFrom | None = Field(
        default=None, description="Published weights from which networks start. Absent: random weights."
    )
    activation_checkpointing: bool = Field(
        default=False,
        description=(
            "Compute parts of the network again in the backward pass instead of keeping their activations: less "
            "memory, about a third slower."
        ),
    )
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description=(
            "Arithmetic of the forward pass. auto: bfloat16 on GPUs that compute in it, float16 with scaling on older "
            "ones, float32 on CPUs."
        ),
    )
    compile: bool = Field(
        default=False,
        description=(
            "Compile the network (torch.compile): a minute at the start, then faster steps. Needs a C++ "
            "compiler in the trial's image; without one the trial logs that and trains without."
        ),
    )
    deterministic: bool = Field(
        default=False,
        description="Use only algorithms that give the same numbers each time, on GPUs too; slower there.",
    )
    stall_timeout: Duration = Field(
        default="10m",
        description=(
            "End an attempt that makes no progress for this long, without a training step for example. It "
            "is tried again. Compiling counts as part of the first step."
        ),
    )
    max_trial_duration: Duration | None = Field(
        default=None,
        description="Stop an attempt that runs longer (2h30m, 45m). Bounds the cost of the search.",
    )
    early_stopping: EarlyStopping | None = Field(
        default=None, description="End trials early whose learning curve is worse than those of others. Absent: none."
    )
    candidates_per_trial: int = Field(
        default=1,
        ge=1,
        le=64,
        json_schema_extra=k8s(chosen=True),
        description=(
            "Candidates that one trial evaluates, one after the other in one pod. They share start-up, data "
            f"and device, which helps when training takes seconds. More than 1 needs spec.storage. {CHOSEN} "
            "1 where each is trained."
        ),
    )
    prefilter: Prefilter | None = Field(
        default=None,
        description=(
            "Score many candidates without training and begin with the best, which needs spec.storage; with "
            "benchmark a table that has the scores. Or choose among proposals by a predictor."
        ),
    )

    @property
    def trainings(self) -> int:
        """How often a candidate is trained in the search."""
        return (self.folds or 1) * self.repeats

    @property
    def learns_from(self) -> EarlierResults | None:
        """The earlier searches whose results a predictor learns from."""
        predictor = self.surrogate or (self.prefilter.predictor if self.prefilter else None)
        return predictor.from_ if predictor else None
