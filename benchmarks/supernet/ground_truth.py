"""The table: architectures of NAS-Bench-201's space, small, each trained from scratch on Fashion-MNIST with two seeds.

Needs NumPy, PyTorch and pydantic, a file that `images` made, and a GPU or patience. Each architecture's row is written
as soon as both its trainings are done; run again, it goes on from what is there. ``table`` reads what it writes.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import torch

from benchmarks.supernet.architectures import SPACE, Chosen, choose, given
from benchmarks.supernet.images import SIGNATURE, Images, load
from benchmarks.supernet.rehearsal import DTYPES, LANES, rehearse
from benchmarks.supernet.side_by_side import Shares, Training, run
from benchmarks.supernet.training import DECAY, MOMENTUM, RATE, Lane, Recipe, Trainee, train
from nas_core.spaces import get_space
from nas_model.networks.build import build_network
from nas_trial.measuring.measure import count_flops, parameters
from nas_trial.process.torch_startup import keep_compiler_out

SEEDS = (0, 1)
EDGES = tuple(decision.name for decision in get_space(SPACE).decisions)
FIELDS = (
    *("id", "origin", "architecture", *EDGES, "parameters", "macs"),
    *(f"{name}_s{seed}" for seed in SEEDS for name in ("val_acc", "test_acc", "seconds")),
)
EPOCHS, FEWEST, MOST = 10, 3, 12
"""Epochs of each training, where there is no limit of time; and within which bounds they are fitted to one."""
SPARE = 0.15
"""Share of the time that is not planned: the last trainings run with fewer beside them."""


@dataclass
class Making:
    """The table while it is made."""

    images: Images
    recipe: Recipe
    lanes: list[Lane]
    shares: Shares
    file: TextIO
    deadline: float
    """In seconds of the monotonic clock."""
    waiting: list[Chosen]
    longest_s: float = 0.0
    done: int = 0

    def start(self, lane: int) -> Training | None:
        """Begin the next architecture, if as long as any took so far is left."""
        if not self.waiting or time.monotonic() + self.longest_s > self.deadline:
            return None
        return self._measured(self.waiting.pop(0), self.lanes[lane])

    def _measured(self, chosen: Chosen, lane: Lane) -> Training:
        begun = time.monotonic()
        trainee = Trainee(chosen.architecture, self.images, self.recipe, lane)
        row = described(chosen)
        for seed in SEEDS:
            started = self.shares.now
            yield from train(trainee, seed)
            accuracies = {
                "val_acc": trainee.accuracy(self.images.val),
                "test_acc": trainee.accuracy(self.images.test),
            }
            yield True
            seconds = self.shares.now - started
            row |= {f"{name}_s{seed}": f"{value:.4f}" for name, value in accuracies.items()}
            row[f"seconds_s{seed}"] = f"{seconds:.3f}"
        csv.DictWriter(self.file, FIELDS, lineterminator="\n").writerow(row)
        self.file.flush()
        self.longest_s = max(self.longest_s, time.monotonic() - begun)
        self.done += 1
        print(f"{self.done} done, {len(self.waiting)} wait: {row['val_acc_s0']} {chosen.text}", file=sys.stderr)


def described(chosen: Chosen) -> dict[str, str]:
    """Return the part of a row that needs no training."""
    network = build_network(SPACE, chosen.architecture, SIGNATURE)
    return {
        "id": chosen.id,
        "origin": chosen.origin,
        "architecture": chosen.text,
        **chosen.architecture,
        "parameters": str(parameters(network)),
        "macs": str(count_flops(network, SIGNATURE.zeros())),
    }


def there_already(path: Path) -> set[str]:
    """Return the ids of a table's rows; a last line that was cut off is taken from the file."""
    if not path.exists():
        return set()
    lines = path.read_text().splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        path.write_text("".join(lines[:-1]))
    return {line.split(",")[0] for line in lines[1:] if line.endswith("\n")}


def fitted_epochs(seconds: float, steps_per_s: float, trainings: int, steps_an_epoch: int) -> int:
    """Return how many epochs each of so many trainings can have in a time."""
    epochs = seconds * (1 - SPARE) * steps_per_s / (trainings * steps_an_epoch)
    return max(FEWEST, min(MOST, int(epochs)))


