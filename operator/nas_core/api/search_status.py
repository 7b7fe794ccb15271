"""`status` of a search, which the operator writes."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from nas_core.api.base import ApiModel, Condition, k8s
from nas_core.api.guidance import HeldGuidance
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.supernet import SupernetTraining
from nas_core.api.target import MOST_TARGETS, TargetName
from nas_core.api.tracking import TrackingStatus
from nas_core.api.trial import ADDRESS_LENGTH, DatasetSummary
from nas_core.api.types import TEXT_LENGTH

MOST_DECISIONS = 5
"""Decisions whose importance a status has."""


class ChosenSetting(ApiModel):
    """A field that the spec leaves open, and what was chosen for it."""

    field: str = Field(max_length=64, description="Path of the field in the spec: evaluation.epochs.")
    value: str = Field(max_length=128, description="What it is, as text; several values with commas.")
    reason: str = Field(max_length=256, description="Why.")


class Plan(ApiModel):
    """What the search may cost at most, known before anything is spent."""

    candidates: int = Field(description="Candidates evaluated at most.")
    space_size: str | None = Field(
        default=None,
        max_length=32,
        description="Encodings in the search space, such as 15625 or 1.2e+22; absent when a decision is real.",
    )
    scored: int | None = Field(
        default=None, description="Candidates scored without training before the first is trained; absent: none."
    )
    epochs: int = Field(
        description="Epochs trained at most, over all candidates; with rungs as if each were trained in full."
    )
    gpu_hours_at_most: str | None = Field(
        default=None,
        max_length=32,
        description=(
            "GPU-hours at most, without disruptions. Absent without a bound: set "
            "evaluation.maxTrialDuration or budget.maxDuration."
        ),
    )
    strategy: str = Field(max_length=63, description="The strategy that is used.")
    strategy_reason: str | None = Field(
        default=None, max_length=256, description="Why it was chosen; absent when spec.strategy names it."
    )
    objective: str | None = Field(default=None, max_length=128, description="The metric that is optimised first.")
    chosen: list[ChosenSetting] = Field(
        default=[],
        max_length=16,
        json_schema_extra=k8s(map_keys=("field",)),
        description=(
            "What was chosen for fields that the spec leaves open, from the data as far as they are known. It stays as "
            "it is once the search has trials."
        ),
    )


class TrialCounts(ApiModel):
    """Trials by state; one with several candidates counts as that many."""

    total: int = Field(default=0, description="Trials created so far.")
    pending: int = Field(default=0, description="Waiting for a pod to start.")
    queued: int = Field(default=0, description="Held by a queue (Kueue), before their start or preempted.")
    running: int = Field(default=0, description="With a running pod.")
    collecting: int = Field(default=0, description="Finished, result not yet read.")
    suspended: int = Field(default=0, description="Stopped because the search is suspended; they resume with it.")
    succeeded: int = Field(default=0, description="Ended with metrics, without those that were stopped early.")
    stopped: int = Field(default=0, description="Stopped early, with metrics (evaluation.earlyStopping).")
    failed: int = Field(default=0, description="Ended without metrics.")
    refused: int = Field(
        default=0,
        description="Not trained, because they broke a constraint before training. They do not count in the budget.",
    )
    deleted: int = Field(default=0, description="Whose NASTrial was deleted before they had ended.")


class DeletedTrials(ApiModel):
    """Candidates whose NASTrial was deleted, by what they had come to, and what they had cost."""

    candidates: int = Field(default=0, description="How many there are.")
    succeeded: int = Field(default=0, description="Had succeeded.")
    stopped: int = Field(default=0, description="Had been stopped early.")
    failed: int = Field(default=0, description="Had failed.")
    refused: int = Field(default=0, description="Had been refused.")
    trial_seconds: float = Field(default=0.0, description="As in cost.")
    gpu_seconds: float = Field(default=0.0, description="As in cost.")

    @property
    def unended(self) -> int:
        """How many had come to nothing yet."""
        return self.candidates - self.succeeded - self.stopped - self.failed - self.refused


class BestArchitecture(ApiModel):
    """An architecture that no other one dominates so far."""

    trial: str = Field(max_length=63, description="Name of the NASTrial.")
    architecture: str = Field(max_length=TEXT_LENGTH, description="Readable encoding.")
    id: str = Field(max_length=64, description="Content hash of the canonical form.")
    index: int | None = Field(default=None, ge=0, description="Index of the candidate.")
    metrics: dict[str, float] = Field(json_schema_extra=k8s(max_properties=32), description="What the trial reported.")
    checkpoint: str | None = Field(default=None, max_length=1500, description="Address of the weights.")
    bundle: str | None = Field(default=None, max_length=1500, description="Address of the model's bundle.")
    trainings: int | None = Field(
        default=None,
        ge=1,
        description=(
            "With retrain.seeds: trainings that have succeeded. Metrics are their means, test_accuracy_std is the "
            "standard deviation of test_accuracy."
        ),
    )


class HypervolumePoint(ApiModel):
    """One point of the hypervolume's history."""

    trials: int = Field(ge=0, description="Trials that had ended.")
    value: str = Field(max_length=32, description="The hypervolume at that time.")


