"""Supernets and gradient searches on the images of the table, by the product's own trainer: many, side by side.

Each run is a process of its own. It writes a file of `scored` into the folder: the scores of the table's architectures,
or what a gradient search chose. Needs NumPy, PyTorch and pydantic, and a GPU or patience.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch

from benchmarks.supernet.architectures import SPACE, choose
from benchmarks.supernet.images import SIGNATURE, Images, Split, load
from nas_core.api.evaluation import Evaluation, Optimizer
from nas_core.api.gradient import Darts, DrNas, Gdas, Gradient, PcDarts
from nas_core.api.strategy import Objective
from nas_core.api.supernet import Supernet
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_trial.data.examples import Examples, InMemory
from nas_trial.learning_tasks import Classification
from nas_trial.process.torch_startup import keep_compiler_out
from nas_trial.supernet.gradient import run as gradient
from nas_trial.supernet.methods import METHODS
from nas_trial.supernet.train import prepare
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

BATCH, JUDGED_AT_ONCE, RECALIBRATION = 32, 128, 16
SHARED_RATE, SHARED_DECAY = "0.004", "0.01"
"""Of AdamW, which trains shared weights: with the SGD of the table's networks they learn no ranking."""
NETWORKS = {"fair": 5.0, "singlePath": 1.0, "enas": 1.5, "sandwich": 4.0, "progressiveShrinking": 1.4}
"""Networks that a step computes, about."""
IMAGES = 240_000
"""That the networks of a supernet learn from, each network of a step counted: all methods cost about the same."""
GRADIENTS: dict[str, Gradient] = {
    "darts": Darts(epochs=6, learning_rate="0.01"),
    "darts-second": Darts(epochs=3, learning_rate="0.01", order="second"),
    "pcDarts": PcDarts(epochs=6, learning_rate="0.01"),
    "gdas": Gdas(epochs=8, learning_rate="0.01"),
    "drNas": DrNas(epochs=6, learning_rate="0.01"),
    "darts-perturbed": Darts(epochs=5, learning_rate="0.01", perturbation="random"),
    "darts-auxiliary": Darts(epochs=6, learning_rate="0.01", auxiliary_skip=True),
    "drNas-partial": DrNas(epochs=6, learning_rate="0.01", partial_channels=2),
}
ALONE = "alone"
"""The run that trains some architectures by themselves, for what a training costs here."""
ALONE_COUNT, ALONE_STEPS, ALONE_BATCH = 8, 10, 256
"""Architectures, steps of each, and the table's batches."""
TABLE_EPOCHS, TABLE_IMAGES, SEARCHED_BATCH = 3, 50_000, 128
"""What the table's trainings learned from; batches of searches by gradients."""


@dataclass(frozen=True)
class Job:
    """One run."""

    what: str
    seed: int

    @property
    def name(self) -> str:
        """Of its file, without an ending."""
        return f"{self.what}-{self.seed}"


def jobs(supernets: int, searches: int) -> list[Job]:
    """Return all runs, the first of each kind before the second of any: what is cut short still has all kinds."""
    found = [Job(ALONE, 0)]
    for seed in range(max(supernets, searches)):
        if seed < supernets:
            found += [Job(name, seed) for name in NETWORKS]
        if seed < searches:
            found += [Job(name, seed) for name in GRADIENTS]
    return found


def amount(what: str, images: int, available: int) -> tuple[int, int]:
    """Return how many epochs a supernet is trained, and with how many images each.

    Args:
        what: its method.
        images: that its networks learn from, each network of a step counted.
        available: images to train on.
    """
    wanted = images / NETWORKS[what] / (1 - METHODS[what].held_back)
    epochs = math.ceil(wanted / available)
    return epochs, round(wanted / epochs)


