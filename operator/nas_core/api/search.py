"""`NASSearch` and its spec, which the user writes. `search_status` has the status, which the operator writes.

The parts of the spec have files of their own beside this one. Fields are here only when they do something. Bounds keep
every CEL rule inside the API server's cost budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from nas_core.api.base import ApiModel, Rule, k8s
from nas_core.api.decision import DecisionSpec
from nas_core.api.evaluation import CHOSEN, Evaluation
from nas_core.api.guidance import Guidance
from nas_core.api.hyperparameters import HYPERPARAMETER_RULES
from nas_core.api.metric_rules import METRIC_RULES
from nas_core.api.model import MODEL_NAME_LENGTH
from nas_core.api.nodes_rules import NODES_RULES
from nas_core.api.own_trainer import OWN_TRAINER
from nas_core.api.retrain import Retrain
from nas_core.api.search_status import NASSearchStatus
from nas_core.api.space import SearchSpaceSource
from nas_core.api.storage import USUAL_SECRET, Storage
from nas_core.api.strategy import Constraint, Objective, StrategySpec
from nas_core.api.supernet_rules import SUPERNET_RULES
from nas_core.api.surrogate_rules import SURROGATE_RULES
from nas_core.api.target import MOST_TARGETS, Target, target_model
from nas_core.api.task import Task
from nas_core.api.task_rules import TASK_RULES
from nas_core.api.template import TrialTemplate
from nas_core.api.tracking import Tracking
from nas_core.api.types import Duration, NonNegative
from nas_core.api.warm_start import WARM_START_RULES, WarmStart


class Budget(ApiModel):
    """How much the search may use. Every field may be changed while the search runs, and raised after it has ended."""

    rules: ClassVar = (
        Rule(
            "!has(self.minParallelTrials) || self.minParallelTrials <= self.parallelTrials",
            "minParallelTrials is above parallelTrials; lower it, or raise parallelTrials",
            field_path=".minParallelTrials",
            broken_by=lambda budget: (
                f"{budget.min_parallel_trials} above {budget.parallel_trials}"
                if budget.min_parallel_trials is not None and budget.min_parallel_trials > budget.parallel_trials
                else None
            ),
        ),
    )

    max_trials: int = Field(
        default=20,
        ge=1,
        le=100_000,
        description="Candidates evaluated in all, failed ones included; with spec.targets for each of them.",
    )
    parallel_trials: int = Field(default=2, ge=1, le=1000, description="Trials (pods) running at the same time.")
    min_parallel_trials: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description=(
            "Makes parallelTrials the most: as many run as quotas and nodes have room for, and so many are asked for "
            "at least. See status.parallel."
        ),
    )
    max_gpu_hours: NonNegative | None = Field(
        default=None,
        description=(
            "GPUs of the trials' limits times hours, over all attempts and retraining. Each attempt's "
            "evaluation.maxTrialDuration is set aside when it starts, so no more is ever used. The search ends when "
            "too little is left for another trial."
        ),
    )
    max_failed_trials: int = Field(
        default=3, ge=0, le=100_000, description="The search fails when more candidates than this have failed."
    )
    max_duration: Duration | None = Field(
        default=None,
        description=(
            "After this time (24h) no trial starts and running ones stop. Time in which the search is suspended, or "
            "all of its trials wait in a queue, does not count."
        ),
    )


FIXED = (
    *("task", "searchSpace", "hyperparameters", "objectives", "strategy", "evaluation", "warmStart"),
    *("trialTemplate.image", "trialTemplate.command", "trialTemplate.args", "storage.bucket", "storage.prefix"),
)
"""What results depend on: it may change until the first candidate has a trial, and never again."""
JUDGED_BY = ("weight", "target")
"""Fields of objectives that may change: they say how results are judged, which is done anew at each look."""
ALWAYS_THERE = ("task", "searchSpace", "strategy", "evaluation", "trialTemplate")
"""Parts of a spec that are required or have a default in the schema."""


def _fixed(path: str) -> Rule:
    """Make the rule of one of them. It is at the root, where CEL sees both the spec and the status."""
    parent = path.partition(".")[0]
    if path == "objectives":
        return _same_objectives()
    # In CEL, to read an absent field is an error. What `.?` reads is equal where it is absent on both sides, but of a
    # large field the API server's estimate of what that costs has no bound: it needs a `has` before it.
    read = f"?{path}" if "." in path else path
    same = f"self.spec.{read} == oldSelf.spec.{read}"
    if path == parent and path not in ALWAYS_THERE:
        same = f"has(self.spec.{path}) == has(oldSelf.spec.{path}) && (!has(self.spec.{path}) || {same})"
    return Rule(
        # A rule with oldSelf is a transition rule: the API server checks it on updates only.
        f"!oldSelf.?status.firstTrialTime.hasValue() || {same}",
        f"{path} cannot change once the search has trials: they must stay comparable; create a new search",
        field_path=f".spec.{parent}",
    )


def _same_objectives() -> Rule:
    """Make the rule of objectives, of which `JUDGED_BY` may change."""
    named, before = (f"{of}.spec.objectives.map(o, o.metric + ' ' + o.goal)" for of in ("self", "oldSelf"))
    return Rule(
        f"!oldSelf.?status.firstTrialTime.hasValue() || (has(self.spec.objectives) == has(oldSelf.spec.objectives) && "
        f"(!has(self.spec.objectives) || {named} == {before}))",
        "metrics, goals and order of objectives cannot change once the search has trials, weight and target can; "
        "create a new search",
        field_path=".spec.objectives",
    )


def _unpredicted(held: NASSearchSpec) -> str | None:
    """Return the strategy that has no proposals for a predictor to choose among, though the search has one."""
    asked = held.evaluation.prefilter and held.evaluation.prefilter.predictor
    proposing = ("random", "localSearch", "regularizedEvolution", "nsga2", "reinforce", "optuna")
    return None if not asked or held.strategy.member in proposing else held.strategy.member or "none"


def _several(evaluation: Evaluation) -> str | None:
    """Return what makes a trial several trainings; None if it is one."""
    if evaluation.candidates_per_trial > 1:
        return "candidatesPerTrial"
    if evaluation.repeats > 1:
        return "repeats"
    return "folds" if evaluation.folds else None


def _long_name(spec: NASSearchSpec) -> str | None:
    """Return the name of a target's model that is too long; None if all fit."""
    if spec.retrain is None or spec.retrain.publish is None:
        return None
    names = (target_model(spec.retrain.publish.name, target.name) for target in spec.targets)
    return next((name for name in names if len(name) > MODEL_NAME_LENGTH), None)