class HypervolumeBox(ApiModel):
    """The box of the hypervolume, fixed by the first ten feasible results; with rungs, by those of one rung."""

    best: dict[str, float] = Field(
        json_schema_extra=k8s(max_properties=4), description="The best value of those ten, by objective."
    )
    reference: dict[str, float] = Field(
        json_schema_extra=k8s(max_properties=4),
        description="The reference point, by objective: a tenth of the span beyond the worst value of those ten.",
    )
    epochs: int | None = Field(
        default=None,
        description=(
            "With rungs: the epochs of the highest rung that has ten feasible results, whose results are "
            "measured. When a higher rung has ten, box and history start again."
        ),
    )


class DecisionImportance(ApiModel):
    """How much one decision matters."""

    decision: str = Field(max_length=128, description="Its name.")
    share: str = Field(max_length=8, description="The share of the variance that it alone explains, from 0 to 1.")
    low: str = Field(max_length=8, description="Where the 95 % interval of the share begins.")
    high: str = Field(max_length=8, description="Where it ends.")


class Importance(ApiModel):
    """Which decisions matter most for the first objective."""

    metric: str = Field(max_length=63, description="The first objective.")
    results: int = Field(ge=0, description="How many results it is from; it follows when there are 10 % more.")
    epochs: int | None = Field(default=None, description="With rungs: epochs of training before these.")
    decisions: list[DecisionImportance] = Field(
        default=[],
        max_length=MOST_DECISIONS,
        json_schema_extra=k8s(map_keys=("decision",)),
        description="The five that matter most; empty where all results are equal.",
    )


class ObjectiveWeight(ApiModel):
    """How much an objective counts."""

    metric: str = Field(max_length=63, description="The objective.")
    weight: str = Field(max_length=8, description="Its weight; those of all objectives sum to 1.")
    low: str = Field(max_length=8, description="Where the 95 % interval of the weight begins.")
    high: str = Field(max_length=8, description="Where it ends.")


class LearntUtility(ApiModel):
    """What guidance.comparisons say of the objectives."""

    comparisons: int = Field(ge=0, description="How many are used.")
    not_followed: int = Field(ge=0, description="Those of them that others, or the objectives, contradict.")
    weights: list[ObjectiveWeight] = Field(
        max_length=4, json_schema_extra=k8s(map_keys=("metric",)), description="How much each objective counts."
    )


class Cost(ApiModel):
    """What was spent so far, over all attempts that have ended."""

    trial_seconds: float = Field(default=0.0, description="Sum of the run times of the trials' Jobs, in seconds.")
    gpu_seconds: float = Field(default=0.0, description="The same, multiplied by the GPUs of each Job.")


class Parallel(ApiModel):
    """How many trials may run at the same time now."""

    trials: int = Field(ge=0, description="The number.")
    bounded_by: str = Field(max_length=512, description="Why there are no more.")


class Activity(ApiModel):
    """How long the search has been active, without suspended time."""

    seconds: float = Field(default=0.0, description="Seconds of the active periods that have ended.")
    since: datetime | None = Field(
        default=None, description="Start of the current active period; absent while suspended or ended."
    )


