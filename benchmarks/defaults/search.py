"""One search of 20 candidates by the operator's own rules, strategy and trainer, in this process."""

from __future__ import annotations

import copy
import json
import statistics
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.ledger import Ledger, Part
from nas_core.api.search import NASSearchSpec
from nas_core.api.search_status import ChosenSetting, NASSearchStatus
from nas_core.api.trial import CandidateSpec, DatasetSummary
from nas_core.objectives import best_value
from nas_core.records.metadata import Meta
from nas_core.records.search import ReadableSearch, SearchObject
from nas_model.networks.build import build_network
from nas_plan.ask import strategy_of, trial_seed
from nas_plan.resolve import resolve
from nas_search.testing.simulation import simulate
from nas_trial.baseline.fit import fit_baseline
from nas_trial.data import source
from nas_trial.data.examples import Examples
from nas_trial.data.load import Opener
from nas_trial.data.prepared.make import Made, Maker
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
    best: Mapping[str, float]
    """The metrics of the best candidate on the validation split, and on the test split if there is one."""
    candidates: int
    failed: int
    seconds: float
    """Of a candidate, in the mean."""


def run(spec: dict[str, Any], trials: int, kept: Path) -> Outcome:
    """Search and return what was found. The spec names task and data, and whatever is not to be chosen.

    What is done is kept in a file: a search that was cut off goes on there, unless other settings are chosen meanwhile.
    """
    read = NASSearchSpec.model_validate({"strategy": {"seed": 0}, **spec})
    with tempfile.TemporaryDirectory() as directory:
        made = Maker(read.task, 0, Path(directory), lambda *_: None).make(source.read(read.task, None, StopFlag()))
        data = Ledger(kept, made.prepared.hash)
        summary = DatasetSummary.model_validate(data.once("data", lambda: _summary(made).model_dump()))
        meta = Meta("benchmark", "defaults", "uid", 1, None, None, None)
        found = SearchObject(meta, 1, datetime.now(UTC), (), NASSearchStatus()).readable(read)
        resolved = resolve(found, None, summary)
        assert isinstance(resolved, ReadableSearch), getattr(resolved, "error", "")
        settings = {each.field: each.value for each in resolved.chosen}
        examples = Opener(made.prepared, read.task, pick_device(), StopFlag()).examples()
        search = _Search(resolved.spec, examples, Ledger(kept, json.dumps([made.prepared.hash, settings])))
        simulate(strategy_of(resolved.spec), search.evaluate, trials, PARALLEL, 0, ordered=True)
    objective = resolved.spec.objectives[0]
    metrics = [part["metrics"] for part in search.parts if part["metrics"]]
    best = best_value(objective, (each[objective.metric] for each in metrics))
    return Outcome(
        summary,
        resolved.chosen,
        objective.metric,
        next(each for each in metrics if each[objective.metric] == best),
        len(search.parts),
        sum(part["metrics"] is None for part in search.parts),
        statistics.fmean(part["seconds"] for part in search.parts),
    )


def _summary(made: Made) -> DatasetSummary:
    held, prepared = made.held_out(), made.prepared
    classes = len(prepared.preprocessing.classes) or None
    test = held.shards if held else None
    return DatasetSummary(
        hash=prepared.hash,
        training=len(prepared.train),
        validation=len(prepared.val),
        test=len(test) if test else 0,
        classes=classes,
        largest_class=largest_class(made),
        inputs={each.name: "x".join(map(str, each.shape)) for each in prepared.train.inputs},
        baseline=list(fit_baseline(prepared.train, prepared.val, test, classes, lambda *_: None)),
    )


class _Search:
    def __init__(self, spec: NASSearchSpec, examples: Examples, kept: Ledger) -> None:
        self.spec, self.kept = spec, kept
        self.evaluation = with_defaults(spec.evaluation, spec.task.type)
        self.examples, self.test = examples, examples.read_test()
        self.parts: list[Part] = []

    def evaluate(self, candidate: CandidateSpec) -> dict[str, float] | None:
        """Return the metrics of a candidate, of which some may be from an earlier run."""
        index = len(self.parts)
        self.parts.append(self.kept.once(f"{index}: {candidate.text}", lambda: self._train(candidate, index)))
        return self.parts[-1]["metrics"]

    def _train(self, candidate: CandidateSpec, index: int) -> Part:
        """Train a candidate as a trial does."""
        spec, device, seed = self.spec, pick_device(), trial_seed(self.spec.strategy.seed, index)
        torch.manual_seed(seed)
        started = time.monotonic()
        network = build_network(spec.search_space, candidate.architecture, self.examples.signature)
        network = network.to(memory_format=torch.channels_last).to(device)
        state = TrainState(network, make_optimizer(network, self.evaluation))
        weights: dict[str, Any] = {}

        def keep(progress: Progress) -> None:
            if progress.epoch == progress.best_epoch or self.evaluation.report == "last":
                weights.update(copy.deepcopy(network.state_dict()))

        recipe = Recipe(self.evaluation, seed, spec.objectives)
        engine = Engine(state, self.examples, recipe, device, Hooks(save=keep))
        metrics: dict[str, float] | None = None
        try:
            progress = engine.train(Progress())
            metrics = dict(progress.best_metrics if self.evaluation.report == "best" else progress.metrics)
            seconds = time.monotonic() - started
            network.load_state_dict(weights)
            tested = engine.validator.metrics(network, self.test, 64) if self.test else {}
            metrics |= {f"test_{name}": value for name, value in tested.items()}
        except CandidateRejected as error:
            print(f"  {candidate.text}: {error.message}", flush=True)
            seconds = time.monotonic() - started
        return {"metrics": metrics, "seconds": seconds}