def examples_of(images: Images, limit: int | None, judging: int | None) -> Examples:
    """Return the images as the trainer has its data: at most ``limit`` to train on, and ``judging`` to judge by."""

    def split(part: Split, limit: int | None) -> InMemory:
        return InMemory({"image": part.x[:limit].permute(0, 3, 1, 2)}, part.y[:limit])

    names = tuple(map(str, range(SIGNATURE.outputs)))
    return Examples(
        split(images.train, limit), split(images.val, judging), SIGNATURE, {}, Classification(), names, "sha256:none"
    )


def recipe_of(
    seed: int,
    epochs: int,
    batch: int = BATCH,
    name: Literal["sgd", "adamw"] = "sgd",
    rate: str = "0.1",
    decay: str = "0.0005",
) -> Recipe:
    """Return how is trained; unless something else is asked for, as the table's networks were."""
    optimizer = Optimizer(name=name, learning_rate=rate, weight_decay=decay)
    evaluation = Evaluation(epochs=epochs, batch_size=batch, precision="float32", optimizer=optimizer)
    evaluation = with_defaults(evaluation, "image-classification")
    return Recipe(evaluation, seed, [Objective(metric="val_accuracy")])


def run(job: Job, images: Images, options: argparse.Namespace, device: torch.device) -> dict[str, dict[str, object]]:
    """Do one run; return what is in its files, by their names without an ending."""
    if job.what == ALONE:
        return {
            job.name: {"training_seconds": _alone(examples_of(images, ALONE_STEPS * ALONE_BATCH, ALONE_BATCH), device)}
        }
    if job.what in GRADIENTS:
        return {job.name: _searched(job, examples_of(images, options.examples, options.judging), device)}
    return _shared(job, images, options, device)


def _alone(examples: Examples, device: torch.device) -> float:
    """Return the seconds of a training as the table's were, by those of some steps of some of its architectures."""
    steps, seconds = 0, 0.0
    for one in choose(140, 20, 0)[:ALONE_COUNT]:
        network = build_network(SPACE, one.architecture, SIGNATURE).to(device).to(memory_format=torch.channels_last)
        recipe = recipe_of(0, 1, ALONE_BATCH)
        engine = Engine(
            TrainState(network, make_optimizer(network, recipe.evaluation)), examples, recipe, device, Hooks()
        )
        began = time.monotonic()
        engine.train(Progress())
        seconds, steps = seconds + time.monotonic() - began, steps + engine.steps
    return seconds / steps * TABLE_EPOCHS * TABLE_IMAGES / ALONE_BATCH


def _searched(job: Job, examples: Examples, device: torch.device) -> dict[str, object]:
    """Let a gradient strategy choose an architecture."""
    settings, began = GRADIENTS[job.what], time.monotonic()
    search = gradient.prepare(SPACE, settings, examples, recipe_of(job.seed, settings.epochs, SEARCHED_BATCH), device)
    with closing(search.rule.loss.examples):
        progress = Engine(search.state, search.examples, search.recipe, device, Hooks()).train(Progress())
    text = get_space(SPACE).text(search.derived(progress.metrics).architecture)
    return {"strategy": job.what, "chosen": [text], "seconds": time.monotonic() - began}


def _shared(
    job: Job, images: Images, options: argparse.Namespace, device: torch.device
) -> dict[str, dict[str, object]]:
    """Train a supernet, and judge the table's architectures with it."""
    epochs, count = amount(job.what, options.images, len(images.train.y))
    examples, began = examples_of(images, count, options.judging), time.monotonic()
    settings = Supernet(training=job.what, epochs=epochs, recalibration=RECALIBRATION)
    recipe = recipe_of(job.seed, epochs, BATCH, "adamw", SHARED_RATE, SHARED_DECAY)
    prepared = prepare(SPACE, settings, examples, recipe, device)
    engine = Engine(prepared.state, prepared.examples, prepared.recipe, device, Hooks())
    engine.train(Progress())
    trained, found = time.monotonic(), {}
    for one in choose(140, 20, 0):
        network = prepared.rule.judged(prepared.rule.weights, one.architecture)
        found[one.id] = engine.validator.metrics(network, examples.val, JUDGED_AT_ONCE)
    cost: dict[str, object] = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu, 1 thread",
        "supernet_seconds": trained - began,
        "scoring_seconds": time.monotonic() - trained,
    }
    alone = json.loads((options.out / f"{Job(ALONE, 0).name}.json").read_text())
    by_loss = {name: -metrics["loss"] for name, metrics in found.items()}
    by_accuracy = {name: metrics["accuracy"] for name, metrics in found.items()}
    return {
        f"{job.name}-by-loss": {"method": f"{job.what}, by loss", **cost, **alone, "scores": by_loss},
        job.name: {"method": job.what, **cost, **alone, "scores": by_accuracy},
    }