class PublishedModel(ApiModel):
    """A model that a search has made of the best that it trained again."""

    model: str = Field(max_length=253, description="Name of the NASModel.")
    trial: str = Field(max_length=253, description="Name of the trial that it was made of.")


class SupernetStatus(ApiModel):
    """The shared weights that candidates are evaluated with."""

    search: str = Field(max_length=253, description="Name of the search that has trained them.")
    trial: str = Field(max_length=63, description="Name of its trial of work Supernet.")
    address: str = Field(max_length=ADDRESS_LENGTH, description="Address of the weights.")
    training: SupernetTraining = Field(description="How they were trained.")
    dataset_hash: str | None = Field(default=None, max_length=80, description="Hash of the data they were trained on.")
    guidance: HeldGuidance | None = Field(
        default=None, description="Guidance that their networks keep; others are not evaluated. Absent: none."
    )


class InitialModel(ApiModel):
    """The model from whose weights candidates start."""

    model: str = Field(max_length=253, description="Name of the NASModel.")
    address: str = Field(max_length=ADDRESS_LENGTH, description="Address of its bundle.")
    sha256: str = Field(max_length=64, description="SHA-256 of its bundle.json, which names that of all other files.")


class LedgerStatus(ApiModel):
    """The ledger in the bucket, as far as it has been written and read back."""

    segments: int = Field(ge=1, description="Segments that it has.")
    trials: int = Field(ge=1, description="Trials in them.")
    hash: str = Field(
        max_length=80,
        pattern="^sha256:[0-9a-f]{64}$",
        description="sha256 of the last segment, which names that of the one before.",
    )


class OperatorTerm(ApiModel):
    """An operator, from when it became the leader until another one does."""

    lease: str = Field(max_length=317, description="Namespace and name of the Lease that it holds: namespace/name.")
    holder: str = Field(max_length=253, description="Its identity in the Lease: its pod.")
    since: datetime = Field(description="When it became the leader.")


class TargetStatus(ApiModel):
    """What has been found for one of spec.targets."""

    name: TargetName = Field(description="Name of the target.")
    candidates: int = Field(default=0, description="Candidates that were chosen for it so far.")
    best_value: str | None = Field(default=None, max_length=64, description="Its best value of the first objective.")
    best: list[BestArchitecture] = Field(
        default=[],
        max_length=5,
        description="Its best architecture, or with several objectives of the Pareto front at most 5 points.",
    )
    retrained: list[BestArchitecture] = Field(
        default=[], max_length=20, description="Its best, trained again in full (spec.retrain), the best first."
    )
    published: PublishedModel | None = Field(
        default=None, description="The model that spec.retrain.publish asked for and that was made."
    )


