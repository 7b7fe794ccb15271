"""`NASSearch`: what a user asks for (spec) and what the operator reports (status).

Fields are here only when they do something. Bounds keep every CEL rule inside the API server's cost budget.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nas_core.api.base import DECIMAL_PATTERN, DURATION_PATTERN, ApiModel, Condition, Rule, k8s
from nas_core.api.space import SearchSpaceSpec

MetricName = Annotated[
    str,
    Field(
        max_length=63,
        pattern=r"^[a-zA-Z_][a-zA-Z0-9_]*$",
        json_schema_extra=k8s(
            must="a metric's name: letters, digits and '_', not beginning with a digit, such as val_accuracy"
        ),
    ),
]
Limit = Annotated[
    str,
    Field(
        max_length=32,
        pattern=DECIMAL_PATTERN,
        coerce_numbers_to_str=True,
        json_schema_extra=k8s(int_or_string=True, must="a number, one with a fraction as a string such as '0.5'"),
    ),
]
NonNegative = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$",
        json_schema_extra=k8s(must="a number of at least 0, as a string such as '0.05' or '1e-3'"),
    ),
]
Fraction = Annotated[
    str,
    Field(
        max_length=32,
        pattern=r"^0?\.[0-9]*[1-9][0-9]*$",
        json_schema_extra=k8s(must="a number between 0 and 1, both excluded, as a string such as '0.2'"),
    ),
]
Duration = Annotated[
    str,
    Field(
        max_length=32,
        pattern=DURATION_PATTERN,
        json_schema_extra=k8s(must="a duration longer than 0 in hours, minutes and seconds, such as 1h30m, 45m or 90s"),
    ),
]
Quantity = Annotated[
    str,
    Field(
        max_length=32,
        coerce_numbers_to_str=True,
        json_schema_extra=k8s(
            int_or_string=True,
            rules=(
                Rule(
                    "isQuantity(string(self)) && !quantity(string(self)).isLessThan(quantity('0'))",
                    "must be a Kubernetes quantity of at least 0, such as 2, 500m or 4Gi",
                    message_expression=(
                        "'must be a Kubernetes quantity of at least 0, such as 2, 500m or 4Gi, not ' + string(self)"
                    ),
                ),
            ),
        ),
    ),
]
"""A Kubernetes quantity of at least 0."""


class Dataset(ApiModel):
    """Where the examples come from."""

    rules: ClassVar = (
        Rule(
            "has(self.name) != has(self.uri)",
            "set exactly one of name (a built-in data set) and uri (your own, s3://bucket/key)",
        ),
    )

    name: Literal["digits"] | None = Field(
        default=None,
        description="A data set built into the trial image: digits (scikit-learn, 1,797 grey images of 8x8).",
    )
    uri: str | None = Field(
        default=None,
        max_length=1024,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.+$",
        json_schema_extra=k8s(must="an address in a bucket, s3://bucket/key"),
        description="Your own data: an .npz object, or a prefix with MNIST's IDX files or folders of images a class.",
    )
    format: Literal["auto", "npz", "idx", "image-folder"] = Field(
        default="auto", description="How to read uri. auto decides by the names of the objects."
    )
    max_examples: int | None = Field(
        default=None,
        ge=10,
        le=100_000_000,
        description="Use at most this many examples, drawn evenly over the classes by the seed.",
    )
    validation_fraction: Fraction = Field(
        default="0.2",
        description="Share of the training examples that the trials are judged on, between 0 and 1, as a string.",
    )


class Task(ApiModel):
    """What is to be learned."""

    type: Literal["image-classification"] = Field(default="image-classification", description="The kind of problem.")
    dataset: Dataset = Field(description="The examples to learn from.")


class Objective(ApiModel):
    """A metric to be made as good as possible."""

    metric: MetricName = Field(description="Name of a metric that the trials report, for example val_accuracy.")
    goal: Literal["maximize", "minimize"] = Field(default="maximize", description="Which direction is better.")


class Constraint(ApiModel):
    """Bounds a metric must keep for an architecture to count as feasible."""

    rules: ClassVar = (
        Rule(
            "has(self.min) || has(self.max)",
            "set min, max or both, or remove the constraint",
            message_expression="'set min, max or both, or remove the constraint on ' + self.metric",
        ),
        Rule(
            "!has(self.min) || !has(self.max) || !isQuantity(string(self.min)) || !isQuantity(string(self.max)) || "
            "quantity(string(self.min)).compareTo(quantity(string(self.max))) <= 0",
            "min must not exceed max",
            message_expression="'min (' + string(self.min) + ') must not exceed max (' + string(self.max) + ')'",
            field_path=".min",
        ),
    )

    metric: MetricName = Field(description="Name of a metric that the trials report, for example parameters.")
    min: Limit | None = Field(
        default=None, description="Smallest allowed value; one with a fraction is written as a string."
    )
    max: Limit | None = Field(
        default=None, description="Largest allowed value; one with a fraction is written as a string."
    )


class Random(ApiModel):
    """Uniform sampling without repetition: the baseline that every strategy has to beat (Li & Talwalkar 2019)."""


class RegularizedEvolution(ApiModel):
    """Aging evolution (Real et al. 2019, AAAI, arXiv:1802.01548)."""

    rules: ClassVar = (
        Rule(
            "self.sampleSize <= self.populationSize",
            "sampleSize must not exceed populationSize; lower it or raise populationSize",
            field_path=".sampleSize",
        ),
    )

    population_size: int = Field(
        default=20, ge=2, le=1000, description="Architectures alive at a time; the oldest dies first."
    )
    sample_size: int = Field(
        default=5, ge=1, le=1000, description="Contestants drawn from the population; the best becomes the parent."
    )


class StrategySpec(ApiModel):
    """How the next architectures are chosen: at most one strategy, by name."""

    rules: ClassVar = (
        Rule(
            "!(has(self.random) && has(self.regularizedEvolution))",
            "set at most one strategy; remove all but one of random, regularizedEvolution",
        ),
    )

    random: Random | None = Field(default=None, description="Uniform sampling without repetition.")
    regularized_evolution: RegularizedEvolution | None = Field(
        default=None, description="Aging evolution: mutate the best of a sample, let the oldest die. The default."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of every random decision of the search.")
    ordered: bool = Field(
        default=False,
        description=(
            "Make the sequence of architectures independent of timing: trial i sees exactly the results of the trials "
            "up to i - parallelTrials. Costs some waiting for the slowest trial."
        ),
    )


class Optimizer(ApiModel):
    """How weights are updated."""

    name: Literal["sgd", "adamw"] = Field(default="sgd", description="sgd (Nesterov momentum) or adamw.")
    learning_rate: NonNegative = Field(
        default="0.1", description="Peak learning rate of the cosine schedule, as a string."
    )
    weight_decay: NonNegative = Field(default="0.0005", description="Weight decay, as a string.")
    momentum: str = Field(
        default="0.9",
        max_length=32,
        pattern=r"^(0|0?\.[0-9]+)$",
        json_schema_extra=k8s(must="a number of at least 0 and below 1, as a string such as '0.9'"),
        description="Momentum of sgd, at least 0 and below 1, as a string; adamw ignores it.",
    )


class Evaluation(ApiModel):
    """How a candidate is judged: each is trained for some epochs and reports its metrics."""

    epochs: int = Field(default=10, ge=1, le=10_000, description="Epochs each candidate is trained.")
    batch_size: int = Field(default=128, ge=1, le=65_536, description="Examples in a training step.")
    optimizer: Optimizer = Field(default=Optimizer(), description="Optimiser and its settings.")
    precision: Literal["auto", "float32", "bfloat16", "float16"] = Field(
        default="auto",
        description="Arithmetic of the forward pass; auto is bfloat16 on GPUs that have it, else float32.",
    )
    max_trial_duration: Duration | None = Field(
        default=None,
        description="Stop an attempt of a trial that runs longer (2h30m, 45m). Makes the cost of the search plannable.",
    )


class Budget(ApiModel):
    """How much the search may spend. Every field may be changed while it runs, and raised after it has ended."""

    max_trials: int = Field(
        default=20, ge=1, le=100_000, description="Candidates evaluated in all, failed ones included."
    )
    parallel_trials: int = Field(default=2, ge=1, le=1000, description="Trials running at the same time.")
    max_failed_trials: int = Field(
        default=3, ge=0, le=100_000, description="The search fails when more trials than this have failed."
    )
    max_duration: Duration | None = Field(
        default=None,
        description="Start no trial and stop the running ones after this time (24h), suspended time not counted.",
    )


class Resources(ApiModel):
    """Requests and limits of the trial's container, as in a Pod."""

    limits: dict[str, Quantity] | None = Field(
        default=None, json_schema_extra=k8s(max_properties=16), description="Limits, for example nvidia.com/gpu: 1."
    )
    requests: dict[str, Quantity] | None = Field(
        default=None, json_schema_extra=k8s(max_properties=16), description="Requests; default to the limits."
    )


