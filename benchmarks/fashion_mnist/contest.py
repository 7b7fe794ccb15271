"""The contestants, each with the same budget of the processor's time, data, recipe and engine.

A search trains many architectures for a short time and the best in full with what is left; a random architecture and
the hand-made network search nothing and are trained for longer. How many epochs are within the budget is told by the
time that an epoch took in the search or, where there was none, in one short trial, which counts too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from benchmarks.fashion_mnist.process import TRAINER, Runner
from benchmarks.fashion_mnist.report import Row
from benchmarks.ledger import Ledger, Part
from nas_core.api.search import NASSearchSpec
from nas_core.api.trial import CandidateSpec
from nas_core.contract import Identity, TrialInput
from nas_core.spaces import get_space
from nas_search import History, Observation, Problem, create_strategy
from nas_search.ranking import best_distinct

HAND_MADE = "benchmarks.fashion_mnist.hand_made"
EXAMPLES, JUDGED = 60_000, 10_000
"""Images that are trained on in full, and those of the test split."""
JUDGING = 0.3
"""What judging an image costs of training on it: a pass forward of one forward and backward."""
SPARE = 0.05
"""Share of the budget that is not planned: the processor is not always as fast as it was."""


@dataclass(frozen=True)
class Search:
    """What came of a search."""

    observations: Sequence[Observation]
    cpu: float
    """Seconds of the processor."""
    epoch_cpu: dict[str, float]
    """Seconds of an epoch of the search, by candidate."""


@dataclass(frozen=True)
class Contest:
    """All parts are kept in the ledger, so that those which are done are not done again."""

    spec: NASSearchSpec
    budget_s: float
    search_s: float
    """No candidate is begun after this much of the budget."""
    ledger: Ledger
    run: Runner

    def searched(self, seed: int, longer: float = 1) -> Row:
        """Search, then train the best in full; ``longer``: for so many times as long as the budget allows."""
        search = self.search(seed)
        [best] = best_distinct(search.observations, self.spec.objectives, self.spec.constraints, 1)
        epochs = self.epochs(self.budget_s - search.cpu, search.epoch_cpu[best.candidate.id], longer)
        trial = self.trial(seed, "Retrain", [best.candidate], epochs)
        name = f"search, seed {seed}" + (f", {longer:g} times as long" if longer != 1 else "")
        return self.row("search", seed, name, trial, TRAINER, search.cpu, len(search.observations))

    def random(self, seed: int) -> Row:
        """Train a random architecture of the space."""
        strategy = create_strategy(self.spec.strategy.model_validate({"random": {}, "seed": seed}), self.problem)
        [candidate] = strategy.ask(History(), 1)
        return self.trained("random architecture", seed, candidate, TRAINER)

    def hand_made(self, seed: int) -> Row:
        """Train the hand-made network."""
        return self.trained("hand-made CNN", seed, None, HAND_MADE)

    @property
    def problem(self) -> Problem:
        """What a strategy is made for."""
        return Problem(get_space(self.spec.search_space), self.spec.objectives, self.spec.constraints)

    def search(self, seed: int) -> Search:
        """Ask for candidates and evaluate them, so many at a time as the search has trials in parallel."""
        strategy = create_strategy(self.spec.strategy.model_copy(update={"seed": seed}), self.problem)
        observations: list[Observation] = []
        cpu, epoch_cpu = 0.0, {}
        while len(observations) < self.spec.budget.max_trials and cpu < self.search_s:
            first = len(observations)
            wanted = min(self.spec.budget.parallel_trials, self.spec.budget.max_trials - first)
            candidates = strategy.ask(History(tuple(observations)), wanted)
            name = f"search, seed {seed}, candidates from {first}"
            part = self.evaluated(name, self.trial(seed, "Train", candidates), TRAINER)
            cpu += part["cpu"]
            for place, candidate in enumerate(candidates, first):
                judged = part["judged"][candidate.id]
                epoch_cpu[candidate.id] = judged["epoch_cpu"]
                observations.append(Observation(place, place + 1, candidate, judged["metrics"]))
        return Search(observations, cpu, epoch_cpu)

    def trained(self, contestant: str, seed: int, candidate: CandidateSpec | None, module: str) -> Row:
        """Train a network in full, after a short trial that tells how long an epoch takes."""
        candidates = [candidate] if candidate else []
        name = f"{contestant}, seed {seed}"
        part = self.evaluated(f"{name}, short", self.trial(seed, "Train", candidates), module)
        [judged] = part["judged"].values()
        epochs = self.epochs(self.budget_s - part["cpu"], judged["epoch_cpu"])
        return self.row(contestant, seed, name, self.trial(seed, "Retrain", candidates, epochs), module, part["cpu"], 0)

    def epochs(self, left_s: float, epoch_cpu: float, longer: float = 1) -> int:
        """Return the epochs of full training that take so many seconds, given those of one in a short trial."""
        judged = EXAMPLES * float(self.spec.task.dataset.validation_fraction)
        whole = epoch_cpu * (EXAMPLES + JUDGING * JUDGED) / (EXAMPLES - judged + JUDGING * judged)
        return max(1, int(longer * (left_s - SPARE * self.budget_s) / whole))

    def trial(self, seed: int, work: str, candidates: Sequence[CandidateSpec], epochs: int | None = None) -> TrialInput:
        """Return a trial's input as the operator writes it; ``epochs`` other than the search's are a retraining's."""
        evaluation = self.spec.evaluation.model_copy(update={"epochs": epochs} if epochs else {})
        return TrialInput.model_validate(
            {
                "identity": Identity(
                    namespace="bench", search="bench", search_uid="bench", trial="bench", index=0, attempt=1
                ),
                "work": work,
                "space": self.spec.search_space.described,
                "candidates": candidates,
                "task": self.spec.task,
                "evaluation": evaluation,
                "seed": seed,
                "data_seed": seed,
                "objective": self.spec.objectives[0],
            }
        )

    def evaluated(self, name: str, trial: TrialInput, module: str) -> Part:
        """Run a trial, unless it was run before, and return what is kept of it."""

        def run() -> Part:
            found = self.run(name, trial, module)
            judged = found.judged([candidate.id for candidate in trial.candidates] or [module])
            return {"cpu": found.cpu, "judged": {key: asdict(one) for key, one in judged.items()}}

        return self.ledger.once(name, run)

    def row(
        self, contestant: str, seed: int, name: str, trial: TrialInput, module: str, before_s: float, candidates: int
    ) -> Row:
        """Train in full and return what came of it."""
        part = self.evaluated(name, trial, module)
        [judged] = part["judged"].values()
        metrics = judged["metrics"]
        text = (trial.candidates[0].text if trial.candidates else None) or contestant
        return Row(
            contestant=contestant,
            seed=seed,
            test_accuracy=metrics["test_accuracy"],
            cpu_minutes=(before_s + part["cpu"]) / 60,
            search_minutes=before_s / 60 if candidates else 0.0,
            candidates=candidates,
            epochs=trial.evaluation.epochs,
            parameters=int(metrics["parameters"]),
            flops=int(metrics["flops"]),
            architecture=text,
        )