def run_all(options: argparse.Namespace) -> int:
    """Do all runs, some side by side; return how many failed."""
    waiting, failed = jobs(options.supernets, options.searches), 0
    running: dict[Job, subprocess.Popen[bytes]] = {}
    begun = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    waiting = [job for job in waiting if not (options.out / f"{job.name}.json").exists()]
    while waiting or running:
        late = time.monotonic() - begun > options.limit_s
        while waiting and len(running) < options.workers and not late:
            job = waiting.pop(0)
            command = [sys.executable, "-m", "benchmarks.supernet.shared", "--data", str(options.data)]
            command += ["--out", str(options.out), "--one", job.what, str(job.seed), "--images", str(options.images)]
            for name in ("examples", "judging"):
                if (limit := getattr(options, name)) is not None:
                    command += [f"--{name}", str(limit)]
            running[job] = subprocess.Popen(command)
        time.sleep(0.2)
        for job, process in list(running.items()):
            if late and process.poll() is None:
                process.kill()
            if process.poll() is not None or late:
                running.pop(job)
                failed += process.wait() != 0
                print(f"{time.monotonic() - begun:.0f} s: {job.name} {process.returncode}", file=sys.stderr, flush=True)
        if late:
            print(f"cut short: {len(waiting)} runs were not begun", file=sys.stderr)
            break
    _collect(options.out)
    return failed


def _collect(folder: Path) -> None:
    """Join what each strategy chose, and write all texts for `ground_truth --given`."""
    texts: list[str] = []
    for name in GRADIENTS:
        found = [json.loads(path.read_text()) for path in sorted(folder.glob(f"{name}-[0-9]*.json"))]
        if chosen := [text for each in found for text in each["chosen"]]:
            seconds = float(np.mean([each["seconds"] for each in found]))
            held = {"strategy": name, "chosen": chosen}
            (folder / f"derived-{name}.json").write_text(json.dumps(held) + "\n")
            print(f"{name}: {len(chosen)} runs of {seconds:.0f} s", file=sys.stderr)
            texts += chosen
    (folder / "chosen.txt").write_text("\n".join(texts) + "\n")


def main() -> int:
    """Do one run, or all of them."""
    parser = argparse.ArgumentParser(prog="benchmarks.supernet.shared", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the .npz that benchmarks.supernet.images made")
    parser.add_argument("--out", type=Path, required=True, help="folder of the files")
    parser.add_argument("--supernets", type=int, default=3, help="of each method")
    parser.add_argument("--searches", type=int, default=10, help="by each gradient strategy")
    parser.add_argument("--images", type=int, default=IMAGES, help="that the networks of a supernet learn from in all")
    parser.add_argument("--workers", type=int, default=14, help="runs side by side")
    parser.add_argument("--limit-s", type=float, default=1e9, help="what is not done then is ended")
    parser.add_argument("--examples", type=int, help="search by gradients on so many images; default: all")
    parser.add_argument("--judging", type=int, help="judge by so many validation images; default: all")
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "SEED"), help="do this one alone")
    options = parser.parse_args()
    if not options.one:
        return run_all(options)
    keep_compiler_out()
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    job = Job(options.one[0], int(options.one[1]))
    found = run(job, load(options.data, device), options, device)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, content in found.items():
        (options.out / f"{name}.json").write_text(json.dumps(content) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