def spread(chosen: Sequence[Chosen], most: int = max(LANES)) -> list[Chosen]:
    """Return some architectures that stand for all: the dearest, and others evenly between it and the cheapest."""
    by_cost = sorted(chosen, key=lambda one: -int(described(one)["macs"]))
    return by_cost[:: -(-len(by_cost) // most)]


def planned(
    options: argparse.Namespace,
    earlier: Mapping[str, Any] | None,
    chosen: Sequence[Chosen],
    images: Images,
    device: torch.device,
    deadline: float,
) -> tuple[Recipe, int, Mapping[str, Any]]:
    """Return the recipe, how many train side by side, and what was found when that was chosen.

    Args:
        options: of the command line.
        earlier: the recipe of the rows that there are already; all rows have the same.
        chosen: those that are to be trained.
        images: what they are trained on.
        device: where.
        deadline: in seconds of the monotonic clock.
    """
    epochs, batch, dtypes = options.epochs, options.batch, DTYPES
    if earlier:
        epochs, batch, dtypes = earlier["epochs"], earlier["batch"], (getattr(torch, earlier["dtype"]),)
    if device.type != "cuda":
        return Recipe(epochs or EPOCHS, batch, torch.float32), 1, {}
    paces = rehearse([one.architecture for one in spread(chosen)], images, batch, device, dtypes)
    report = [{"dtype": named(p.dtype), "lanes": p.lanes, "steps_per_s": round(p.steps_per_s)} for p in paces]
    print(json.dumps(report), file=sys.stderr)
    best = paces[0]
    if epochs is None and math.isfinite(deadline):
        # The rehearsal took some of the time too.
        left, trainings = deadline - time.monotonic(), len(SEEDS) * len(chosen)
        epochs = fitted_epochs(left, best.steps_per_s, trainings, len(images.train.y) // batch)
    return Recipe(epochs or EPOCHS, batch, best.dtype), best.lanes, {"rehearsal": report}


def named(dtype: torch.dtype) -> str:
    """Return the name of a type, such as ``float32``."""
    return str(dtype).removeprefix("torch.")


def main() -> int:
    """Train, and write the table and, beside it as .json, how it was made."""
    begun = time.monotonic()
    parser = argparse.ArgumentParser(prog="benchmarks.supernet.ground_truth", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the .npz that benchmarks.supernet.images made")
    parser.add_argument("--out", type=Path, required=True, help="the table, .csv; goes on from what is in it")
    parser.add_argument("--limit-s", type=float, help="begin no training that would not end within this time")
    parser.add_argument("--random", type=int, default=140, help="architectures that are drawn uniformly")
    parser.add_argument("--strong", type=int, default=20, help="architectures that are known to be strong")
    parser.add_argument("--seed", type=int, default=0, help="of the choice of architectures")
    parser.add_argument("--given", type=Path, help="train these instead: a file with an architecture's text a line")
    parser.add_argument("--epochs", type=int, help=f"default: as many as fit into the limit; without one, {EPOCHS}")
    parser.add_argument("--batch", type=int, default=256)
    options = parser.parse_args()
    # Queues of a GPU: with the usual 8, some trainings would wait for others' work.
    os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", "32")
    keep_compiler_out()
    torch.set_num_threads(1)
    torch.backends.cudnn.benchmark = True
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    images = load(options.data, device)
    chosen = choose(options.random, options.strong, options.seed)
    if options.given:
        chosen = given(options.given.read_text().split())
    have, notes = there_already(options.out), options.out.with_suffix(".json")
    earlier = json.loads(notes.read_text()) if have else None
    missing = [one for one in chosen if one.id not in have]
    if not missing:
        print("all architectures are in the table")
        return 0
    deadline = begun + (math.inf if options.limit_s is None else options.limit_s)
    recipe, lanes, report = planned(options, earlier and earlier["recipe"], missing, images, device, deadline)
    settings = earlier or {
        "space": SPACE.to_dict(),
        "choice": {"random": options.random, "strong": options.strong, "seed": options.seed},
        "images": {name: len(split.y) for name, split in vars(images).items()},
        "recipe": {
            **{"epochs": recipe.epochs, "batch": recipe.batch, "dtype": named(recipe.dtype), "seeds": SEEDS},
            **{"optimizer": "sgd, nesterov", "rate": RATE, "momentum": MOMENTUM, "weight_decay": DECAY},
            "schedule": "cosine",
        },
        "runs": [],
    }
    this = {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu, 1 thread",
        "torch": torch.__version__,
        "side_by_side": lanes,
        **report,
    }
    settings["runs"].append(this)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    notes.write_text(json.dumps(settings, indent=2) + "\n")
    with options.out.open("a") as file:
        if not file.tell():
            csv.DictWriter(file, FIELDS, lineterminator="\n").writeheader()
        shares = Shares()
        making = Making(images, recipe, [Lane(device) for _ in range(lanes)], shares, file, deadline, missing)
        run(making.start, lanes, shares)
    this |= {"trained": making.done, "seconds": round(time.monotonic() - begun, 1)}
    notes.write_text(json.dumps(settings, indent=2) + "\n")
    print(f"{making.done} of {making.done + len(making.waiting)} architectures trained, {recipe.epochs} epochs each")
    return 0


if __name__ == "__main__":
    sys.exit(main())