class NASSearchStatus(ApiModel):
    """The state of the search, written by the operator."""

    observed_generation: int | None = Field(default=None, description="Generation of the spec this status describes.")
    conditions: list[Condition] = Field(
        default=[],
        max_length=20,
        json_schema_extra=k8s(map_keys=("type",)),
        description=(
            "Accepted, Progressing, Succeeded, Failed, Suspended, StorageReady, DataReady, RecordComplete, "
            "Tracked, ProxyReliable, ScoresReliable, SurrogateReliable, WarmStartUseful, "
            "ComparisonsFollowed; and Ready, Reconciling, "
            "Stalled, which sum these up: one of the three holds."
        ),
    )
    plan: Plan | None = Field(default=None, description="What the search may cost at most.")
    search_space: SearchSpaceSpec | None = Field(
        default=None,
        json_schema_extra=k8s(copied=True),
        description="The space that spec.searchSpace.ref named when the search began; fields as in spec.searchSpace.",
    )
    dataset: DatasetSummary | None = Field(
        default=None, description="The prepared data set; absent while it is prepared, or if each trial reads the data."
    )
    supernet: SupernetStatus | None = Field(
        default=None,
        description="The shared weights; absent while they are trained, or if the search has none.",
    )
    initial_model: InitialModel | None = Field(
        default=None, description="What evaluation.initFrom.model named when the search began."
    )
    trials: TrialCounts = Field(default=TrialCounts(), description="Trials by state.")
    deleted_trials: DeletedTrials | None = Field(
        default=None, description="Candidates whose NASTrial was deleted. They stay in trials and cost."
    )
    progress: str | None = Field(default=None, max_length=32, description="Trials ended, of the budget: 12/20.")
    best_value: str | None = Field(default=None, max_length=64, description="The best value of the first objective.")
    best: list[BestArchitecture] = Field(
        default=[],
        max_length=50,
        description=(
            "The best architecture, or with several objectives the Pareto front (at most 50 points), what suits "
            "guidance.comparisons first."
        ),
    )
    hypervolume: str | None = Field(
        default=None,
        max_length=32,
        description=(
            "With several objectives: the volume that the Pareto front dominates, as a share of "
            "hypervolumeBox. More is better. It exceeds 1 when the front is better than the best values of "
            "the first ten results together. With rungs it is the front of the rung in "
            "hypervolumeBox.epochs."
        ),
    )
    hypervolume_box: HypervolumeBox | None = Field(
        default=None, description="The box in which the hypervolume is measured."
    )
    hypervolume_history: list[HypervolumePoint] = Field(
        default=[], max_length=32, description="How the hypervolume has grown, at most 32 points."
    )
    utility: LearntUtility | None = Field(
        default=None, description="What guidance.comparisons say, by which the front is ordered (docs/guidance.md)."
    )
    importance: Importance | None = Field(
        default=None, description="Which decisions matter most (docs/guidance.md); absent with fewer than ten results."
    )
    retrained: list[BestArchitecture] = Field(
        default=[],
        max_length=20,
        description=(
            "The best, trained again in full (spec.retrain), the best first: of one objective by its value on "
            "validation examples that were held back (evaluation.report best, or no test split), else in the order of "
            "the search. Not by the test split, or the first would be there for its luck with it too."
        ),
    )
    published: PublishedModel | None = Field(
        default=None,
        description=(
            "The model that spec.retrain.publish asked for and that was made. It is not made again when it is deleted, "
            "but when it would have another name or be of another trial."
        ),
    )
    targets: list[TargetStatus] = Field(
        default=[],
        max_length=MOST_TARGETS,
        json_schema_extra=k8s(map_keys=("name",)),
        description="What has been found for each of spec.targets, in their order.",
    )
    rank_correlation: str | None = Field(
        default=None,
        max_length=16,
        description=(
            "Spearman's correlation between the first objective in the search and after retraining, over at "
            "least three architectures. Near 1: the search's short training ranks candidates as full "
            "training does."
        ),
    )
    start_time: datetime | None = Field(default=None, description="When the search was accepted.")
    first_trial_time: datetime | None = Field(
        default=None,
        description=(
            "When the first candidates were given a trial. Until then every field of the spec may change; afterwards "
            "what results depend on may not."
        ),
    )
    completion_time: datetime | None = Field(default=None, description="When it ended; absent while it runs.")
    activity: Activity | None = Field(default=None, description="Time that counts towards budget.maxDuration.")
    parallel: Parallel | None = Field(
        default=None, description="With budget.minParallelTrials: how many trials may run at the same time now."
    )
    cost: Cost = Field(default=Cost(), description="What was spent so far.")
    report: str | None = Field(
        default=None,
        max_length=1500,
        description="Address of the report, one HTML file, which is written when the search ends (docs/report.md).",
    )
    operator: OperatorTerm | None = Field(
        default=None,
        description="The operator that works on the search; operators of other releases leave it alone.",
    )
    ledger: LedgerStatus | None = Field(
        default=None, description="The ended trials that the ledger in the bucket has (docs/ledger.md)."
    )
    tracking: TrackingStatus | None = Field(
        default=None, description="What the servers of spec.tracking, or of the platform's default, have."
    )
    storage_root: str | None = Field(
        default=None, max_length=1500, description="Address in the bucket below which the search keeps everything."
    )

    @property
    def found(self) -> list[tuple[str | None, list[BestArchitecture], list[BestArchitecture]]]:
        """The best so far, and what of it was trained again in full: of each target, its name first, or of all."""
        if self.targets:
            return [(target.name, target.best, target.retrained) for target in self.targets]
        return [(None, self.best, self.retrained)]
