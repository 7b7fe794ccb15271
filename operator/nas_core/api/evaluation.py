"""`spec.evaluation` of a search: how a candidate is trained and evaluated."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.benchmark import Benchmark
from nas_core.api.early_stopping import EarlyStopping
from nas_core.api.types import Duration, NonNegative, ProxyName
from nas_core.api.union import MEMBER, Union

BelowOne = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^(0|0?\.[0-9]+)$",
        json_schema_extra=k8s(must="a number of at least 0 and below 1, as a string such as '0.9'"),
    ),
]


class Optimizer(ApiModel):
    """How weights are updated."""

    name: Literal["sgd", "adamw"] = Field(default="sgd", description="sgd (Nesterov momentum) or adamw.")
    learning_rate: NonNegative = Field(
        default="0.1", description="Peak learning rate of the cosine schedule, as a string."
    )
    weight_decay: NonNegative = Field(default="0.0005", description="Weight decay, as a string.")
    momentum: BelowOne = Field(
        default="0.9", description="Momentum of sgd, at least 0 and below 1, as a string; adamw ignores it."
    )
    warmup_epochs: int = Field(
        default=0,
        ge=0,
        le=1000,
        description="Epochs in which the learning rate rises from near 0 to its peak, before the cosine.",
    )
    clip_norm: NonNegative = Field(default="0", description="Gradients are clipped to this norm, as a string. 0: off.")


class Prefilter(ApiModel):
    """Candidates are scored without training before the search trains. The best are trained first."""

    rules: ClassVar = (
        Rule(
            "self.keep <= self.candidates",
            "keep must not exceed candidates; lower it or raise candidates",
            field_path=".keep",
        ),
    )

    proxies: list[ProxyName] = Field(
        default=["jacob_cov", "synflow"],
        min_length=1,
        max_length=8,
        description="Scores to rank by; several by the mean of their ranks.",
    )
    candidates: int = Field(default=1000, ge=1, le=10_000, description="Number of random candidates that are scored.")
    keep: int = Field(
        default=10,
        ge=1,
        le=10_000,
        description="How many of the best are trained first, from the best downwards. Then the strategy goes on.",
    )


class Train(ApiModel):
    """Each candidate is trained from scratch, with the settings beside this field."""


class Evaluation(Union):
    """How a candidate is evaluated: it is trained for some epochs, or looked up, and reports its metrics."""

    default: ClassVar = "train"

    rules: ClassVar = (
        Rule(
            "!has(self.earlyStopping) || self.candidatesPerTrial == 1",
            "earlyStopping stops a trial, not one of several candidates in it; remove it or candidatesPerTrial",
            field_path=".earlyStopping",
        ),
        Rule(
            "!has(self.earlyStopping) || self.earlyStopping.minEpochs < self.epochs",
            "earlyStopping.minEpochs must be below epochs, or no trial is ever stopped",
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
    epochs: int = Field(default=10, ge=1, le=10_000, description="Epochs each candidate is trained.")
    batch_size: int = Field(default=128, ge=1, le=65_536, description="Examples in a training step.")
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
    augmentation: Literal["none", "flip", "crop", "crop-flip"] = Field(
        default="none",
        description=(
            "Augmentation of training images: flip mirrors half of them, crop shifts them by up to an "
            "eighth of their size, crop-flip does both."
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
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Arithmetic of the forward pass; auto is bfloat16 on GPUs that have it, else float32.",
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
        description=(
            "Candidates that one trial evaluates, one after the other in one pod. They share start-up, data "
            "and device, which helps when training takes seconds. More than 1 needs spec.storage."
        ),
    )
    prefilter: Prefilter | None = Field(
        default=None,
        description=(
            "Score many candidates without training and begin with the best. Needs spec.storage; with "
            "benchmark a table that has the scores."
        ),
    )