class Toleration(ApiModel):
    """`core/v1` Toleration."""

    key: str | None = Field(
        default=None, max_length=316, description="Taint key; empty with operator Exists matches all."
    )
    operator: Literal["Exists", "Equal"] | None = Field(default=None, description="How the key relates to the value.")
    value: str | None = Field(default=None, max_length=63, description="Taint value.")
    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = Field(
        default=None, description="Taint effect."
    )
    toleration_seconds: int | None = Field(
        default=None, ge=0, description="How long NoExecute is tolerated, in seconds."
    )


class EnvVar(ApiModel):
    """A plain environment variable. Secrets do not belong here: the storage Secret is wired in by the operator."""

    name: str = Field(
        max_length=253,
        pattern=r"^[-._a-zA-Z][-._a-zA-Z0-9]*$",
        json_schema_extra=k8s(
            must="a variable's name: letters, digits, '-', '_' and '.', not beginning with a digit",
            rules=(
                Rule(
                    "!self.startsWith('NAS_') && !self.startsWith('AWS_')",
                    "names beginning with NAS_ or AWS_ belong to the operator; use another name",
                    message_expression=(
                        "'names beginning with NAS_ or AWS_ belong to the operator; use another name than ' + self"
                    ),
                ),
            ),
        ),
        description="Name of the variable.",
    )
    value: str = Field(default="", max_length=4096, description="Its value.")