class NASSearchSpec(ApiModel):
    """The search to run."""

    rules: ClassVar = (
        Rule(
            "!has(self.task.dataset.uri) || has(self.storage)",
            "task.dataset.uri needs storage: the data are read with its endpoint and Secret; add spec.storage",
        ),
        Rule(
            "!has(self.evaluation.initFrom) || has(self.evaluation.initFrom.path) || has(self.storage)",
            "evaluation.initFrom needs storage: weights are read with its endpoint and Secret; add spec.storage",
        ),
        Rule(
            "!has(self.task.dataset.text) || !has(self.task.dataset.text.tokenizer) || "
            "!self.task.dataset.text.tokenizer.startsWith('s3://') || has(self.storage)",
            "task.dataset.text.tokenizer in a bucket needs storage, whose server it is on; add spec.storage",
        ),
        Rule(
            "!has(self.evaluation.benchmark) || !has(self.evaluation.benchmark.table) || !has(self.searchSpace) || "
            "!has(self.searchSpace.name) || self.searchSpace.name == 'nas-bench-201'",
            "the table nas-bench-201-cifar10 is of the space nas-bench-201; set searchSpace.name to it",
            field_path=".searchSpace",
        ),
        Rule(
            "!has(self.evaluation.benchmark) || !has(self.evaluation.benchmark.uri) || has(self.storage)",
            "evaluation.benchmark.uri needs storage: the file is read with its endpoint and Secret; add spec.storage",
        ),
        Rule(
            "!has(self.evaluation.candidatesPerTrial) || self.evaluation.candidatesPerTrial == 1 || has(self.storage) "
            "|| has(self.evaluation.surrogate)",
            "evaluation.candidatesPerTrial above 1 needs storage for the results of all candidates; add spec.storage",
        ),
        Rule(
            "!has(self.budget.maxGPUHours) || has(self.evaluation.maxTrialDuration)",
            "budget.maxGPUHours sets aside what each trial may use; add evaluation.maxTrialDuration",
            field_path=".budget.maxGPUHours",
            broken_by=lambda held: (
                f"maxGPUHours {held.budget.max_gpu_hours}"
                if held.budget.max_gpu_hours is not None and held.evaluation.max_trial_duration is None
                else None
            ),
        ),
        Rule(
            "!has(self.evaluation.earlyStopping) || !self.strategy.ordered",
            "evaluation.earlyStopping depends on timing, so it excludes strategy.ordered; remove one of them",
        ),
        Rule(
            "has(self.storage) || ((!has(self.evaluation.prefilter) || (has(self.evaluation.prefilter.predictor) && "
            "!has(self.evaluation.prefilter.proxies))) && !has(self.strategy.zeroCost))",
            "evaluation.prefilter and strategy.zeroCost need storage for the scores of all candidates; add "
            "spec.storage",
        ),
        Rule(
            "!has(self.evaluation.prefilter) || !has(self.strategy.zeroCost)",
            "strategy.zeroCost scores candidates by itself; remove evaluation.prefilter",
            field_path=".evaluation",
        ),
        Rule(
            "!has(self.evaluation.prefilter) || !has(self.evaluation.prefilter.predictor) || has(self.strategy.random) "
            "|| has(self.strategy.localSearch) || has(self.strategy.regularizedEvolution) || has(self.strategy.nsga2) "
            "|| has(self.strategy.reinforce) || has(self.strategy.optuna)",
            "evaluation.prefilter.predictor chooses among what a strategy proposes: name random, localSearch, "
            "regularizedEvolution, nsga2, reinforce or optuna (bayesian has a predictor of its own); or remove it",
            field_path=".strategy",
            broken_by=lambda held: _unpredicted(held),
        ),
        Rule(
            "!has(self.objectives) || self.objectives.size() != 1 || !has(self.objectives[0].weight)",
            "a weight needs several objectives; remove it, or add an objective",
            field_path=".objectives",
        ),
        Rule(
            "!has(self.guidance) || !has(self.guidance.comparisons) || self.guidance.comparisons.size() == 0 || "
            "(has(self.objectives) && self.objectives.size() > 1)",
            "guidance.comparisons order a front, which takes several objectives; remove them",
            field_path=".guidance",
            broken_by=lambda held: (
                f"{len(held.objectives)} objective"
                if held.guidance and held.guidance.comparisons and len(held.objectives) < 2
                else None
            ),
        ),
        Rule(
            "!has(self.storage) || !has(self.storage.scoped) || !self.storage.scoped || has(self.storage.secretRef) || "
            "!has(self.trialTemplate.serviceAccountName)",
            "storage.scoped limits the key of a Secret, and trials with an account have an identity of their own; "
            "name the Secret in storage.secretRef, or limit the account's role and remove scoped",
            field_path=".storage",
            broken_by=lambda held: (
                f"trialTemplate.serviceAccountName {held.trial_template.service_account_name}"
                if held.storage and held.storage.scoped and held.storage.secret_ref is None
                else None
            ),
        ),
        Rule(
            "!has(self.retrain) || !has(self.retrain.publish) || has(self.storage)",
            "retrain.publish needs storage for the files of the model; add spec.storage",
            field_path=".retrain.publish",
        ),
        Rule(
            f"!has(self.retrain) || !has(self.retrain.publish) || !({OWN_TRAINER})",
            "retrain.publish is for the trainer that ships: another one makes no models; remove it",
            field_path=".retrain.publish",
        ),
        Rule(
            "!has(self.strategy.rungs) || has(self.storage)",
            "strategy.rungs needs storage for the checkpoints from which candidates resume; add spec.storage",
        ),
        Rule(
            "!has(self.strategy.rungs) || !has(self.evaluation.candidatesPerTrial) || "
            "self.evaluation.candidatesPerTrial == 1",
            "strategy.rungs needs evaluation.candidatesPerTrial: 1, because each candidate is promoted by "
            "itself; remove either",
        ),
        Rule(
            "!has(self.guidance) || !has(self.guidance.stop) || self.guidance.stop.size() == 0 || "
            "((!has(self.evaluation.candidatesPerTrial) || self.evaluation.candidatesPerTrial == 1) && "
            "self.evaluation.repeats == 1 && !has(self.evaluation.folds))",
            "guidance.stop ends a single training, and a trial of this search has several (evaluation."
            "candidatesPerTrial, repeats or folds); remove it",
            field_path=".guidance.stop",
            broken_by=lambda held: _several(held.evaluation) if held.guidance and held.guidance.stop else None,
        ),
        Rule(
            "!has(self.guidance) || !has(self.guidance.extend) || self.guidance.extend.size() == 0 || "
            "has(self.strategy.rungs) || has(self.evaluation.earlyStopping)",
            "guidance.extend is for searches with strategy.rungs or evaluation.earlyStopping; all trials of this one "
            "train for evaluation.epochs, to be comparable; remove it, and train the best longer by spec.retrain",
            field_path=".guidance.extend",
            broken_by=lambda held: (
                held.guidance.extend[0]
                if held.guidance
                and held.guidance.extend
                and held.strategy.rungs is None
                and held.evaluation.early_stopping is None
                else None
            ),
        ),
        Rule(
            "!has(self.strategy.rungs) || !has(self.evaluation.earlyStopping)",
            "strategy.rungs and evaluation.earlyStopping exclude each other: both decide which candidates "
            "are trained further; remove one",
        ),
        Rule(
            "!has(self.strategy.rungs) || !has(self.evaluation.epochs) || "
            "self.strategy.rungs.minEpochs * self.strategy.rungs.reductionFactor <= self.evaluation.epochs",
            # No message expression that names the values: the API server's estimate of its cost has no bound.
            "evaluation.epochs leaves no room for two rungs: raise it to strategy.rungs.minEpochs * "
            "reductionFactor, or lower these",
            field_path=".evaluation.epochs",
        ),
        Rule(
            "!has(self.targets) || self.targets.size() == 0 || !has(self.strategy.rungs)",
            "strategy.rungs promotes by one ranking, and each target has its own; remove rungs, or targets",
            field_path=".targets",
            broken_by=lambda held: "rungs and targets" if held.targets and held.strategy.rungs else None,
        ),
        Rule(
            "!has(self.targets) || self.targets.size() == 0 || !has(self.evaluation.earlyStopping)",
            "evaluation.earlyStopping compares candidates, and those of a strict target are worse for its limits; "
            "remove it, or targets",
            field_path=".targets",
            broken_by=lambda held: "earlyStopping" if held.targets and held.evaluation.early_stopping else None,
        ),
        Rule(
            "!has(self.targets) || !has(self.retrain) || !has(self.retrain.publish) || "
            "self.targets.all(t, size(t.name) + size(self.retrain.publish.name) < 40)",
            "the model of a target is named <retrain.publish.name>-<target>, which may have 40 characters; shorten one",
            field_path=".targets",
            broken_by=lambda held: _long_name(held),
        ),
        *SUPERNET_RULES,
        *SURROGATE_RULES,
        *WARM_START_RULES,
        *NODES_RULES,
        *METRIC_RULES,
        *TASK_RULES,
        *HYPERPARAMETER_RULES,
    )

    task: Task = Field(description="What to learn, and from which data.")
    search_space: SearchSpaceSource = Field(
        default=SearchSpaceSource(), description="Which architectures are searched."
    )
    hyperparameters: list[DecisionSpec] = Field(
        default=[],
        max_length=16,
        json_schema_extra=k8s(map_keys=("name",)),
        description=(
            "Decisions that are searched together with the architecture. The trainer knows settings of "
            "spec.evaluation by their names: learningRate, weightDecay, batchSize, …"
        ),
    )
    objectives: list[Objective] = Field(
        default=[Objective(metric="val_accuracy")],
        min_length=1,
        max_length=4,
        json_schema_extra=k8s(
            chosen=True,
            map_keys=("metric",),
            rules=(Rule("self.size() > 0", "name at least one metric, or leave objectives out"),),
        ),
        description=(
            f"The metrics to optimise. With several, the status holds the Pareto front. {CHOSEN} else accuracy."
        ),
    )
    constraints: list[Constraint] = Field(
        default=[],
        max_length=8,
        json_schema_extra=k8s(map_keys=("metric",)),
        description="Limits on metrics. A candidate that breaks one is never among the best.",
    )
    targets: list[Target] = Field(
        default=[],
        max_length=MOST_TARGETS,
        json_schema_extra=k8s(map_keys=("name",)),
        description=(
            "Devices or limits, each with a best architecture of its own (status.targets). All see the results of all. "
            "Targets may be added at any time, also after the search has ended."
        ),
    )
    strategy: StrategySpec = Field(
        default=StrategySpec(),
        description="How the next candidates are chosen. If it names no strategy, the operator chooses one.",
    )
    evaluation: Evaluation = Field(default=Evaluation(), description="How a candidate is evaluated.")
    warm_start: WarmStart | None = Field(
        default=None, description="Begin with the best of earlier searches, and drop those that results contradict."
    )
    retrain: Retrain | None = Field(
        default=None, description="Train the best again in full when the budget is spent; may be added later."
    )
    budget: Budget = Field(default=Budget(), description="How much the search may use.")
    trial_template: TrialTemplate = Field(default=TrialTemplate(), description="The pod of a trial.")
    storage: Storage | None = Field(
        default=None,
        description="Where checkpoints and results are kept. Without it trials cannot resume and keep no weights.",
    )
    tracking: Tracking | None = Field(
        default=None,
        description=(
            "Servers for experiments that show the search too; may be changed at any time (docs/tracking.md). Default: "
            "the platform's; {} for none."
        ),
    )
    retry: list[Annotated[int, Field(ge=0)]] = Field(
        default=[],
        max_length=1000,
        description=(
            "Indices of candidates that failed and are to be tried again, each as a new candidate that costs nothing "
            "of maxTrials. Any other index is ignored."
        ),
    )
    guidance: Guidance | None = Field(
        default=None,
        description=(
            "What you tell the strategy, at any time; it holds for candidates chosen from then on (docs/guidance.md)."
        ),
    )
    suspend: bool | None = Field(
        default=None,
        description="true suspends the search: running trials write a checkpoint and end. Remove it to resume.",
    )

    @model_validator(mode="before")
    @classmethod
    def _with_the_usual_secret(cls, given: Any) -> Any:
        """Name the Secret that is meant where neither one nor an account is: the schema sees one of the fields only."""
        if not isinstance(given, Mapping) or not isinstance(storage := given.get("storage"), Mapping):
            return given
        template = given.get("trialTemplate")
        if storage.get("secretRef") or (isinstance(template, Mapping) and template.get("serviceAccountName")):
            return given
        return {**given, "storage": {**storage, "secretRef": {"name": USUAL_SECRET}}}

    @property
    def strategy_guidance(self) -> Guidance | None:
        """What people tell the strategy; None: nothing."""
        return self.guidance.for_strategy if self.guidance else None

    @property
    def named_limits(self) -> list[Constraint]:
        """Every limit that is named: those of the search and those of its targets."""
        return [*self.constraints, *(limit for target in self.targets for limit in target.constraints)]


