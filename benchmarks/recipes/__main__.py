"""Train random architectures of every ready-made space with all defaults, and count those that do not end finite."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from benchmarks.recipes import data
from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.space import SearchSpaceSpec
from nas_core.api.task import Task
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_trial.data.examples import Examples
from nas_trial.data.load import load_examples
from nas_trial.errors import CandidateRejected
from nas_trial.process.device import pick_device
from nas_trial.process.stop import StopFlag
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

IMAGE_SPACES = (
    *("nas-bench-201", "mobilenet", "mobilenet-v2", "efficientnet", "hybrid-vision", "tiny"),
    *("nas-bench-101", "nas-bench-301", "nasnet"),
)
SPACES: dict[str, tuple[str, Callable[[Path], Task]]] = {
    "tabular, breast-cancer": ("tabular", lambda _: data.tables()["breast-cancer"]),
    "tabular, diabetes": ("tabular", lambda _: data.tables()["diabetes"]),
    "text-transformer": ("text-transformer", data.texts),
    "bert": ("bert", data.texts),
    "speech-cnn-rnn, sound": ("speech-cnn-rnn", data.sound),
    "speech-cnn-rnn, series": ("speech-cnn-rnn", data.series),
    "multi-modal": ("multi-modal", data.mixed),
    **{f"{name}, digits": (name, lambda _: data.DIGITS) for name in IMAGE_SPACES},
}


def main() -> int:
    """Train, print a row for each space, and fail if any training did."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", default="", help="spaces whose name holds this")
    parser.add_argument("--architectures", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=Evaluation().epochs)
    parser.add_argument("--optimizer", choices=["sgd", "adamw"], help="instead of the default")
    options = parser.parse_args()
    keep_compiler_out()
    torch.set_num_threads(1)
    print("| space | optimizer | finite | first objective: least, median, most | seconds each |\n|---|---|---|---|---|")
    failed = 0
    for title, (name, make) in SPACES.items():
        if options.only not in title:
            continue
        with tempfile.TemporaryDirectory() as folder:
            task = make(Path(folder))
            examples = load_examples(task, None, 0, pick_device(), StopFlag())
            evaluation = Evaluation(epochs=options.epochs, optimizer=Optimizer(name=options.optimizer))
            evaluation = with_defaults(evaluation, task.type)
            started, values = time.monotonic(), []
            for seed in range(options.architectures):
                value = train(SearchSpaceSpec.model_validate({"name": name}), examples, evaluation, seed)
                values += [] if value is None else [value]
            seconds = (time.monotonic() - started) / options.architectures
        failed += options.architectures - len(values)
        spread = f"{min(values):.3f}, {statistics.median(values):.3f}, {max(values):.3f}" if values else "-"
        count = f"{len(values)} of {options.architectures}"
        print(f"| {title} | {evaluation.optimizer.name} | {count} | {spread} | {seconds:.1f} |", flush=True)
    return int(failed > 0)


def train(spec: SearchSpaceSpec, examples: Examples, evaluation: Evaluation, seed: int) -> float | None:
    """Return what a random architecture's validation reaches, None if a loss was not finite."""
    architecture = get_space(spec).sample(np.random.default_rng(seed))
    torch.manual_seed(seed)
    network = build_network(spec, architecture, examples.signature).to(memory_format=torch.channels_last)
    state = TrainState(network.to(pick_device()), make_optimizer(network, evaluation))
    engine = Engine(state, examples, Recipe(evaluation, seed), pick_device(), Hooks())
    try:
        metrics = engine.train(Progress()).metrics
    except CandidateRejected as error:
        print(f"{spec.name} {architecture}: {error.message}", flush=True)
        return None
    return metrics[f"{examples.judged}_{examples.task.progress}"]


if __name__ == "__main__":
    raise SystemExit(main())