class LocalObjectReference(ApiModel):
    """An object in the namespace of the search."""

    name: str = Field(min_length=1, max_length=253, description="Name of the object.")


class TrialTemplate(ApiModel):
    """What a trial's pod looks like. Where and how it runs may change while the search runs; what it runs may not."""

    image: str | None = Field(
        default=None,
        max_length=512,
        description="Image of the trainer; default: the one the operator was installed with.",
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None, description="As in a Pod."
    )
    image_pull_secrets: list[LocalObjectReference] = Field(
        default=[], max_length=8, description="Secrets for pulling the image."
    )
    command: list[Annotated[str, Field(max_length=4096)]] | None = Field(
        default=None, max_length=64, description="Entrypoint; default: the image's. Never passed through a shell."
    )
    args: list[Annotated[str, Field(max_length=4096)]] | None = Field(
        default=None, max_length=64, description="Arguments of the entrypoint."
    )
    env: list[EnvVar] = Field(
        default=[],
        max_length=64,
        json_schema_extra=k8s(map_keys=("name",)),
        description="Environment variables.",
    )
    resources: Resources = Field(default=Resources(), description="Requests and limits.")
    node_selector: dict[str, Annotated[str, Field(max_length=63)]] = Field(
        default={}, json_schema_extra=k8s(max_properties=16), description="Labels a node must have."
    )
    tolerations: list[Toleration] = Field(default=[], max_length=16, description="Taints that are tolerated.")
    max_attempts: int = Field(
        default=3,
        ge=1,
        le=16,
        description="Attempts of a trial that crashes. Preemption and suspension are no attempts lost.",
    )
    termination_grace_period_seconds: int = Field(
        default=30, ge=1, le=3600, description="Seconds a trial has to write its checkpoint when it is asked to stop."
    )
    ttl_seconds_after_finished: int = Field(
        default=3600,
        ge=0,
        le=2_592_000,
        description="Seconds a finished Job (and its logs) is kept once its result is recorded.",
    )