class NASSearch(ApiModel):
    """A neural architecture search: which architectures to try, on what data, how, and for how long."""

    rules: ClassVar = (
        *(_fixed(path) for path in FIXED),
        Rule(
            "!has(self.spec.warmStart) || !has(self.spec.warmStart.searches) || "
            "!self.spec.warmStart.searches.exists(s, s == self.metadata.name)",
            "warmStart.searches names this search itself; name earlier ones",
            field_path=".spec.warmStart.searches",
        ),
        Rule(
            "!has(self.spec.guidance) || !has(self.spec.guidance.injectFrom) || "
            "!self.spec.guidance.injectFrom.exists(i, i.search == self.metadata.name)",
            "guidance.injectFrom names this search itself, which has tried its candidates; name another",
            field_path=".spec.guidance.injectFrom",
        ),
        Rule(
            # Of metadata CEL sees name and generateName only, and these at the root alone. 40 leaves room for trial and
            # attempt in a Job's name, a label of its pods (63).
            "size(self.metadata.name) <= 40 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
            "metadata.name must be a DNS label of at most 40 characters (lower-case letters, digits, '-'): "
            "the names of Jobs and pods are made from it",
            message_expression=(
                "'metadata.name must be a DNS label of at most 40 characters (lower-case letters, digits, \\'-\\')' "
                "+ ', not ' + self.metadata.name + ': the names of Jobs and pods are made from it; write ' "
                "+ self.metadata.name.lowerAscii().replace('.', '-').replace('_', '-')"
                ".substring(0, size(self.metadata.name) < 40 ? size(self.metadata.name) : 40)"
            ),
        ),
    )

    spec: NASSearchSpec = Field(description="The search to run.")
    status: NASSearchStatus | None = Field(
        default=None, description="The state of the search, written by the operator."
    )
