"""One search of 20 candidates by the operator's own rules, strategy and trainer, in this process."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, NASSearchStatus
from nas_core.api.trial import Baseline, CandidateSpec, DatasetSummary
from nas_core.objectives import best_value
from nas_core.records.objects import Meta, ReadableSearch, SearchObject
from nas_model.networks.build import build_network
from nas_plan.ask import strategy_of, trial_seed
from nas_plan.resolve import resolve
from nas_search.testing.simulation import simulate
from nas_trial.baseline.fit import fit_baseline
from nas_trial.data import source
from nas_trial.data.examples import Examples
from nas_trial.data.load import Opener
from nas_trial.data.prepared.make import Maker
from nas_trial.data.prepared.publish import largest_class
from nas_trial.errors import CandidateRejected
from nas_trial.process.device import pick_device
from nas_trial.process.stop import StopFlag
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

# As large as a first search's budget is.
TRIALS, PARALLEL = 20, 2


@dataclass(frozen=True)
class Outcome:
    """What a search has found."""

    summary: DatasetSummary
    chosen: tuple[ChosenSetting, ...]
    metric: str
    best: float
    """On the validation split."""
    tested: float | None
    """The same network on the test split."""
    failed: int
    seconds: float
    """Of a candidate, in the mean."""

    def of_baseline(self, name: str) -> Baseline | None:
        """Return a simple model."""
        return next((each for each in self.summary.baseline if each.name == name), None)


def run(spec: dict[str, Any], trials: int = TRIALS) -> Outcome:
    """Search and return what was found. The spec names task and data, and whatever is not to be chosen."""
    read = NASSearchSpec.model_validate({"strategy": {"seed": 0}, **spec})
    with tempfile.TemporaryDirectory() as directory:
        made = Maker(read.task, 0, Path(directory), lambda *_: None).make(source.read(read.task, None, StopFlag()))
        held, prepared = made.held_out(), made.prepared
        classes = prepared.preprocessing.classes
        summary = DatasetSummary(
            hash=prepared.hash,
            training=len(prepared.train),
            validation=len(prepared.val),
            test=len(held.shards) if held else 0,
            classes=len(classes) or None,
            largest_class=largest_class(made),
            inputs={each.name: "x".join(map(str, each.shape)) for each in prepared.train.inputs},
            baseline=list(
                fit_baseline(
                    prepared.train, prepared.val, held.shards if held else None, len(classes) or None, lambda *_: None
                )
            ),
        )
        meta = Meta("benchmark", "defaults", "uid", 1, None, None, None)
        found = SearchObject(meta, 1, datetime.now(UTC), (), NASSearchStatus()).readable(read)
        resolved = resolve(found, None, summary)
        assert isinstance(resolved, ReadableSearch), getattr(resolved, "error", "")
        examples = Opener(prepared, read.task, pick_device(), StopFlag()).examples()
        search = _Search(resolved.spec, examples)
        started = time.monotonic()
        simulate(strategy_of(resolved.spec), search.evaluate, trials, PARALLEL, 0, ordered=True)
        seconds = (time.monotonic() - started) / trials
    objective = resolved.spec.objectives[0]
    best = best_value(objective, (value for value, _ in search.results))
    tested = next(test for value, test in search.results if value == best)
    return Outcome(summary, resolved.chosen, objective.metric, best, tested, search.failed, seconds)


class _Search:
    def __init__(self, spec: NASSearchSpec, examples: Examples) -> None:
        self.spec, self.examples = spec, examples
        self.evaluation = with_defaults(spec.evaluation, spec.task.type)
        self.test = examples.read_test()
        self.results: list[tuple[float, float | None]] = []
        self.failed = self.trials = 0

    def evaluate(self, candidate: CandidateSpec) -> dict[str, float] | None:
        """Train a candidate as a trial does."""
        spec, device, seed = self.spec, pick_device(), trial_seed(self.spec.strategy.seed, self.trials)
        self.trials += 1
        torch.manual_seed(seed)
        network = build_network(spec.search_space, candidate.architecture, self.examples.signature)
        network = network.to(memory_format=torch.channels_last).to(device)
        state = TrainState(network, make_optimizer(network, self.evaluation))
        engine = Engine(state, self.examples, Recipe(self.evaluation, seed, spec.objectives), device, Hooks())
        try:
            metrics = dict(engine.train(Progress()).metrics)
        except CandidateRejected as error:
            print(f"  {candidate.text}: {error.message}", flush=True)
            self.failed += 1
            return None
        metric = spec.objectives[0].metric
        tested = engine.validator.metrics(network, self.test, 64) if self.test else {}
        self.results.append((metrics[metric], tested.get(metric.removeprefix("val_"))))
        return metrics