class Storage(ApiModel):
    """An S3-compatible bucket for checkpoints and results."""

    bucket: str = Field(
        max_length=63,
        pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
        json_schema_extra=k8s(must="a bucket's name: 3 to 63 lower-case letters, digits, '-' and '.', without s3://"),
        description="An existing bucket.",
    )
    prefix: str = Field(
        default="",
        max_length=512,
        pattern=r"^[A-Za-z0-9!_.*'()/-]*$",
        json_schema_extra=k8s(must="made of letters, digits and the characters !_.*'()/-"),
        description="Everything is kept below this prefix.",
    )
    endpoint: str | None = Field(
        default=None,
        max_length=512,
        pattern=r"^https?://[^\s]+$",
        json_schema_extra=k8s(must="a URL beginning with http:// or https://"),
        description="URL of the server; default: Amazon S3 of the region.",
    )
    region: str = Field(
        default="us-east-1",
        max_length=63,
        pattern=r"^[a-z0-9-]+$",
        json_schema_extra=k8s(must="a region's name: lower-case letters, digits and '-', such as us-east-1"),
        description="Region name for request signing.",
    )
    addressing_style: Literal["path", "virtual"] = Field(
        default="path", description="path: http://server/bucket/key; virtual: http://bucket.server/key."
    )
    ca_bundle: str | None = Field(
        default=None,
        max_length=16_384,
        description="PEM certificates that the server's certificate is checked against.",
    )
    secret_ref: LocalObjectReference = Field(
        default=LocalObjectReference(name="nas-storage"),
        description=(
            "Secret with the keys accessKeyID and secretAccessKey, labelled nas-operator.io/use=trial. "
            "The operator reads only Secrets of the names it was installed with."
        ),
    )
    deletion_policy: Literal["Retain", "Delete"] = Field(
        default="Retain", description="What happens to checkpoints and results when the search is deleted."
    )


def _immutable(field: str, remedy: str = "create a new search") -> Rule:
    return Rule(
        f"self.{field} == oldSelf.{field}",
        f"{field} cannot change once the search exists; {remedy}",
        field_path=f".{field}",
    )


def _immutable_optional(field: str, optional: str) -> Rule:
    both = f"has(self.{field}.{optional}) == has(oldSelf.{field}.{optional})"
    same = f"(!has(self.{field}.{optional}) || self.{field}.{optional} == oldSelf.{field}.{optional})"
    return Rule(
        f"{both} && {same}",
        f"{field}.{optional} cannot change once the search exists: trials must stay comparable; create a new search",
        field_path=f".{field}",
    )


class NASSearchSpec(ApiModel):
    """What is asked for."""

    rules: ClassVar = (
        _immutable("task"),
        _immutable("searchSpace"),
        _immutable("objectives"),
        _immutable("strategy"),
        _immutable("evaluation"),
        _immutable_optional("trialTemplate", "image"),
        _immutable_optional("trialTemplate", "command"),
        _immutable_optional("trialTemplate", "args"),
        Rule(
            "has(self.storage) == has(oldSelf.storage) && (!has(self.storage) || "
            "(self.storage.bucket == oldSelf.storage.bucket && self.storage.prefix == oldSelf.storage.prefix))",
            "storage.bucket and storage.prefix cannot change once the search exists, its results are there; "
            "create a new search",
        ),
        Rule(
            "!has(self.task.dataset.uri) || has(self.storage)",
            "task.dataset.uri needs storage: its endpoint and Secret are what the data is read with; add spec.storage",
        ),
    )

    task: Task = Field(description="What is to be learned, from which data.")
    search_space: SearchSpaceSpec = Field(default=SearchSpaceSpec(), description="Which architectures are searched.")
    objectives: list[Objective] = Field(
        default=[Objective(metric="val_accuracy")],
        min_length=1,
        max_length=4,
        json_schema_extra=k8s(map_keys=("metric",)),
        description="What makes an architecture good. With several, the status holds the Pareto front.",
    )
    constraints: list[Constraint] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(map_keys=("metric",)),
        description="Bounds that an architecture must keep to be among the best.",
    )
    strategy: StrategySpec = Field(default=StrategySpec(), description="How the next architectures are chosen.")
    evaluation: Evaluation = Field(default=Evaluation(), description="How a candidate is judged.")
    budget: Budget = Field(default=Budget(), description="How much may be spent.")
    trial_template: TrialTemplate = Field(default=TrialTemplate(), description="What a trial's pod looks like.")
    storage: Storage | None = Field(
        default=None,
        description="Where checkpoints and results are kept. Without it trials cannot resume and keep no weights.",
    )
    suspend: bool | None = Field(
        default=None,
        description="true stops the search: running trials write a checkpoint and end. Remove it to go on from there.",
    )


