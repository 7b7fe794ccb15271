"""Supernets and gradient searches on the images of the table, by the product's own trainer: many, side by side.

Each run is a process of its own. It writes a file of `scored` into the folder: the scores of the table's architectures,
or what a gradient search chose. Needs NumPy, PyTorch and pydantic, and a GPU or patience.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

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
from nas_trial.supernet.train import prepare
from nas_trial.training.defaults import with_defaults
from nas_trial.training.engine import Engine
from nas_trial.training.hooks import Hooks
from nas_trial.training.progress import Progress
from nas_trial.training.recipe import Recipe
from nas_trial.training.schedule import make_optimizer
from nas_trial.training.train_state import TrainState

BATCH, JUDGING, RECALIBRATION = 128, 1000, 8
PATH_EPOCHS = 12
"""Epochs of one network a step. Methods that train several have as many fewer, so that all cost about the same."""
NETWORKS = {"singlePath": 1.0, "fair": 5.0, "sandwich": 4.0, "progressiveShrinking": 1.4, "enas": 1.5}
"""Networks that a step computes, about."""
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
"""The run that trains one architecture by itself, for what a training costs here."""


@dataclass(frozen=True)
class Job:
    """One run."""

    what: str
    seed: int
    epochs: int

    @property
    def name(self) -> str:
        """Of its file, without an ending."""
        return f"{self.what}-{self.seed}"


def jobs(supernets: int, searches: int, epochs: int) -> list[Job]:
    """Return all runs, the first of each kind before the second of any: what is cut short still has all kinds."""
    found = [Job(ALONE, 0, epochs)]
    for seed in range(max(supernets, searches)):
        if seed < supernets:
            found += [Job(name, seed, max(1, round(PATH_EPOCHS / cost))) for name, cost in NETWORKS.items()]
        if seed < searches:
            found += [Job(name, seed, each.epochs) for name, each in GRADIENTS.items()]
    return found


def examples_of(images: Images, limit: int | None, judging: int | None) -> Examples:
    """Return the images as the trainer has its data: at most ``limit`` to train on, and ``judging`` to judge by."""

    def split(part: Split, limit: int | None) -> InMemory:
        return InMemory({"image": part.x[:limit].permute(0, 3, 1, 2)}, part.y[:limit])

    names = tuple(map(str, range(SIGNATURE.outputs)))
    return Examples(
        split(images.train, limit), split(images.val, judging), SIGNATURE, {}, Classification(), names, "sha256:none"
    )


def recipe_of(job: Job) -> Recipe:
    """Return how all of them train: as the table's networks were trained."""
    evaluation = Evaluation(
        epochs=job.epochs,
        batch_size=BATCH,
        precision="float32",
        optimizer=Optimizer(name="sgd", learning_rate="0.1", weight_decay="0.0005"),
    )
    evaluation = with_defaults(evaluation, "image-classification")
    return Recipe(evaluation, job.seed, [Objective(metric="val_accuracy")])


def run(job: Job, examples: Examples, device: torch.device) -> dict[str, object]:
    """Do one run; return what is in its file."""
    recipe, began = recipe_of(job), time.monotonic()
    if job.what == ALONE:
        torch.manual_seed(job.seed)
        best = dict.fromkeys((decision.name for decision in get_space(SPACE).decisions), "nor_conv_3x3")
        network = build_network(SPACE, best, SIGNATURE).to(device)
        state = TrainState(network, make_optimizer(network, recipe.evaluation))
        progress = Engine(state, examples, recipe, device, Hooks()).train(Progress())
        return {"seconds": time.monotonic() - began, "accuracy": progress.metrics["val_accuracy"]}
    if job.what in GRADIENTS:
        search = gradient.prepare(SPACE, GRADIENTS[job.what], examples, recipe, device)
        with closing(search.rule.loss.examples):
            engine = Engine(search.state, search.examples, search.recipe, device, Hooks())
            progress = engine.train(Progress())
        derived = search.derived(progress.metrics)
        text = get_space(SPACE).text(derived.architecture)
        return {"strategy": job.what, "chosen": [text], "seconds": time.monotonic() - began}
    settings = Supernet(training=job.what, epochs=job.epochs, recalibration=RECALIBRATION)
    prepared = prepare(SPACE, settings, examples, recipe, device)
    engine = Engine(prepared.state, prepared.examples, prepared.recipe, device, Hooks())
    engine.train(Progress())
    trained = time.monotonic()
    scores = {}
    for one in choose(140, 20, 0):
        network = prepared.rule.judged(prepared.rule.weights, one.architecture)
        scores[one.id] = engine.validator.metrics(network, examples.val, JUDGING)["accuracy"]
    return {
        "method": job.what,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu, 1 thread",
        "supernet_seconds": trained - began,
        "scoring_seconds": time.monotonic() - trained,
        "scores": scores,
    }


def run_all(options: argparse.Namespace) -> int:
    """Do all runs, some side by side; return how many failed."""
    waiting, failed = jobs(options.supernets, options.searches, options.epochs), 0
    running: dict[Job, subprocess.Popen[bytes]] = {}
    begun = time.monotonic()
    options.out.mkdir(parents=True, exist_ok=True)
    waiting = [job for job in waiting if not (options.out / f"{job.name}.json").exists()]
    while waiting or running:
        late = time.monotonic() - begun > options.limit_s
        while waiting and len(running) < options.workers and not late:
            job = waiting.pop(0)
            command = [sys.executable, "-m", "benchmarks.supernet.shared", "--data", str(options.data)]
            command += ["--out", str(options.out), "--one", job.what, str(job.seed), str(job.epochs)]
            running[job] = subprocess.Popen(
                [*command, *(["--examples", str(options.examples)] if options.examples else [])]
            )
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
    parser.add_argument("--epochs", type=int, default=10, help="of the architecture that is trained alone")
    parser.add_argument("--workers", type=int, default=14, help="runs side by side")
    parser.add_argument("--limit-s", type=float, default=1e9, help="what is not done then is ended")
    parser.add_argument("--examples", type=int, help="train on so many images; default: all")
    parser.add_argument("--judging", type=int, help="judge by so many validation images; default: all")
    parser.add_argument("--one", nargs=3, metavar=("WHAT", "SEED", "EPOCHS"), help="do this one alone")
    options = parser.parse_args()
    if not options.one:
        return run_all(options)
    keep_compiler_out()
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    job = Job(options.one[0], int(options.one[1]), int(options.one[2]))
    found = run(job, examples_of(load(options.data, device), options.examples, options.judging), device)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / f"{job.name}.json").write_text(json.dumps(found) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
