"""What processes of a group train together of supernets: run once, for tests.

Each process writes what it found to ``<directory>/<rank>.pt``.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from tests.support.training_processes import CPU, examples
from tests.support.trials import trial_input

from nas_core.api.evaluation import Evaluation
from nas_core.api.gradient import Darts, DrNas, Gdas
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.supernet import Supernet, SupernetTraining
from nas_trial.process.metrics_endpoint import MetricsEndpoint
from nas_trial.process.stop import StopFlag
from nas_trial.process.watchdog import Watchdog
from nas_trial.supernet import train
from nas_trial.supernet.gradient.run import prepare
from nas_trial.training import distributed
from nas_trial.training.checkpoint import copy_state
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.work.attempt import Attempt
from nas_trial.work.supernet import train_supernet

SPACE = SearchSpaceSpec.model_validate(
    {"cell": {"kind": "edges", "nodes": 3, "operations": ["none", "skip_connect", "conv_3x3"]}, "width": 2, "depth": 1}
)
SETTINGS = {
    "darts": Darts(epochs=2, order="second", perturbation="adversarial", eigenvalue_stop=True),
    "gdas": Gdas(epochs=2),
    "dr_nas": DrNas(epochs=2),
}


SHARED: tuple[SupernetTraining, ...] = ("fair", "progressiveShrinking", "enas")
"""Ways to train shared weights."""
WHOLE = "the whole work"
"""From the trial's input to its result, the controller's choice in it."""


def main(directory: Path) -> None:
    torch.set_num_threads(1)
    group = distributed.join()
    assert group
    given = examples()
    recipe = Recipe(with_defaults(Evaluation(epochs=2, batch_size=33), "image-classification"), 7)
    found: dict[str, dict[str, object]] = {}
    for name, settings in SETTINGS.items():
        made = prepare(SPACE, settings, given, recipe, CPU, group)
        progress = Engine(made.state, made.examples, made.recipe, CPU, Hooks(), group).train(Progress())
        found[name] = {
            "tensors": copy_state(made.state, progress).tensors,
            "architecture": made.derived(progress.metrics).architecture,
            "metrics": {key: value for key, value in progress.metrics.items() if key.startswith(("arch", "val"))},
        }
    for name in SHARED:
        of = train.prepare(SPACE, Supernet(training=name, epochs=2), given, recipe, CPU, group=group)
        progress = Engine(of.state, of.examples, of.recipe, CPU, Hooks(), group).train(Progress())
        found[name] = {
            "tensors": copy_state(of.state, progress).tensors,
            "architecture": [each.architecture for each in of.rule.derived()],
            "metrics": {key: value for key, value in progress.metrics.items() if key.startswith("val")},
        }
    trial = trial_input(
        work="Supernet",
        candidates=[],
        evaluation={"batchSize": 33, "supernet": {"training": "enas", "epochs": 2}},
    )
    attempt = Attempt(trial, StopFlag(), Watchdog(print), MetricsEndpoint(trial.identity), None, group)
    result = train_supernet(attempt)
    found[WHOLE] = {
        "tensors": {},
        "architecture": [each.architecture for each in result.derived],
        "metrics": {key: value for key, value in result.metrics.items() if key.startswith("val")},
    }
    torch.save(found, directory / f"{group.rank}.pt")
    group.leave()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