class Plan(ApiModel):
    """What the search may cost at most, known before anything is spent."""

    candidates: int = Field(description="Candidates evaluated at most.")
    space_size: str | None = Field(
        default=None,
        max_length=32,
        description="Encodings in the search space, such as 15625 or 1.2e+22; absent when a decision is real.",
    )
    epochs: int = Field(description="Epochs trained at most, over all candidates.")
    gpu_hours_at_most: str | None = Field(
        default=None,
        max_length=32,
        description=(
            "GPU-hours at most, disruptions aside; absent while nothing bounds them: set evaluation.maxTrialDuration "
            "or budget.maxDuration."
        ),
    )
    strategy: str = Field(max_length=63, description="The strategy that is used.")


class TrialCounts(ApiModel):
    """Trials by state; each is counted once."""

    total: int = Field(default=0, description="Trials created so far.")
    pending: int = Field(default=0, description="Waiting for a pod to start.")
    running: int = Field(default=0, description="With a running pod.")
    collecting: int = Field(default=0, description="Finished, result not yet read.")
    suspended: int = Field(default=0, description="Stopped with the search, to be continued.")
    succeeded: int = Field(default=0, description="Ended with metrics.")
    failed: int = Field(default=0, description="Ended without.")


class BestArchitecture(ApiModel):
    """An architecture that no other one beats so far."""

    trial: str = Field(max_length=63, description="Name of the NASTrial.")
    architecture: str = Field(max_length=1024, description="Readable encoding.")
    id: str = Field(max_length=64, description="Content hash of the canonical form.")
    metrics: dict[str, float] = Field(json_schema_extra=k8s(max_properties=32), description="What the trial reported.")
    checkpoint: str | None = Field(default=None, max_length=1500, description="Address of the weights.")


class Cost(ApiModel):
    """What was spent so far, over all attempts that have ended."""

    trial_seconds: float = Field(default=0.0, description="Sum of the run times of the trials' Jobs, in seconds.")
    gpu_seconds: float = Field(default=0.0, description="The same, times the GPUs each held.")


class Activity(ApiModel):
    """How long the search has been active, suspended time not counted."""

    seconds: float = Field(default=0.0, description="Seconds of the stretches of activity that have ended.")
    since: datetime | None = Field(
        default=None, description="Start of the present stretch; absent while suspended or ended."
    )


class NASSearchStatus(ApiModel):
    """What the operator reports."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec this status describes.")
    conditions: list[Condition] = Field(
        default=[],
        max_length=16,
        json_schema_extra=k8s(map_keys=("type",)),
        description="Accepted, Progressing, Succeeded, Failed, Suspended, StorageReady.",
    )
    plan: Plan | None = Field(default=None, description="What the search may cost at most.")
    trials: TrialCounts = Field(default=TrialCounts(), description="Trials by state.")
    progress: str | None = Field(default=None, max_length=32, description="Trials ended, of the budget: 12/20.")
    best_value: str | None = Field(default=None, max_length=64, description="The best value of the first objective.")
    best: list[BestArchitecture] = Field(
        default=[],
        max_length=50,
        description="The best architecture, or with several objectives the Pareto front (at most 50 points).",
    )
    start_time: datetime | None = Field(default=None, description="When the search was accepted.")
    completion_time: datetime | None = Field(default=None, description="When it ended; absent while it runs.")
    activity: Activity | None = Field(default=None, description="Time that counts for budget.maxDuration.")
    cost: Cost = Field(default=Cost(), description="What was spent so far.")
    storage_root: str | None = Field(
        default=None, max_length=1500, description="Address below which the search keeps everything."
    )


class NASSearch(ApiModel):
    """A neural architecture search: which architectures to try, on what data, how, and for how long."""

    rules: ClassVar = (
        Rule(
            "size(self.metadata.name) <= 40 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "metadata.name must be a DNS label of at most 40 characters (lower-case letters, digits, '-'): "
            "the names of Jobs and pods are made from it",
        ),
    )

    spec: NASSearchSpec = Field(description="What is asked for.")
    status: NASSearchStatus | None = Field(default=None, description="What the operator reports.")
