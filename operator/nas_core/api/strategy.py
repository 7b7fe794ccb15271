"""`spec.objectives`, `spec.constraints` and `spec.strategy` of a search: what is optimised, and how."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from nas_core.api.base import ApiModel, Rule
from nas_core.api.gradient import Darts, DrNas, Gdas, PcDarts
from nas_core.api.types import Fraction, Limit, MetricName, Positive, ProxyName, RandomCandidates
from nas_core.api.union import MEMBER, Union


class Objective(ApiModel):
    """A metric to maximise or minimise."""

    metric: MetricName = Field(description="Name of a metric that the trials report, for example val_accuracy.")
    goal: Literal["maximize", "minimize"] = Field(default="maximize", description="Which direction is better.")
    target: Limit | None = Field(
        default=None,
        description=(
            "A value that is good enough; one with a fraction is written as a string. The search ends when "
            "a result reaches the targets of all objectives that have one, and breaks no constraint."
        ),
    )
    weight: Positive | None = Field(
        default=None,
        description=(
            "How much the objective counts compared with the others, as a string such as '2'. Default: 1, "
            "if another one has a weight. The point of the Pareto front with the smallest worst weighted "
            "loss comes first and is retrained first; regularizedEvolution prefers it as a parent."
        ),
    )

    @property
    def sign(self) -> float:
        """What a value is multiplied by so that more is better."""
        return 1.0 if self.goal == "maximize" else -1.0


class Constraint(ApiModel):
    """Limits on a metric. A candidate that breaks them is not feasible."""

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

    def broken_by(self, value: float) -> bool:
        """Whether a value is out of the bounds."""
        below = self.min is not None and value < float(self.min)
        return below or (self.max is not None and value > float(self.max))


class Random(ApiModel):
    """Uniform sampling without repetition: the baseline that every strategy has to beat (Li & Talwalkar 2019)."""


class Grid(ApiModel):
    """A grid, visited in an order that covers it evenly."""

    levels: int = Field(default=5, ge=2, le=1000, description="Values of each real decision on the grid.")


class RegularizedEvolution(ApiModel):
    """Aging evolution by mutation and crossover (Real et al. 2019, AAAI, arXiv:1802.01548)."""

    rules: ClassVar = (
        Rule(
            "self.sampleSize <= self.populationSize",
            "sampleSize must not exceed populationSize; lower it or raise populationSize",
            field_path=".sampleSize",
        ),
    )

    population_size: int = Field(
        default=20, ge=2, le=1000, description="Size of the population; the oldest member dies first."
    )
    sample_size: int = Field(
        default=10, ge=1, le=1000, description="Members drawn from the population; the best becomes a parent."
    )


class LocalSearch(ApiModel):
    """Hill climbing from the best result, then from others (White et al. 2021, UAI, arXiv:2005.02960)."""

    initial_candidates: int = Field(default=10, ge=1, le=1000, description="Random candidates of the initial design.")


class Nsga2(ApiModel):
    """NSGA-II, one candidate at a time (Deb et al. 2002)."""

    population_size: int = Field(
        default=20, ge=2, le=1000, description="The best results, by non-domination, from which parents are drawn."
    )


class Bayesian(ApiModel):
    """Bayesian optimisation: a Gaussian process over all results, and expected improvement."""

    initial_candidates: int = Field(
        default=10, ge=1, le=1000, description="Candidates of the initial design: random ones, far from each other."
    )
    cost_metric: MetricName | None = Field(
        default=None,
        description=(
            "Metric with the cost of a trial, such as train_seconds: candidates are chosen by expected "
            "improvement per cost. Absent: all cost the same. A result where it is missing or not above 0 "
            "is not used for costs."
        ),
    )


class Reinforce(ApiModel):
    """A policy trained by REINFORCE (Zoph & Le 2017, ICLR, arXiv:1611.01578)."""

    learning_rate: Fraction = Field(
        default="0.5", description="Learning rate of the policy, in steps of one result each."
    )
    entropy: Fraction = Field(default="0.02", description="Weight of the entropy bonus: a higher one explores longer.")


SamplerName = Literal["tpe", "multivariateTpe", "nsgaii", "nsgaiii"]


class Optuna(ApiModel):
    """A sampler of Optuna with its settings there (Akiba et al. 2019, KDD, arXiv:1907.10902)."""

    sampler: SamplerName = Field(
        default="tpe",
        description=(
            "The sampler: tpe; multivariateTpe, which models conditional decisions in groups; nsgaii or "
            "nsgaiii, with populations of 50."
        ),
    )


class ZeroCost(ApiModel):
    """Rank many candidates by zero-cost scores, and train the best (Abdelfattah et al. 2021, ICLR)."""

    proxies: list[ProxyName] = Field(
        default=["jacob_cov", "synflow"],
        min_length=1,
        max_length=8,
        description="Scores to rank by; several by the mean of their ranks.",
    )
    candidates: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        description="Number of random candidates that are scored before the first is trained.",
    )
    random_candidates: RandomCandidates = None


class Asha(ApiModel):
    """Asynchronous successive halving (Li et al. 2020, MLSys, arXiv:1810.05934)."""


class SuccessiveHalving(ApiModel):
    """Successive halving (Jamieson & Talwalkar 2016, AISTATS, arXiv:1502.07943)."""


class Hyperband(ApiModel):
    """Successive halving in brackets that begin at different rungs (Li et al. 2018, JMLR, arXiv:1603.06560)."""


class Rungs(Union):
    """Every candidate is trained a little, and the best of each rung are trained further."""

    default: ClassVar = "asha"

    asha: Asha | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A candidate is promoted as soon as it is among the best of its rung so far.",
    )
    hyperband: Hyperband | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A rung waits for its whole bracket. Brackets begin at different rungs.",
    )
    successive_halving: SuccessiveHalving | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A rung waits for its whole bracket. All brackets begin at the lowest rung.",
    )
    min_epochs: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="Epochs of the lowest rung, at least. The highest has evaluation.epochs.",
    )
    reduction_factor: int = Field(
        default=3,
        ge=2,
        le=16,
        description="One of this many candidates is promoted; the next rung has this many times the epochs.",
    )

    @property
    def scheduler(self) -> str:
        """The scheduler that is set, or the one by default."""
        return self.member or "asha"


class StrategySpec(Union):
    """How the next candidates are chosen. Name at most one strategy; without one the operator chooses."""

    default: ClassVar = "one that suits the search"

    rules: ClassVar = (
        Rule(
            "!has(self.rungs) || !self.ordered",
            "ordered and rungs exclude each other: promotions depend on when results come in; remove one",
            field_path=".ordered",
        ),
    )

    random: Random | None = Field(
        default=None, json_schema_extra=MEMBER, description="Uniform sampling without repetition."
    )
    grid: Grid | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="A grid over all decisions, visited in an order that covers it evenly.",
    )
    local_search: LocalSearch | None = Field(
        default=None, json_schema_extra=MEMBER, description="Hill climbing: change one decision of the best result."
    )
    regularized_evolution: RegularizedEvolution | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Aging evolution: mutates or crosses the best of a sample; the oldest dies.",
    )
    nsga2: Nsga2 | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Evolution for several objectives: crossover and mutation of the Pareto front.",
    )
    bayesian: Bayesian | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Bayesian optimisation: a Gaussian process and expected improvement.",
    )
    reinforce: Reinforce | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Reinforcement learning: a policy that learns from the results' ranks.",
    )
    optuna: Optuna | None = Field(default=None, json_schema_extra=MEMBER, description="A sampler of Optuna.")
    zero_cost: ZeroCost | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Score many candidates without training, then train them from the best downwards.",
    )
    darts: Darts | None = Field(
        default=None,
        json_schema_extra=MEMBER,
        description="Differentiable search: an architecture is derived in a supernet, then trained from scratch.",
    )
    pc_darts: PcDarts | None = Field(
        default=None, json_schema_extra=MEMBER, description="DARTS on a part of the channels: less memory, less noise."
    )
    gdas: Gdas | None = Field(
        default=None, json_schema_extra=MEMBER, description="Differentiable search with one sampled operation an edge."
    )
    dr_nas: DrNas | None = Field(
        default=None, json_schema_extra=MEMBER, description="Differentiable search with Dirichlet distributions."
    )
    rungs: Rungs | None = Field(
        default=None,
        description="Train many candidates a little and the best further, with any strategy.",
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Seed of every random decision of the search.")
    ordered: bool = Field(
        default=False,
        description=(
            "Make the sequence of candidates independent of timing: trial i sees exactly the results of the "
            "trials up to i - parallelTrials. It costs some waiting for the slowest trial."
        ),
    )
